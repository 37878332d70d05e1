// A message's text, read: what is bold in it, what is code, where a link leads. Pure. The language and its bounds are told
// in `chat-tui/src/markup/mod.rs`, whose twin this is, function by function; `protocol/golden/markup` holds both to it.
// Reading takes time in proportion to the text, whatever the text is.

import { block as safeBlock } from '../safe_text.js';
import { EMOJI } from './emoji.js';
import { inlines, plain } from './inline.js';
import { isColoured, plain as uncoloured } from './sgr.js';

/**
 * @typedef {import('./inline.js').Inline} Inline
 * @typedef {{type: 'paragraph', inlines: Inline[]} | {type: 'heading', level: number, inlines: Inline[]} | {type: 'code', lang?: string, text: string}
 *   | {type: 'quote', blocks: Block[]} | {type: 'list', start?: number, items: Item[]}
 *   | {type: 'table', align: Align[], head: Inline[][], rows: Inline[][][]} | {type: 'rule'}} Block
 * @typedef {{task?: boolean, blocks: Block[]}} Item
 * @typedef {'none' | 'left' | 'center' | 'right'} Align
 * @typedef {{sign: string, number: number | undefined, margin: number, isEmpty: boolean}} Marker
 * @typedef {{indent: number, mark: string, length: number, lang: string}} Fence
 * @typedef {{kind: 'indented' | 'rule' | 'quote'} | {kind: 'fence', fence: Fence} | {kind: 'heading', level: number, text: string} | {kind: 'item', marker: Marker}} Start
 */

