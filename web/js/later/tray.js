// What is about to be sent: the files above the composer, with how far they are.

import { Component, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { told } from './transfer.js';

/**
 * @typedef {import('./files.js').Files} Files
 * @typedef {import('./files.js').Parcel} Parcel
 * @typedef {import('./files.js').Item} Item
 */

/** Of a larger picture none is shown here: to show it is work, too. */
const SHOWN = 16 * 1024 * 1024;
/** Nothing may move for a while, and the words about it must be true all the same. */
const TICK_MS = 1_000;

/** @extends {Component<{files: Files, parcels: Parcel[]}>} */
export class Tray extends Component {
  componentDidMount() {
    this.timer = setInterval(() => this.setState({}), TICK_MS);
  }

  componentWillUnmount() {
    clearInterval(this.timer);
  }

  /** @param {{files: Files, parcels: Parcel[]}} props */
  render({ files, parcels }) {
    return h('section', { class: 'tray', 'aria-label': 'Files to send' }, parcels.map((parcel) => h('div', { key: parcel.id, class: parcel.text === null ? 'parcel' : 'parcel closed' },
      parcel.text !== null && h('div', { class: 'parcel-head' }, h('span', null, parcel.text === '' ? 'Goes out once it is uploaded' : `Goes out once it is uploaded: “${safe(parcel.text.length > 80 ? `${parcel.text.slice(0, 80)}…` : parcel.text)}”`),
        h('button', { type: 'button', onClick: () => files.unsend(parcel) }, 'Change')),
      h('ul', null, parcel.items.map((item) => h(Going, { key: item.id, files, parcel, item }))))));
  }
}

/** @param {{files: Files, parcel: Parcel, item: Item}} props */
function Going({ files, parcel, item }) {
  const { transfer, name, size } = item;
  const now = performance.now();
  const { state, sent } = transfer;
  const part = size > 0 ? sent / size : state === 'done' ? 1 : 0;
  const words = told(transfer, now);
  return h('li', { class: `going ${state === 'done' ? 'whole' : state}` },
    h(Preview, { item }),
    h('div', { class: 'what' },
      h('div', { class: 'name', title: safe(name) }, safe(name)),
      state === 'going' && h('progress', { max: 1, value: part, 'aria-label': `${safe(name)} is being uploaded` }),
      h('div', { class: state === 'failed' ? 'error' : 'hint', role: state === 'failed' ? 'alert' : undefined }, state === 'done' && h('span', { class: 'fate stored' }, '✓ '), safe(words))),
    state === 'failed' && !/^Too big/.test(words) && h('button', { type: 'button', class: 'again', onClick: () => files.again(parcel, item) }, 'Retry'),
    h('button', { type: 'button', class: 'icon', title: state === 'going' ? 'Cancel' : 'Take away', 'aria-label': `${state === 'going' ? 'Cancel' : 'Take away'} ${safe(name)}`, onClick: () => files.cancel(parcel, item) }, h('span', { 'aria-hidden': 'true' }, '✕')));
}

/** @param {{item: Item}} props */
function Preview({ item }) {
  const { blob } = item;
  if (!/^image\/(png|jpeg|gif|webp|avif)$/.test(blob.type) || blob.size > SHOWN) return h('span', { class: 'ext', 'aria-hidden': 'true' }, extension(item.name));
  item.preview ??= URL.createObjectURL(blob);
  return h('img', { src: item.preview, alt: '', width: 40, height: 40 });
}

/** What stands behind the last dot, as a sign for what it is. @param {string} name */
export function extension(name) {
  const [, ending] = /\.([A-Za-z0-9]{1,5})$/.exec(name) ?? [];
  return (ending ?? 'file').toLowerCase();
}
