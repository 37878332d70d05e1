// A small server of `chat.v1` for the stories in which the server has to misbehave on demand. In memory, one history.

import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';

const WEB = fileURLToPath(new URL('..', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css' };

export class FakeServer {
  constructor() {
    this.rooms = new Map();
    this.links = new Set();
    this.epoch = 'e1';
    this.names = new Map();
    /** What is wrong with a message, by the wish of a test. */
    this.refuse = () => null;
    /** Which frames of the server wait, and which files it does not serve, by the wish of a test. */
    this.holds = () => false;
    this.held = [];
    this.withholds = () => false;
    /** What a file is instead, or null where there is none any more: as after an upgrade. @type {Map<string, string | null>} */
    this.renewed = new Map();
    this.room('lobby', 'Lobby');
  }

  room(key, title = key) {
    if (!this.rooms.has(key)) this.rooms.set(key, { key, title, log: [] });
    return this.rooms.get(key);
  }

  /** Adds a message as if somebody had said it. */
  say(key, user, sender, message, { timestamp = new Date().toISOString(), id = randomBytes(8).toString('hex') } = {}) {
    const { log } = this.room(key);
    const event = { type: 'message', room: key, seq: log.length + 1, id, user, sender, message, timestamp, guest: true };
    log.push(event);
    this.tell(key, event);
    return event;
  }

  tell(key, frame, except) {
    for (const link of this.links) if (link !== except && link.rooms.has(key)) link.send(frame);
  }

  /** What was held back goes out now, in order. */
  release() {
    this.holds = () => false;
    for (const go of this.held.splice(0)) go();
  }

  info({ key, title, log }) {
    const present = [...this.links].filter((link) => link.rooms.has(key)).length;
    return { room: key, title, kind: 'public', first: 1, head: log.length, present };
  }

  async listen(port = 0) {
    this.http = createServer((request, response) => this.#serve(request, response));
    const sockets = new WebSocketServer({ server: this.http, path: '/ws', handleProtocols: (offered) => (offered.has('chat.v1') ? 'chat.v1' : false) });
    sockets.on('connection', (socket) => this.#link(socket));
    await new Promise((resolve) => this.http.listen(port, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.http.address().port}/`;
    return this;
  }

  /** As a crash: no goodbye. */
  close() {
    for (const { socket } of this.links) socket.terminate();
    this.links.clear();
    this.http.closeAllConnections();
    return new Promise((resolve) => this.http.close(resolve));
  }

  async #serve(request, response) {
    const path = normalize(new URL(request.url, 'http://x').pathname);
    if (this.withholds(path)) return request.socket.destroy();
    // What the dialog to sign in asks.
    if (path === '/api/about') return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ server: 'fake/0', guests: 'on', registration: 'open', owned: true }));
    const file = path === '/' ? 'index.html' : path.slice(1);
    try {
      const body = this.renewed.get(path) ?? (await readFile(this.renewed.has(path) ? '' : join(WEB, file)));
      const index = await readFile(join(WEB, 'index.html'), 'utf8');
      const map = /<script type="importmap">(.*?)<\/script>/s.exec(index)[1];
      const hash = createHash('sha256').update(map).digest('base64');
      response.writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': `default-src 'none'; script-src 'self' 'sha256-${hash}'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`,
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  }

  #link(socket) {
    const send = (frame) => (this.holds(frame) ? this.held.push(() => socket.send(JSON.stringify(frame))) : socket.send(JSON.stringify(frame)));
    const link = { socket, rooms: new Set(), user: null, name: '', send };
    socket.on('message', (data, binary) => !binary && this.#frame(link, JSON.parse(String(data))));
    socket.on('close', () => {
      // Of a server that crashed, nobody hears.
      if (!this.links.delete(link)) return;
      for (const key of link.rooms) this.tell(key, this.comeOrGo('leave', key, link));
    });
  }

  comeOrGo(type, room, { user, name }) {
    return { type, room, message: `${name} ${type}`, names: [name], users: [user], count: 1, present: this.info(this.room(room)).present, timestamp: new Date().toISOString() };
  }

  #hello(link, hello) {
    link.user = hello.token ?? `g-${randomBytes(4).toString('hex')}`;
    link.name = hello.name ?? this.names.get(link.user) ?? `guest-${link.user.slice(2, 6)}`;
    this.names.set(link.user, link.name);
    const keys = new Set(['lobby', ...Object.keys(hello.resume?.rooms ?? {})]);
    link.rooms = new Set([...keys].filter((key) => this.rooms.has(key)));
    this.links.add(link);
    link.send({
      type: 'welcome', server: 'fake/0', epoch: this.epoch, user: { user: link.user, name: link.name, guest: true }, token: link.user, heartbeat_ms: 10000,
      limits: { message_bytes: 65536, history: 200, resume: 10000 }, rooms: [...link.rooms].map((key) => this.info(this.room(key))),
    });
    for (const [key, last] of Object.entries(hello.resume?.rooms ?? {})) {
      const room = this.rooms.get(key);
      const reset = (why, head = 0) => link.send({ type: 'reset', room: key, epoch: this.epoch, first: 1, head, why });
      if (!room) reset('gone');
      else if (hello.resume.epoch !== this.epoch) reset('epoch', room.log.length);
      else if (last > room.log.length) reset('ahead', room.log.length);
      else {
        for (const event of room.log.slice(last)) link.send(event);
        link.send({ type: 'synced', room: key, head: room.log.length });
      }
    }
    for (const key of link.rooms) this.tell(key, this.comeOrGo('join', key, link));
  }

  #frame(link, frame) {
    const room = this.rooms.get(frame.room);
    const { ref } = frame;
    switch (frame.type) {
      case 'hello':
        return this.#hello(link, frame);
      case 'message': {
        const refusal = this.refuse(frame);
        if (refusal) return link.send({ type: 'error', id: frame.id, room: frame.room, retry: false, ...refusal });
        const first = room.log.find((event) => event.id === frame.id && event.user === link.user);
        const event = first ?? this.say(frame.room, link.user, link.name, frame.message, { id: frame.id });
        return link.send({ type: 'ack', id: frame.id, room: frame.room, seq: event.seq, timestamp: event.timestamp, ...(first && { dup: true }) });
      }
      case 'history': {
        const limit = Math.min(frame.limit ?? 100, 200);
        const to = frame.after !== undefined ? Math.min(room.log.length, frame.after + limit) : Math.min(room.log.length, (frame.before ?? room.log.length + 1) - 1);
        const from = frame.after !== undefined ? frame.after + 1 : Math.max(1, to - limit + 1);
        const more = frame.after !== undefined ? to < room.log.length : from > 1;
        return link.send({ type: 'history', ref, room: frame.room, events: room.log.slice(from - 1, to), first: from, last: to, head: room.log.length, as_of: room.log.length, more });
      }
      case 'members':
        return link.send({ type: 'members', ref, room: frame.room, present: this.info(room).present, members: [...this.links].filter((other) => other.rooms.has(frame.room)).map(({ user, name }) => ({ user, name, guest: true, state: 'online' })) });
      case 'rooms':
        return link.send({ type: 'rooms', ref, rooms: [...this.rooms.values()].map((each) => this.info(each)) });
      case 'create':
      case 'join': {
        const key = frame.room.toLowerCase();
        if (frame.type === 'create' && this.rooms.has(key)) return link.send({ type: 'error', ref, code: 'room_exists', reason: 'There is a room of this name.', retry: false });
        if (frame.type === 'join' && !this.rooms.has(key)) return link.send({ type: 'error', ref, code: 'no_room', reason: 'There is no such room.', retry: false });
        link.rooms.add(key);
        this.tell(key, this.comeOrGo('join', this.room(key).key, link), link);
        return link.send({ type: 'ok', ref, room: this.info(this.room(key)) });
      }
      case 'leave':
        link.rooms.delete(frame.room);
        return link.send({ type: 'ok', ref, room: this.info(room) });
      case 'nick': {
        const from = link.name;
        link.name = frame.name;
        this.names.set(link.user, frame.name);
        for (const key of link.rooms) this.tell(key, { type: 'renamed', room: key, user: link.user, from, to: frame.name });
        return link.send({ type: 'ok', ref, name: frame.name });
      }
      case 'typing':
        return this.tell(frame.room, { type: 'typing', room: frame.room, user: link.user, sender: link.name, on: frame.on }, link);
    }
  }
}
