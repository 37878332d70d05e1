// From a block's text to emphasis, links and their kin. The twin of `chat-tui/src/markup/inline.rs`: the text is cut into
// pieces in one go; runs of `*`, `_` and `~` then find their partners as CommonMark (6.2) tells, and the pieces are put
// together. Whatever is searched for is searched once, or within a bound.

import { line as safe } from '../safe_text.js';
import { bare, inAngles, target } from './address.js';

/**
 * @typedef {{type: 'text', text: string} | {type: 'strong' | 'em' | 'strike', inlines: Inline[]} | {type: 'code', text: string}
 *   | {type: 'link', href: string, inlines: Inline[]} | {type: 'break'} | {type: 'mention', name: string} | {type: 'emoji', name: string}} Inline
 * @typedef {{type: 'strong' | 'em' | 'strike'} | {type: 'link', href: string}} Tag
 * @typedef {{sign: string, length: number, left: number, opens: boolean, closes: boolean, ends: Tag[], begins: Tag[]}} Run
 * `past` is where a link ends that was looked through: looking through it again for each one around it would be the square of them.
 * @typedef {{text: string, past?: number | undefined} | {leaf: Inline} | {run: Run} | {begin: Tag, past: number} | {end: true}} Piece
 */

/** Emphasis inside emphasis; what goes deeper is text. */
const INLINE_DEPTH = 8;
/** The longest name of an emoji, and of a person. */
const EMOJI_BYTES = 48;
const NAME_CHARS = 32;
const SPECIAL = /[\\`*_~[\]!<@:\nwW]/;
const PUNCTUATION = /^[!-/:-@[-`{-~]$/;
const SPACE = /^\p{White_Space}$/u;
/** A letter, a digit, or a mark on one. */
const WORD = /^[\p{Alphabetic}\p{N}\p{M}]$/u;
/** Scripts that set no spaces between words, and their punctuation. */
const EAST_ASIAN = /^[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\u{1b000}-\u{1b16f}\u{20000}-\u{3ffff}]$/u;

/** The inlines of a block's text, whose lines have no spaces at their ends. @param {string} text @returns {Inline[]} */
export function inlines(text) {
  return settled(SPECIAL.test(text) ? putTogether(new Reader(text).read()) : [{ type: 'text', text }]);
}

/** The words of some inlines, without what emphasises them. @param {Inline[]} list @returns {string} */
export function plain(list) {
  return list.map((inline) => {
    switch (inline.type) {
      case 'text':
      case 'code':
        return inline.text;
      case 'break':
        return '\n';
      case 'mention':
        return `@${inline.name}`;
      case 'emoji':
        return `:${inline.name}:`;
      default:
        return plain(inline.inlines);
    }
  }).join('');
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    /** Where it reads. */
    this.at = 0;
    /** Where the text begins that is in no piece yet. */
    this.from = 0;
    /** @type {Piece[]} */
    this.pieces = [];
    /** The pieces that are runs without partners, in order. @type {number[]} */
    this.runs = [];
    /** Open brackets that may become links. @type {{piece: number, isPicture: boolean, runs: number}[]} */
    this.brackets = [];
    /** Where runs of backticks are, last first, by their length. @type {Map<number, number[]> | undefined} */
    this.ticks = undefined;
  }

  read() {
    const { text } = this;
    while (this.at < text.length) {
      const sign = text[this.at] ?? '';
      switch (sign) {
        case '\\':
          this.#escape();
          break;
        case '`':
          this.#code();
          break;
        case '*':
        case '_':
        case '~':
          this.#run(sign);
          break;
        case '!':
          if (text[this.at + 1] === '[') this.#bracket(2);
          else this.at += 1;
          break;
        case '[':
          this.#bracket(1);
          break;
        case ']':
          this.#link();
          break;
        case '<':
          this.#address(inAngles(text, this.at), 1);
          break;
        case '@':
          this.#mention();
          break;
        case ':':
          this.#emoji();
          break;
        case '\n':
          this.#take({ leaf: { type: 'break' } }, 1);
          break;
        case 'h':
        case 'H':
          this.#address(/[A-Za-z0-9]/.test(text[this.at - 1] ?? '') ? undefined : bare(text, this.at, this.brackets.length > 0), 0);
          break;
        case 'w':
        case 'W':
          this.#address(/[A-Za-z0-9.]/.test(text[this.at - 1] ?? '') ? undefined : bare(text, this.at, this.brackets.length > 0), 0);
          break;
        default:
          this.at += 1;
      }
    }
    this.#flush();
    pair(this.pieces, this.runs);
    return this.pieces;
  }

  /** The character before. */
  #before() {
    const { text, at } = this;
    const isPair = at > 1 && /[\udc00-\udfff]/.test(text[at - 1] ?? '');
    return text.slice(at - (isPair ? 2 : 1), at);
  }

  /** The text so far becomes a piece. */
  #flush() {
    if (this.from < this.at) this.pieces.push({ text: this.text.slice(this.from, this.at) });
    this.from = this.at;
  }

  /** A piece of so much text. @param {Piece} piece @param {number} length */
  #take(piece, length) {
    this.#flush();
    this.pieces.push(piece);
    this.at += length;
    this.from = this.at;
  }

  #escape() {
    const next = this.text[this.at + 1] ?? '';
    if (PUNCTUATION.test(next)) this.#take({ text: next }, 2);
    else if (next === '\n') this.#take({ leaf: { type: 'break' } }, 2);
    else this.at += 1;
  }

  #code() {
    const length = this.#length('`');
    const from = this.at + length;
    this.ticks ??= ticks(this.text);
    const ends = this.ticks.get(length) ?? [];
    while ((ends.at(-1) ?? from) < from) ends.pop();
    const end = ends.pop();
    if (end === undefined) {
      this.at = from;
      return;
    }
    const text = this.text.slice(from, end).replaceAll('\n', ' ');
    const isPadded = text.length > 1 && text.startsWith(' ') && text.endsWith(' ') && /[^ ]/.test(text);
    this.#take({ leaf: { type: 'code', text: isPadded ? text.slice(1, -1) : text } }, end + length - this.at);
  }

  /** How often a sign stands here in a row. @param {string} sign */
  #length(sign) {
    let end = this.at;
    while (this.text[end] === sign) end += 1;
    return end - this.at;
  }

  /** @param {string} sign */
  #run(sign) {
    const length = this.#length(sign);
    if (sign === '~' && length !== 2) {
      this.at += length;
      return;
    }
    const next = this.text.codePointAt(this.at + length);
    const run = newRun(sign, length, this.#before(), next === undefined ? '' : String.fromCodePoint(next));
    this.#flush();
    this.runs.push(this.pieces.length);
    this.#take({ run }, length);
  }

  /** @param {number} length */
  #bracket(length) {
    this.#flush();
    this.brackets.push({ piece: this.pieces.length, isPicture: length === 2, runs: this.runs.length });
    this.#take({ text: this.text.slice(this.at, this.at + length) }, length);
  }

  #link() {
    const open = this.brackets.pop();
    const found = open && target(this.text, this.at + 1);
    if (!found) {
      this.at += 1;
      return;
    }
    this.#flush();
    pair(this.pieces, this.runs.splice(open.runs));
    let isSeen = false;
    for (let i = open.piece + 1; i < this.pieces.length; i++) {
      const piece = /** @type {Piece} */ (this.pieces[i]);
      if ('past' in piece && piece.past !== undefined) {
        // No links within links, and nothing else to be pressed.
        this.pieces[i] = { text: '', past: piece.past };
        this.pieces[piece.past] = { text: '' };
        i = piece.past;
        isSeen = true;
      } else if ('text' in piece) {
        isSeen ||= /\P{White_Space}/u.test(piece.text);
      } else if ('run' in piece || ('leaf' in piece && piece.leaf.type !== 'break')) {
        if ('leaf' in piece && (piece.leaf.type === 'link' || piece.leaf.type === 'mention')) this.pieces[i] = { text: plain([piece.leaf]) };
        isSeen = true;
      }
    }
    if (!isSeen) this.pieces.push({ text: found.href });
    this.pieces[open.piece] = { begin: { type: 'link', href: found.href }, past: this.pieces.length };
    this.#take({ end: true }, 1 + found.used);
    // What was opened before holds a link now, and can be none.
    if (!open.isPicture) this.brackets = [];
  }

  /** A link that shows the text which it was made of, less what it stands in. @param {import('./address.js').Found | undefined} found @param {number} margin */
  #address(found, margin) {
    if (!found) {
      this.at += 1;
      return;
    }
    const text = this.text.slice(this.at + margin, this.at + found.used - margin);
    this.#take({ leaf: { type: 'link', href: found.href, inlines: [{ type: 'text', text }] } }, found.used);
  }

  #mention() {
    const before = this.#before();
    const last = this.pieces.at(-1);
    // Behind the line that begins emphasis, not within a word.
    const isPart = before === '_' ? !(last && 'run' in last && last.run.opens) : before === '@' || before === '/' || (WORD.test(before) && !EAST_ASIAN.test(before));
    const rest = this.text.slice(this.at + 1, this.at + 2 + 2 * NAME_CHARS);
    const all = isPart ? '' : /^[\p{Alphabetic}\p{N}][\p{Alphabetic}\p{N}\p{M}\-_.]*/u.exec(rest)?.[0] ?? '';
    const name = all.replace(/[-_.]+$/, '');
    if (name === '' || [...all].length > NAME_CHARS) this.at += 1;
    else this.#take({ leaf: { type: 'mention', name } }, name.length + 1);
  }

  #emoji() {
    const last = this.pieces.at(-1);
    const isNext = this.from === this.at && last !== undefined && 'leaf' in last && last.leaf.type === 'emoji';
    const isPart = !isNext && /[A-Za-z0-9_:]/.test(this.text[this.at - 1] ?? '');
    const name = isPart ? undefined : /^:([a-z0-9_+-]+):(?![A-Za-z0-9_])/.exec(this.text.slice(this.at, this.at + EMOJI_BYTES + 3))?.[1];
    if (name === undefined || name.length > EMOJI_BYTES) this.at += 1;
    else this.#take({ leaf: { type: 'emoji', name } }, name.length + 2);
  }
}