/** Quotes and lists inside each other; what goes deeper is text. */
const DEPTH = 10;
/** A table's columns; what has more is no table. */
const COLUMNS = 32;
/** A language's name. */
const LANG = /^[A-Za-z0-9+#._-]{0,32}$/;

/** Reads a text as it came from its author. @param {string} source @returns {Block[]} */
export function parse(source) {
  return blocks(safeBlock(source).split('\n'), 0);
}

/** A message's words, without what emphasises and colours them: where it is quoted. @param {string} text @returns {string} */
export function words(text) {
  return isColoured(text) ? uncoloured(text) : bare(parse(text)).replace(/:([a-z0-9_+-]+):/g, (all, name) => EMOJI.get(name) ?? all);
}

/** @param {Block[]} list @returns {string} */
function bare(list) {
  return list.map((block) => {
    switch (block.type) {
      case 'paragraph':
      case 'heading':
        return plain(block.inlines);
      case 'code':
        return block.text;
      case 'quote':
        return bare(block.blocks);
      case 'list':
        return block.items.map(({ task, blocks }) => `${task === undefined ? '' : task ? '☑ ' : '☐ '}${bare(blocks)}`).join('\n');
      case 'table':
        return [block.head, ...block.rows].map((cells) => cells.map(plain).join(' ')).join('\n');
      default:
        return '';
    }
  }).filter(Boolean).join('\n');
}

/** @param {string[]} lines @param {number} depth @returns {Block[]} */
function blocks(lines, depth) {
  /** @type {Block[]} */
  const found = [];
  /** @type {string[]} */
  let paragraph = [];
  const flush = () => {
    if (paragraph.length > 0) found.push({ type: 'paragraph', inlines: inlines(paragraph.join('\n')) });
    paragraph = [];
  };
  for (let at = 0; at < lines.length;) {
    const line = /** @type {string} */ (lines[at]);
    if (isBlank(line)) {
      flush();
      at += 1;
      continue;
    }
    const table = tableAt(paragraph, lines, at, depth);
    if (table) {
      paragraph.pop();
      flush();
      found.push(table.block);
      at += table.used;
      continue;
    }
    const start = startOf(line, paragraph.length > 0, depth);
    if (start === undefined) {
      paragraph.push(trim(line));
      at += 1;
      continue;
    }
    if (start.kind === 'quote') {
      const inner = quoted(lines, at);
      if (inner.every(isBlank)) {
        // A quote of nothing is signs that somebody typed.
        paragraph.push(...lines.slice(at, at + inner.length).map(trim));
      } else {
        flush();
        found.push({ type: 'quote', blocks: blocks(inner, depth + 1) });
      }
      at += inner.length;
      continue;
    }
    flush();
    const { block, used } = start.kind === 'indented' ? indented(lines, at)
      : start.kind === 'fence' ? fenced(start.fence, lines, at)
        : start.kind === 'item' ? list(start.marker, lines, at, depth)
          : { block: start.kind === 'heading' ? heading(start) : /** @type {Block} */ ({ type: 'rule' }), used: 1 };
    found.push(block);
    at += used;
  }
  flush();
  return found;
}

/** @param {{level: number, text: string}} start @returns {Block} */
function heading({ level, text }) {
  return { type: 'heading', level, inlines: inlines(text) };
}

/** What a line begins. @param {string} line @param {boolean} inParagraph @param {number} depth @returns {Start | undefined} */
function startOf(line, inParagraph, depth) {
  const indent = spaces(line);
  if (indent >= 4) return inParagraph ? undefined : { kind: 'indented' };
  const fence = fenceOf(line);
  if (fence) return { kind: 'fence', fence };
  const title = titleOf(line);
  if (title) return { kind: 'heading', ...title };
  if (isRule(line)) return { kind: 'rule' };
  if (depth >= DEPTH) return undefined;
  if (line[indent] === '>') return { kind: 'quote' };
  const marker = markerOf(line);
  const begins = marker && !marker.isEmpty && (!inParagraph || marker.number === undefined || marker.number === 1);
  return begins ? { kind: 'item', marker } : undefined;
}

/** @param {string} line */
function spaces(line) {
  let count = 0;
  while (line[count] === ' ') count += 1;
  return count;
}

/** @param {string} line */
const isBlank = (line) => spaces(line) === line.length;

/** Less the spaces at its ends, and no others. @param {string} text */
function trim(text) {
  let end = text.length;
  while (end > 0 && text[end - 1] === ' ') end -= 1;
  return text.slice(Math.min(spaces(text), end), end);
}

/** @param {string} line @param {number} count */
const outdented = (line, count) => line.slice(Math.min(spaces(line), count));

/** @param {string} lang @param {string[]} lines @returns {Block} */
function code(lang, lines) {
  const text = safeBlock(lines.join('\n'));
  return lang === '' ? { type: 'code', text } : { type: 'code', lang, text };
}

/** @param {string[]} lines @param {number} at */
function indented(lines, at) {
  let used = 0;
  for (let line = lines[at]; line !== undefined && (isBlank(line) || spaces(line) >= 4); line = lines[at + used]) used += 1;
  while (isBlank(lines[at + used - 1] ?? 'x')) used -= 1;
  return { block: code('', lines.slice(at, at + used).map((line) => outdented(line, 4))), used };
}

/** @param {string} line @returns {Fence | undefined} */
function fenceOf(line) {
  const indent = spaces(line);
  const mark = line[indent] ?? '';
  if (mark !== '`' && mark !== '~') return undefined;
  let end = indent;
  while (line[end] === mark) end += 1;
  const info = line.slice(end);
  if (end - indent < 3 || (mark === '`' && info.includes('`'))) return undefined;
  const word = info.slice(spaces(info)).split(' ', 1)[0] ?? '';
  return { indent, mark, length: end - indent, lang: LANG.test(word) ? word : '' };
}

/** @param {Fence} open @param {string[]} lines @param {number} at */
function fenced(open, lines, at) {
  const closes = (/** @type {string} */ line) => {
    if (spaces(line) >= 4) return false;
    const rest = trim(line);
    return rest.length >= open.length && rest === open.mark.repeat(rest.length);
  };
  let end = at + 1;
  while (end < lines.length && !closes(/** @type {string} */ (lines[end]))) end += 1;
  const block = code(open.lang, lines.slice(at + 1, end).map((line) => outdented(line, open.indent)));
  return { block, used: Math.min(end + 1, lines.length) - at };
}

/** A title of nothing is a sign that somebody typed. @param {string} line */
function titleOf(line) {
  const bare = trim(line);
  let level = 0;
  while (bare[level] === '#') level += 1;
  if (level < 1 || level > 6 || bare[level] !== ' ') return undefined;
  let end = bare.length;
  while (bare[end - 1] === '#') end -= 1;
  const text = trim(bare.slice(level, bare[end - 1] === ' ' ? end : bare.length));
  return text === '' ? undefined : { level, text };
}

/** @param {string} line */
function isRule(line) {
  const mark = line[spaces(line)] ?? '';
  if (mark !== '-' && mark !== '*' && mark !== '_') return false;
  let marks = 0;
  for (const sign of line) {
    if (sign === mark) marks += 1;
    else if (sign !== ' ') return false;
  }
  return marks >= 3;
}

/** The quote's lines from here on, less their signs. @param {string[]} lines @param {number} at */
function quoted(lines, at) {
  const inner = [];
  for (let line = lines[at]; line !== undefined; line = lines[at + inner.length]) {
    const indent = spaces(line);
    if (indent >= 4 || line[indent] !== '>') break;
    inner.push(line.slice(indent + (line[indent + 1] === ' ' ? 2 : 1)));
  }
  return inner;
}

/** What stands before a point of a list. @param {string} line @returns {Marker | undefined} */
function markerOf(line) {
  const indent = spaces(line);
  const found = /^(\d{0,9})([-+*.)])/.exec(line.slice(indent, indent + 10));
  const [digits, sign] = [found?.[1] ?? '', found?.[2] ?? ''];
  if (!found || (digits === '') !== '-+*'.includes(sign)) return undefined;
  const text = line.slice(indent + digits.length + 1);
  const gap = spaces(text);
  const isEmpty = gap === text.length;
  if (gap === 0 && !isEmpty) return undefined;
  return { sign, number: digits === '' ? undefined : Number(digits), margin: indent + digits.length + 1 + (isEmpty || gap > 4 ? 1 : gap), isEmpty };
}

