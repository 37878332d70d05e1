// Coloured output of programs: a text's colours as data. Pure. The twin of `chat-tui/src/markup/sgr.rs`, held to the same
// behaviour by `protocol/golden/sgr`: of all escape sequences only those that colour and emphasise (`ESC [ … m`) mean
// something here; every other one is left out, as are all controls but line breaks and tabs.

import { block } from '../safe_text.js';

/**
 * A colour is one of a terminal's 256, or red, green and blue.
 * @typedef {number | [number, number, number]} Color
 * @typedef {{fg?: Color, bg?: Color, bold?: true, dim?: true, italic?: true, underline?: true, strike?: true, inverse?: true}} Style
 * @typedef {{text: string, style: Style}} Run
 */

/**
 * One at a time: a sequence that colours (its codes are group 1), any other one, or text. What cannot be part of a sequence
 * ends it, and stays; a string without an end hides its line only.
 */
// eslint-disable-next-line no-control-regex
const PARTS = /(?:\x1b\[|\x9b)(?:([\d;:]*)m|[ -?]*[@-~]?)|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\n\r\x1b\x07\x9c\x18\x1a]*[\x07\x9c\x18\x1a]?|\x1b[ -/]*[0-~]?|[^\x1b\x9b\x90\x98\x9d-\x9f]+/g;
// eslint-disable-next-line no-control-regex
const ESCAPE = /^[\x1b\x9b\x90\x98\x9d-\x9f]/;

/** Whether a text, as it came from its author, has anything that colours or emphasises. @param {string} text */
export function isColoured(text) {
  if (!/[\x1b\x9b]/.test(text)) return false;
  for (const { 1: codes } of text.matchAll(PARTS)) if (codes !== undefined) return true;
  return false;
}

/** The runs of a text as it came from its author. @param {string} text @returns {Run[]} */
export function runs(text) {
  /** @type {Run[]} */
  const found = [];
  /** @type {Style} */
  let style = {};
  let name = '{}';
  let last = '';
  for (const { 0: part, 1: codes } of text.matchAll(PARTS)) {
    if (codes !== undefined) {
      style = applied(style, codes);
      name = JSON.stringify(style);
    } else if (!ESCAPE.test(part)) {
      const text = kept(part);
      const run = found.at(-1);
      if (text === '') continue;
      if (run && last === name) run.text += text;
      else found.push({ text, style });
      last = name;
    }
  }
  for (const run of found) run.text = block(run.text);
  return found.filter((run) => run.text !== '');
}

/** A text as it came from its author, without colours: what is copied. @param {string} text */
export function plain(text) {
  return runs(text).map((run) => run.text).join('');
}

/** A text as it is said in one line or a few words elsewhere: output of a program without its colours. @param {string} text */
export const clean = (text) => (isColoured(text) ? plain(text) : text);

/** A text to be written on: what colours and emphasises is kept, and its escapes can be seen (`␛[31m`); other sequences and controls are left out. `meant` is the way back. @param {string} text */
export function shown(text) {
  return [...text.matchAll(PARTS)].map(({ 0: part, 1: codes }) => (codes !== undefined ? `\u241b[${codes}m` : ESCAPE.test(part) ? '' : kept(part))).join('');
}

/** What is left of text between sequences: what overwrites its line becomes a line, so that nothing is hidden. @param {string} part */
const kept = (part) => part.replace(/\r\n/g, '\n').replace(/\r/g, '\n').replace(/(?![\n\t])\p{Cc}/gu, '');

const ON = /** @type {const} */ ({ 1: 'bold', 2: 'dim', 3: 'italic', 7: 'inverse', 9: 'strike', 21: 'underline' });
const OFF = /** @type {Record<number, (keyof Style)[]>} */ ({ 22: ['bold', 'dim'], 23: ['italic'], 24: ['underline'], 27: ['inverse'], 29: ['strike'], 39: ['fg'], 49: ['bg'] });

/** A style changed by a sequence's codes. Its members are in one order, so that equal ones are told from their JSON. @param {Style} before @param {string} codes @returns {Style} */
function applied(before, codes) {
  /** @type {Style} */
  let style = { ...before };
  const list = codes.split(';');
  for (let i = 0; i < list.length; i++) {
    const parts = (list[i] ?? '').split(':').map(number);
    const code = parts[0];
    if (list[i] === '') style = {};
    if (code === undefined) continue;
    if (code === 38 || code === 48 || code === 58) {
      const isJoined = parts.length > 1;
      const { color, used } = isJoined ? { color: joined(parts.slice(1, 8)), used: 0 } : listed(list, i + 1);
      i += used;
      if (color !== undefined && code === 38) style.fg = color;
      if (color !== undefined && code === 48) style.bg = color;
    } else if (code === 4) {
      if (parts[1] === 0) delete style.underline;
      else style.underline = true;
    } else {
      style = simple(style, code);
    }
  }
  const { fg, bg, bold, dim, italic, underline, strike, inverse } = style;
  const members = Object.entries({ fg, bg, bold, dim, italic, underline, strike, inverse });
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

/** @param {Style} style @param {number} code @returns {Style} */
function simple(style, code) {
  if (code === 0) return {};
  if (Object.hasOwn(ON, code)) style[ON[/** @type {keyof typeof ON} */ (code)]] = true;
  for (const member of OFF[code] ?? []) delete style[member];
  if (code >= 30 && code <= 37) style.fg = code - 30;
  if (code >= 40 && code <= 47) style.bg = code - 40;
  if (code >= 90 && code <= 97) style.fg = code - 82;
  if (code >= 100 && code <= 107) style.bg = code - 92;
  return style;
}

/** A code or a part of one; nothing where it is empty or beyond all that mean something. @param {string} text */
function number(text) {
  const value = Number(text);
  return text !== '' && value < 65_536 ? value : undefined;
}

/** `5;n` or `2;r;g;b`, and how many parts that is. @param {string[]} list @param {number} from @returns {{color: Color | undefined, used: number}} */
function listed(list, from) {
  const kind = byte(list[from]);
  if (kind !== 5 && kind !== 2) return { color: undefined, used: 1 };
  const parts = list.slice(from + 1, kind === 5 ? from + 2 : from + 4).map(byte);
  return { color: kind === 5 ? parts[0] : rgb(parts), used: 1 + parts.length };
}

/** @param {string | undefined} text */
function byte(text) {
  const value = text === undefined || /[^\d]/.test(text) ? 256 : Number(text);
  return value < 256 ? value : undefined;
}

/** @param {(number | undefined)[]} parts @returns {Color | undefined} */
function rgb([r, g, b]) {
  return r === undefined || g === undefined || b === undefined ? undefined : [r, g, b];
}

/** `5:n`, `2:r:g:b`, or `2:space:r:g:b`. @param {(number | undefined)[]} parts @returns {Color | undefined} */
function joined(parts) {
  const bytes = parts.map((part) => ((part ?? 0) < 256 ? part ?? 0 : undefined));
  if (parts[0] === 5 && parts.length > 1) return bytes[1];
  if (parts[0] !== 2 || parts.length < 4) return undefined;
  return rgb(parts.length === 4 ? bytes.slice(1) : bytes.slice(2));
}
