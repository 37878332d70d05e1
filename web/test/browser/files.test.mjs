// Files: chosen, pasted, dropped; cut off in the middle, cancelled, too big; looked at by whoever may, and by nobody else.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { about, card, closed, only, say, settled, shoot, shown, staged } from './harness.mjs';
import { FILM, painting, sound } from './pictures.mjs';

const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const stage = staged({ flags: ['--max-file', '40M'] });

/** Has the page be given files as by a drop or a paste. */
async function bring(page, kind, files) {
  await page.evaluate(({ kind, files }) => {
    const data = new DataTransfer();
    for (const { name, type, bytes } of files) data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name, { type }));
    const event = kind === 'paste' ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }) : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector('.composer textarea').dispatchEvent(event);
  }, { kind, files: files.map(({ name, type, body }) => ({ name, type, bytes: body.toString('base64') })) });
}

const going = (page, name) => page.locator('.going', { hasText: name });
const pick = (page, ...files) => page.locator('.clip input').setInputFiles(files.map(({ name, type, body }) => ({ name, mimeType: type, buffer: body })));
const text = (name, body = `${name} has this in it`) => ({ name, type: 'text/plain', body: Buffer.from(body) });

test('files are picked, pasted and dropped, several at once, and go out as one message', async () => {
  const page = await stage.guest('ana');
  const other = await stage.guest('bo');
  await pick(page, text('notes.txt'), text('more.txt'));
  await going(page, 'more.txt').waitFor();
  await bring(page, 'paste', [{ name: 'image.png', type: 'image/png', body: painting(320, 200) }]);
  await page.locator('.going', { hasText: /Pasted/ }).waitFor();
  await bring(page, 'dragover', [text('x')]);
  await page.locator('body.dropping').waitFor();
  await shoot(page, 'dropping');
  await bring(page, 'drop', [{ name: 'odd.bin', type: '', body: Buffer.from([0, 1, 2, 3, 255]) }]);
  await page.locator('body:not(.dropping)').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.going.whole').length === 4);
  await shoot(page, 'tray');
  await say(page, 'here is all of it');
  await page.locator('.tray').waitFor({ state: 'detached' });
  await settled(page);
  for (const each of [page, other]) {
    await shown(each, 'here is all of it');
    await each.locator('.message .thumb img').waitFor();
    await each.waitForFunction(() => document.querySelector('.message .thumb img').naturalWidth > 0);
    assert.deepEqual(await each.locator('.message .chip .name').allTextContents(), ['notes.txt', 'more.txt', 'odd.bin']);
    // What it is was found by the server: what nobody knows is only ever kept.
    assert.equal(await each.locator('.chip', { hasText: 'odd.bin' }).locator('.look').count(), 0);
  }
  await shoot(other, 'files');
  const kept = other.waitForEvent('download');
  await other.getByRole('link', { name: 'Download odd.bin' }).click();
  assert.equal((await kept).suggestedFilename(), 'odd.bin');
  // A text is looked at in the page.
  await other.getByRole('button', { name: 'Show notes.txt' }).click();
  await other.locator('.lightbox pre', { hasText: 'notes.txt has this in it' }).waitFor();
  await shoot(other, 'text-file');
});

/** What the page fetches by this name waits until it is let go. */
async function withheld(page, name) {
  let go;
  const gone = new Promise((resolve) => (go = resolve));
  await page.route(`**/${name}`, async (route) => {
    await gone;
    await route.continue();
  });
  return go;
}

