// What the stories need: the real server as a process, a real browser, and people who are neither.

import { after, afterEach, before } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import WebSocket from 'ws';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
export const SERVER = process.env.CHAT_SERVER_BIN ?? path('../../../target/debug/chat-server');
export const TUI = process.env.CHAT_TUI_BIN ?? path('../../../target/debug/chat-tui');
export const ARTEFACTS = path('../../../target/artefacts/');
const CHROMIUM = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';
/** No wait of any story is longer, in milliseconds. */
export const PATIENCE = 30_000;

mkdirSync(ARTEFACTS, { recursive: true });

/** A `chat-server` process on a directory of its own. */
export class Server {
  static async start(...flags) {
    const server = new Server();
    server.directory = mkdtempSync(join(tmpdir(), 'chat-story-'));
    server.flags = flags;
    /** The link that the first start prints, by which the owner's account is made. */
    server.ownerLink = new Promise((resolve) => (server.tellOwner = resolve));
    await server.run('127.0.0.1:0');
    return server;
  }

  async run(listen) {
    this.process = spawn(SERVER, ['--listen', listen, '--data-dir', this.directory, '--no-rate-limits', ...this.flags], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, CHAT_LOG: 'warn' } });
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    const failed = this.ended.then((code) => assert.fail(`the server ended with ${code} before it was ready`));
    const started = new Promise((resolve) => createInterface(this.process.stdout).on('line', (line) => {
      const [url] = /http:\/\/[^\s,]+/.exec(line)?.map((url) => url.replace('localhost', '127.0.0.1')) ?? [];
      if (url?.includes('#')) this.tellOwner(url);
      else if (url) resolve(url);
    }));
    failed.catch(() => {});
    this.url = (await Promise.race([started, failed])).replace(/\/?$/, '/');
    return this;
  }

  /** As a power cut: nothing is finished. */
  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  again() {
    return this.run(new URL(this.url).host);
  }

  /** What is done to the data directory while no server runs. */
  offline(...command) {
    execFileSync(SERVER, [...command, '--data-dir', this.directory], { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Somebody with ten lines of JavaScript: speaks `chat.v1` and remembers what came. */
export class Person {
  static async join(url, name, token) {
    const person = new Person();
    person.frames = [];
    person.waiting = new Set();
    person.socket = new WebSocket(url.replace('http', 'ws') + 'ws', 'chat.v1', { origin: url.slice(0, -1) });
    person.socket.on('message', (data) => {
      const frame = JSON.parse(String(data));
      person.frames.push(frame);
      // Whoever says nothing for a minute is given up by the server.
      if (frame.type === 'ping') person.send({ type: 'pong' });
      for (const check of person.waiting) check();
    });
    person.socket.on('error', () => {});
    await new Promise((resolve, reject) => person.socket.once('open', resolve).once('error', reject));
    person.send({ type: 'hello', client: 'story/0', conn: randomBytes(8).toString('hex'), ...(name && { name }), ...(token && { token }) });
    await person.frame(({ type }) => type === 'welcome');
    return person;
  }

  send(frame) {
    this.socket.send(JSON.stringify(frame));
  }

  /** Says it; done when it is stored. */
  say(message, room = 'lobby') {
    const id = randomBytes(8).toString('hex');
    this.send({ type: 'message', room, message, id });
    return this.frame((frame) => frame.type === 'ack' && frame.id === id);
  }

  /** The first frame that fits, now or later. */
  frame(fits) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no such frame: ${fits}`)), PATIENCE);
      const check = () => {
        const found = this.frames.find(fits);
        if (found === undefined) return;
        clearTimeout(late);
        this.waiting.delete(check);
        resolve(found);
      };
      this.waiting.add(check);
      check();
    });
  }

  leave() {
    this.socket.close();
  }
}

/** Everybody's password. */
export const PASSWORD = 'a story about four words';

/** The owner, who invites people; without a browser. */
export class Office {
  static async open(server) {
    const office = new Office();
    office.url = server.url;
    const invite = new URL(await server.ownerLink).hash.replace('#invite=', '');
    office.token = (await office.ask('POST', 'register', { name: 'olga', password: PASSWORD, invite })).token;
    return office;
  }

  async ask(method, path, body) {
    const headers = { 'content-type': 'application/json', ...(this.token && { authorization: `Bearer ${this.token}` }) };
    const answer = await fetch(`${this.url}api/${path}`, { method, headers, ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }) });
    const said = answer.status === 204 ? {} : await answer.json();
    assert.ok(answer.ok, `${path}: ${JSON.stringify(said)}`);
    return said;
  }

  /** The secret of an invite for one account. */
  async invite(role = 'member') {
    return (await this.ask('POST', 'invites', { role })).secret;
  }
}

/** What the stories of one file share. Each story's pages are looked at and closed after it, and its people leave. */
class Stage {
  /** @type {Server} */
  server;
  browser;
  pages = [];
  people = [];

  /** A browser of one's own with the page open. */
  async visit({ hidden = false, ...options } = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light', ...options });
    return hidden ? this.tab(context, '') : this.tab(context);
  }

  /** The same for somebody who took a name. */
  async guest(name, options = {}) {
    return named(await this.visit(options), name);
  }

  /** Somebody with an account, made by an invite, and their page. The first one makes the owner's account. */
  async account(name, { role = 'member', ...options } = {}) {
    this.office ??= await Office.open(this.server);
    const page = await this.visit({ ...options, hidden: true });
    const { origin } = new URL(this.server.url);
    const data = { name, password: PASSWORD, invite: await this.office.invite(role), device: 'story' };
    const answer = await page.context().request.post(`${this.server.url}api/register`, { data, headers: { origin } });
    assert.equal(answer.status(), 201, await answer.text());
    await page.goto(this.server.url);
    await page.locator('.me .name', { hasText: name }).waitFor({ state: 'attached' });
    await page.locator('.link.live').waitFor();
    await warm(page);
    return page;
  }

  /** One more page of a browser, at the chat unless `url` says otherwise; what goes wrong in it is collected in `page.trouble`. */
  async tab(context, url = this.server.url) {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.trouble = [];
    page.requested = [];
    // A server that is down is what some stories are about; the browser reports it as an error.
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && !/WebSocket connection to/.test(message.text()) && page.trouble.push(message.text()));
    page.on('pageerror', (error) => page.trouble.push(error.stack || error.message));
    page.on('request', (request) => page.requested.push(request.url()));
    await page.addInitScript(() => {
      globalThis.violations = [];
      addEventListener('securitypolicyviolation', (event) => globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
    this.pages.push(page);
    if (url) await page.goto(url);
    return page;
  }

  /** Somebody without a browser. */
  async person(name) {
    const person = await Person.join(this.server.url, name);
    this.people.push(person);
    return person;
  }

  /** After a story; one that failed leaves what its pages showed. */
  async clear(story) {
    const pages = this.pages.splice(0).filter((page) => !page.isClosed());
    for (const person of this.people.splice(0)) person.leave();
    try {
      if (story.passed) for (const page of pages) await calm(page);
      else for (const [i, page] of pages.entries()) await lastSight(page, `failed-${story.name.replace(/\W+/g, '-')}-${i}`);
    } finally {
      for (const context of new Set(pages.map((page) => page.context()))) await context.close();
    }
  }
}

/** Sets the stage for the stories of a file: a browser, and the real server unless a story brings its own; `prepare` sees both. */
export function staged({ real = true, flags = [], prepare = async () => {} } = {}) {
  const stage = new Stage();
  before(async () => {
    stage.browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    if (real) stage.server = await Server.start(...flags);
    await prepare(stage);
  });
  afterEach((story) => stage.clear(story));
  after(async () => {
    await stage.browser?.close();
    if (real) await stage.server?.stop();
  });
  return stage;
}

/** Takes a name, as on a first visit. */
export async function named(page, name) {
  await page.getByLabel('What should we call you?').fill(name);
  await page.keyboard.press('Enter');
  await page.locator('.composer textarea').waitFor();
  await warm(page);
  return page;
}

/** What the page loads with the first key, so that it is there without a link too. */
const AHEAD = ['css/later.css', ...'account deeds emoji extras message names parts react rights sgr switcher thread wants'.split(' ').map((name) => `js/later/${name}.js`)];

/** Has the page load what it loads with the first key: a server that goes away in the middle of that is another story. */
export async function warm(page) {
  await page.keyboard.press('Shift');
  await page.waitForFunction((all) => all.every((name) => performance.getEntriesByName(new URL(`/${name}`, document.baseURI).href).length > 0), AHEAD);
}

/** Opens a room that is there, by the keyboard. */
export async function goTo(page, room) {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill(room);
  await page.locator('[role=option] .name', { hasText: new RegExp(`^${room}$`) }).waitFor();
  await page.keyboard.press('Enter');
  await page.locator('h1', { hasText: room }).waitFor();
}

export async function say(page, text) {
  await page.locator('.composer textarea').fill(text);
  const touch = await page.evaluate(() => matchMedia('(pointer: coarse)').matches);
  if (touch) await page.getByRole('button', { name: 'Send' }).tap();
  else await page.keyboard.press('Enter');
}

/** The texts of the timeline, in order. */
export function texts(page) {
  return page.locator('.message .text').allTextContents();
}

/** Waits until the page shows exactly these messages, or exactly these of those that begin so. */
export async function only(page, wanted, beginning = '') {
  const shows = ({ wanted, beginning }) => {
    const all = [...document.querySelectorAll('.message .text')].map((text) => text.textContent);
    return JSON.stringify(all.filter((text) => text.startsWith(beginning))) === wanted;
  };
  try {
    await page.waitForFunction(shows, { wanted: JSON.stringify(wanted), beginning });
  } catch {
    assert.deepEqual((await texts(page)).filter((text) => text.startsWith(beginning)), wanted);
  }
}

/** Waits until the page shows this text as a message. */
export function shown(page, text) {
  return page.locator('.message .text', { hasText: text }).first().waitFor();
}

/** Opens what can be done about a message. */
export async function about(page, text) {
  const message = page.locator('.message', { hasText: text }).first();
  await message.hover();
  await message.locator('.more').click();
  await page.locator('dialog').waitFor();
}

/** Opens a person's card from the list of people. */
export async function card(page, name) {
  await page.locator('aside li button', { hasText: name }).first().click();
  await page.locator('dialog h2', { hasText: name }).waitFor();
}

/** Closes the dialog that is open. */
export async function closed(page) {
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
}

/** All own lines are stored. What was said last is on screen with the next frame, so that is waited for. */
export async function settled(page) {
  await page.evaluate(() => new Promise(requestAnimationFrame));
  return page.waitForFunction(() => document.querySelectorAll('.fate.stored').length > 0 && !document.querySelector('.fate.saving, .fate.queued, .fate.sent'));
}

/** Waits until a store of the page's disk has what `fits`. (`waitForFunction` does not wait for promises: it takes one for a yes.) */
export async function onDisk(page, [database, store], fits) {
  for (const end = Date.now() + PATIENCE; ; ) {
    const all = await page.evaluate(async ([name, store]) => {
      // To open one that is not there would make it.
      if (!(await indexedDB.databases()).some((each) => each.name === name)) return [];
      return new Promise((resolve) => {
        indexedDB.open(name).onsuccess = ({ target: { result: database } }) => {
          const asked = database.transaction(store).objectStore(store).getAll();
          asked.onsuccess = () => resolve(asked.result);
          database.close();
        };
      });
    }, [database, store]);
    if (fits(all)) return;
    assert.ok(Date.now() < end, `never on disk: ${fits}`);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

export async function shoot(page, name) {
  await page.screenshot({ path: join(ARTEFACTS, `${name}.png`) });
}

/** Nothing went wrong in the page, and nothing left the origin. */
export async function calm(page) {
  assert.deepEqual(page.trouble, []);
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
  const origin = new URL(page.url()).origin;
  assert.deepEqual(page.requested.filter((url) => !url.startsWith(origin) && !url.startsWith(`blob:${origin}`) && !url.startsWith('data:')), []);
}

async function lastSight(page, name) {
  await shoot(page, name);
  const text = await page.evaluate(() => document.body.innerText);
  writeFileSync(join(ARTEFACTS, `${name}.txt`), `${text}\n\n${page.trouble.join('\n')}\n`);
}
