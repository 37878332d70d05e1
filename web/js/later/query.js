// What somebody types into the search: what could come next, and where its words are in what was found. Pure.

/**
 * What may be put in place of `from..to`.
 * @typedef {{label: string, hint: string, from: number, to: number, insert: string}} Suggestion
 * @typedef {{people: string[], rooms: {room: string, title: string}[], today: Date}} Known
 */

/** What narrows a search, with what it means. */
export const OPERATORS = /** @type {[string, string][]} */ ([
  ['from:', 'who said it'], ['in:', 'where'], ['before:', 'before a day'], ['after:', 'after a day'], ['has:', 'a file, an image or a link'],
]);
const HAS = /** @type {[string, string][]} */ ([['file', 'any file'], ['image', 'a picture'], ['link', 'an address']]);
const DAY_MS = 86_400_000;
const MOST = 6;

/** What could stand at the caret. @param {string} text @param {number} caret @param {Known} known @returns {Suggestion[]} */
export function suggest(text, caret, { people, rooms, today }) {
  const [word = ''] = /(?:[a-z]+:"[^"]*|\S*)$/i.exec(text.slice(0, caret)) ?? [];
  const from = caret - word.length;
  const [, operator = '', typed = ''] = /^([a-z]+:)"?(.*)$/i.exec(word) ?? [];
  const wanted = typed.toLowerCase();
  const offer = (/** @type {[string, string, string?][]} */ choices) => choices.slice(0, MOST).map(([value, hint, label = value]) => ({ label, hint, from, to: caret, insert: `${operator.toLowerCase()}${quoted(value)} ` }));
  const near = (/** @type {string} */ text) => text.toLowerCase().includes(wanted);
  switch (operator.toLowerCase()) {
    case 'from:':
      return offer([...new Set(people)].filter(near).sort((a, b) => begins(b, wanted) - begins(a, wanted) || a.localeCompare(b)).map((name) => [name, '']));
    case 'in:':
      return offer(rooms.filter(({ room, title }) => near(room) || near(title)).map(({ room, title }) => [room, '', title]));
    case 'has:':
      return offer(HAS.filter(([name]) => name.startsWith(wanted)));
    case 'before:':
    case 'after:':
      return offer(/** @type {[string, number][]} */ ([['today', 0], ['yesterday', 1], ['a week ago', 7], ['a month ago', 30], ['a year ago', 365]])
        .map(([hint, days]) => /** @type {[string, string]} */ ([dayOf(new Date(+today - days * DAY_MS)), hint])).filter(([day]) => day.startsWith(wanted)));
    default:
      return OPERATORS.filter(([name]) => name.startsWith(word.toLowerCase())).map(([name, hint]) => ({ label: name, hint, from, to: caret, insert: name }));
  }
}

/** A day as the search has it, of the clock on the wall. @param {Date} date */
export function dayOf(date) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The words that a search is for, in lower case: without what only narrows it. @param {string} query @returns {string[]} */
export function words(query) {
  const found = [];
  for (const [, narrowed, phrase, word] of query.matchAll(/([a-z]+:(?:"[^"]*"?|\S*))|"([^"]*)"?|(\S+)/gi)) {
    if (narrowed !== undefined && OPERATORS.some(([name]) => narrowed.toLowerCase().startsWith(name))) continue;
    const text = (phrase ?? word ?? narrowed ?? '').replace(/\*+$/, '').trim().toLowerCase();
    if (text !== '') found.push(text);
  }
  return found;
}

/** A text in pieces, those that were looked for marked; of a long one what is around the first of them. @param {string} text @param {string[]} words @param {number} [most] characters @returns {[string, boolean][]} */
export function marked(text, words, most = 280) {
  const lower = text.toLowerCase();
  // A letter that becomes two in lower case would move all places: then nothing is marked.
  const isEven = lower.length === text.length;
  const places = isEven ? words.map((word) => lower.indexOf(word)).filter((at) => at >= 0) : [];
  let begin = 0;
  if (text.length > most) {
    begin = Math.max(0, Math.min(text.length - most, Math.min(...places, text.length) - Math.floor(most / 4)));
    if (places.length === 0) begin = 0;
  }
  const end = Math.min(text.length, begin + most);
  /** @type {[string, boolean][]} */
  const parts = begin > 0 ? [['…', false]] : [];
  let at = begin;
  const view = lower.slice(0, end);
  while (at < end) {
    let next = end;
    let length = 0;
    for (const word of isEven ? words : []) {
      const found = view.indexOf(word, at);
      if (found >= 0 && (found < next || (found === next && word.length > length))) [next, length] = [found, word.length];
    }
    if (next > at) parts.push([text.slice(at, next), false]);
    if (length > 0) parts.push([text.slice(next, next + length), true]);
    at = next + Math.max(length, next === end ? 1 : 0);
  }
  if (end < text.length) parts.push(['…', false]);
  return parts;
}

/** @param {string} value */
function quoted(value) {
  return /[\s"]/.test(value) ? `"${value.replaceAll('"', '')}"` : value;
}

/** @param {string} text @param {string} beginning */
function begins(text, beginning) {
  return text.toLowerCase().startsWith(beginning) ? 1 : 0;
}
