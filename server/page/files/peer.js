// One other member of a channel, or the other one of a call, and the peer connections to them. What is decided here is what the app
// decides (PROTOCOL.md, "Between peers"): the one with the smaller member id offers; a lost path is looked for by a second peer
// connection beside the first, which goes on until the second one is connected.
//
//   connecting ─► connected ⇄ reconnecting ─► gone

import { base64url, fromBase64url, sha256, statement, uint32, utf8 } from './bytes.js';
import { verify } from './identity.js';
import { admit, session } from './sdp.js';
import { Connection } from './connection.js';

// In milliseconds.
const askEvery = 1_000;       // a peer's requests for an offer are served no faster
const connectWithin = 8_000;  // then the peer connection is made anew
const succeedAfter = 500;     // of a disconnect: another one is begun
const succeedEvery = 3_000;   // and the next
const renewAfter = 20_000;    // of a disconnect: the peer connection is made anew
const goneAfter = 30_000;     // without media and without a place in the roster
const heirLife = 20_000;      // for a second one to come about
const linger = 1_000;         // that the first is listened to when the second has taken its place
const besideFor = 10_000;     // who has negotiated past the server is believed to have none
const workWithin = 5_000;     // one step of the negotiation

const mostHeirs = 6;          // that a peer may have us begin at once
const mostCandidates = 64;    // of a generation
const mostSeen = 2 ** 31;
const mostWords = 40, wordsPerSecond = 20;

export class Peer {
  #room; #work = Promise.resolve(); #early = { generation: 0, list: [] };
  #answered = false; #unmade = true; #acted = 0; #tries = 0; #served = -Infinity; #owed = false;
  #heirs = new Bucket(mostHeirs, 1000 / succeedEvery); #words = new Bucket(mostWords, wordsPerSecond);
  #generation = 0; #beside = -Infinity; #aside = false;

  constructor(room, member) {
    this.#room = room;
    this.member = member; // as the roster last said
    this.current = null;  // the peer connection
    this.heir = null;     // and the one that is to take its place
    this.camera = this.screen = false; // what they say of their switches
    this.absent = false;  // the roster lacks them; their media may live
    this.reads = 0;       // the number of the last text of theirs
    this.since = performance.now();
    this.phase = 'connecting';
  }

  get offers() { return this.#room.member < this.member.member; }

  // open begins.
  open() { this.#do(() => this.#reopen()); }

  close() {
    this.phase = 'gone';
    for (const c of [this.current, this.heir]) c?.close();
    this.current = this.heir = null;
  }

  // take is for what the server, or the peer itself, passes on.
  take(type, m, beside = false) {
    if (beside) this.#beside = performance.now();
    this.#do(() => {
      switch (type) {
        case 'rtc.offer': return this.#offer(m, beside);
        case 'rtc.answer': return this.#answer(m);
        case 'rtc.candidate': return this.#candidate(m);
        case 'rtc.need_offer': return this.#needOffer(m, beside);
      }
    });
  }

  // send replaces what is sent, in all connections that there are.
  send(tracks) {
    for (const c of [this.current, this.heir]) c?.send(tracks);
  }

  // watch takes which of the pictures they look at.
  watch(camera, screen) { this.current?.watch(camera, screen); }

  setServers(ice) {
    for (const c of [this.current, this.heir]) c?.setServers(ice);
  }

  // tell says a word, and whether it could.
  tell(word) { return this.phase !== 'gone' && Boolean(this.current?.tell(word)); }

