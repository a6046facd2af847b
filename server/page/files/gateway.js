// The session with the server that this page came from: a websocket, proved and kept alive as PROTOCOL.md says.
//
//   dialing ─► online ⇄ lost
//      └──────────┴──────┴──► over   (close, or an end that trying again can't mend)

import { base64url, fromBase64url, random, statement } from './bytes.js';
import { verify } from './identity.js';

const version = 1;
const firstBackoff = 250, lastBackoff = 20_000; // ms
const handshakeWithin = 10_000;
const probeWithin = 2_000;
const mostPending = 128;

// Refusal is the server's error: a code for programs, a sentence for people.
export class Refusal extends Error {
  constructor(code, text) {
    super(text || code);
    this.code = code;
  }
}

// finalCodes are those after which the same try would end the same way.
const finalCodes = new Set(['invite_needed', 'invite_invalid', 'invite_expired', 'invite_used_up', 'not_allowed', 'bad_version', 'bad_signature',
  'bad_message', 'limit_reached', 'kicked', 'replaced', 'server_key']);

export class Gateway {
  #me; #name; #invite; #key; #heard; #changed;
  #socket; #inbox; #session = ''; #last = 0; #nextID = 0;
  #pending = new Map(); // requests without a reply, by id, in the order of sending: { type, body, done, failed }
  #backoff = firstBackoff;
  #wake = () => {};
  #silence; #beat;
  #ears = new AbortController(); // what it hears of the browser, until it is over