/** @param {string} text */
function ticks(text) {
  /** @type {Map<number, number[]>} */
  const found = new Map();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const places = found.get(run.length);
    if (places) places.push(index);
    else found.set(run.length, [index]);
  }
  for (const places of found.values()) places.reverse();
  return found;
}

/** @param {string} sign @param {number} length @param {string} before @param {string} after @returns {Run} */
function newRun(sign, length, before, after) {
  const isSpace = (/** @type {string} */ c) => c === '' || SPACE.test(c);
  const isSign = (/** @type {string} */ c) => !isSpace(c) && !WORD.test(c);
  const apart = (/** @type {string} */ c) => isSpace(c) || isSign(c) || EAST_ASIAN.test(c);
  const leansRight = !isSpace(after) && (!isSign(after) || apart(before));
  const leansLeft = !isSpace(before) && (!isSign(before) || apart(after));
  // Not within words, many of which have it: file_name_of.
  const opens = leansRight && (sign !== '_' || !leansLeft || isSign(before));
  const closes = leansLeft && (sign !== '_' || !leansRight || isSign(after));
  return { sign, length, left: length, opens, closes, ends: [], begins: [] };
}

/** Whether the two belong together: the rule of three keeps `*a**b*` one. @param {Run} open @param {Run} close */
function match(open, close) {
  const isOdd = (open.closes || close.opens) && (open.length + close.length) % 3 === 0 && !(open.length % 3 === 0 && close.length % 3 === 0);
  return open.sign === close.sign && (close.sign === '~' || !isOdd);
}

