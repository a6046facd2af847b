// What is to be seen. Whatever others wrote goes in by textContent alone.

import { fromBase64url, sha256 } from './bytes.js';
import { callOver } from './calls.js';
import { cleanName } from './text.js';

const speakingFrom = 0.01; // of a level
const links = { dialing: 'Connecting …', online: '', lost: 'The server can\'t be reached. What you are in goes on; trying again …', over: 'Not connected.' };
const phases = { connecting: 'connecting …', reconnecting: 'connecting again …' };
const lefts = { kicked: 'You were sent away.', moved: 'You have joined from elsewhere.', removed: 'The channel was removed.', lost: 'The connection was lost.' };

export const $ = id => document.getElementById(id);

// element makes one with a class and a text.
export function element(tag, className = '', text = '') {
  const e = document.createElement(tag);
  e.className = className;
  e.textContent = text;
  return e;
}

// keyed makes a parent's children be those of the items, and keeps the ones that there are: a list that is drawn anew loses the
// finger that is on it, and a picture would blink.
function keyed(parent, items, make, update) {
  const old = new Map([...parent.children].map(e => [e.dataset.key, e]));
  const wanted = items.map(([key, item]) => {
    let e = old.get(key);
    if (!e) {
      e = make(item);
      e.dataset.key = key;
    }
    old.delete(key);
    update(e, item);
    return e;
  });
  for (const e of old.values()) e.remove();
  wanted.forEach((e, i) => {
    if (parent.children[i] !== e) parent.insertBefore(e, parent.children[i] ?? null);
  });
}

const set = (e, text) => { if (e.textContent !== text) e.textContent = text; };

// marked is somebody's name with what is known of them beside it, and not in it: a long name must not push that out, nor can a name say it.
function marked(tag, className) {
  const e = element(tag, className);
  e.append(element('span', 'name'), element('span', 'badge', 'browser'), element('span', 'state'));
  return e;
}

function mark(e, name, web, state) {
  const [n, badge, s] = e.children;
  set(n, name);
  badge.hidden = !web;
  set(s, state);
}

// initials are the first letters or digits of the first and the last word.
function initials(name) {
  const words = name.split(' ').map(w => /[\p{L}\p{N}]/u.exec(w)?.[0] ?? '').filter(Boolean);
  return [words[0] ?? '?', ...words.length > 1 ? [words.at(-1)] : []].join('').toUpperCase();
}

// colour gives an avatar the colour of a person's key, as in the app: one of twenty hues, none of which is amber, the light of a voice.
async function colour(avatar, key) {
  const d = await sha256(fromBase64url(key, 32)), n = new DataView(d.buffer).getUint32(0);
  avatar.style.setProperty('--hue', (70 + 16 * (n % 20)) % 360);
  avatar.style.setProperty('--step', d[4] & 1);
}

export class View {
  #sounds = new Map(); // audio elements, by peer

  constructor(host) { this.host = host; }

  // trouble shows on the first page why nobody can come in; again says that they may try.
  trouble(text, again) {
    $('house').hidden = true;
    $('start').hidden = false;
    $('trouble').hidden = !text;
    set($('trouble'), text);
    $('enter').hidden = !again;
    $('come').disabled = false;
  }

  note(text) {
    set($('note'), text);
    $('note').hidden = !text;
  }

  left(reason) { if (lefts[reason]) this.note(lefts[reason]); }
  callOver(reason) { this.note(callOver(reason)); }

  // draw shows how everything stands.
  draw() {
    const { gateway, room, media } = this.host;
    if (!gateway?.serverKey || gateway.state === 'over') return;
    $('start').hidden = true;
    $('house').hidden = false;
    set($('server'), cleanName(gateway.serverName));
    set($('link'), links[gateway.state]);
    this.#places();
    this.#ring();
    $('bar').hidden = $('chat').hidden = !room;
    this.#stage(room);
    if (room) this.#bar(media, room);
    document.title = this.host.calls.ring && !this.host.calls.ring.out ? `${this.host.calls.ring.name} is calling` : 'Parley';
  }

