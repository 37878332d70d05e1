// Addresses: which of them a link may have, and where one begins and ends in a text. The twin of `chat-tui/src/markup/address.rs`.

/** The address of a link, in bytes. */
const ADDRESS_BYTES = 2048;
/** Brackets inside each other, in the address of a link. */
const BRACKETS = 32;
/** No address has these: browsers read a backslash as a slash. */
const ENDS_ADDRESS = /[\p{White_Space}\p{Cc}<>"`\\\ufffd]/u;
/** Nor do they go on behind punctuation of scripts that set no space behind it. */
const ENDS_BARE = /[\p{White_Space}\p{Cc}<>"`\\\ufffd\u2018-\u201f\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]/u;
const SCHEME = /^(?:https?:\/\/|mailto:)(?=[^])/i;
const PUNCTUATION = /[!-/:-@[-`{-~]/;
/** What a browser makes of `www.`. */
const HTTP = 'http:';
const encoder = new TextEncoder();

/** @typedef {{href: string, used: number}} Found an address found in a text, and how much of the text it took */

/** @param {string} text */
const bytes = (text) => encoder.encode(text).length;

/** Whether a link may lead there. @param {string} address */
export function isAllowed(address) {
  return SCHEME.test(address) && bytes(address) <= ADDRESS_BYTES && !ENDS_ADDRESS.test(address);
}

/** What stands in angle brackets here: an address or that of a mailbox. @param {string} text @param {number} at @returns {Found | undefined} */
export function inAngles(text, at) {
  const end = text.slice(at + 1, at + ADDRESS_BYTES + 2).search(/[<> \n]/);
  if (end < 0 || text[at + 1 + end] !== '>') return undefined;
  const address = text.slice(at + 1, at + 1 + end);
  const href = /^[\w.!#$%&'*+/=?^{|}~-]+@[A-Za-z0-9.-]+$/.test(address) ? `mailto:${address}` : address;
  return isAllowed(href) ? { href, used: address.length + 2 } : undefined;
}

/** The address of a link, behind its text: `(address "title")`. @param {string} text @param {number} from @returns {Found | undefined} */
export function target(text, from) {
  if (text[from] !== '(') return undefined;
  let at = gap(text, from + 1);
  let href;
  if (text[at] === '<') {
    href = upTo(text, '>', at + 1);
    if (href === undefined) return undefined;
    at += href.length + 2;
  } else {
    const found = destination(text, at);
    if (!found) return undefined;
    href = found.href;
    at += found.used;
  }
  const spaced = gap(text, at);
  if (spaced > at) at = titled(text, spaced);
  return text[at] === ')' && isAllowed(href) ? { href, used: at + 1 - from } : undefined;
}

/** A web address that begins here, less what ends its sentence. Within brackets it ends where they do. @param {string} text @param {number} from @param {boolean} inBrackets @returns {Found | undefined} */
export function bare(text, from, inBrackets) {
  const scheme = /^(?:https?:\/\/|www\.)/i.exec(text.slice(from, from + 8))?.[0];
  if (scheme === undefined) return undefined;
  const reach = window(text, from + scheme.length, ADDRESS_BYTES + 1);
  let end = reach.search(ENDS_BARE);
  if (inBrackets && reach.includes(']')) end = end < 0 ? reach.indexOf(']') : Math.min(end, reach.indexOf(']'));
  if (end >= 0 && reach[end] === '\ufffd') return undefined;
  const rest = trimmed(end < 0 ? reach : reach.slice(0, end));
  const isWww = scheme.length === 4;
  if (!/^[[\p{Alphabetic}\p{N}]/u.test(rest) || (isWww && !rest.includes('.'))) return undefined;
  const address = scheme + rest;
  const href = isWww ? `${HTTP}//${address}` : address;
  return isAllowed(href) ? { href, used: address.length } : undefined;
}

/** At most so many bytes of a text from a place on, and then one character. @param {string} text @param {number} from @param {number} most */
function window(text, from, most) {
  let count = 0;
  let end = from;
  while (end < text.length && count < most) {
    const point = text.codePointAt(end) ?? 0;
    count += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    end += point < 0x10000 ? 1 : 2;
  }
  return text.slice(from, end);
}

/** What stands before a sign, if that is near. @param {string} text @param {string} sign @param {number} from */
function upTo(text, sign, from) {
  const end = text.slice(from, from + ADDRESS_BYTES + 1).indexOf(sign);
  return end < 0 || bytes(text.slice(from, from + end)) > ADDRESS_BYTES ? undefined : text.slice(from, from + end);
}

/** Past spaces and line breaks. @param {string} text @param {number} from */
function gap(text, from) {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n') at += 1;
  return at;
}

/** An address without the punctuation behind it, and brackets that were opened before it. @param {string} address */
function trimmed(address) {
  const surplus = (/** @type {string} */ open, /** @type {string} */ close) => address.split(close).length - address.split(open).length;
  let round = surplus('(', ')');
  let square = surplus('[', ']');
  let end = address.length;
  for (; end > 0; end--) {
    const sign = address[end - 1] ?? '';
    if (sign === ')' ? round-- > 0 : sign === ']' ? square-- > 0 : "?!.,:;*_~'…".includes(sign)) continue;
    break;
  }
  return address.slice(0, end);
}

/** An address up to a space or to the bracket that ends it. @param {string} text @param {number} from @returns {Found | undefined} */
function destination(text, from) {
  let href = '';
  let open = 0;
  let count = 0;
  for (let at = from; at < text.length && count <= ADDRESS_BYTES; at++) {
    const c = text[at] ?? '';
    if (c === ' ' || c === '\n' || (c === ')' && open === 0)) return { href, used: at - from };
    if (c === '(' && open === BRACKETS) return undefined;
    if (c === '(') open += 1;
    if (c === ')') open -= 1;
    if (c === '\\' && PUNCTUATION.test(text[at + 1] ?? '')) {
      at += 1;
      count += 1;
      href += text[at];
    } else {
      href += c;
    }
    // Half of a pair counts as half of its four bytes.
    count += c < '\x80' ? 1 : c < '\u0800' || (c >= '\ud800' && c <= '\udfff') ? 2 : 3;
  }
  return undefined;
}

/** Past a title, which is not shown. @param {string} text @param {number} from */
function titled(text, from) {
  const quote = text[from] ?? '';
  if (quote !== '"' && quote !== "'") return from;
  const title = upTo(text, quote, from + 1);
  return title === undefined || bytes(title) + 2 > ADDRESS_BYTES ? from : gap(text, from + title.length + 2);
}
