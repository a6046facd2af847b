// Two Chromium processes in a voice call, each on its own PulseAudio devices, for bench/voice.
//
//   node chromium.mjs call       connects a and b, prints {"a":PID,"b":PID} and stays until standard input ends
//   node chromium.mjs joins N    connects N times, prints {"joins":[MS,...]}: b's connect to the first sound from a
//
// CHROMIUM names another browser than Debian's.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

const page = fs.readFileSync(new URL('peer.html', import.meta.url), 'utf8');
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'parley-chromium-'));
const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required', '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

// launch starts a browser through a script that notes its process id.
async function launch(letter) {
  const pid = path.join(scratch, letter + '.pid'), wrapper = path.join(scratch, letter + '.sh');
  fs.writeFileSync(wrapper, `#!/bin/sh\necho $$ > ${pid}\nexec ${process.env.CHROMIUM || 'chromium'} "$@"\n`, { mode: 0o755 });
  const browser = await chromium.launch({ executablePath: wrapper, args: flags, ignoreDefaultArgs: ['--mute-audio'] });
  const tab = await browser.newPage();
  // Microphones are for secure origins; this one has no network behind it.
  await tab.route('https://peer.test/**', r => r.fulfill({ contentType: 'text/html', body: page }));
  await tab.goto('https://peer.test/');
  await tab.evaluate(mic => peer.open(mic), 'mic_' + letter);
  return { browser, tab, speaker: 'spk_' + letter, pid: Number(fs.readFileSync(pid, 'utf8')) };
}

// call lets b join a, who waits.
async function call(a, b) {
  await a.tab.evaluate(s => peer.connect(s), a.speaker);
  const offer = await a.tab.evaluate(() => peer.offer());
  await b.tab.evaluate(s => peer.connect(s), b.speaker);
  const answer = await b.tab.evaluate(sdp => peer.answer(sdp), offer);
  await a.tab.evaluate(sdp => peer.accept(sdp), answer);
  return b.tab.evaluate(() => peer.firstSound());
}

const [mode, count] = process.argv.slice(2);
const peers = [];
try {
  for (const letter of ['a', 'b']) peers.push(await launch(letter));
  const [a, b] = peers;
  if (mode === 'joins') {
    const joins = [];
    for (let i = 0; i < Math.min(Number(count), 100); i++) {
      joins.push(Math.round(await call(a, b)));
      for (const p of peers) await p.tab.evaluate(() => peer.close());
    }
    console.log(JSON.stringify({ joins }));
  } else {
    await call(a, b);
    console.log(JSON.stringify({ a: a.pid, b: b.pid }));
    await new Promise(done => process.stdin.on('end', done).resume());
  }
} finally {
  for (const p of peers) await p.browser.close();
  fs.rmSync(scratch, { recursive: true, force: true });
}
