// The guest page: a person without the app comes in by an invite's https address, sits in a voice channel, or takes a call. It speaks
// the same protocol as the app (PROTOCOL.md), in mode web.
//
//   main       what was clicked, and what the server says, to whom it is for
//   gateway    the session with the server          directory  who and what it has
//   calls      what rings                           room       the channel or call that one sits in
//   peer       one other person                     connection one peer connection to them; sdp: its descriptions
//   media      microphone, camera, screen           view       what is to be seen

import { Calls } from './calls.js';
import { Directory } from './directory.js';
import { Gateway } from './gateway.js';
import { hasEd25519, openIdentity } from './identity.js';
import { Media, failure } from './media.js';
import { Call, Channel } from './room.js';
import { $, View } from './view.js';

const levelEvery = 100; // ms
const spokenFrom = 0.02, spokenFor = 500; // of a level, and ms after it
const noteFor = 8_000;  // ms
const hiddenAfter = 2_000; // ms of being behind others: who looks for something else comes back soon

// lack says what this browser, or the way that the page came by, does not have; empty: nothing.
async function lack() {
  if (!isSecureContext) {
    return 'This page came by plain http. Browsers give a microphone, a camera and keys to pages that came by https alone, because anybody on ' +
      'the way could have changed this one. Open the same address with https:// in front.';
  }
  if (!window.RTCPeerConnection || !navigator.mediaDevices?.getUserMedia || !window.crypto?.subtle) {
    return 'This browser has no WebRTC, by which people hear each other. Use a newer one, or the Parley app.';
  }
  if (!await hasEd25519()) {
    return 'This browser does not know Ed25519, the kind of key that people are known by here. Chromium has it since version 137, Firefox since 129, Safari since 17. ' +
      'Use a newer one, or the Parley app.';
  }
  if (!RTCRtpReceiver.getCapabilities('audio')?.codecs.some(c => c.mimeType.toLowerCase() === 'audio/opus')) {
    return 'This browser does not know Opus, by which sound is sent.';
  }
  return '';
}

// Page holds all the others together: it is what they call host.
class Page {
  #drawing = false; #noted; #told; #away; #lock; #speaking = false; #spokenAt = -Infinity;

  constructor(me) {
    this.me = me;
    this.directory = new Directory();
    this.media = new Media(() => this.mediaChanged());
    this.calls = new Calls(this);
    this.view = new View(this);
    this.room = null;
    this.gateway = null;
    this.hidden = false; // behind other windows, for a while
    document.addEventListener('visibilitychange', () => this.visible());
    setInterval(() => {
      this.view.levels();
      this.speaking();
    }, levelEvery);
  }

  // enter connects to the server under a name.
  comeIn(name) {
    const secret = location.hash.slice(1), key = new URLSearchParams(location.search).get('key');
    this.gateway = new Gateway({
      me: this.me, name, invite: /^[\w-]{1,64}$/.test(secret) ? secret : '', key,
      heard: (type, m) => this.heard(type, m),
      changed: (state, why, welcome) => this.linkChanged(state, why, welcome),
    });
    this.gateway.run();
  }

  linkChanged(state, why, welcome) {
    switch (state) {
      case 'online':
        if (location.hash) history.replaceState(null, '', location.pathname + location.search); // the invite is used
        if (!welcome.resumed) this.calls.over();
        this.room?.onlineAgain(welcome.resumed).catch(unexpected);
        break;
      case 'over':
        this.room?.end('lost');
        this.calls.over();
        const advice = why.code?.startsWith('invite_') ? ' Ask whoever sent you here for a new one.' : '';
        this.view.trouble(why.message + advice, !['kicked', 'replaced', 'left'].includes(why.code));
        return;
      case 'dialing':
        this.view.trouble(why.message + ' Trying again …', false);
        return;
    }
    this.changed();
  }

  // heard hands what the server says to whom it is for.
  heard(type, m) {
    try {
      if (type.startsWith('rtc.')) {
        this.room?.relayed(type, m);
        return;
      }
      if (type === 'gap') this.gateway.ask('snapshot.get').catch(() => {}); // the next gap asks again
      this.directory.heard(type, m);
      this.calls.heard(type, m);
      this.room?.heard(type, m).catch(unexpected);
      this.changed();
    } catch (why) {
      unexpected(why); // a server's nonsense must not end the session
    }
  }

  // join sits down in a channel: this click is the consent to the microphone.
  join(id) {
    if (this.room?.id === id || this.gateway.state !== 'online') return;
    const channel = new Channel(this, id);
    this.enter(channel, false);
    channel.join().catch(unexpected);
  }

  // enter makes a room the one that one sits in, and opens what it needs.
  enter(room, camera) {
    const before = this.room;
    this.room = room;
    if (before instanceof Call) before.hangUp();
    else before?.end('moved'); // the server moves us
    this.note('');
    if (!this.media.microphone) this.open('microphone', () => this.media.openMicrophone());
    if (camera) this.open('camera', () => this.media.openCamera());
    this.stayOn();
    this.changed();
  }

