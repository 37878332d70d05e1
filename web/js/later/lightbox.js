// One file, large: pictures and plain text of a room, walked through by the arrow keys.

import { Component, createRef, h } from 'preact';
import { block, line as safe } from '../safe_text.js';
import { addressOf, isSeen } from './attachments.js';
import { coloured } from './output.js';
import { when } from './parts.js';
import { clean, isColoured } from './sgr.js';
import { sized } from './transfer.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').File} File
 * @typedef {{file: File, sender: string, timestamp: string, seq: number | undefined}} Seen
 * @typedef {{chat: Chat, room: string, seq?: number, file: File, files: File[], onClose: () => void}} Props
 */

/** So much of a long text is shown; all of it can be downloaded. */
const TEXT = 256 * 1024;

/** @extends {Component<Props, {at: number, large: boolean, text: string | null, failed: boolean, copied: boolean}>} */
export class Lightbox extends Component {
  dialog = createRef();

  /** @param {Props} props */
  constructor(props) {
    super(props);
    /** @type {Seen[]} */
    this.all = seenIn(props);
    const at = this.all.findIndex(({ file, seq }) => file.file === props.file.file && seq === props.seq);
    this.state = { at: Math.max(0, at), large: false, text: null, failed: false, copied: false };
  }

  componentDidMount() {
    this.dialog.current.showModal();
    this.#read();
  }

  /** @param {number} by */
  #step(by) {
    const at = this.state.at + by;
    if (at < 0 || at >= this.all.length) return;
    this.setState({ at, large: false, text: null, failed: false, copied: false }, () => this.#read());
  }

  async #read() {
    const shown = this.all[this.state.at];
    if (shown?.file.kind !== 'text/plain') return;
    const { me } = this.props.chat.state;
    const { token } = this.props.chat.session;
    try {
      const answer = await fetch(addressOf(shown.file.file), { headers: { ...(shown.file.size > TEXT && { range: `bytes=0-${TEXT - 1}` }), ...(me?.guest && token && { authorization: `Bearer ${token}` }) } });
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      if (this.all[this.state.at] === shown) this.setState({ text });
    } catch {
      if (this.all[this.state.at] === shown) this.setState({ failed: true });
    }
  }

  #copy = () => {
    const { at, text } = this.state;
    navigator.clipboard?.writeText(clean(text ?? '')).then(() => this.state.at === at && this.setState({ copied: true }), () => {});
  };

  #key = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'ArrowLeft') this.#step(-1);
    else if (event.key === 'ArrowRight') this.#step(1);
    else if (event.key === 'Home') this.#step(-this.state.at);
    else if (event.key === 'End') this.#step(this.all.length - 1 - this.state.at);
    else if (event.key === 'z') this.setState({ large: !this.state.large });
    else return;
    event.preventDefault();
  };

  /** @param {Props} props */
  render({ chat, room, onClose }) {
    const { at, large, text, failed } = this.state;
    const { file, sender, timestamp, seq } = /** @type {Seen} */ (this.all[at]);
    const name = safe(file.name);
    const close = () => this.dialog.current.close();
    const jump = () => {
      close();
      if (seq !== undefined) chat.jump(room, seq);
    };
    return h('dialog', { ref: this.dialog, class: 'lightbox', 'aria-label': name, onClose, onKeyDown: this.#key, onClick: (/** @type {MouseEvent} */ event) => (event.target === this.dialog.current || /** @type {HTMLElement} */ (event.target).classList.contains('stage')) && close() },
      h('header', null,
        h('div', { class: 'what' }, h('div', { class: 'name' }, name), h('div', { class: 'hint' }, [safe(sender), when(timestamp), sized(file.size)].filter(Boolean).join(' · '))),
        this.all.length > 1 && h('span', { class: 'count', role: 'status' }, `${at + 1} of ${this.all.length}`),
        text && h('button', { type: 'button', class: 'look', onClick: this.#copy }, this.state.copied ? 'Copied' : 'Copy'),
        seq !== undefined && h('button', { type: 'button', class: 'look', onClick: jump }, 'In the room'),
        h('a', { class: 'icon', href: addressOf(file.file), download: name, title: 'Download', 'aria-label': `Download ${name}` }, h('span', { 'aria-hidden': 'true' }, '↓')),
        h('button', { type: 'button', class: 'icon close', 'aria-label': 'Close', autofocus: true, onClick: close }, h('span', { 'aria-hidden': 'true' }, '✕'))),
      h('div', { class: `stage${large ? ' large' : ''}`, key: file.file },
        failed ? h('p', { class: 'gone-file', role: 'alert' }, 'This file cannot be shown: it may be gone, or may not be yours to see any more.')
          : file.kind === 'text/plain' ? h('pre', { tabIndex: 0, class: text && isColoured(text) ? 'output' : '' }, text === null ? 'Loading…' : text === '' ? h('p', { class: 'hint' }, 'There is nothing in this file.') : isColoured(text) ? coloured(text) : block(text), file.size > TEXT && text !== null && h('p', { class: 'hint' }, `This is the beginning: all ${sized(file.size)} can be downloaded.`))
            : h('img', { src: addressOf(file.file), alt: name, title: large ? 'Fit (z)' : 'As large as it is (z)', onClick: () => this.setState({ large: !large }), onError: () => this.setState({ failed: true }) })),
      at > 0 && h('button', { type: 'button', class: 'turn back', 'aria-label': 'Previous (←)', onClick: () => this.#step(-1) }, h('span', { 'aria-hidden': 'true' }, '‹')),
      at < this.all.length - 1 && h('button', { type: 'button', class: 'turn on', 'aria-label': 'Next (→)', onClick: () => this.#step(1) }, h('span', { 'aria-hidden': 'true' }, '›')));
  }
}

/** All that can be looked at in what is held of the room, oldest first; a message that is not sent yet has only its own. @param {Props} props @returns {Seen[]} */
function seenIn({ chat, room, seq, file, files }) {
  const own = files.filter(isSeen).map((file) => ({ file, sender: '', timestamp: '', seq }));
  const here = chat.state.rooms.get(room)?.events ?? [];
  const all = here.flatMap((event) => event.type !== 'message' || event.folded?.deleted || chat.state.blocked.has(event.user) ? []
    : (event.files ?? []).filter(isSeen).map((file) => ({ file, sender: event.sender, timestamp: event.timestamp, seq: event.seq })));
  const found = all.some((each) => each.seq === seq && each.file.file === file.file) ? all : own;
  return found.length > 0 ? found : [{ file, sender: '', timestamp: '', seq }];
}