/** Finds partners among the runs, which are pieces in their order. @param {Piece[]} pieces @param {number[]} places */
function pair(pieces, places) {
  /** @type {Run[]} */
  const open = [];
  // Below these places of `open` there is no partner for runs that want the same.
  /** @type {Map<string, number>} */
  const floors = new Map();
  for (const place of places) {
    const run = /** @type {{run: Run}} */ (pieces[place]).run;
    const key = `${run.sign}${run.opens}${run.length % 3}`;
    while (run.closes && run.left > 0) {
      let at = open.length - 1;
      const floor = floors.get(key) ?? 0;
      while (at >= floor && !match(/** @type {Run} */ (open[at]), run)) at -= 1;
      if (at < floor) {
        floors.set(key, open.length);
        break;
      }
      const other = /** @type {Run} */ (open[at]);
      const signs = Math.min(run.left, other.left, 2);
      /** @type {Tag} */
      const tag = { type: run.sign === '~' ? 'strike' : signs === 1 ? 'em' : 'strong' };
      other.left -= signs;
      other.begins.push(tag);
      run.left -= signs;
      run.ends.push(tag);
      // What stands open between the two stays text.
      open.length = other.left === 0 ? at : at + 1;
      for (const [key, floor] of floors) floors.set(key, Math.min(floor, open.length));
    }
    if (run.opens && run.left > 0) open.push(run);
  }
}

