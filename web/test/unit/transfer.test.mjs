import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Transfer, sized, told } from '../../js/later/transfer.js';

/** Random, and the same in every run. */
function dice(seed) {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

/** A server that keeps what it gets, as far as it gets it. */
class Keeper {
  constructor({ size, chunk = 7 }) {
    Object.assign(this, { size, chunk, uploads: new Map(), made: 0 });
  }

  announce() {
    const upload = `u${++this.made}`;
    this.uploads.set(upload, []);
    return { upload, offset: 0, chunk: this.chunk };
  }

  answer(upload) {
    const bytes = this.uploads.get(upload);
    if (!bytes) return null;
    return { offset: bytes.length, ...(bytes.length === this.size && { file: { file: upload, name: 'x', size: this.size, kind: 'text/plain' } }) };
  }

  /** Takes `count` of the piece's bytes. */
  take({ upload, from, to }, count = to - from) {
    const bytes = this.uploads.get(upload);
    if (!bytes) return null;
    if (from !== bytes.length) return 'bad_offset';
    for (let i = from; i < from + count; i++) bytes.push(i);
    return this.answer(upload);
  }
}

const gone = { code: 'not_found', reason: 'there is no such file' };

test('F01 a file arrives whole and once, whatever breaks on the way', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = dice(seed);
    const size = Math.floor(random() * 60);
    const keeper = new Keeper({ size });
    const transfer = new Transfer({ size });
    let now = 0;
    let forgotten = 0;
    for (let steps = 0; transfer.state === 'going'; steps++) {
      assert.ok(steps < 2_000, `seed ${seed} does not end`);
      const step = transfer.next(now);
      assert.ok(step, 'there is always something to do');
      if (step.do !== 'wait') assert.equal(transfer.next(now), null, 'one thing at a time');
      now += 10;
      if (step.do === 'wait') {
        now = step.until;
        continue;
      }
      const luck = random();
      if (luck < 0.1) transfer.broken(now, random());
      else if (luck < 0.15) transfer.refused({ code: 'rate_limited', reason: 'wait', retry: true, retry_ms: 50 }, now, random());
      else if (luck < 0.17 && transfer.upload !== undefined && forgotten < 3) {
        forgotten += 1;
        keeper.uploads.delete(transfer.upload);
        transfer.refused(gone, now, random());
      } else if (step.do === 'announce') transfer.announced(keeper.announce());
      else if (step.do === 'ask') transfer.reached(keeper.answer(step.upload), now, random());
      else {
        const cut = luck < 0.3;
        const said = keeper.take(step, cut ? Math.floor(random() * (step.to - step.from + 1)) : undefined);
        assert.notEqual(said, 'bad_offset', 'after a break the server is asked where to go on');
        if (cut) transfer.broken(now, random());
        else transfer.reached(said, now, random(), true);
      }
    }
    assert.equal(transfer.state, 'done', `seed ${seed}: ${transfer.reason}`);
    assert.deepEqual(keeper.uploads.get(transfer.file.file), Array.from({ length: size }, (_, i) => i), `seed ${seed}`);
    assert.equal(transfer.sent, size);
  }
});

test('after a break the server is asked, and the file goes on behind what it has', () => {
  const transfer = new Transfer({ size: 20 });
  assert.deepEqual(transfer.next(0), { do: 'announce' });
  transfer.announced({ upload: 'u', offset: 0, chunk: 8 });
  assert.deepEqual(transfer.next(0), { do: 'piece', upload: 'u', from: 0, to: 8 });
  transfer.moved(6, 10);
  assert.equal(transfer.sent, 6);
  transfer.broken(10, 0.5);
  assert.equal(transfer.sent, 0, 'what was on its way may not be there');
  assert.deepEqual(transfer.next(11), { do: 'wait', until: 260 });
  transfer.wake();
  assert.deepEqual(transfer.next(11), { do: 'ask', upload: 'u' });
  transfer.reached({ offset: 5 }, 12, 0);
  assert.deepEqual(transfer.next(12), { do: 'piece', upload: 'u', from: 5, to: 13 });
});

test('the waits grow, and begin anew once a piece got through', () => {
  const transfer = new Transfer({ size: 20, upload: 'u' });
  const waits = [];
  for (let i = 0; i < 8; i++) {
    transfer.next(0);
    transfer.broken(0, 1);
    waits.push(transfer.until);
    transfer.wake();
  }
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  transfer.next(0);
  transfer.reached({ offset: 0 }, 0, 0);
  transfer.next(0);
  transfer.reached({ offset: 10 }, 0, 0, true);
  transfer.next(0);
  transfer.broken(0, 1);
  assert.equal(transfer.until, 500);
});

