// The voice channel that one sits in, or the call: from the click on it to the end. There is no peer connection before that click, and
// none after the end.

import { base64url, fromBase64url, hex, random } from './bytes.js';
import { userID } from './identity.js';
import { Bucket, Peer } from './peer.js';
import { list } from './directory.js';
import { cleanText } from './text.js';

const tickEvery = 500;      // ms
const joinEvery = 5_000;    // ms: a join that a restarted server refuses
const mostPeers = 7;
const farewell = 100;       // ms that last words get to arrive
const stateBurst = 8, stateRate = 2;
const textBurst = 8, textRate = 1, takenBurst = 24, takenRate = 2;
const unheardFor = 20_000;  // ms: then a text did not come
const keptTexts = 200;

export const newMember = () => hex(random(16));
export const newNonce = () => base64url(random(32));

// Room is what a channel and a call have in common. host is the page: { gateway, me, media, changed(), ended(reason), note(text) }.
class Room {
  #tick; #queue = Promise.resolve(); #iceUntil = Infinity; #states = new Map(); #unheard = []; #written = 0; #saying = new Bucket(textBurst, textRate);

  constructor(host, id, member = newMember(), nonce = newNonce()) {
    this.host = host;
    this.id = id;         // the channel's, or the call's
    this.member = member; // made at the local click
    this.nonce = nonce;
    this.phase = 'joining';
    this.peers = new Map(); // by member id
    this.ice = [];
    this.texts = [];
    this.#tick = setInterval(() => this.tick(), tickEvery);
  }

  get gateway() { return this.host.gateway; }
  get me() { return this.host.me; }
  get online() { return this.gateway.state === 'online'; }
  // switches are one's own, as the server is told; state is what the others are told.
  get switches() {
    const { quiet, deafened } = this.host.media;
    return { muted: quiet, deafened };
  }

  get state() {
    const { camera, screen } = this.host.media;
    return { ...this.switches, camera: Boolean(camera), screen: Boolean(screen) };
  }

  changed() { this.host.changed(); }
  tracks() { return this.host.media.tracks(); }

  // believable says that a member can be another person: the key is the user's, and the ids are not one's own.
  async believable(m) {
    try {
      return m.member !== this.member && /^[0-9a-f]{32}$/.test(m.member) && m.user !== this.me.id &&
        fromBase64url(m.nonce, 32) && await userID(fromBase64url(m.key, 32)) === m.user;
    } catch {
      return false;
    }
  }

  // inOrder does one thing after the other: to look at a member takes a moment, and what comes from them meanwhile has to wait.
  inOrder(f) {
    this.#queue = this.#queue.then(f).catch(why => console.warn('room:', why.message));
    return this.#queue;
  }

  // admit meets a member that the server names.
  admit(m) { return this.inOrder(() => this.#admit(m ?? {})); }

  async #admit(m) {
    const known = this.peers.get(m.member);
    if (known) {
      const same = ['user', 'key', 'nonce'].every(f => known.member[f] === m[f]); // a nonce is published once, and by the key all else is believed
      if (!same) return;
      known.member = m;
      known.absent = false;
      this.changed();
      return;
    }
    if (!await this.believable(m) || this.phase === 'over' || this.peers.has(m.member)) return;
    for (const p of this.peers.values()) {
      if (p.member.user === m.user) this.drop(p); // one place per user: the newer one is it
    }
    if (this.peers.size >= mostPeers) return;
    const p = new Peer(this, m);
    p.wrote = new Bucket(takenBurst, takenRate);
    this.peers.set(m.member, p);
    this.changed(); // they are shown before anything goes to them
    p.open();
  }

  drop(p) {
    if (this.peers.get(p.member.member) === p) this.peers.delete(p.member.member);
    p.close();
    this.changed();
  }

  // gone ends a peer.
  gone(p, reason) { this.drop(p); }

  // relayed takes what a peer has said by the server.
  relayed(type, m) {
    if (m.channel !== this.id || m.to?.member !== this.member) return;
    this.inOrder(() => {
      const p = this.peers.get(m.from?.member);
      if (p?.member.user === m.from?.user) p?.take(type, m);
    });
  }

  // word takes what a peer has said past the server.
  word(p, text) {
    let w;
    try {
      w = JSON.parse(text);
    } catch {
      return;
    }
    if (w?.v !== 1) return;
    switch (w.type) {
      case 'state':
        p.member = { ...p.member, muted: Boolean(w.muted || w.deafened), deafened: Boolean(w.deafened) };
        p.camera = Boolean(w.camera);
        p.screen = Boolean(w.screen);
        this.changed();
        return;
      case 'watch':
        p.watch(Boolean(w.camera), Boolean(w.screen));
        return;
      case 'bye':
        this.gone(p, 'left');
        return;
      case 'rtc':
        if (w.message?.body && ['rtc.need_offer', 'rtc.offer', 'rtc.answer', 'rtc.candidate'].includes(w.message.type) &&
          w.message.body.channel === this.id && w.message.body.to?.member === this.member) p.take(w.message.type, w.message.body, true);
        return;
      case 'text':
        this.#heardText(p, w);
        return;
      case 'text.arrived':
        for (const t of this.#unheard) if (t.number === w.number) t.to.delete(p);
        return;
      case 'file.offer': // this page takes none
        if (/^[0-9a-f]{32}$/.test(w.file?.id)) p.tell({ type: 'file.refuse', file: { id: w.file.id, why: 'none' } });
    }
  }

  // greet tells a peer that has come what it can't know.
  greet(p) {
    this.#tellState(p);
    this.#tellWatch(p);
    for (const t of this.#unheard) if (t.to.has(p)) p.tell({ type: 'text', number: t.number, text: t.text });
  }

  // tellSwitches lets all know how one's switches are.
  tellSwitches() {
    for (const p of this.peers.values()) this.#tellState(p);
  }

  // look lets all know whether their pictures are looked at: nobody sees a page behind others.
  look() {
    for (const p of this.peers.values()) this.#tellWatch(p);
  }

  #tellWatch(p) {
    const on = !this.host.hidden;
    p.tell({ type: 'watch', camera: on, screen: on });
  }

  #tellState(p) {
    const s = this.#states.get(p) ?? { bucket: new Bucket(stateBurst, stateRate) };
    this.#states.set(p, s);
    s.unsaid = true;
    this.#sayStates();
  }

  #sayStates() {
    for (const [p, s] of this.#states) {
      if (p.phase === 'gone') this.#states.delete(p);
      else if (s.unsaid && p.phase === 'connected' && s.bucket.take()) s.unsaid = !p.tell({ type: 'state', ...this.state });
    }
  }

