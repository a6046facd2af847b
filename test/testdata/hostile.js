// A server, in the page itself, that says whatever it likes, and a member of its only channel who does likewise. It proves itself as a real
// one does, since nothing is taken from one that does not.
globalThis.hostile = {
  said: [],  // what the page has sent
  asked: 0,  // how often it has asked for a microphone, a camera or a screen
  seq: 0,
  random: 1,

  async start() {
    const bytes = await import('/page/bytes.js'), { userID } = await import('/page/identity.js');
    Object.assign(this, { bytes, userID });
    const server = await this.made(), person = await this.made();
    Object.assign(this, { server, person, member: { user: person.id, member: '0'.repeat(31) + '1', key: bytes.base64url(person.key), name: 'Mal', nonce: bytes.base64url(bytes.random(32)) } });
  },

  // made is somebody new.
  async made() {
    const { bytes } = this, pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
    const key = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    const sign = async (...fields) => bytes.base64url(new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, bytes.statement(...fields))));
    return { key, sign, id: await this.userID(key) };
  },

  // hear answers what the page says, as a server does.
  async hear(socket, { type, id, body }) {
    const say = m => socket.say(JSON.stringify(m));
    switch (type) {
      case 'hello': {
        await this.start();
        const challenge = this.bytes.random(32), nonce = this.bytes.fromBase64url(body.nonce, 32);
        const signature = await this.server.sign('parley server hello v1', this.server.key, nonce, challenge, 'web', location.origin);
        say({ type: 'server_hello', body: { version: 1, name: 'Mal’s', key: this.bytes.base64url(this.server.key), challenge: this.bytes.base64url(challenge), signature } });
        return;
      }
      case 'login':
        this.me = await this.userID(this.bytes.fromBase64url(body.key, 32));
        say({ type: 'welcome', body: { session: 's', user: this.me, role: 'member', heartbeat_ms: 15000 } });
        this.snapshot();
        return;
      case 'voice.join':
        this.joined = body;
        say({ type: 'roster', re: id, body: { channel: 'c', channel_seq: 1, members: [this.member, { ...this.member, user: this.me }, { ...this.member, member: body.member }, {}, null] } });
        return;
      case 'heartbeat': say({ type, body: { seq: this.seq } }); return;
      default: if (id) say({ type: 'ok', re: id });
    }
  },

  event(type, body) { this.socket.say(JSON.stringify({ type, seq: ++this.seq, body })); },
  snapshot() { this.event('snapshot', { part: 0, last: true, channels: [{ id: 'c', name: 'Den', position: 0 }], users: [], rosters: [] }); },

  // next is a number below n, the same at each run (a linear congruential generator, Numerical Recipes).
  next(n) {
    this.random = (Math.imul(this.random, 1664525) + 1013904223) >>> 0;
    return Math.floor(this.random / 2 ** 32 * n);
  },
  pick(list) { return list[this.next(list.length)]; },

  value(depth = 0) {
    const text = () => this.pick(['c', '', '<img src=x onerror="hostile.asked++">', '\u202e\u0000\ud800', 'x'.repeat(5000), '__proto__', this.me, this.member.user, this.member.member, this.member.key, 'v=0\r\nm=audio']);
    switch (this.next(depth > 3 ? 6 : 9)) {
      case 0: return null;
      case 1: return this.pick([0, -1, 1.5, 1e300, 2 ** 31, NaN]);
      case 2: return this.pick([true, false]);
      case 3: case 4: case 5: return text();
      case 6: return Array.from({ length: this.next(4) }, () => this.value(depth + 1));
      default: return Object.fromEntries(Array.from({ length: this.next(6) }, () => [this.pick(['channel', 'channels', 'users', 'rosters', 'members', 'member', 'user', 'key', 'nonce', 'name', 'id', 'call', 'from',
        'to', 'with', 'sdp', 'signature', 'generation', 'candidate', 'mid', 'part', 'channel_seq', 'reason', 'relay', 'urls', 'on', 'position', 'missed', 'status', 'web', 'text', 'code']), this.value(depth + 1)]));
    }
  },

  // rain says so many things that are none.
  rain(count, types) {
    for (let i = 0; i < count; i++) {
      if (!this.next(20)) this.socket.say(this.pick(['', '{', 'null', '[]', '7', '{"type":7}', '{"type":"ok","re":{}}', new Blob(['x'])]));
      const m = { type: this.pick(types), body: this.value(2) };
      if (this.next(2)) m.seq = ++this.seq;
      if (!this.next(10)) m.re = this.next(10);
      if (m.type.startsWith('rtc.') && m.body && this.next(4)) Object.assign(m.body, { from: this.member, to: { user: this.me, member: this.joined?.member }, channel: 'c' });
      this.socket.say(JSON.stringify(m));
    }
  },

  // offer says one as the member may, but for what spoil makes of its description; it is answered, or not.
  async offer(generation, spoil) {
    const pc = new (Object.getPrototypeOf(RTCPeerConnection))();
    for (const kind of ['audio', 'video', 'video', 'audio']) pc.addTransceiver(kind);
    pc.createDataChannel('parley', { negotiated: true, id: 0 });
    const sdp = spoil((await pc.createOffer()).sdp), { bytes, person, member: m, joined: j } = this;
    pc.close();
    const signature = await person.sign('parley description v1', `channel ${bytes.base64url(this.server.key)} c`, m.user, this.me, m.member, j.member, 'offer', m.nonce, j.nonce,
      bytes.uint32(generation), await bytes.sha256(bytes.utf8(sdp)));
    this.event('rtc.offer', { from: { user: m.user, member: m.member }, to: { user: this.me, member: j.member }, channel: 'c', generation, sdp, signature });
  },

  // usurp has the server say that the member has another key now, signs an offer by that one, and gives the member theirs back.
  async usurp(generation) {
    const { person } = this;
    this.person = await this.made();
    this.event('member.changed', { channel: 'c', channel_seq: 2, member: { ...this.member, key: this.bytes.base64url(this.person.key) } });
    await this.offer(generation, sdp => sdp);
    this.person = person;
  },

  answers() { return this.said.filter(m => m.type === 'rtc.answer').map(m => m.body.generation); },
};

for (const name of ['getUserMedia', 'getDisplayMedia']) {
  const before = navigator.mediaDevices[name].bind(navigator.mediaDevices);
  navigator.mediaDevices[name] = (...args) => {
    hostile.asked++;
    return before(...args);
  };
}
globalThis.WebSocket = class {
  static OPEN = 1;

  constructor() {
    hostile.socket = this;
    this.readyState = 0;
    setTimeout(() => {
      this.readyState = 1;
      this.onopen?.();
    });
  }
  say(data) { this.onmessage?.({ data }); }
  send(text) {
    const m = JSON.parse(text);
    hostile.said.push(m);
    hostile.hear(this, m);
  }
  close() {
    this.readyState = 3;
    this.onclose?.();
  }
};
