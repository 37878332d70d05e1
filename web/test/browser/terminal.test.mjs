// A browser and a real terminal client, on a real pseudo-terminal, share the lobby and come through a crash together.

import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ARTEFACTS, PATIENCE, TUI, only, say, settled, shoot, shown, staged, texts } from './harness.mjs';

/** `chat-tui` in a tmux of its own, which is a terminal whose screen can be read. */
class Terminal {
  constructor(url, name) {
    this.home = mkdtempSync(join(tmpdir(), 'chat-terminal-'));
    this.socket = join(this.home, 'tmux');
    const env = { ...process.env, LANG: 'C.UTF-8', XDG_STATE_HOME: this.home, XDG_CONFIG_HOME: this.home, XDG_CACHE_HOME: this.home, XDG_DATA_HOME: this.home };
    delete env.TMUX;
    execFileSync('tmux', ['-u', '-S', this.socket, '-f', '/dev/null', 'new-session', '-d', '-x', '110', '-y', '32', TUI, '--url', url.replace(/\/$/, ''), '--name', name], { env });
  }

  tmux(...words) {
    return execFileSync('tmux', ['-S', this.socket, ...words], { encoding: 'utf8' });
  }

  screen() {
    return this.tmux('capture-pane', '-p');
  }

  type(text) {
    this.tmux('send-keys', '-l', text);
  }

  enter() {
    this.tmux('send-keys', 'Enter');
  }

  /** Waits until the screen shows it; looks again after short whiles, since a terminal tells nobody. */
  async shows(what) {
    const fits = () => (what instanceof RegExp ? what.test(this.screen()) : this.screen().includes(what));
    for (const end = Date.now() + PATIENCE; !fits(); await pause(50)) assert.ok(Date.now() < end, `no ${what} on\n${this.screen()}`);
  }

  dump(name) {
    writeFileSync(join(ARTEFACTS, `${name}.txt`), this.screen());
  }

  /** Closes the terminal, as a person closes its window, and waits for the client's end. */
  async quit() {
    const client = Number(this.tmux('display-message', '-p', '#{pane_pid}'));
    this.tmux('kill-server');
    for (const end = Date.now() + PATIENCE; alive(client); await pause(20)) assert.ok(Date.now() < end, 'the client ends with its terminal');
    rmSync(this.home, { recursive: true, force: true });
  }
}

function alive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const stage = staged();
let terminal;
after(() => terminal?.quit());

test('browser and terminal share the lobby, and a crash of the server', async () => {
  const ana = await stage.guest('ana');
  await say(ana, 'Anybody on a terminal?');
  await settled(ana);
  terminal = new Terminal(stage.server.url, 'tess');
  await terminal.shows('Anybody on a terminal?');
  await ana.locator('.people li', { hasText: 'tess' }).waitFor();
  await ana.locator('.quiet', { hasText: 'tess joined' }).waitFor();

  terminal.type('Yes, ');
  await ana.locator('.typing', { hasText: 'tess is typing…' }).waitFor();
  await shoot(ana, 'terminal-typing-in-browser');
  terminal.type('from a terminal');
  terminal.enter();
  await shown(ana, 'Yes, from a terminal');

  await ana.locator('.composer textarea').pressSequentially('And 李雷 says 👋');
  await terminal.shows(/ana is typing/);
  terminal.dump('browser-typing-in-terminal');
  await ana.keyboard.press('Enter');
  await terminal.shows('李雷');

  const bo = await stage.guest('bo');
  await terminal.shows(/bo joined|is now bo/);
  await say(bo, 'Three of us now');
  await terminal.shows('Three of us now');
  terminal.dump('conversation-in-terminal');
  await shoot(ana, 'conversation-with-terminal');

  await stage.server.kill();
  await ana.locator('.link.down').waitFor();
  await terminal.shows(/reconnecting|offline/i);
  await say(ana, 'ana, while it is down');
  terminal.type('tess, while it is down');
  terminal.enter();
  await terminal.shows('tess, while it is down');
  terminal.dump('offline-in-terminal');
  await stage.server.again();
  await shown(ana, 'tess, while it is down');
  await terminal.shows('ana, while it is down');
  await terminal.shows(/connected/);
  await settled(ana);
  const view = await texts(ana);
  for (const name of ['ana', 'tess']) assert.equal(view.filter((text) => text === `${name}, while it is down`).length, 1);
  await shown(bo, 'tess, while it is down');
  await shown(bo, 'ana, while it is down');
  await only(bo, view);
  const screen = terminal.screen();
  assert.equal(screen.split('ana, while it is down').length, 2, screen);
  assert.equal(screen.split('tess, while it is down').length, 2, screen);
  terminal.dump('after-the-crash-in-terminal');
  await shoot(ana, 'after-the-crash-with-terminal');

  await terminal.quit();
  terminal = undefined;
  await ana.locator('.quiet', { hasText: 'tess left' }).waitFor();
});