test('no message goes without the files that were picked before it, however slowly they are taken in', async () => {
  const page = await stage.guest('anouk');
  const other = await stage.person('otto');
  let go = await withheld(page, 'js/later/files.js');
  await pick(page, text('hasty.txt'));
  await say(page, 'here it is');
  await page.getByText('A file is taken in…').waitFor();
  await shoot(page, 'files-coming');
  assert.equal(await page.locator('.composer textarea').inputValue(), '');
  await page.locator('.composer textarea').fill('and the next');
  go();
  await page.locator('.message', { hasText: 'here it is' }).locator('.chip', { hasText: 'hasty.txt' }).waitFor();
  await other.frame(({ type, message, files }) => type === 'message' && message === 'here it is' && files?.length === 1);
  assert.equal(await page.locator('.composer textarea').inputValue(), 'and the next', 'what was written since stays');
  assert.equal(other.frames.filter(({ message }) => message === 'here it is').length, 1);

  // What an earlier page left in the tray goes with it, too.
  await page.locator('.composer textarea').fill('left in the tray');
  await pick(page, text('left.txt'));
  await page.locator('.going.whole', { hasText: 'left.txt' }).waitFor();
  go = await withheld(page, 'js/later/files.js');
  await page.reload();
  await page.waitForFunction(() => document.querySelector('.composer textarea')?.value === 'left in the tray');
  await page.locator('.composer textarea').press('Enter');
  go();
  await other.frame(({ type, message, files }) => type === 'message' && message === 'left in the tray' && files?.length === 1);
  await settled(page);
});

test('where files cannot be taken in, the words are back, and are not sent alone', async () => {
  const page = await stage.guest('arne');
  await page.route('**/js/later/files.js', (route) => route.abort());
  await pick(page, text('never.txt'));
  await say(page, 'with a file');
  await page.locator('.banner').waitFor();
  const isBack = () => page.waitForFunction(() => document.querySelector('.composer textarea')?.value === 'with a file' && document.querySelector('.taking button'));
  await isBack();
  await shoot(page, 'files-not-taken');
  assert.equal(await page.locator('.message', { hasText: 'with a file' }).count(), 0);
  await page.locator('.composer textarea').press('Enter');
  await isBack();
  assert.equal(await page.locator('.message', { hasText: 'with a file' }).count(), 0);
  // The file is still there to be sent.
  await page.unrouteAll();
  await page.locator('.composer textarea').press('Enter');
  await page.locator('.message', { hasText: 'with a file' }).locator('.chip', { hasText: 'never.txt' }).waitFor();
  page.trouble = page.trouble.filter((text) => !/ERR_FAILED|dynamically imported/.test(text));
});

test('files have their room before they can be shown: nothing moves', async () => {
  const page = await stage.guest('axel');
  await pick(page, { name: 'wide.png', type: 'image/png', body: painting(700, 300) }, { name: 'small.png', type: 'image/png', body: painting(60, 40) }, text('words.txt'));
  await page.waitForFunction(() => document.querySelectorAll('.going.whole').length === 3);
  await say(page, 'three of them');
  await page.locator('.message', { hasText: 'three of them' }).locator('.thumb img').first().waitFor();
  await say(page, 'below them');
  await settled(page);
  const go = await withheld(page, 'js/later/attachments.js');
  await page.reload();
  const row = page.locator('.message', { hasText: 'three of them' });
  await row.locator('.files[aria-busy]').waitFor();
  const boxes = () => row.locator('.files > li').evaluateAll((all) => all.map((each) => Object.values(each.getBoundingClientRect().toJSON()).map(Math.round)));
  const before = await boxes();
  await shoot(page, 'files-reserved');
  go();
  await row.locator('.thumb img').first().waitFor();
  assert.deepEqual(await boxes(), before);
});

test("a program's output in a file is looked at with its colours, and copies clean", async () => {
  const page = await stage.guest('asta');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await pick(page, text('build.log', '\u001b[1;32m   Compiling\u001b[0m chat\n\u001b]0;title\u001b\\\u001b[31merror\u001b[0m: no\n'));
  await page.locator('.going.whole').waitFor();
  await say(page, 'the log');
  await page.getByRole('button', { name: 'Show build.log' }).click();
  await page.locator('.stage [data-fg="1"]', { hasText: 'error' }).waitFor();
  await shoot(page, 'text-file-colours');
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '   Compiling chat\nerror: no\n');
  assert.equal(await page.evaluate(() => {
    getSelection().selectAllChildren(document.querySelector('.stage pre'));
    return getSelection().toString().trimEnd();
  }), '   Compiling chat\nerror: no');
});

