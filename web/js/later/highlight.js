// Code in colours: what in it is a comment, a string, a number, a word of the language. Pure. The twin of
// `chat-tui/src/markup/highlight.rs`, held to the same colours by `protocol/golden/highlight`.

import { LANGUAGES } from './languages.js';

/**
 * @typedef {'comment' | 'string' | 'number' | 'keyword' | 'name' | 'added' | 'removed'} Class
 * @typedef {[Class | null, string]} Part
 * @typedef {{line: string[], block: string[], strings: {sign: string, isLong: boolean}[], keywords: Set<string>, constants: Set<string>, keys: string, fold: boolean, diff: boolean}} Language
 */

/** Longer code has no colours. */
const BYTES = 32 * 1024;
const WORD = /[\p{Alphabetic}\p{N}_$]+/uy;
const NUMBER = /[A-Za-z0-9_.]+/y;
const list = (/** @type {string | undefined} */ text) => (text ?? '').split(' ').filter((word) => word !== '');

/** @type {Map<string, Language>} */
const LANGUAGE = new Map(LANGUAGES.flatMap((told) => {
  const strings = [...list(told.long).map((sign) => ({ sign, isLong: true })), ...list(told.strings).map((sign) => ({ sign, isLong: false }))];
  const language = { line: list(told.line), block: list(told.block), strings, keywords: new Set(list(told.keywords)), constants: new Set(list(told.constants)), keys: told.keys ?? '', fold: told.fold ?? false, diff: told.diff ?? false };
  return list(told.names).map((name) => /** @type {const} */ ([name, language]));
}));

/** The parts of some code, in order and without gaps. @param {string} lang @param {string} text @returns {Part[]} */
export function parts(lang, text) {
  const language = LANGUAGE.get(lang.toLowerCase());
  if (!language || new TextEncoder().encode(text).length > BYTES) return text === '' ? [] : [[null, text]];
  return language.diff ? diff(text) : read(language, text);
}

/** @param {string} text @returns {Part[]} */
function diff(text) {
  /** @type {Record<string, Class>} */
  const classes = { '+': 'added', '-': 'removed', '@': 'comment' };
  /** @type {Part[]} */
  const found = [];
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const kind = classes[line[0] ?? ''] ?? null;
    const last = found.at(-1);
    if (kind === null && last && last[0] === null) last[1] += line;
    else found.push([kind, line]);
  }
  return found;
}

/** @param {Language} language @param {string} text @returns {Part[]} */
function read(language, text) {
  /** @type {Part[]} */
  const found = [];
  let at = 0;
  let from = 0;
  /** For each kind of string: up to where no end of one was found. @type {number[]} */
  const endless = [];
  const take = (/** @type {Class} */ kind, /** @type {number} */ length) => {
    if (from < at) found.push([null, text.slice(from, at)]);
    found.push([kind, text.slice(at, at + length)]);
    at += length;
    from = at;
  };
  while (at < text.length) {
    const comment = commentAt(language, text, at);
    const string = comment === 0 ? stringAt(language, text, at, endless) : 0;
    WORD.lastIndex = at;
    const word = comment + string === 0 ? WORD.exec(text)?.[0] : undefined;
    if (comment > 0) {
      take('comment', comment);
    } else if (string > 0) {
      take(isKey(language, text, at + string) ? 'name' : 'string', string);
    } else if (word === undefined) {
      at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    } else if (/[0-9]/.test(word[0] ?? '')) {
      NUMBER.lastIndex = at;
      take('number', NUMBER.exec(text)?.[0].length ?? 1);
    } else {
      const name = language.fold ? word.toLowerCase() : word;
      const kind = isKey(language, text, at + word.length) ? 'name' : language.keywords.has(name) ? 'keyword' : language.constants.has(name) ? 'number' : text[at + word.length] === '(' ? 'name' : undefined;
      if (kind) take(kind, word.length);
      else at += word.length;
    }
  }
  if (from < text.length) found.push([null, text.slice(from)]);
  return found;
}

/** The length of a comment that begins here, or 0. @param {Language} language @param {string} text @param {number} at */
function commentAt({ line, block }, text, at) {
  const [begin, end] = block;
  if (begin !== undefined && end !== undefined && text.startsWith(begin, at)) {
    const close = text.indexOf(end, at + begin.length);
    return (close < 0 ? text.length : close + end.length) - at;
  }
  // A `#` is a comment where a word could begin: `$#` is none.
  const begins = (/** @type {string} */ sign) => text.startsWith(sign, at) && (sign !== '#' || at === 0 || /\p{White_Space}/u.test(text[at - 1] ?? ''));
  if (!line.some(begins)) return 0;
  const close = text.indexOf('\n', at);
  return (close < 0 ? text.length : close) - at;
}

/**
 * The length of a string that begins here, or 0. What an earlier search passed over without an end was escaped: from
 * there it would find no end either.
 * @param {Language} language @param {string} text @param {number} from @param {number[]} endless
 */
function stringAt({ strings }, text, from, endless) {
  const index = strings.findIndex(({ sign }) => text.startsWith(sign, from));
  const kind = strings[index];
  if (!kind || from < (endless[index] ?? 0)) return 0;
  const { sign, isLong } = kind;
  let at = from + sign.length;
  for (; at < text.length; at++) {
    if (text.startsWith(sign, at)) return at + sign.length - from;
    if (text[at] === '\n' && !isLong) break;
    if (text[at] === '\\' && at + 1 < text.length && text[at + 1] !== '\n') at += 1;
  }
  if (isLong) return text.length - from;
  endless[index] = at;
  return 0;
}

/** Whether what ends here is the name of a value that follows. @param {Language} language @param {string} text @param {number} end */
function isKey({ keys }, text, end) {
  let at = end;
  while (text[at] === ' ') at += 1;
  return keys !== '' && text[at] === keys;
}
