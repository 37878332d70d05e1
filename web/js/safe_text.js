// Remote text made safe for the page: the one way by which what somebody else wrote reaches it. The twin of the
// `protocol` crate's `safe_text`, held to the same behaviour by `protocol/golden/safe_text.json`.

/** Stands where something that must not reach a screen was. */
const MARK = '\u{fffd}';
/** The combining marks (variation selectors and skin tones too) that one character may carry. */
const MARKS_PER_BASE = 8;
/** The joiners in a row of joined characters, as in a family emoji. */
const JOINERS_PER_RUN = 8;
/** Carries a mark that has no character to stand on. */
const DOTTED_CIRCLE = '\u{25cc}';

/** Characters that need no context; the way of almost all text. Newlines are looked at apart. */
const PLAIN = /^[ -~\u{a1}-\u{ac}\u{ae}-\u{2ff}\u{370}-\u{482}\u{48a}-\u{58f}\u{2010}-\u{2027}\u{2030}-\u{205e}\u{4e00}-\u{9fff}\u{ac00}-\u{d7a3}]*$/u;
const PLAIN_BLOCK = /^[\n -~\u{a1}-\u{ac}\u{ae}-\u{2ff}\u{370}-\u{482}\u{48a}-\u{58f}\u{2010}-\u{2027}\u{2030}-\u{205e}\u{4e00}-\u{9fff}\u{ac00}-\u{d7a3}]*$/u;

const BREAK = /^[\n\u{2028}\u{2029}]$/u;
const JOINER = /^[\u{200c}\u{200d}]$/u;
const SELECTOR = /^[\u{fe00}-\u{fe0f}\u{180b}-\u{180d}\u{180f}\u{1f3fb}-\u{1f3ff}\u{e0100}-\u{e01ef}]$/u;
const SKIN_TONE = /^[\u{1f3fb}-\u{1f3ff}]$/u;
const FORBIDDEN = /^[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\p{Bidi_Control}]$/u;
const INVISIBLE = /^[\u{ad}\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180e}\u{200b}\u{2060}-\u{2065}\u{206a}-\u{206f}\u{3164}\u{feff}\u{ffa0}\u{fff0}-\u{fffb}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]$/u;
const COMBINING = /^\p{M}$/u;
const SPACE = /^\p{White_Space}$/u;
/** The tags with which a black flag becomes that of a country's part. */
const FLAG = /^\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}/u;

/** For a place of one line (names, titles, reasons): line breaks and tabs become spaces. @param {string} text */
export function line(text) {
  return PLAIN.test(text) ? text : clean(text, ' ', ' ');
}

/** For a place of many lines (messages): keeps line breaks; tabs become four spaces. @param {string} text */
export function block(text) {
  return PLAIN_BLOCK.test(text) ? text : clean(text, '\n', '    ');
}

/** @param {string} text @param {string} newline @param {string} tab */
function clean(text, newline, tab) {
  const writer = new Writer(newline, tab);
  const source = text.replaceAll('\r\n', '\n');
  for (let at = 0; at < source.length; ) {
    const c = String.fromCodePoint(/** @type {number} */ (source.codePointAt(at)));
    writer.write(c);
    at += c.length;
    if (c !== '\u{1f3f4}') continue;
    const flag = FLAG.exec(source.slice(at - c.length, at + 16));
    if (flag === null) continue;
    const tags = flag[0].slice(c.length);
    writer.out.push(tags);
    at += tags.length;
  }
  return writer.out.join('');
}

/** Looks only at what it wrote, never at what it left out: so its output is left as it is. */
class Writer {
  /** @param {string} newline @param {string} tab */
  constructor(newline, tab) {
    this.newline = newline;
    this.tab = tab;
    /** @type {string[]} */
    this.out = [];
    /** There is a character to carry marks and joiners. */
    this.onBase = false;
    this.marks = 0;
    /** Joiners since the last character that was not joined. */
    this.joiners = 0;
    /** Written when a visible character follows. */
    this.joiner = '';
  }

  /** @param {string} c */
  write(c) {
    if (BREAK.test(c)) this.space(this.newline);
    else if (c === '\t') this.space(this.tab);
    else if (JOINER.test(c)) {
      if (this.onBase && this.joiner === '' && this.joiners < JOINERS_PER_RUN) this.joiner = c;
    } else if (SELECTOR.test(c)) {
      if (this.onBase) this.mark(c);
      else if (SKIN_TONE.test(c)) this.base(c);
    } else if (FORBIDDEN.test(c)) this.base(MARK);
    else if (INVISIBLE.test(c)) return;
    else if (COMBINING.test(c)) this.mark(c);
    else if (SPACE.test(c)) this.space(c);
    else this.base(c);
  }

  /** @param {string} c */
  base(c) {
    if (!this.join()) this.joiners = 0;
    this.out.push(c);
    this.onBase = true;
    this.marks = 0;
  }

  /** @param {string} c */
  mark(c) {
    if (!this.onBase) this.base(DOTTED_CIRCLE);
    if (this.marks >= MARKS_PER_BASE) return;
    this.join();
    this.out.push(c);
    this.marks += 1;
  }

  /** @param {string} c */
  space(c) {
    this.out.push(c);
    this.onBase = false;
    this.joiner = '';
  }

  join() {
    if (this.joiner === '') return false;
    this.out.push(this.joiner);
    this.joiner = '';
    this.joiners += 1;
    return true;
  }
}