  // write sends a text to everybody who is here, and says whether it did.
  write(text) {
    text = cleanText(text);
    const to = [...this.peers.values()].filter(p => p.phase !== 'connecting');
    if (!text || !to.length || !this.#saying.take()) return false;
    const t = { number: ++this.#written, text, to: new Set(to), until: performance.now() + unheardFor };
    this.#unheard.push(t);
    for (const p of to) p.tell({ type: 'text', number: t.number, text });
    this.#show({ name: '', text, mine: true });
    return true;
  }

  #heardText(p, w) {
    if (!Number.isSafeInteger(w.number) || w.number < 1 || typeof w.text !== 'string' || w.number > p.reads && !p.wrote.take()) return;
    p.tell({ type: 'text.arrived', number: w.number });
    const text = cleanText(w.text);
    if (w.number <= p.reads || !text) return;
    p.reads = w.number;
    this.#show({ name: p.member.name, text });
  }

  #show(text) {
    this.texts = [...this.texts.slice(1 - keptTexts), text];
    this.changed();
  }

  tick() {
    if (performance.now() > this.#iceUntil && this.online) this.freshRelay();
    this.#unheard = this.#unheard.filter(t => t.to.size && performance.now() < t.until);
    this.#sayStates();
    for (const p of [...this.peers.values()]) p.tick();
  }

  // useRelay takes what the server says of relays.
  useRelay(turn) {
    if (!turn || this.phase === 'over') return;
    // What a browser would refuse, and all others with it, is left out.
    const usable = s => u => /^stun:/.test(u) || /^turns?:/.test(u) && s.username && s.password;
    this.ice = [turn, ...list(turn.external)].map(s => ({
      urls: list(s.urls).filter(usable(s)), username: s.username, credential: s.password,
    })).filter(s => s.urls.length);
    this.#iceUntil = turn.ttl_s ? performance.now() + turn.ttl_s * 800 : Infinity;
    for (const p of this.peers.values()) p.setServers(this.ice);
  }

  async freshRelay() {
    this.#iceUntil = Infinity;
    try {
      this.useRelay((await this.gateway.ask('turn.get'))[1]);
    } catch { /* the next path does with what there is */ }
  }

  // useTracks replaces what is sent.
  useTracks() {
    for (const p of this.peers.values()) p.send(this.tracks());
  }

  mend() {
    for (const p of this.peers.values()) p.mend();
  }

  // end closes everything, after a word of farewell.
  end(reason) {
    if (this.phase === 'over') return;
    this.phase = 'over';
    clearInterval(this.#tick);
    const peers = [...this.peers.values()];
    for (const p of peers) {
      p.send([null, null, null, null]); // nothing of the microphone leaves from here on
      p.tell({ type: 'bye' });
    }
    this.peers.clear();
    setTimeout(() => peers.forEach(p => p.close()), farewell);
    this.host.ended(this, reason);
  }
}

// Channel is a voice channel.
export class Channel extends Room {
  #seq = -1; #again;

  get context() { return `channel ${this.gateway.serverKey} ${this.id}`; }

  // join is the local consent. It gives up where the server refuses.
  async join() {
    try {
      const [, roster] = await this.gateway.ask('voice.join', { channel: this.id, member: this.member, nonce: this.nonce, ...this.switches });
      if (this.phase === 'over') return;
      this.phase = 'joined';
      this.useRelay(roster.relay);
      this.mend();
      await this.roster(roster);
    } catch (why) {
      if (why.code === 'session_gone') return; // online joins again
      if (this.phase === 'joined' && why.code !== 'not_found') { // the server has restarted; the media live
        clearTimeout(this.#again);
        this.#again = setTimeout(() => { if (this.phase === 'joined') this.join(); }, joinEvery);
        return;
      }
      this.host.note(why.message);
      this.end('refused');
    }
  }

  // onlineAgain follows the return of the server.
  async onlineAgain(resumed) {
    if (!resumed) {
      this.#seq = -1;
      await this.join();
      return;
    }
    await this.freshRelay();
    this.mend();
  }

  // roster takes who is here.
  async roster(r) {
    if (r.channel !== this.id || this.phase !== 'joined') return;
    this.#seq = r.channel_seq;
    const members = list(r.members), here = new Set(members.map(m => m.member));
    for (const p of this.peers.values()) if (!here.has(p.member.member)) p.absent = true;
    await Promise.all(members.map(m => this.admit(m)));
  }

  async heard(type, m) {
    switch (type) {
      case 'member.joined':
      case 'member.changed':
        if (this.#inSequence(m)) await this.admit(m.member);
        return;
      case 'member.left':
        if (this.#inSequence(m)) await this.inOrder(() => this.#left(m));
        return;
      case 'channel.removed':
        if (m.channel === this.id) this.end('removed');
        return;
      case 'gap':
        this.askRoster();
        return;
      case 'user.removed':
        for (const p of this.peers.values()) if (p.member.user === m.user) this.drop(p);
    }
  }

  #inSequence(m) {
    if (m.channel !== this.id || this.phase !== 'joined' || m.channel_seq <= this.#seq) return false;
    if (m.channel_seq > this.#seq + 1) this.askRoster();
    this.#seq = m.channel_seq;
    return true;
  }

  async askRoster() {
    try {
      await this.roster((await this.gateway.ask('roster.get', { channel: this.id }))[1]);
    } catch { /* the next change asks again */ }
  }

  // left ends a peer that left by will or was sent away. Of one that only lost the server the media decide.
  #left({ member, reason }) {
    if (member.member === this.member && member.user === this.me.id) {
      if (reason === 'lost') this.join(); // we are here, whatever the server thinks
      else this.end(reason);
      return;
    }
    const p = this.peers.get(member.member);
    if (p?.member.user !== member.user) return;
    if (reason === 'lost') p.absent = true;
    else this.drop(p);
  }

  tellSwitches() {
    super.tellSwitches();
    if (this.phase === 'joined') this.gateway.ask('voice.state', this.switches).catch(() => {}); // the peers were told by us
  }

  leave() {
    if (this.phase === 'over') return;
    this.gateway.ask('voice.leave').catch(() => {}); // it may not know of us any more
    this.end('left');
  }
}

// Call is a call that was taken, from one's own yes on.
export class Call extends Room {
  get context() { return `call ${this.gateway.serverKey} ${this.id}`; }

  // begin: both have said yes.
  async begin(placed) {
    if (this.phase === 'over') return;
    this.phase = 'joined';
    this.with = placed.with;
    this.useRelay(placed.relay);
    await this.admit(placed.with);
    if (!this.peers.size) this.hangUp(); // that can't be another person
  }

  async onlineAgain(resumed) {
    if (resumed) {
      await this.freshRelay();
      this.mend();
    } else if (this.phase === 'joined') {
      await this.here();
    } else {
      this.end('lost');
    }
  }

  // here tells a server that does not know it that one is in a call.
  async here() {
    try {
      const { user, member } = this.with;
      const [, placed] = await this.gateway.ask('call.here', { call: this.id, member: this.member, nonce: this.nonce, with: { user, member } });
      if (placed.with) this.back(placed);
      else this.lost();
    } catch (why) {
      if (why.code === 'call_gone' || why.code === 'not_found') this.end('lost');
      else if (why.code !== 'session_gone') setTimeout(() => { if (this.phase === 'joined') this.here(); }, joinEvery);
    }
  }

  // back: the other one is at the server again, too.
  back(placed) {
    if (placed.with?.member !== this.with?.member || placed.with?.user !== this.with?.user) return;
    for (const p of this.peers.values()) p.absent = false;
    this.useRelay(placed.relay);
    this.mend();
  }

  lost() {
    for (const p of this.peers.values()) p.absent = true;
  }

  async heard(type, m) {
    if (type === 'gap' && this.phase === 'joined') await this.here();
    if (m.call !== this.id) return;
    if (type === 'call.answered' && this.phase === 'joined') this.back(m);
    if (type === 'call.ended') {
      if (m.reason === 'lost' && this.phase === 'joined') this.lost();
      else this.end(m.reason);
    }
  }

  // gone is the end of the call: there is nobody else.
  gone(p, reason) {
    super.gone(p, reason);
    this.hangUp(reason);
  }

  hangUp(reason = 'left') {
    if (this.phase === 'over') return;
    this.gateway.ask('call.end', { call: this.id, reason: 'left' }).catch(() => {}); // it may be over there
    this.end(reason);
  }

  leave() { this.hangUp(); }
}