test('a message of files alone has no words', async () => {
  const page = await stage.guest('cleo');
  await pick(page, text('alone.txt'));
  await going(page, 'alone.txt').waitFor();
  await page.locator('.composer textarea').press('Enter');
  await settled(page);
  await page.locator('.message', { hasText: 'alone.txt' }).waitFor();
  assert.equal(await page.locator('.message', { hasText: 'alone.txt' }).locator('.text').count(), 0);
});

test('F01 a connection that breaks in the middle and a page that is opened anew cost nothing but time', async () => {
  const page = await stage.guest('dora');
  const body = Buffer.alloc(11_000_000, (i) => i);
  for (let i = 0; i < body.length; i += 4_096) body.writeUInt32LE(i, i);
  // The second piece breaks off, and so does what comes after it.
  let pieces = 0;
  const offsets = [];
  await page.route('**/api/files/*', (route) => {
    const request = route.request();
    if (request.method() !== 'PATCH') return route.continue();
    pieces += 1;
    offsets.push(Number(request.headers()['upload-offset']));
    return pieces >= 2 ? route.abort('connectionreset') : route.continue();
  });
  await pick(page, { name: 'long.bin', type: '', body });
  await page.locator('.going .hint', { hasText: 'Waiting for the connection' }).waitFor();
  await page.locator('.composer textarea').fill('it took a while');
  await page.keyboard.press('Enter');
  await page.locator('.parcel.closed', { hasText: 'it took a while' }).waitFor();
  await shoot(page, 'upload-waiting');
  assert.equal(await page.locator('.composer textarea').inputValue(), '');
  // What goes on after a reload is what this browser kept.
  await page.unrouteAll();
  page.on('request', (request) => request.method() === 'PATCH' && offsets.push(Number(request.headers()['upload-offset'])));
  await page.reload();
  await shown(page, 'it took a while');
  await page.locator('.tray').waitFor({ state: 'detached' });
  await settled(page);
  assert.equal(offsets.filter((offset) => offset === 0).length, 1, `the first piece is sent once: ${offsets}`);
  const href = await page.locator('.chip', { hasText: 'long.bin' }).locator('a').getAttribute('href');
  const got = await page.evaluate(async (href) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', await (await fetch(href)).arrayBuffer()))], href);
  const { createHash } = await import('node:crypto');
  assert.deepEqual(got, [...createHash('sha256').update(body).digest()]);
  await only(page, ['it took a while'], 'it took');
  page.trouble = page.trouble.filter((text) => !/ERR_CONNECTION_RESET/.test(text));
});

test('an upload is cancelled, and what is too big is said before it is sent', async () => {
  const page = await stage.guest('eve');
  await page.route('**/api/files/*', (route) => (route.request().method() === 'PATCH' ? route.abort() : route.continue()));
  await pick(page, text('slow.txt'), { name: 'huge.iso', type: '', body: Buffer.alloc(45_000_000) });
  await going(page, 'huge.iso').locator('.error', { hasText: 'Too big' }).waitFor();
  await shoot(page, 'too-big');
  await page.keyboard.press('Enter');
  await page.getByText('One of the files cannot be sent').waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await page.getByRole('button', { name: 'Take away huge.iso' }).click();
  const gone = page.waitForRequest((request) => request.method() === 'DELETE');
  await page.getByRole('button', { name: 'Cancel slow.txt' }).click();
  await gone;
  await page.locator('.tray').waitFor({ state: 'detached' });
  assert.equal(page.requested.filter((url) => url.includes('huge')).length, 0);
  await say(page, 'no files after all');
  await settled(page);
  page.trouble = page.trouble.filter((text) => !/ERR_FAILED/.test(text));
});

test('pictures are looked at one after the other, by keys', async () => {
  const page = await stage.guest('fay');
  await pick(page, { name: 'first.png', type: 'image/png', body: painting(900, 500) }, { name: 'second.png', type: 'image/png', body: painting(300, 600) });
  await going(page, 'second.png').waitFor();
  await say(page, 'two pictures');
  await page.getByRole('button', { name: 'Open the picture first.png' }).click();
  const box = page.locator('dialog.lightbox');
  await box.getByText('first.png').first().waitFor();
  await page.waitForFunction(() => document.querySelector('.stage img').naturalWidth === 900);
  await shoot(page, 'lightbox');
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => document.querySelector('.stage img').naturalWidth === 300);
  assert.match(await box.locator('.count').textContent(), /^(\d+) of \1$/);
  await page.keyboard.press('ArrowLeft');
  await box.locator('.name', { hasText: 'first.png' }).waitFor();
  await page.keyboard.press('Escape');
  await box.waitFor({ state: 'detached' });
  const small = await page.locator('.thumb img').first().boundingBox();
  assert.ok(small.width <= 360 && small.height <= 260, JSON.stringify(small));
});

