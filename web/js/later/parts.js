// What dialogs are made of.

import { Component, createRef, Fragment, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { sentence } from './account.js';

/** @typedef {import('preact').ComponentChildren} Children */

const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
/** The longest unit that fits, in seconds. */
const UNITS = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60]]);

/** @param {string | undefined} timestamp */
export function when(timestamp) {
  const at = new Date(timestamp ?? '');
  return isNaN(+at) ? '' : date.format(at);
}

/** @param {string | undefined} timestamp @param {number} [now] */
export function ago(timestamp, now = Date.now()) {
  const seconds = (Date.parse(timestamp ?? '') - now) / 1000;
  if (isNaN(seconds)) return '';
  for (const [unit, length] of UNITS) if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  return 'just now';
}

/** @typedef {{title: string, onClose: () => void, wide?: boolean | undefined, must?: boolean | undefined, children?: Children}} SheetProps */

/** A dialog: opens over the page, gives the focus back when it closes; one that `must` be answered has no way out. @extends {Component<SheetProps>} */
export class Sheet extends Component {
  dialog = createRef();

  componentDidMount() {
    this.dialog.current.showModal();
    if (!this.dialog.current.contains(document.activeElement) || document.activeElement?.classList.contains('close')) {
      this.dialog.current.querySelector('input:not([type=radio], [type=checkbox], [type=file]), select, textarea, .choices button')?.focus();
    }
  }

  /** @param {SheetProps} props */
  render({ title, onClose, wide, must, children }) {
    return h('dialog', {
      ref: this.dialog, class: wide ? 'form wide' : 'form', 'aria-labelledby': 'sheet-title',
      // A browser closes at the second Escape, whatever the page says at the first.
      onClose: () => (must ? this.dialog.current?.showModal() : onClose()),
      onCancel: (/** @type {Event} */ event) => must && event.preventDefault(),
      onClick: (/** @type {MouseEvent} */ event) => !must && event.target === this.dialog.current && this.dialog.current.close(),
    },
    h('div', { class: 'card' },
      h('header', null, h('h2', { id: 'sheet-title' }, title),
        !must && h('button', { type: 'button', class: 'icon close', 'aria-label': 'Close', onClick: () => this.dialog.current.close() }, h('span', { 'aria-hidden': 'true' }, '✕'))),
      children));
  }
}

/** @typedef {{action: string, children?: Children, class?: string, done?: string, danger?: boolean, onCancel?: () => void, onSubmit: (data: FormData, form: HTMLFormElement) => Promise<string>}} FormProps */

/** Fields and one button; `onSubmit` says why not, or ''. @extends {Component<FormProps, {busy: boolean, error: string, done: boolean}>} */
export class Form extends Component {
  state = { busy: false, error: '', done: false };

  #submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (this.state.busy) return;
    const form = /** @type {HTMLFormElement} */ (event.target);
    this.setState({ busy: true, error: '', done: false });
    const error = await this.props.onSubmit(new FormData(form), form);
    this.setState({ busy: false, error, done: error === '' });
  };

  /** @param {FormProps} props */
  render({ action, children, class: name = '', done, danger, onCancel }) {
    const { busy, error } = this.state;
    return h('form', { class: `fields ${name}`, onSubmit: this.#submit, 'aria-busy': String(busy) }, children,
      h('p', { class: 'error', role: 'alert' }, error && safe(sentence(error))),
      h('div', { class: 'act' }, h('button', { type: 'submit', class: danger ? 'danger' : 'primary' }, action), onCancel && h('button', { type: 'button', class: 'plain', onClick: onCancel }, 'Cancel'), done && this.state.done && h('span', { class: 'done', role: 'status' }, `✓ ${done}`)));
  }
}

let fields = 0;

/** @typedef {{label: string, hint?: string | undefined, as?: string, children?: Children, [attribute: string]: unknown}} FieldProps */

/** A label with its input. @extends {Component<FieldProps>} */
export class Field extends Component {
  id = `field-${++fields}`;

  /** @param {FieldProps} props */
  render({ label, hint, as = 'input', children, ...attributes }) {
    return h('div', { class: 'row' },
      h('label', { for: this.id }, label),
      h(as, { id: this.id, ...attributes, ...(hint && { 'aria-describedby': `${this.id}-hint` }) }, children),
      hint && h('p', { class: 'hint', id: `${this.id}-hint` }, hint));
  }
}

/** @typedef {{label: string, name: string, hint?: string | undefined, current?: boolean | undefined, onSee?: () => void}} PasswordProps */

/** A password, which may be looked at while it is typed. @extends {Component<PasswordProps, {seen: boolean}>} */
export class Password extends Component {
  state = { seen: false };
  id = `field-${++fields}`;

  /** @param {PasswordProps} props */
  render({ label, name, hint, current }) {
    const { seen } = this.state;
    return h('div', { class: 'row' },
      h('label', { for: this.id }, label),
      h('div', { class: 'joined' },
        h('input', { id: this.id, name, type: seen ? 'text' : 'password', required: true, minLength: current ? undefined : 10, autoComplete: current ? 'current-password' : 'new-password', ...(hint && { 'aria-describedby': `${this.id}-hint` }) }),
        h('button', { type: 'button', 'aria-pressed': String(seen), onClick: () => this.setState({ seen: !seen }) }, seen ? 'Hide' : 'Show')),
      hint && h('p', { class: 'hint', id: `${this.id}-hint` }, hint));
  }
}

