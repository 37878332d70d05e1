// Pictures of any size, made here: PNG without a library.

import { deflateSync } from 'node:zlib';

/** A colourful PNG of so many pixels. */
export function painting(width, height) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      rows[at] = (x * 255) / width;
      rows[at + 1] = (y * 255) / height;
      rows[at + 2] = (Math.hypot(x - width / 2, y - height / 2) * 3) % 255;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type, data) {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** The sum at the end of a chunk. */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** A sound of so many seconds: one tone, 8,000 bytes a second. @param {number} seconds */
export function sound(seconds) {
  const length = seconds * 8_000;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(8_000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(length, 40);
  return Buffer.concat([head, Buffer.alloc(length, Buffer.from(Array.from({ length: 80 }, (_, i) => 128 + Math.round(40 * Math.sin((i * 2 * Math.PI) / 20)))))]);
}

/** A film of 32 × 18 pixels, less than a second long. */
export const FILM = Buffer.from([
  'GkXfo59ChoEBQveBAULygQRC84EIQoKEd2VibUKHgQRChYECGFOAZwEAAAAAAAMtEU2bdLlNu4tTq4QVSalmU6yBbk27i1OrhBZUrmtTrIGTTbuLU6uEH0O2dVOsgdRNu4xTq4QcU7trU6yCAxvsrgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAVSalmoCrXsYMPQkBEiYREC7aoTYCGQ2hyb21lV0GGQ2hyb21lFlSua7yuuteBAXPFh0oWwDesQhiDgQFV7oEBhoVWX1ZQOOCdsIEguoESU8CBAVWwkFWxgQFVuYECVbqBDVW7gQEfQ7Z1AQAAAAAA',
  'AjvngQCgz6GkgQAAADACAJ0BKiAAEgACRwiFhYiZhIgMggAHkQbDkP78/IAAdaGmpqTugQGlnzACAJ0BKiAAEgAHBwiFhYiZhIgmAgAHkPPJwP7wXQCgx6GngQBOAPEBAAkQgAAYCdPLINuUcBNKQP7u07snel//i0P7ef8GtpQAdaGYppbu',
  'gQGlkbEBABwRPAAYABhYL/QACHAA+4EAoLuhm4EAnwDxAQAJEFQAGA2MSyDblHATSkD+/XEAAHWhmKaW7oEBpZGxAQAcESwAGAAYWC/0AAhwAPuBTqDKoaqBAPEA8QEACRBAABgJ08sg25RwE0pA/vLrcq9XmVf/TSP/6aR//TSPlNB1oZim',
  'lu6BAaWRsQEAHBEcABgAGFgv9AAIcAD7gZ+gu6GbgQE+APEBAAkQNAAYDYxLINuUcBNKQP7+kwgAdaGYppbugQGlkbEBABwQ7AAYABhYL/QACHAA+4HxoM2hrIEBjgAxAgAJECgAGAnWqAgf+XNMwDjWAP74BD9aFoQOf/bs//XZ/+uz/q4A',
  'daGYppbugQGlkbEBABwQ3AAYABhYL/QACHAA+4IBPqC9oZyBAd8A0QEACRAgABgAHlf0DAA1BwD+/2LIipMAdaGYppbugQGlkbEBABwQwAAYABhYL/QACHAA+4IBjqDIoaeBAi4A0QEACRB0FGAAeV/QMADUHAD+75qpJBvgXj/+Ur92XpJ0',
  'eAB1oZimlu6BAaWRsQEAHBCIFGAAYWC/0AAhwAD7ggHfHFO7a427i7OBALeG94EB8YHU',
].join(''), 'base64');