test('sounds and films play in their place, and a long one is fetched from where it is listened to', async () => {
  const page = await stage.guest('kim');
  await pick(page, { name: 'meeting.wav', type: 'audio/wav', body: sound(1_000) }, { name: 'film.webm', type: 'video/webm', body: FILM });
  await page.waitForFunction(() => document.querySelectorAll('.going.whole').length === 2);
  await say(page, 'listen and look');
  const other = await stage.guest('lou');
  const message = other.locator('.message', { hasText: 'listen and look' });
  const film = message.locator('video');
  await film.waitFor();
  await other.waitForFunction(() => document.querySelector('.message video').videoWidth === 32);
  await film.evaluate((film) => new Promise((resolve, reject) => {
    film.onended = resolve;
    film.onerror = () => reject(new Error(film.error.message));
    film.muted = true;
    film.play().catch(reject);
  }));
  const asked = [];
  other.on('response', async (response) => asked.push({ status: response.status(), range: (await response.request().allHeaders()).range, told: await response.headerValue('content-range') }));
  await message.locator('audio').evaluate((audio) => new Promise((resolve, reject) => {
    audio.onerror = () => reject(new Error(audio.error.message));
    audio.onloadedmetadata = () => (audio.currentTime = 999.5);
    audio.onended = resolve;
    audio.play().catch(reject);
  }));
  assert.equal(await message.locator('audio').evaluate((audio) => Math.round(audio.duration)), 1_000);
  await shoot(other, 'players');
  const far = asked.map(({ status, range, told }) => [status, Number(/^bytes=(\d+)-/.exec(range)?.[1]), told]).filter(([, from]) => from > 4_000_000);
  assert.ok(far.length > 0, JSON.stringify(asked));
  for (const [status, from, told] of far) {
    assert.equal(status, 206);
    assert.equal(told, `bytes ${from}-8000043/8000044`);
  }
});

test('what cannot be read says so, and an empty text is one', async () => {
  const page = await stage.guest('mia');
  const folder = mkdtempSync(join(tmpdir(), 'chat-picked-'));
  const path = join(folder, 'moved.txt');
  writeFileSync(path, 'it was here');
  // It goes before the page has read it.
  const asked = new Promise((resolve) => page.route('**/api/about', resolve));
  await page.locator('.clip input').setInputFiles(path);
  const route = await asked;
  rmSync(folder, { recursive: true });
  await route.continue();
  await going(page, 'moved.txt').locator('.error', { hasText: 'cannot be read' }).waitFor();
  await shoot(page, 'unreadable');
  await page.getByRole('button', { name: 'Take away moved.txt' }).click();
  await pick(page, text('empty.txt', ''));
  await page.locator('.going.whole', { hasText: 'empty.txt' }).waitFor();
  await say(page, 'nothing to see');
  await page.getByRole('button', { name: 'Show empty.txt' }).click();
  await page.locator('.lightbox', { hasText: 'There is nothing in this file.' }).waitFor();
  page.trouble = page.trouble.filter((text) => !/ERR_FILE_NOT_FOUND/.test(text));
});