  // heard is called with (type, body) of each event, in order; changed with (state, reason, welcome).
  constructor({ me, name, invite, key, heard, changed }) {
    this.#me = me;
    this.#name = name;
    this.#invite = invite; // the secret, until it is used
    this.#key = key; // that the invite names; null: none
    this.#heard = heard;
    this.#changed = changed;
    this.state = 'dialing';
    this.serverKey = '';
    this.serverName = '';
    addEventListener('online', () => this.hurry(), this.#ears);
    document.addEventListener('visibilitychange', () => this.probe(), this.#ears);
  }

  // run keeps the session until it is over.
  async run() {
    while (this.state !== 'over') {
      let wait = 0;
      try {
        await this.#connection();
      } catch (why) {
        if (this.state === 'over') break;
        if (finalCodes.has(why.code)) {
          this.#end(why);
          break;
        }
        if (why.code === 'session_gone' && this.#session) {
          this.#forget();
          continue;
        }
        wait = Math.max(this.#backoff / 2 + Math.random() * this.#backoff, why.retry ?? 0);
        this.#set(this.serverKey ? 'lost' : 'dialing', why);
      }
      this.#backoff = Math.min(2 * this.#backoff, lastBackoff);
      await new Promise(done => {
        this.#wake = done;
        setTimeout(done, wait);
      });
    }
  }

  // ask sends a request, and gives its reply, as [type, body]. While the connection is lost it waits for the next one.
  ask(type, body) {
    return new Promise((done, failed) => {
      if (this.state === 'over' || this.#pending.size >= mostPending) {
        failed(new Refusal('rate_limited', 'The server can\'t be asked now.'));
        return;
      }
      const id = ++this.#nextID;
      this.#pending.set(id, { type, body, done, failed });
      if (this.state === 'online') this.#write({ type, id, body });
    });
  }

  // send says what nobody answers; without a connection it is lost.
  send(type, body) {
    if (this.state === 'online') this.#write({ type, body });
  }

  // close logs out.
  close() {
    this.#end(new Refusal('left', 'You have left the server.'));
    this.#socket?.close(1000);
  }

  // hurry ends the wait for the next try.
  hurry() {
    this.#wake();
    this.probe();
  }

  // probe makes sure that the connection lives: one whose other end is out of reach would look well for long.
  probe() {
    if (this.state !== 'online') return;
    this.#write({ type: 'heartbeat', body: { seq: this.#last } });
    this.#listenFor(probeWithin);
  }

  #set(state, why, welcome) {
    this.state = state;
    this.#changed(state, why, welcome);
  }

  #end(why) {
    if (this.state === 'over') return;
    this.#ears.abort();
    this.#forget();
    this.#set('over', why);
    this.#wake();
  }

  // forget drops the session: nobody knows its requests any more.
  #forget() {
    this.#session = '';
    this.#last = 0;
    const orphans = [...this.#pending.values()];
    this.#pending.clear();
    for (const o of orphans) o.failed(new Refusal('session_gone', 'The server has forgotten what it was asked.'));
  }

  #write(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  // connection is one connection from its beginning to its end, which is what it throws.
  async #connection() {
    const socket = this.#socket = new WebSocket(`wss://${location.host}/gateway`);
    const inbox = this.#inbox = new Inbox(socket);
    try {
      const late = setTimeout(() => inbox.cut(), handshakeWithin);
      let welcome;
      try {
        welcome = await this.#handshake(socket, inbox);
      } finally {
        clearTimeout(late);
      }
      this.#adopt(welcome);
      for (;;) this.#take(await inbox.next());
    } finally {
      clearInterval(this.#beat);
      clearTimeout(this.#silence);
      socket.close();
    }
  }

  // handshake sends nothing of worth before the server has shown that it holds its key.
  async #handshake(socket, inbox) {
    await inbox.opened;
    const nonce = random(32);
    const say = (type, body) => socket.send(JSON.stringify({ type, body }));
    say('hello', { version, mode: 'web', nonce: base64url(nonce) });
    const hello = await inbox.expect('server_hello');
    if (hello.version !== version) throw new Refusal('bad_version', 'This page and the server are of different versions: load it again.');
    const key = fromBase64url(hello.key, 32), challenge = fromBase64url(hello.challenge, 32);
    if (this.#key && this.#key !== hello.key || this.serverKey && this.serverKey !== hello.key) {
      throw new Refusal('server_key', 'This is another server than the one that the invite is for.');
    }
    const origin = location.origin;
    await verify(key, fromBase64url(hello.signature, 64), statement('parley server hello v1', key, nonce, challenge, 'web', origin))
      .catch(() => { throw new Refusal('server_key', 'The server could not prove who it is.'); });
    const mine = { key: base64url(this.#me.key) }, fields = [key, challenge, 'web', origin, this.#me.key];
    if (this.#session) {
      const signature = await this.#me.sign(statement('parley resume v1', ...fields, this.#session));
      say('resume', { ...mine, session: this.#session, last_seq: this.#last, signature: base64url(signature) });
    } else {
      const signature = await this.#me.sign(statement('parley login v1', ...fields));
      say('login', { ...mine, name: this.#name, ...this.#invite && { invite: this.#invite }, status: 'online', signature: base64url(signature) });
    }
    const welcome = await inbox.expect('welcome');
    if (welcome.user !== this.#me.id) throw new Refusal('server_key', 'The server has taken this browser for somebody else.');
    this.serverKey = hello.key;
    this.serverName = hello.name;
    return welcome;
  }

  #adopt(welcome) {
    const resumed = welcome.resumed && welcome.session === this.#session;
    if (!resumed) this.#forget();
    this.#session = welcome.session;
    this.#invite = ''; // used
    this.#backoff = firstBackoff;
    this.#set('online', null, { ...welcome, resumed });
    for (const [id, r] of this.#pending) this.#write({ type: r.type, id, body: r.body });
    const beat = between(100, welcome.heartbeat_ms, 300_000);
    this.patience = 3 * beat;
    this.#beat = setInterval(() => this.#write({ type: 'heartbeat', body: { seq: this.#last } }), beat);
    this.#listenFor(this.patience);
  }

  // listenFor gives the connection up where nothing comes for so long.
  #listenFor(ms) {
    clearTimeout(this.#silence);
    const inbox = this.#inbox;
    this.#silence = setTimeout(() => inbox.cut(), ms);
  }

  #take(m) {
    this.#listenFor(this.patience);
    if (m.type === 'goaway') throw goneAway(m.body);
    if (m.re) {
      const r = this.#pending.get(m.re);
      this.#pending.delete(m.re);
      if (m.type === 'error') r?.failed(new Refusal(m.body?.code, m.body?.text));
      else r?.done([m.type, m.body ?? {}]);
      return;
    }
    if (m.seq) {
      if (m.seq <= this.#last) return; // a repeat
      if (m.seq !== this.#last + 1) this.#heard('gap', {});
      this.#last = m.seq;
    }
    this.#heard(m.type, m.body ?? {});
  }
}

// between is a number that a server has said, as far as it can be followed.
const between = (least, n, most) => Math.min(Math.max(Number(n) || 0, least), most);

function goneAway(body) {
  const why = new Refusal(body?.reason, body?.text);
  why.retry = between(0, body?.retry_ms, lastBackoff);
  return why;
}

// Inbox gives the messages of a websocket one after the other, and then its end.
class Inbox {
  #waiting = []; #reader; #ended;

  constructor(socket) {
    this.opened = new Promise((done, failed) => {
      socket.onopen = done;
      this.#ended = why => failed(why);
    });
    this.opened.catch(() => {}); // whoever waits for it is told
    socket.onmessage = e => this.#put(parse(e.data));
    socket.onclose = () => this.cut();
  }

  // cut ends it: a websocket whose other end is gone takes long to say so.
  cut() {
    const why = new Refusal('unreachable', 'The server can\'t be reached.');
    this.#ended(why);
    this.#put(why);
  }

  #put(m) {
    if (!m) return;
    if (this.#reader) this.#reader(m);
    else this.#waiting.push(m);
    this.#reader = null;
  }

  async next() {
    const m = this.#waiting.shift() ?? await new Promise(done => { this.#reader = done; });
    if (m instanceof Error) {
      this.#waiting.push(m); // it stays the end
      throw m;
    }
    return m;
  }

  // expect gives the body of the next message, which must be of that type.
  async expect(type) {
    const m = await this.next();
    switch (m.type) {
      case type: return m.body ?? {};
      case 'error': throw new Refusal(m.body?.code, m.body?.text);
      case 'goaway': throw goneAway(m.body);
    }
    throw new Refusal('bad_message', 'The server does not speak as it should.');
  }
}

function parse(data) {
  try {
    const m = JSON.parse(data);
    return typeof m?.type === 'string' ? m : null;
  } catch {
    return null;
  }
}