/** @param {Marker} first @param {string[]} lines @param {number} from @param {number} depth @returns {{block: Block, used: number}} */
function list(first, lines, from, depth) {
  /** @type {Item[]} */
  const items = [];
  let at = from;
  for (let marker = /** @type {Marker | undefined} */ (first); marker;) {
    const inner = [(lines[at] ?? '').slice(marker.margin)];
    at += 1;
    let blank = 0;
    for (let line = lines[at]; line !== undefined; line = lines[at + blank]) {
      if (isBlank(line)) {
        // A point without a first line does not reach over a gap.
        if (marker.isEmpty && inner.length === 1) break;
        blank += 1;
      } else if (spaces(line) < marker.margin) {
        break;
      } else {
        for (let i = 0; i < blank; i++) inner.push('');
        inner.push(line.slice(marker.margin));
        at += blank + 1;
        blank = 0;
      }
    }
    const task = /^\[([ xX])\] (?! *$)/.exec(inner[0] ?? '');
    if (task) inner[0] = (inner[0] ?? '').slice(4);
    const body = blocks(inner, depth + 1);
    items.push(task ? { task: task[1] !== ' ', blocks: body } : { blocks: body });
    let gap = 0;
    while (isBlank(lines[at + gap] ?? 'x')) gap += 1;
    const line = lines[at + gap];
    const next = line === undefined || spaces(line) >= 4 || isRule(line) ? undefined : markerOf(line);
    marker = next && next.sign === first.sign ? next : undefined;
    if (marker) at += gap;
  }
  return { block: first.number === undefined ? { type: 'list', items } : { type: 'list', start: first.number, items }, used: at - from };
}

/** The table whose head is the paragraph's last line. @param {string[]} paragraph @param {string[]} lines @param {number} at @param {number} depth @returns {{block: Block, used: number} | undefined} */
function tableAt(paragraph, lines, at, depth) {
  const above = paragraph.at(-1);
  if (!above?.includes('|')) return undefined;
  const align = alignment(lines[at] ?? '');
  if (!align) return undefined;
  const head = cells(above, COLUMNS + 1);
  if (head.length !== align.length) return undefined;
  const rows = [];
  for (let line = lines[at + 1]; line !== undefined; line = lines[at + 1 + rows.length]) {
    if (isBlank(line) || spaces(line) >= 4 || !line.includes('|') || startOf(line, true, depth)) break;
    rows.push(cells(line, align.length).map(inlines));
  }
  return { block: { type: 'table', align, head: head.map(inlines), rows }, used: rows.length + 1 };
}

/** How columns stand, if that is what a line tells. @param {string} line @returns {Align[] | undefined} */
function alignment(line) {
  if (!line.includes('|') || !/^[|\-: ]+$/.test(line)) return undefined;
  const all = cells(line, COLUMNS + 1);
  if (all.length > COLUMNS || !all.every((cell) => /^:?-+:?$/.test(cell))) return undefined;
  return all.map((cell) => (cell.startsWith(':') ? (cell.endsWith(':') ? 'center' : 'left') : cell.endsWith(':') ? 'right' : 'none'));
}

/** A row's cells; the last of at most `most` has all that is left. @param {string} line @param {number} most */
function cells(line, most) {
  let row = trim(line);
  if (row.startsWith('|')) row = row.slice(1);
  if (row.endsWith('|') && !row.endsWith('\\|')) row = row.slice(0, -1);
  const all = [];
  let cell = '';
  for (let i = 0; i < row.length; i++) {
    if (row[i] === '\\' && row[i + 1] === '|') {
      cell += '|';
      i += 1;
    } else if (row[i] === '|' && all.length + 1 < most) {
      all.push(trim(cell));
      cell = '';
    } else {
      cell += row[i];
    }
  }
  return [...all, trim(cell)];
}
