import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { deletes, invites, keepsOrder, moderatesWhom, shapes } from '../../js/later/rights.js';
import { silence } from '../../js/room.js';
import { initial, roomOf } from '../../js/state.js';

const ACTORS = {
  guest: { role: 'guest' }, account: { role: 'member' }, member: { role: 'member', standing: 'member' }, moderator: { role: 'member', standing: 'moderator' }, owner: { role: 'member', standing: 'owner' },
  "server's moderator": { role: 'moderator' }, admin: { role: 'admin' }, "server's owner": { role: 'owner' },
};
const ROOMS = {
  'A public room': { kind: 'public', rules: {} }, 'A private room': { kind: 'private', rules: {} }, 'A direct conversation': { kind: 'direct', rules: {} },
  'A public room for announcements': { kind: 'public', rules: { announce: true } }, 'A private room for announcements': { kind: 'private', rules: { announce: true } },
  'An archived private room': { kind: 'private', rules: { archived: true } },
};
/** What the page offers, by the rows of the server's table. */
const OFFERS = {
  'message |  ': (state, room) => silence(state, room) === '',
  'change | title': shapes, 'change | announce': shapes,
  'invite |  ': invites,
  'kick | a member': (state, room) => moderatesWhom(state, room, 'u-member'), 'ban | a member': (state, room) => moderatesWhom(state, room, 'u-member'), 'mute | a member': (state, room) => moderatesWhom(state, room, 'u-member'),
  'kick | an owner': (state, room) => moderatesWhom(state, room, 'u-owner'), 'ban | an owner': (state, room) => moderatesWhom(state, room, 'u-owner'),
  'role | to moderator': shapes,
  "delete | one's own": (state, room) => deletes(state, room, 'u-me'), "delete | a member's": (state, room) => deletes(state, room, 'u-member'),
};

/** The tables of the permissions: room → row → actor → answer. */
function tables() {
  const all = new Map();
  let table;
  let heads = [];
  for (const line of readFileSync(new URL('../../../docs/PERMISSIONS.md', import.meta.url), 'utf8').split('\n')) {
    if (line.startsWith('## ')) all.set(line.slice(3), (table = new Map()));
    const cells = line.split('|').slice(1, -1).map((cell) => cell.trim());
    if (line.startsWith('| | |')) heads = cells.slice(2);
    else if (line.startsWith('| `')) table.set(`${cells[0].replaceAll('`', '')} | ${cells[1] || ' '}`, new Map(heads.map((head, i) => [head, cells[i + 2]])));
  }
  return all;
}

test('the page offers nothing that the server would refuse, and all of it that these rows allow', () => {
  const all = tables();
  let looked = 0;
  for (const [name, room] of Object.entries(ROOMS)) {
    for (const [row, offered] of Object.entries(OFFERS)) {
      for (const [actor, { role, standing }] of Object.entries(ACTORS)) {
        const allowed = all.get(name)?.get(row)?.get(actor);
        // Only rooms that one may be in are ever on the page.
        if (!allowed || allowed === 'no_room') continue;
        const state = { ...initial(), me: { user: 'u-me', name: 'me', guest: role === 'guest', role } };
        const people = new Map([['u-member', { name: 'm', role: 'member', standing: 'member' }], ['u-owner', { name: 'o', role: 'member', standing: 'owner' }]]);
        const at = Object.assign(roomOf(state, 'here'), room, { standing, people });
        assert.equal(Boolean(offered(state, at)), allowed === 'yes', `${name}: ${row} by ${actor} is ${allowed}`);
        looked += 1;
      }
    }
  }
  assert.ok(looked > 100, `${looked} cells`);
  assert.ok(keepsOrder({ me: { role: 'moderator' } }) && !keepsOrder({ me: { role: 'member' } }));
});