test('words that were sent with a file are not lost with a page that goes before they are on disk', async () => {
  const page = await stage.guest('nora');
  await page.route('**/api/files/*', (route) => (route.request().method() === 'PATCH' ? route.abort() : route.continue()));
  await pick(page, text('slow.txt'));
  await going(page, 'slow.txt').waitFor();
  // Another tab is writing, and the disk has no time for this one.
  const busy = await stage.tab(page.context());
  await busy.locator('.link.live').waitFor();
  await busy.evaluate(() => new Promise((resolve) => {
    const open = indexedDB.open('chat.uploads');
    open.onsuccess = () => {
      const store = open.result.transaction('parcels', 'readwrite').objectStore('parcels');
      const spin = () => (store.get('none').onsuccess = spin);
      spin();
      resolve();
    };
  }));
  await say(page, 'with a file, and many words');
  await page.locator('.parcel.closed', { hasText: 'many words' }).waitFor();
  await page.reload();
  await page.waitForFunction(() => document.querySelector('.composer textarea')?.value === 'with a file, and many words');
  await busy.close();
  page.trouble = page.trouble.filter((text) => !/ERR_FAILED/.test(text));
});

test('words whose file this browser did not keep come back to be sent', async () => {
  const page = await stage.guest('odil');
  await page.route('**/api/files/*', (route) => (route.request().method() === 'PATCH' ? route.abort() : route.continue()));
  await pick(page, text('slow.txt'));
  await going(page, 'slow.txt').waitFor();
  await say(page, 'with a file that is gone');
  await page.locator('.parcel.closed', { hasText: 'that is gone' }).waitFor();
  await page.evaluate(() => new Promise((resolve) => {
    const open = indexedDB.open('chat.uploads');
    open.onsuccess = () => {
      const all = open.result.transaction('blobs', 'readwrite');
      all.objectStore('blobs').clear();
      all.oncomplete = () => {
        open.result.close();
        resolve();
      };
    };
  }));
  await page.reload();
  await page.getByText('were not kept by this browser').waitFor();
  await page.waitForFunction(() => document.querySelector('.composer textarea')?.value === 'with a file that is gone');
  page.trouble = page.trouble.filter((text) => !/ERR_FAILED/.test(text));
});

test('cells of a sheet are pasted as the text that they are, not as their picture', async () => {
  const page = await stage.guest('nell');
  const taken = await page.evaluate((bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], 'image.png', { type: 'image/png' }));
    data.setData('text/html', '<table><tr><td>1</td><td>2</td></tr></table>');
    data.setData('text/plain', '1\t2');
    const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
    document.querySelector('.composer textarea').dispatchEvent(event);
    return event.defaultPrevented;
  }, painting(10, 10).toString('base64'));
  assert.equal(taken, false, 'the browser pastes it');
  assert.equal(await page.locator('.going').count(), 0);
});

test('whoever is put out of a room cannot fetch its files any more, small pictures included', async () => {
  const owner = await stage.account('olaf');
  const member = await stage.account('mira');
  await owner.keyboard.press('Control+k');
  await owner.getByRole('option', { name: 'A private room' }).click();
  await owner.locator('dialog').getByLabel('Name').fill('Plans');
  await owner.getByLabel('Only who is invited').check();
  await owner.getByRole('button', { name: 'Make room' }).click();
  await owner.getByRole('button', { name: 'About Plans' }).click();
  await owner.locator('.picker').getByText('mira', { exact: true }).click();
  await owner.getByRole('button', { name: 'Invite' }).click();
  await owner.getByText('✓ Invited').waitFor();
  await closed(owner);
  await member.getByRole('button', { name: 'Join Plans' }).click();
  await member.locator('h1', { hasText: 'Plans' }).waitFor();
  await pick(owner, { name: 'plan.png', type: 'image/png', body: painting(400, 300) });
  await going(owner, 'plan.png').waitFor();
  await say(owner, 'the plan');
  await member.locator('.thumb img').waitFor();
  const src = await member.locator('.thumb img').getAttribute('src');
  const status = (page, url) => page.evaluate((url) => fetch(url, { cache: 'no-store' }).then(({ status }) => status), url);
  const all = [src, src.replace('/thumb', '')];
  for (const url of all) assert.equal(await status(member, url), 200);
  await card(owner, 'mira');
  await owner.getByRole('button', { name: 'Kick…' }).click();
  await owner.getByRole('button', { name: 'Put out of the room' }).click();
  await member.locator('h1', { hasText: 'Lobby' }).waitFor();
  for (const url of all) assert.equal(await status(member, url), 404);
  for (const url of all) assert.equal(await status(owner, url), 200);
  member.trouble = member.trouble.filter((text) => !/404/.test(text));
});