  // mend looks for a new path where there is none, as now it can be told.
  mend() {
    this.#do(() => {
      if (this.phase === 'connected' || this.phase === 'gone') return;
      return this.#unmade ? this.#renew() : this.#succeed();
    });
  }

  // tick is what time alone brings about.
  tick() {
    this.#protect();
    if (this.phase === 'connected' || this.phase === 'gone') return;
    const now = performance.now(), waited = now - this.since, acted = now - this.#acted;
    const online = this.#room.online;
    if ((this.absent || !online && this.phase === 'reconnecting') && waited > goneAfter) {
      this.#room.gone(this, 'lost');
    } else if (!online) {
      return; // and what there is may heal by itself
    } else if (this.#owed && acted >= askEvery || this.#unmade && acted > connectWithin || !this.#unmade && waited > renewAfter) {
      this.#acted = now;
      this.#do(() => this.#renew());
    } else if (!this.#unmade && acted > this.#patience()) {
      this.#acted = now;
      this.#do(() => this.#succeed());
    }
  }

  // protect has sound sent twice where it gets lost, and no longer than that.
  async #protect() {
    const c = this.current;
    if (await c?.lossy()) this.#do(() => c === this.current && c.copy());
  }

  // do runs one thing after the other: signing and the browser's own work take their time. What a peer connection is doing while it is
  // closed never ends (W3C WebRTC, section 4.4.1.2), so nothing is waited for without end.
  #do(f) {
    this.#work = this.#work.then(() => this.phase === 'gone' ? undefined : Promise.race([f(), after(workWithin)])).catch(why => {
      console.warn('peer:', why.message); // what somebody else has sent may be anything
    });
  }

  #patience() { return succeedEvery * 2 ** Math.min(Math.max(this.#tries - 1, 0), 2); }

  #setPhase(phase) {
    if (this.phase === phase || this.phase === 'gone') return;
    this.phase = phase;
    this.since = performance.now();
    this.#room.changed();
  }

  #connect() {
    const c = new Connection(this.#room.ice, this.#room.tracks(), {
      state: s => this.#state(c, s),
      candidate: (candidate, mid) => this.#do(() => this.#say('rtc.candidate', { generation: c.generation, candidate, mid })),
      word: text => { if (c === this.current && this.#words.take()) this.#room.word(this, text); },
    });
    return c;
  }

  // reopen makes a new peer connection in whatever phase, and an offer for it.
  #reopen() {
    this.current?.close();
    this.#dropHeir();
    this.#owed = false;
    this.#anew();
    if (this.offers) return this.#makeOffer(this.current);
    return this.#say('rtc.need_offer', { generation: this.#generation, fresh: true });
  }

  #anew() {
    this.#unmade = true;
    this.#acted = performance.now();
    this.#tries = 0;
    this.current = this.#connect();
  }

  #renew() {
    if (this.phase === 'connected') this.#setPhase('reconnecting');
    return this.#reopen();
  }

  // succeed begins a second peer connection, by an offer or by asking for one.
  #succeed() {
    this.#acted = performance.now();
    this.#tries++;
    if (this.offers) return this.#makeOffer(this.#beginHeir());
    this.#aside = this.#pastServer();
    return this.#say('rtc.need_offer', { generation: this.#generation });
  }

  #beginHeir() {
    this.#dropHeir();
    const heir = this.heir = this.#connect();
    setTimeout(() => { if (this.heir === heir) this.#dropHeir(); }, heirLife);
    return heir;
  }

  #dropHeir() {
    this.heir?.close();
    this.heir = null;
  }

  async #makeOffer(c) {
    c.generation = ++this.#generation;
    this.#answered = false;
    this.#aside = this.#pastServer();
    await this.#describe('offer', c, await c.offer());
  }

  async #describe(role, c, sdp) {
    const signature = await this.#room.me.sign(await this.#statement(role, c.generation, sdp, true));
    this.#say(`rtc.${role}`, { generation: c.generation, sdp, signature: base64url(signature) });
  }

  // statement is what is signed with a description; mine: by oneself.
  async #statement(role, generation, sdp, mine) {
    const own = [this.#room.me.id, this.#room.member, this.#room.nonce];
    const other = [this.member.user, this.member.member, this.member.nonce];
    const [from, to] = mine ? [own, other] : [other, own];
    return statement('parley description v1', this.#room.context, from[0], to[0], from[1], to[1], role, from[2], to[2],
      uint32(generation), await sha256(utf8(sdp)));
  }

  async #verify(role, m) {
    if (m.generation !== m.generation >>> 0) throw new Error('a generation that can\'t be signed for'); // four bytes are: others are an old one once more
    await verify(fromBase64url(this.member.key, 32), fromBase64url(m.signature, 64), await this.#statement(role, m.generation, m.sdp, false));
    admit(m.sdp);
  }

  async #offer(m, beside) {
    if (this.offers || !(m.generation > this.#generation)) return; // not their part, or a replay
    await this.#verify('offer', m);
    const c = this.#forOffer(session(m.sdp), beside);
    if (!c) return;
    c.generation = this.#generation = m.generation;
    c.remoteSession = session(m.sdp);
    this.#answered = true;
    this.#aside = beside;
    c.setServers(this.#room.ice);
    const sdp = await c.answer(m.sdp);
    await this.#describe('answer', c, sdp);
    await this.#addEarly(c);
  }

  // forOffer finds or makes the peer connection that an offer is for: if theirs is a new one, so must ours be.
  #forOffer(theirs, beside) {
    if (this.heir?.remoteSession === theirs) return this.heir;
    if (this.current?.remoteSession === theirs) return this.heir || beside ? null : this.current; // an ICE restart
    if (this.#unmade) {
      if (this.current?.remoteSession !== '') {
        this.current?.close();
        this.#anew();
      }
      return this.current;
    }
    if (!this.#heirs.take()) return null;
    this.#acted = performance.now();
    return this.#beginHeir();
  }

  async #answer(m) {
    if (!this.offers || this.#answered || m.generation !== this.#generation) return;
    await this.#verify('answer', m);
    const c = [this.heir, this.current].find(c => c?.generation === m.generation);
    if (!c) return;
    this.#answered = true;
    this.#owed = false;
    await c.accept(m.sdp);
    await this.#addEarly(c);
  }

  // needOffer: one that is on its way is enough.
  #needOffer(m, beside) {
    const now = performance.now();
    const underWay = this.#generation > m.generation && now - this.#acted < askEvery;
    if (!this.offers || underWay || now - this.#served < askEvery) {
      this.#owed = this.offers && underWay && Boolean(m.fresh); // the one on its way may have come before they were ready for it
      return;
    }
    this.#served = now;
    const anew = this.#unmade || m.fresh && !beside;
    const kept = this.heir && this.#generation > m.generation && now - this.heir.began < this.#patience();
    if (!anew && (kept || !this.#heirs.take())) return;
    this.#generation = Math.max(this.#generation, Math.min(m.generation >>> 0, mostSeen));
    return anew ? this.#renew() : this.#succeed();
  }

  async #candidate(m) {
    if (!(m.generation >= this.#generation) || typeof m.candidate !== 'string') return;
    const c = [this.heir, this.current].find(c => c?.generation === m.generation);
    if (m.generation > this.#early.generation) this.#early = { generation: m.generation, list: [], heard: 0 };
    if (m.generation !== this.#early.generation || ++this.#early.heard > mostCandidates) return;
    if (c?.described) await c.add(m.candidate, m.mid);
    else this.#early.list.push(m);
  }

  // addEarly adds the candidates that came before their description.
  async #addEarly(c) {
    if (this.#early.generation !== c.generation) return;
    for (const m of this.#early.list.splice(0)) await c.add(m.candidate, m.mid);
  }

  #pastServer() {
    return this.phase === 'connected' && (!this.#room.online || this.absent || performance.now() - this.#beside < besideFor);
  }

  // say sends what is between the two, by the server or past it: an answer takes the way that the offer came by.
  #say(type, body) {
    const route = { to: { user: this.member.user, member: this.member.member }, channel: this.#room.id };
    const message = { type, body: { ...route, ...body } };
    if (this.#aside && this.phase === 'connected' && this.tell({ type: 'rtc', message })) return;
    this.#room.gateway.send(type, message.body);
  }

  #state(c, state) {
    if (this.phase === 'gone' || c !== this.current && c !== this.heir) return;
    switch (state) {
      case 'open':
        if (c === this.current) this.#room.greet(this);
        return;
      case 'connected':
        if (c === this.heir) this.#promote();
        this.#unmade = this.#owed = false;
        this.#tries = 0;
        this.#setPhase('connected');
        this.#room.greet(this);
        this.#room.changed();
        return;
      case 'disconnected':
        if (c === this.current) this.#disconnected();
        return;
      case 'failed':
      case 'closed': // by the far end
        if (c === this.heir) {
          this.#dropHeir();
          return;
        }
        this.#disconnected();
        this.#unmade = true;
        this.#acted = performance.now() + succeedAfter - connectWithin;
    }
  }

  // promote puts the heir into its place. The far end sends by the one before for a moment yet.
  #promote() {
    const before = this.current;
    this.current = this.heir;
    this.heir = null;
    setTimeout(() => before?.close(), linger);
  }

  #disconnected() {
    if (this.phase !== 'connected') return;
    this.#setPhase('reconnecting');
    this.#tries = 0;
    this.#acted = performance.now() + succeedAfter - succeedEvery; // so that the first try is soon
    this.#room.gateway.probe(); // the same network has led to it
    this.#room.freshRelay();
  }
}

const after = ms => new Promise(done => setTimeout(done, ms));

// Bucket lets so many through at once, and then so many a second.
export class Bucket {
  #most; #rate; #left; #last = performance.now();

  constructor(most, rate) {
    this.#most = this.#left = most;
    this.#rate = rate;
  }

  take() {
    const now = performance.now();
    this.#left = Math.min(this.#left + (now - this.#last) / 1000 * this.#rate, this.#most);
    this.#last = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
