// Coloured output of programs, as nodes of the page.

import { h } from 'preact';
import { runs } from './sgr.js';

/** @typedef {import('preact').ComponentChildren} Nodes */

/** The levels of the first 6 and of the grey ones of a terminal's 256 colours. */
const LEVELS = [0, 95, 135, 175, 215, 255];

/** A text as it came from its author, with its colours; what is copied from it has none. One of more than `most` runs has no colours. @param {string} text @param {number} [most] @returns {Nodes} */
export function coloured(text, most = 20_000) {
  const all = runs(text);
  if (all.length > most) return all.map(({ text }) => text).join('');
  return all.map(({ text, style }) => {
    const { fg, bg, ...emphasis } = style;
    // Text in the colour of its ground would be hidden.
    const isHidden = fg !== undefined && JSON.stringify(fg) === JSON.stringify(bg);
    const props = { ...colour('fg', isHidden ? undefined : fg), ...colour('bg', bg) };
    const paint = { ...props.fg?.style, ...props.bg?.style };
    const named = { 'data-fg': props.fg?.name, 'data-bg': props.bg?.name };
    const names = Object.keys(emphasis).join(' ');
    return names === '' && Object.keys(props).length === 0 ? text : h('span', { class: names || undefined, style: paint, ...named }, text);
  });
}

/** The first 16 colours are the page's, the others what they are. @param {'fg' | 'bg'} side @param {import('./sgr.js').Color | undefined} color */
function colour(side, color) {
  if (color === undefined) return {};
  const member = side === 'fg' ? 'color' : 'backgroundColor';
  return { [side]: typeof color === 'number' && color < 16 ? { name: String(color) } : { style: { [member]: `rgb(${(typeof color === 'number' ? cube(color) : color).join(' ')})` } } };
}

/** Red, green and blue of a place from 16 on in a terminal's palette. @param {number} place */
function cube(place) {
  if (place >= 232) return Array(3).fill(8 + 10 * (place - 232));
  const n = place - 16;
  return [Math.floor(n / 36), Math.floor(n / 6) % 6, n % 6].map((level) => LEVELS[level]);
}