  #places() {
    const { directory, room, me } = this.host;
    keyed($('channels'), directory.inOrder().map(c => [c.id, c]), c => {
      const e = element('li');
      const b = element('button', 'name');
      b.onclick = () => this.host.join(c.id);
      e.append(b, element('ul'));
      return e;
    }, (e, c) => {
      set(e.children[0], c.name);
      e.setAttribute('aria-current', room?.id === c.id);
      keyed(e.children[1], directory.sitting(c.id).map(m => [m.user, m]), () => marked('li'), (e, m) => {
        mark(e, m.name, m.web, m.muted ? 'muted' : '');
        e.children[0].classList.toggle('speaking', Boolean(m.speaking && !m.muted));
      });
    });
    keyed($('people'), directory.people(me.id).map(u => [u.id, u]), u => {
      const e = marked('li'), b = element('button', 'call', 'Call');
      b.onclick = () => this.host.calls.call(u.id, directory.users.get(u.id)?.name ?? u.name, false);
      e.append(b);
      return e;
    }, (e, u) => {
      mark(e, u.name, u.web, u.role === 'owner' ? 'owner' : '');
      e.lastChild.disabled = Boolean(this.host.calls.ring) || room?.with !== undefined;
    });
  }

  #ring() {
    const { ring } = this.host.calls, dialog = $('ring');
    if (!ring) {
      if (dialog.open) dialog.close();
      return;
    }
    const badge = ring.web ? ' (browser guest)' : '';
    set($('ringing'), ring.out ? `${ring.placed ? 'Ringing' : 'Calling'} ${ring.name} …` : `${ring.name}${badge} is calling${ring.video ? ' with a camera' : ''}.`);
    for (const id of ['accept', 'acceptVideo', 'decline']) $(id).hidden = ring.out;
    $('cancel').hidden = !ring.out;
    if (!dialog.open) dialog.showModal();
  }

  #stage(room) {
    set($('where'), !room ? 'Click a channel to join it with your microphone.' : this.#sentence(room));
    const tiles = [], own = [];
    if (room) {
      const { media } = this.host, people = [];
      for (const p of room.peers.values()) {
        const [, camera, screen] = p.current?.received ?? [];
        const alive = (said, t) => said && t && !t.muted && t.readyState === 'live' ? t : null; // a browser keeps the last picture
        this.#watch(camera);
        this.#watch(screen);
        people.push([p.member.member, { peer: p, name: cleanName(p.member.name), track: alive(p.camera, camera) }]);
        if (alive(p.screen, screen)) tiles.push([`${p.member.member} screen`, { screen: true, name: `${cleanName(p.member.name)}'s screen`, track: screen }]);
      }
      tiles.push(...people);
      if (media.screen) own.push(['my screen', { own: true, screen: true, name: 'All here see your screen', track: media.screen }]);
      if (media.camera) own.push(['me', { own: true, name: 'You', track: media.camera }]);
    }
    for (const [id, list] of [['tiles', tiles], ['own', own]]) keyed($(id), list, t => this.#tile(t), (e, t) => this.#update(e, t));
    this.#hear(room);
    const texts = room?.texts ?? [];
    if (this.shown !== texts) {
      this.shown = texts;
      $('texts').replaceChildren(...texts.map(t => {
        const e = element('li', t.mine ? 'mine' : ''); // somebody else may be called You
        e.append(element('b', '', t.mine ? 'You' : cleanName(t.name)), t.text);
        return e;
      }));
      $('texts').lastChild?.scrollIntoView({ block: 'nearest' });
    }
  }

  #sentence(room) {
    if (room.phase === 'joining') return 'One moment …';
    if (room.context.startsWith('call ')) return room.peers.size ? '' : 'The call begins …';
    return room.peers.size ? '' : 'Nobody else is here yet.';
  }

  // watch draws again when pictures of a track begin or end to come.
  #watch(track) {
    if (track && !track.onmute) track.onmute = track.onunmute = track.onended = () => this.host.changed();
  }

  #tile(t) {
    const e = element('article', `tile ${t.screen ? 'screen' : 'person'}${t.own ? ' own' : ''}`);
    const video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, playsInline: true });
    if (t.screen) video.onclick = () => document.fullscreenElement ? document.exitFullscreen() : video.requestFullscreen?.();
    const caption = marked('div', 'caption');
    const avatar = element('div', 'avatar');
    if (t.peer) colour(avatar, t.peer.member.key);
    e.append(video, avatar, caption);
    return e;
  }

  #update(e, t) {
    const [video, avatar, caption] = e.children;
    if (video.srcObject?.getTracks()[0] !== t.track) {
      video.srcObject = t.track ? new MediaStream([t.track]) : null;
    }
    video.hidden = !t.track;
    avatar.hidden = Boolean(t.track);
    set(avatar, initials(t.name));
    const m = t.peer?.member;
    mark(caption, t.name, m?.web, !t.peer ? '' : phases[t.peer.phase] ?? (m.deafened ? 'deafened' : m.muted ? 'muted' : ''));
    caption.children[2].classList.toggle('off', Boolean(m?.muted));
  }

  // hear plays what the others say, and the sound of their screens.
  #hear(room) {
    const { media } = this.host;
    const here = new Set(room?.peers.values());
    for (const [p, audio] of this.#sounds) {
      if (here.has(p)) continue;
      for (const a of [audio, audio.beside]) if (a) a.srcObject = null;
      this.#sounds.delete(p);
    }
    for (const p of here) {
      const [voice, , , sound] = p.current?.received ?? [];
      if (!voice) continue;
      if (!this.#sounds.has(p)) this.#sounds.set(p, new Audio());
      const audio = this.#sounds.get(p);
      if (audio.srcObject?.getTracks()[0] !== voice) {
        audio.srcObject = new MediaStream([voice]);
        audio.play().catch(() => this.note('The browser plays no sound before you click anywhere.'));
      }
      this.#screenSound(p, sound);
      for (const a of [audio, audio.beside]) {
        if (!a) continue;
        a.muted = media.deafened;
        const want = media.wanted.audiooutput;
        if (a.setSinkId && (a.sinkId ?? '') !== want) a.setSinkId(want).catch(() => {}); // it is gone
      }
    }
  }

  #screenSound(p, track) {
    const audio = this.#sounds.get(p);
    this.#watch(track);
    if (!track || track.muted) return;
    audio.beside ??= new Audio();
    if (audio.beside.srcObject?.getTracks()[0] === track) return;
    audio.beside.srcObject = new MediaStream([track]);
    audio.beside.play().catch(() => {}); // the same click is missing
  }

  #bar(media, room) {
    const pressed = (id, on, text) => {
      $(id).setAttribute('aria-pressed', on);
      set($(id), text);
    };
    pressed('mute', media.quiet, media.quiet ? 'Unmute' : media.microphone ? 'Mute' : 'No microphone');
    pressed('deafen', media.deafened, media.deafened ? 'Hear again' : 'Deafen');
    pressed('camera', Boolean(media.camera), media.camera ? 'Stop camera' : 'Camera');
    pressed('screen', Boolean(media.screen), media.screen ? 'Stop sharing' : 'Share screen');
    $('screen').hidden = !navigator.mediaDevices.getDisplayMedia; // phones
    set($('leave'), room.context.startsWith('call ') ? 'Hang up' : 'Leave');
  }

  // levels shows who speaks.
  levels() {
    const { room, media } = this.host;
    if (!room) return;
    $('level').value = media.quiet ? 0 : media.level;
    for (const p of room.peers.values()) {
      const tile = [...$('tiles').children].find(e => e.dataset.key === p.member.member);
      tile?.classList.toggle('speaking', p.phase === 'connected' && !p.member.muted && (p.current?.level ?? 0) > speakingFrom);
    }
  }

  // devices fills the lists of what there is to choose from.
  devices() {
    const { media } = this.host;
    for (const kind of ['audioinput', 'videoinput', 'audiooutput']) {
      const list = media.devices.filter(d => d.kind === kind && d.deviceId !== 'default' && d.deviceId !== 'communications' && d.deviceId);
      const options = [['', 'As the system has it'], ...list.map(d => [d.deviceId, d.label || 'One without a name'])];
      $(kind).replaceChildren(...options.map(([value, text]) => {
        const o = element('option', '', text);
        o.value = value;
        o.selected = media.wanted[kind] === value;
        return o;
      }));
    }
    $('output').hidden = !HTMLMediaElement.prototype.setSinkId;
    $('processing').checked = media.processing;
  }
}
