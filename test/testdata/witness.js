// The browser as a witness: what its own statistics say of the page's peer connections (W3C WebRTC Statistics), what is on its screen, and
// what the page complains of.
globalThis.witness = {
  connections: [], complaints: [], seen: [],

  now: () => performance.timeOrigin + performance.now(), // as other programs on this machine have it, in ms

  // stats are the statistics of one type and kind in a media section of the newest connection that is up, with the name of the codec.
  async stats(type, kind, mid) {
    const pc = this.connections.findLast(pc => pc.connectionState === 'connected');
    const all = [...await pc?.getStats() ?? []].map(([, s]) => s), found = all.find(s => s.type === type && s.kind === kind && s.mid === mid);
    return found && { ...found, codec: all.find(s => s.id === found.codecId)?.mimeType ?? '' };
  },

  // size is how large a packet of the microphone's is in the mean of some time, in bytes.
  async size(ms) {
    const before = await this.stats('outbound-rtp', 'audio', '0');
    await new Promise(done => setTimeout(done, ms));
    const after = await this.stats('outbound-rtp', 'audio', '0');
    return (after.bytesSent - before.bytesSent) / (after.packetsSent - before.packetsSent);
  },

  // pair is the way of the newest connection, and all its statistics.
  async pair() {
    const all = await this.connections.findLast(pc => pc.connectionState === 'connected')?.getStats();
    return [all.get([...all.values()].find(s => s.type === 'transport').selectedCandidatePairId), all];
  },

  // carries is how much the newest connection carries of the browser's, in bit/s, as it believes by what it is answered;
  // zero: it doesn't tell.
  async carries() {
    return (await this.pair())[0].availableOutgoingBitrate ?? 0;
  },

  // path says what kinds of candidates the newest connection goes by: the browser's own, and the far end's.
  async path() {
    const [pair, all] = await this.pair();
    const { candidateType, relayProtocol = '' } = all.get(pair.localCandidateId);
    return [`${candidateType} ${relayProtocol}`.trim(), all.get(pair.remoteCandidateId).candidateType];
  },

  // watch keeps what is shown where a selector leads, from now on: the number of each picture of the test pattern, when, and how large.
  watch(selector) {
    this.seen = [];
    const wait = setInterval(() => {
      const video = document.querySelector(selector);
      if (!video) return;
      clearInterval(wait);
      const look = (_, frame) => {
        this.seen.push([this.number(video, frame.width, frame.height), performance.timeOrigin + frame.presentationTime, frame.width, frame.height]);
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
    }, 5);
  },

  // number reads the pattern's counter (video/videotest): eight by four squares, a sixteenth of the picture wide; -1: there is none.
  number(picture, width, height) {
    this.grid ??= Object.assign(document.createElement('canvas'), { width: 32, height: 16 }).getContext('2d', { willReadFrequently: true });
    const side = Math.min(width / 16, height / 9);
    this.grid.drawImage(picture, (width - 8 * side) / 2, side, 8 * side, 4 * side, 0, 0, 32, 16);
    const { data } = this.grid.getImageData(0, 0, 32, 16);
    let bits = 0;
    for (let i = 0; i < 32; i++) {
      let sum = 0;
      for (const [x, y] of [[1, 1], [2, 1], [1, 2], [2, 2]]) sum += data[4 * (32 * (4 * (i >> 3) + y) + 4 * (i & 7) + x) + 1];
      bits = (bits << 1 | sum / 4 > 126) >>> 0;
    }
    return (bits & 0xff) === this.check(bits >>> 8) ? bits >>> 8 : -1;
  },

  // check are the eight bits that follow a number.
  check(number) {
    let crc = 0xff;
    for (let shift = 16; shift >= 0; shift -= 8) {
      crc ^= number >>> shift & 0xff;
      for (let i = 0; i < 8; i++) crc = crc << 1 ^ (crc & 0x80 ? 0x107 : 0);
    }
    return crc;
  },

  // draw gives a stream of pictures with such numbers, for a browser that plays no file as its camera, or has no screen.
  draw(width, height, fps) {
    const canvas = Object.assign(document.createElement('canvas'), { width, height }), c = canvas.getContext('2d');
    const side = Math.min(width / 16, height / 9), left = (width - 8 * side) / 2;
    let number = 0;
    const timer = setInterval(() => {
      const bits = ++number << 8 | this.check(number);
      c.fillStyle = `hsl(${number % 360}deg 50% 50%)`;
      c.fillRect(0, 0, width, height);
      c.fillStyle = '#101010';
      c.fillRect(left - side / 4, side * 3 / 4, 8.5 * side, 4.5 * side);
      c.fillStyle = '#ebebeb';
      for (let i = 0; i < 32; i++) if (bits >>> 31 - i & 1) c.fillRect(left + (i & 7) * side, (1 + (i >> 3)) * side, side, side);
      if (stream.getTracks().every(t => t.readyState === 'ended')) clearInterval(timer);
    }, 1000 / fps);
    const stream = canvas.captureStream(fps);
    return stream;
  },

  // fits says what of the page is out of reach on this screen.
  fits() {
    const wrong = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) wrong.push(`the page is ${scrollWidth} wide`);
    const dialog = document.querySelector('dialog[open]');
    for (const e of (dialog ?? document).querySelectorAll('button, input, select')) {
      if (!e.checkVisibility()) continue;
      e.scrollIntoView({ block: 'nearest', behavior: 'instant' });
      const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;
      const what = `${e.tagName} ${e.id || e.textContent}`, hit = document.elementFromPoint(x, y);
      if (!hit || hit !== e && !e.contains(hit) && !hit.contains(e)) wrong.push(`${what} at ${Math.round(x)},${Math.round(y)} is under ${hit?.tagName} ${hit?.id}`);
      if (r.left < 0 || r.right > innerWidth || r.top < 0 || r.bottom > innerHeight + 1) wrong.push(`${what} is at ${[r.left, r.top, r.right, r.bottom].map(Math.round)}`);
      if (!(r.height >= 24 && r.width >= 20)) wrong.push(`${what} is ${r.width}x${r.height}`);
      if (!(e.textContent.trim() || e.labels?.length || e.ariaLabel || e.title)) wrong.push(`${what} has no name`);
    }
    for (const e of document.querySelectorAll('.badge:not([hidden])')) {
      const r = e.getBoundingClientRect(), p = e.parentElement.getBoundingClientRect();
      if (e.checkVisibility() && !(r.width > 20 && r.left >= p.left && r.right <= p.right)) wrong.push(`a badge is at ${r.left} to ${r.right}, beyond ${p.left} to ${p.right}`);
    }
    return wrong;
  },

  // all is everything, for whoever has to find out why something does not work.
  async all() {
    const out = [...this.complaints, document.body.innerText];
    for (const pc of this.connections) {
      out.push(`connection ${pc.connectionState}, ice ${pc.iceConnectionState}, ${pc.signalingState}`);
      if (pc.signalingState !== 'closed') out.push(pc.localDescription?.sdp, pc.remoteDescription?.sdp); // Firefox forgets them
      if (pc.connectionState === 'connected') {
        for (const s of (await pc.getStats()).values()) if (/rtp|source|transport/.test(s.type)) out.push(JSON.stringify(s));
      }
    }
    return out.join('\n');
  },
};
for (const level of ['warn', 'error']) {
  const before = console[level];
  console[level] = (...args) => {
    witness.complaints.push(args.map(a => a?.stack ?? String(a)).join(' '));
    before.apply(console, args);
  };
}
addEventListener('error', e => witness.complaints.push(`uncaught: ${e.message ?? `${e.target.src || e.target.href} does not come`}`), true);
addEventListener('unhandledrejection', e => witness.complaints.push(`uncaught: ${e.reason?.stack ?? e.reason}`));
addEventListener('securitypolicyviolation', e => witness.complaints.push(`${e.violatedDirective}: ${e.blockedURI}`));
globalThis.RTCPeerConnection &&= class extends RTCPeerConnection {
  constructor(...args) {
    super(...args);
    witness.connections.push(this);
    this.addEventListener('icecandidateerror', e => witness.complaints.push(`${e.url} from ${e.address}: ${e.errorCode} ${e.errorText}`));
  }
};
