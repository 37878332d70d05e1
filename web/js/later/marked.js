// What somebody wrote, as nodes of the page: from trees and runs, never from HTML. Fetched with the first message that
// needs it.

import { Component, h } from 'preact';
import { EMOJI } from './emoji.js';
import { parts } from './highlight.js';
import { plain } from './inline.js';
import { parse } from './markup.js';
import { coloured } from './output.js';
import { isColoured } from './sgr.js';
import { block as safeBlock, line as safe } from '../safe_text.js';

/**
 * @typedef {import('./markup.js').Block} Block
 * @typedef {import('./inline.js').Inline} Inline
 * @typedef {import('preact').ComponentChildren} Nodes
 */

/** Of how many parts a message is drawn: one that has more is shown as it was typed, since a few of them would fill the page's memory. */
const MOST = 4_000;

export { words } from './markup.js';

/** A message's text as it came from its author; `me` is who reads it. @param {string} text @param {string} me @returns {Nodes} */
export function nodes(text, me) {
  if (isColoured(text)) return h('pre', { class: 'output' }, coloured(text, MOST));
  const tree = parse(text);
  if (partsIn(tree) > MOST) uncolour(tree);
  return partsIn(tree) > MOST ? safeBlock(text) : blocks(tree, me);
}

/** How many parts a tree has, code in its colours. @param {unknown} tree @returns {number} */
function partsIn(tree) {
  if (Array.isArray(tree)) return tree.reduce((sum, each) => sum + partsIn(each), 0);
  if (typeof tree !== 'object' || tree === null) return 0;
  const { type, lang, text } = /** @type {{type?: string, lang?: string, text?: string}} */ (tree);
  return 1 + (type === 'code' && lang !== undefined ? parts(lang, text ?? '').length : partsIn(Object.values(tree)));
}

/** Leaves its code without colours. @param {unknown} tree */
function uncolour(tree) {
  if (typeof tree !== 'object' || tree === null) return;
  if ('lang' in tree) delete tree.lang;
  Object.values(tree).forEach(uncolour);
}

/** @param {Block[]} list @param {string} me @returns {Nodes[]} */
function blocks(list, me) {
  return list.map((block) => blockNode(block, me));
}

/** @param {Block} block @param {string} me @returns {Nodes} */
function blockNode(block, me) {
  switch (block.type) {
    case 'paragraph':
      return h('p', { dir: 'auto' }, inlines(block.inlines, me));
    case 'heading':
      return h('p', { class: `heading level${Math.min(block.level, 3)}`, dir: 'auto' }, inlines(block.inlines, me));
    case 'code':
      return h(Code, { lang: block.lang ?? '', text: block.text });
    case 'quote':
      return h('blockquote', null, blocks(block.blocks, me));
    case 'list':
      return h(block.start === undefined ? 'ul' : 'ol', { start: block.start }, block.items.map((item) => {
        const box = item.task !== undefined && h('span', { class: 'box', role: 'img', 'aria-label': item.task ? 'done' : 'to do' }, item.task ? '☑ ' : '☐ ');
        return h('li', { class: box ? 'task' : undefined }, box, blocks(item.blocks, me));
      }));
    case 'table': {
      const row = (/** @type {'th' | 'td'} */ kind, /** @type {Inline[][]} */ cells) => h('tr', null, block.align.map((align, i) => h(kind, { class: align === 'none' ? undefined : align, scope: kind === 'th' ? 'col' : undefined, dir: 'auto' }, inlines(cells[i] ?? [], me))));
      return h('div', { class: 'table', tabIndex: 0, role: 'region', 'aria-label': 'Table' }, h('table', null, h('thead', null, row('th', block.head)), h('tbody', null, block.rows.map((cells) => row('td', cells)))));
    }
    case 'rule':
      return h('hr', null);
  }
}

/** @param {Inline[]} list @param {string} me @returns {Nodes[]} */
function inlines(list, me) {
  return list.map((inline) => inlineNode(inline, me));
}

/** @param {Inline} inline @param {string} me @returns {Nodes} */
function inlineNode(inline, me) {
  switch (inline.type) {
    case 'text':
      return inline.text;
    case 'strong':
      return h('strong', null, inlines(inline.inlines, me));
    case 'em':
      return h('em', null, inlines(inline.inlines, me));
    case 'strike':
      return h('del', null, inlines(inline.inlines, me));
    case 'code':
      return h('code', null, inline.text);
    case 'link': {
      const shown = inlines(inline.inlines, me);
      if (!URL.canParse(inline.href)) return shown;
      // Where it leads is told wherever its text does not say so.
      const title = plain(inline.inlines) === inline.href ? undefined : safe(inline.href);
      const link = h('a', { href: inline.href, target: '_blank', rel: 'noopener noreferrer', title }, shown);
      const elsewhere = leadsElsewhere(plain(inline.inlines), inline.href);
      return elsewhere ? [link, h('span', { class: 'hint elsewhere' }, ` (${elsewhere})`)] : link;
    }
    case 'break':
      // As it is copied, and as the text around it is shown.
      return '\n';
    case 'mention':
      return h('span', { class: inline.name === me || inline.name === 'here' || inline.name === 'room' ? 'mention call' : 'mention' }, `@${inline.name}`);
    case 'emoji': {
      const picture = EMOJI.get(inline.name);
      return picture === undefined ? `:${inline.name}:` : h('span', { class: 'emoji', role: 'img', 'aria-label': inline.name.replaceAll('_', ' '), title: `:${inline.name}:` }, picture);
    }
  }
}

/** Where a link leads whose text is another address: nobody is to be led astray, also where nothing can be hovered. @param {string} text @param {string} href */
function leadsElsewhere(text, href) {
  const [, named] = /^\s*(?:https?:\/\/)?(?:[^\s/@]*@)?((?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24})(?=[/?#:]|\s*$)/iu.exec(text) ?? [];
  if (named === undefined || !URL.canParse(`//${named}`, document.baseURI)) return '';
  const { hostname, pathname } = new URL(href);
  const [host, told] = [hostname || pathname.replace(/^.*@/, ''), new URL(`//${named}`, document.baseURI).hostname].map((name) => `.${name.toLowerCase().replace(/^www\./, '')}`);
  return host?.endsWith(/** @type {string} */ (told)) ? '' : safe(hostname || pathname);
}

/** Code, with a key that copies it. @extends {Component<{lang: string, text: string}, {copied: boolean}>} */
class Code extends Component {
  state = { copied: false };

  #copy() {
    navigator.clipboard?.writeText(this.props.text).then(() => {
      this.setState({ copied: true });
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.setState({ copied: false }), 2_000);
    }, () => {});
  }

  componentWillUnmount() {
    clearTimeout(this.timer);
  }

  render() {
    const { lang, text } = this.props;
    return h('div', { class: 'code' },
      h('pre', { 'data-lang': lang || undefined }, h('code', null, parts(lang, text).map(([kind, part]) => (kind === null ? part : h('span', { class: kind }, part))))),
      h('button', { type: 'button', class: 'copy', 'aria-label': 'Copy this code', title: 'Copy', onClick: () => this.#copy() }, this.state.copied ? 'Copied' : 'Copy'));
  }
}