test('one that was announced by an earlier page asks first, and may be whole already', () => {
  const file = { file: 'u', name: 'x', size: 9, kind: 'text/plain' };
  const transfer = new Transfer({ size: 9, upload: 'u' });
  assert.deepEqual(transfer.next(0), { do: 'ask', upload: 'u' });
  transfer.reached({ offset: 9, file }, 0, 0);
  assert.deepEqual([transfer.state, transfer.file], ['done', file]);
});

test('one that the server forgot is begun anew, but not for ever', () => {
  const transfer = new Transfer({ size: 9, upload: 'u0' });
  for (let i = 1; i <= 3; i++) {
    transfer.next(0);
    transfer.refused(gone, 0, 0);
    assert.deepEqual(transfer.next(0), { do: 'announce' });
    transfer.announced({ upload: `u${i}`, offset: 0, chunk: 4 });
  }
  transfer.next(0);
  transfer.refused(gone, 0, 0);
  assert.deepEqual([transfer.state, transfer.reason], ['failed', gone.reason]);
});

test('a server that takes nothing is not asked without end and without rest', () => {
  const transfer = new Transfer({ size: 9, upload: 'u', chunk: 4 });
  let now = 0;
  for (let i = 0; i < 6; i++) {
    if (transfer.next(now)?.do === 'wait') now = transfer.until;
    transfer.next(now);
    transfer.reached({ offset: 0 }, now, 1);
    assert.equal(transfer.next(now)?.do, 'piece');
    transfer.reached({ offset: 0 }, now, 1, true);
    assert.ok(transfer.until > now, 'it waits');
    now = transfer.until;
  }
  assert.equal(transfer.tries, 6);
});

test('what is refused for good is told, and can be tried again; what is cancelled stays so', () => {
  const transfer = new Transfer({ size: 9 });
  transfer.next(0);
  transfer.refused({ code: 'too_big', reason: 'The file is too big.' }, 0, 0);
  assert.equal(told(transfer, 0), 'The file is too big.');
  assert.equal(transfer.next(9), null);
  transfer.again();
  assert.deepEqual(transfer.next(9), { do: 'announce' });
  transfer.cancel();
  transfer.broken(10, 0);
  assert.equal(transfer.next(1e6), null);
  assert.equal(transfer.state, 'cancelled');
});

test('the speed is that of the last seconds, and what is left follows from it', () => {
  const transfer = new Transfer({ size: 100e6, upload: 'u', chunk: 100e6 });
  transfer.next(0);
  transfer.reached({ offset: 0 }, 0, 0);
  transfer.next(0);
  assert.equal(transfer.speed(0), 0);
  for (let s = 1; s <= 10; s++) transfer.moved(s * 1e6, s * 1000);
  assert.equal(Math.round(transfer.speed(10_000)), 1e6);
  assert.equal(told(transfer, 10_000), '10 MB of 100 MB · 1.0 MB/s · 2 min left');
});

test('sizes are said in three digits', () => {
  assert.deepEqual([0, 1, 999, 1_000, 9_949, 12_400, 1_500_000, 104_857_600, 3e9].map(sized), ['0 bytes', '1 byte', '999 bytes', '1.0 kB', '9.9 kB', '12 kB', '1.5 MB', '105 MB', '3.0 GB']);
});

test('a file is done when the server says which it is, not when all bytes are there', () => {
  const file = { file: 'u', name: 'x', size: 4, kind: 'text/plain' };
  const transfer = new Transfer({ size: 4, upload: 'u', chunk: 4 });
  transfer.next(0);
  transfer.reached({ offset: 4 }, 0, 0);
  assert.equal(transfer.state, 'going');
  // Its last answer was lost before the file was verified: an empty piece asks for that.
  assert.deepEqual(transfer.next(0), { do: 'piece', upload: 'u', from: 4, to: 4 });
  transfer.reached({ offset: 4, file }, 0, 0, true);
  assert.equal(transfer.state, 'done');
});

test('a piece that the server does not take as it is, is sent anew from where it says, but not for ever', () => {
  for (const code of ['bad_offset', 'bad_frame']) {
    const transfer = new Transfer({ size: 20, upload: 'u', chunk: 8 });
    let asked = 0;
    while (transfer.state === 'going') {
      const step = transfer.next(transfer.until);
      if (step.do === 'ask') {
        asked += 1;
        transfer.reached({ offset: 3 }, transfer.until, 0);
      } else {
        assert.deepEqual(step, { do: 'piece', upload: 'u', from: 3, to: 11 });
        transfer.refused({ code, reason: 'not so' }, transfer.until, 0);
      }
    }
    assert.deepEqual([asked, transfer.state], [6, 'failed']);
  }
});