test('on a phone the tray and the pictures fit', async () => {
  const page = await stage.guest('gil', { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true, colorScheme: 'dark' });
  await pick(page, { name: 'a picture with quite a long name for such a small screen.png', type: 'image/png', body: painting(1200, 800) }, text('notes.txt'));
  await page.waitForFunction(() => document.querySelectorAll('.going.whole').length === 2);
  await shoot(page, 'phone-tray');
  await say(page, 'from the phone');
  await page.locator('.message .thumb img').last().waitFor();
  await settled(page);
  await shoot(page, 'phone-files');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.locator('.thumb').last().tap();
  await page.locator('.lightbox .stage img').waitFor();
  await shoot(page, 'phone-lightbox');
});

test('files go into a thread too, and are found by what they are', async () => {
  const page = await stage.guest('hugo');
  const other = await stage.guest('ida');
  await say(page, 'who has the drawing?');
  await settled(page);
  await about(other, 'who has the drawing?');
  await other.getByRole('button', { name: 'Answer in a thread' }).click();
  const thread = other.locator('aside.thread');
  await thread.locator('.clip input').setInputFiles([{ name: 'drawing.png', mimeType: 'image/png', buffer: painting(200, 150) }]);
  await thread.locator('.tray .whole', { hasText: 'drawing.png' }).waitFor();
  assert.equal(await other.locator('main .tray').count(), 0);
  await thread.locator('textarea').fill('here is what I drew');
  await thread.locator('textarea').press('Enter');
  await thread.locator('.message .thumb img').waitFor();
  await shoot(other, 'file-in-thread');
  assert.equal(await other.locator('main .message', { hasText: 'here is what I drew' }).count(), 0);
  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('searchbox', { name: 'What to look for' }).fill('here has:image');
  // What was just said is found a moment later.
  for (let i = 0; (await page.locator('.hit').count()) === 0; i++) {
    assert.ok(i < 100, 'it is never found');
    const answered = page.locator('.found-head [role=status]', { hasText: /found/ });
    await page.keyboard.press('Enter');
    await answered.waitFor();
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await page.locator('.hit', { hasText: 'drawing.png' }).waitFor();
  await shoot(page, 'search-image');
});

test('everybody can use it: the tray, the pictures and the search, in light and dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await stage.guest(`jo-${colorScheme}`, { colorScheme });
    const check = async (what) => {
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      assert.deepEqual(violations.map(({ id, nodes }) => `${what} ${colorScheme}: ${id} ${nodes[0].html.slice(0, 160)}`), []);
    };
    await pick(page, { name: 'first.png', type: 'image/png', body: painting(200, 150) }, text('notes.txt'), { name: 'huge.iso', type: '', body: Buffer.alloc(45_000_000) });
    await page.locator('.going.failed').waitFor();
    await page.waitForFunction(() => document.querySelectorAll('.going.whole').length === 2);
    await check('tray');
    await page.getByRole('button', { name: 'Take away huge.iso' }).click();
    await say(page, `for everybody, ${colorScheme}`);
    await settled(page);
    await page.locator('.message', { hasText: `for everybody, ${colorScheme}` }).locator('.thumb').click();
    await page.locator('.lightbox .stage img').waitFor();
    await check('lightbox');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Shift+F');
    await page.getByRole('searchbox', { name: 'What to look for' }).fill('everybody');
    await page.locator('.hit').first().waitFor();
    await check('search');
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
  }
});