/** @param {Piece[]} pieces @returns {Inline[]} */
function putTogether(pieces) {
  /** @type {Inline[]} */
  const whole = [];
  /** What is open, and what is in it. @type {{tag: Tag, inlines: Inline[]}[]} */
  const open = [];
  /** For each begin without its end: whether it is open, or text because it is too deep. @type {boolean[]} */
  const real = [];
  const here = () => open.at(-1)?.inlines ?? whole;
  const text = (/** @type {string} */ more) => {
    const last = here().at(-1);
    if (last?.type === 'text') last.text += more;
    else here().push({ type: 'text', text: more });
  };
  const begin = (/** @type {Tag} */ tag, /** @type {string} */ sign) => {
    const isReal = open.length < INLINE_DEPTH || tag.type === 'link';
    real.push(isReal);
    if (isReal) open.push({ tag, inlines: [] });
    else text(sign);
  };
  const end = (/** @type {string} */ sign) => {
    const closed = real.pop() ? open.pop() : undefined;
    if (closed) here().push({ ...closed.tag, inlines: closed.inlines });
    else text(sign);
  };
  for (const piece of pieces) {
    if ('text' in piece) text(piece.text);
    else if ('leaf' in piece) here().push(piece.leaf);
    else if ('begin' in piece) begin(piece.begin, '');
    else if ('end' in piece) end('');
    else {
      const { sign, left, ends, begins } = piece.run;
      const typed = (/** @type {Tag} */ tag) => (tag.type === 'em' ? sign : sign + sign);
      for (const tag of ends) end(typed(tag));
      if (left > 0) text(sign.repeat(left));
      for (const tag of begins.reverse()) begin(tag, typed(tag));
    }
  }
  return whole;
}

/** Makes each piece of text safe by itself: a mark is no longer on the character that it was typed behind. @param {Inline[]} list @returns {Inline[]} */
function settled(list) {
  for (const inline of list) {
    if (inline.type === 'text' || inline.type === 'code') inline.text = safe(inline.text);
    else if ('inlines' in inline) inline.inlines = settled(inline.inlines);
  }
  return list.filter((inline) => inline.type !== 'text' || inline.text !== '');
}
