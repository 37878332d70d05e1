import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Socket } from '../../js/socket.js';

test('an output that fails takes none of the others with it, and the next work is carried out', () => {
  const reported = [];
  globalThis.reportError = (error) => reported.push(error.message);
  let waiting = [];
  const session = { drain: () => waiting.splice(0), deadline: () => null };
  const told = [];
  const onOutput = (output) => {
    if (output.id === 'bad') throw new Error('cannot show this');
    told.push(output.id);
  };
  const socket = new Socket({ session, url: 'ws://nowhere', onOutput });
  const say = (...ids) => socket.do(() => (waiting = ids.map((id) => ({ is: 'line', id, state: 'sent' }))));
  say('a', 'bad', 'b');
  say('c');
  assert.deepEqual(told, ['a', 'b', 'c']);
  assert.deepEqual(reported, ['cannot show this']);
});