  // open opens a device, or says why not. Who has no microphone listens.
  async open(what, f) {
    try {
      await f();
    } catch (why) {
      if (why.name !== 'AbortError') this.note(failure(what, why));
    }
    this.changed();
  }

  // ended follows the end of a room.
  ended(room, reason) {
    if (this.room !== room) return;
    this.room = null;
    this.#lock?.release();
    this.media.close();
    if (room instanceof Call) this.view.callOver(reason);
    else this.view.left(reason);
    this.changed();
  }

  mediaChanged() {
    this.room?.useTracks();
    const state = JSON.stringify(this.room?.state);
    if (state !== this.#told) this.room?.tellSwitches();
    this.#told = state;
    if ($('devices').open) this.view.devices();
    this.changed();
  }

  // speaking lets those know who look at the list of channels.
  speaking() {
    const channel = this.room instanceof Channel && this.room.phase === 'joined', now = performance.now();
    if (channel && this.media.level > spokenFrom && !this.media.quiet) this.#spokenAt = now;
    const on = channel && !this.media.quiet && now - this.#spokenAt < spokenFor;
    if (on === this.#speaking) return;
    this.#speaking = on;
    if (channel) this.gateway.send('voice.speaking', { on });
  }

  // stayOn keeps a phone's screen from going dark, and the sound with it, while somebody talks or listens.
  async stayOn() {
    if (!this.room || document.hidden || this.#lock && !this.#lock.released) return;
    this.#lock = await navigator.wakeLock?.request('screen').catch(() => null); // it may be low on battery
    if (!this.room) this.#lock?.release();
  }

  // visible follows the page behind other windows, and before them again.
  visible() {
    const look = () => {
      if (this.hidden === document.hidden) return;
      this.hidden = document.hidden;
      this.room?.look();
    };
    this.stayOn();
    clearTimeout(this.#away);
    if (document.hidden) this.#away = setTimeout(look, hiddenAfter);
    else look();
  }

  note(text) {
    this.view.note(text);
    clearTimeout(this.#noted);
    this.#noted = setTimeout(() => this.view.note(''), noteFor);
  }

  // changed has everything drawn anew, once for whatever happens now.
  changed() {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.view.draw();
    });
  }

  // wire ties the buttons to what they do.
  wire() {
    const { media, calls } = this;
    const click = (id, f) => { $(id).onclick = f; };
    click('mute', () => {
      media.setMuted(Boolean(media.microphone) && !media.quiet);
      if (!media.microphone) this.open('microphone', () => media.openMicrophone());
    });
    click('deafen', () => media.setDeafened(!media.deafened));
    click('camera', () => {
      if (media.camera) media.closeCamera();
      else this.open('camera', () => media.openCamera());
    });
    click('screen', () => {
      if (media.screen) media.closeScreen();
      else this.open('screen', () => media.openScreen());
    });
    click('leave', () => this.room?.leave());
    click('accept', () => calls.accept(false));
    click('acceptVideo', () => calls.accept(true));
    click('decline', () => calls.decline());
    click('cancel', () => calls.cancel());
    $('ring').oncancel = e => e.preventDefault(); // Escape is no answer
    $('say').onsubmit = e => {
      e.preventDefault();
      if (this.room?.write($('text').value)) $('text').value = '';
    };
    this.#wireDevices();
    addEventListener('pagehide', () => {
      this.room?.leave();
      this.gateway?.close();
    });
    addEventListener('pageshow', e => { if (e.persisted) location.reload(); }); // come back to, by the browser's button
  }

  #wireDevices() {
    const { media } = this;
    $('choose').onclick = () => {
      media.list();
      this.view.devices();
      $('devices').showModal();
    };
    $('done').onclick = () => $('devices').close();
    const chosen = (kind, f) => {
      $(kind).onchange = () => {
        media.wanted[kind] = $(kind).value;
        f();
      };
    };
    const microphone = () => { if (this.room) this.open('microphone', () => media.openMicrophone()); };
    chosen('audioinput', microphone);
    chosen('videoinput', () => { if (media.camera) this.open('camera', () => media.openCamera()); });
    chosen('audiooutput', () => this.changed());
    $('processing').onchange = () => {
      media.processing = $('processing').checked;
      microphone();
    };
  }
}

const unexpected = why => console.error(why);

const remembered = { // a browser that keeps nothing asks again
  get name() { try { return localStorage.getItem('name') ?? ''; } catch { return ''; } },
  set name(s) { try { localStorage.setItem('name', s); } catch { /* likewise */ } },
};

async function start() {
  const trouble = await lack();
  if (trouble) {
    $('trouble').hidden = false;
    $('trouble').textContent = trouble;
    return;
  }
  const page = new Page(await openIdentity());
  page.wire();
  $('trouble').hidden = true;
  $('name').value = remembered.name;
  $('enter').hidden = false;
  $('enter').onsubmit = e => {
    e.preventDefault();
    $('come').disabled = true;
    remembered.name = $('name').value.trim();
    page.comeIn(remembered.name || 'Guest');
  };
}

start().catch(why => {
  $('trouble').hidden = false;
  $('trouble').textContent = `The page could not start: ${why.message}`;
});
