// The files of a message: small pictures, players, and what can only be kept. What a file is was found by the server;
// whatever is not in these lists is only ever downloaded.

import { h } from 'preact';
import { line as safe } from '../safe_text.js';
import { fitted } from '../state.js';
import { sized } from './transfer.js';
import { extension } from './tray.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').File} File
 */

/** What a browser shows without running anything in it. */
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']);
const SOUNDS = new Set(['audio/mp4', 'audio/mpeg', 'audio/ogg', 'audio/wav', 'audio/flac']);
const FILMS = new Set(['video/mp4', 'video/webm', 'video/quicktime']);

/** @param {string} file */
export const addressOf = (file) => `/api/files/${encodeURIComponent(file)}`;

/** It can be looked at in the page. @param {File} file */
export const isSeen = ({ kind }) => PICTURES.has(kind) || kind === 'text/plain';

/** @param {{chat: Chat, files: File[], room: string, seq?: number}} props */
export function Attachments({ chat, files, room, seq }) {
  const look = (/** @type {File} */ file) => chat.show('lightbox', { room, seq, file, files });
  return h('ul', { class: 'files', 'aria-label': files.length === 1 ? 'A file' : `${files.length} files` }, files.map((file) => h('li', { key: file.file }, one(file, look, seq !== undefined))));
}

/** One that no message has yet is nobody's to fetch: its place is kept. @param {File} file @param {(file: File) => void} look @param {boolean} isStored */
function one(file, look, isStored) {
  const name = safe(file.name);
  if (PICTURES.has(file.kind) && file.thumb) {
    const { width, height } = fitted(file);
    if (!isStored) return h('span', { class: 'thumb' }, h('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': name }));
    return h('button', { type: 'button', class: 'thumb', title: `${name} · ${sized(file.size)}`, 'aria-label': `Open the picture ${name}`, onClick: () => look(file) },
      h('img', { src: `${addressOf(file.file)}/thumb`, alt: '', width, height, style: { aspectRatio: `${width} / ${height}` }, loading: 'lazy', decoding: 'async' }));
  }
  if (!isStored) return chip(file, undefined, false);
  if (SOUNDS.has(file.kind)) return h('div', { class: 'player' }, chip(file), h('audio', { controls: true, preload: 'none', src: addressOf(file.file), 'aria-label': name }));
  if (FILMS.has(file.kind)) return h('div', { class: 'player' }, h('video', { controls: true, preload: 'metadata', src: addressOf(file.file), 'aria-label': name }), chip(file));
  return chip(file, isSeen(file) ? look : undefined);
}

/** @param {File} file @param {(file: File) => void} [look] @param {boolean} [isStored] */
function chip(file, look, isStored = true) {
  const name = safe(file.name);
  return h('div', { class: 'chip' },
    h('span', { class: 'ext', 'aria-hidden': 'true' }, extension(name)),
    h('div', { class: 'what' }, h('div', { class: 'name', title: name }, name), h('div', { class: 'hint' }, sized(file.size))),
    look && h('button', { type: 'button', class: 'look', 'aria-label': `Show ${name}`, onClick: () => look(file) }, 'Show'),
    isStored && h('a', { class: 'icon', href: addressOf(file.file), download: name, title: 'Download', 'aria-label': `Download ${name}` }, h('span', { 'aria-hidden': 'true' }, '↓')));
}