/** @typedef {{label: string, name: string, checked?: boolean, hint?: string, value?: string, type?: 'checkbox' | 'radio', disabled?: boolean, onChange?: (event: Event) => void}} CheckProps */

/** @param {CheckProps} props */
export function Check({ label, name, checked, hint, value, type = 'checkbox', disabled, onChange }) {
  return h('label', { class: 'check' }, h('input', { type, name, value, defaultChecked: checked, disabled, onChange }), h('span', null, label, hint && h('span', { class: 'hint' }, hint)));
}

/** @typedef {{tabs: [string, () => Children][], label: string, at?: string | undefined}} TabsProps */

/** One of a few views, chosen by the arrow keys or the pointer. @extends {Component<TabsProps, {at: string}>} */
export class Tabs extends Component {
  /** @param {TabsProps} props */
  constructor(props) {
    super(props);
    this.state = { at: props.at ?? props.tabs[0]?.[0] ?? '' };
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const names = this.props.tabs.map(([name]) => name);
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const at = /** @type {string} */ (names.at((names.indexOf(this.state.at) + step) % names.length));
    const list = /** @type {HTMLElement} */ (event.currentTarget);
    this.setState({ at }, () => /** @type {HTMLElement} */ (list.querySelector('[aria-selected=true]')).focus());
  }

  /** @param {TabsProps} props */
  render({ tabs, label }) {
    const { at } = this.state;
    const content = tabs.find(([name]) => name === at)?.[1];
    return h(Fragment, null,
      h('div', { class: 'tabs', role: 'tablist', 'aria-label': label, onKeyDown: (/** @type {KeyboardEvent} */ event) => this.#key(event) }, tabs.map(([name]) =>
        h('button', { key: name, type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'tab-panel', 'aria-selected': String(name === at), tabIndex: name === at ? 0 : -1, onClick: () => this.setState({ at: name }) }, name))),
      h('div', { class: 'panel', role: 'tabpanel', id: 'tab-panel', 'aria-labelledby': `tab-${at}`, key: at }, content?.()));
  }
}

/** @typedef {{action: string, ask: string | (() => string), sure: string, kind?: 'danger' | 'plain' | 'linklike', onSure: () => Promise<string>}} SureProps */

/** Does what cannot be undone only when it is said twice; at once, where there is nothing to `ask`. @extends {Component<SureProps, {asking: string, error: string}>} */
export class Sure extends Component {
  state = { asking: '', error: '' };

  #begin = () => {
    const { ask } = this.props;
    const asking = typeof ask === 'string' ? ask : ask();
    this.setState({ asking, error: '' });
    if (asking === '') this.#do();
  };

  #do = async () => {
    const error = await this.props.onSure();
    this.setState({ error, ...(error === '' && { asking: '' }) });
  };

  /** @param {SureProps} props */
  render({ action, sure, kind = 'danger' }) {
    const { asking, error } = this.state;
    const told = error && h('p', { class: 'error', role: 'alert' }, safe(sentence(error)));
    if (!asking) return h(Fragment, null, h('button', { type: 'button', class: kind, onClick: this.#begin }, action), told);
    return h('div', { class: 'sure', role: 'alert' }, h('p', null, asking),
      h('button', { type: 'button', class: 'danger', onClick: this.#do }, sure),
      h('button', { type: 'button', class: 'plain', onClick: () => this.setState({ asking: '' }) }, 'Cancel'), told);
  }
}

/** @typedef {{label: string, text: string, hint: string}} SecretProps */

/** What is shown once, to be passed on. @extends {Component<SecretProps, {copied: boolean}>} */
export class Secret extends Component {
  state = { copied: false };
  id = `field-${++fields}`;

  /** @param {SecretProps} props */
  render({ label, text, hint }) {
    const copy = () => navigator.clipboard?.writeText(text).then(() => this.setState({ copied: true }));
    return h('div', { class: 'row secret', role: 'status' },
      h('label', { for: this.id }, label),
      h('div', { class: 'joined' }, h('input', { id: this.id, readOnly: true, value: text, onFocus: (/** @type {FocusEvent} */ event) => /** @type {HTMLInputElement} */ (event.target).select() }),
        h('button', { type: 'button', onClick: copy }, this.state.copied ? 'Copied' : 'Copy')),
      h('p', { class: 'hint' }, hint));
  }
}

/** @typedef {{load: () => Promise<{said: any} | {error: string}>, children: (said: any, again: () => void) => Children}} LoadedProps */

/** Shows what has to be fetched first. @extends {Component<LoadedProps, {said: any, error: string}>} */
export class Loaded extends Component {
  state = { said: null, error: '' };

  componentDidMount() {
    this.#load();
  }

  #load = async () => {
    const answer = await this.props.load();
    if ('error' in answer) this.setState({ error: answer.error });
    else this.setState({ said: answer.said, error: '' });
  };

  /** @param {LoadedProps} props */
  render({ children }) {
    const { said, error } = this.state;
    if (error) return h('div', null, h('p', { class: 'error', role: 'alert' }, safe(error)), h('button', { type: 'button', class: 'plain', onClick: this.#load }, 'Try again'));
    return said === null ? h('p', { class: 'hint', role: 'status' }, 'Loading…') : h(Fragment, null, children(said, this.#load));
  }
}
