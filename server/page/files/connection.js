// One peer connection: four transceivers in the layout's order and a data channel, made once and for all, so that mute, camera and
// share are replacements of tracks and need no further offer.

import { layout, preferences, bare, inStereo, isUseful, redFirst, withoutRelated } from './sdp.js';

const soundRate = 64_000, cameraRate = 1_500_000, screenRate = 2_500_000; // bit/s at most
const longestWord = 32 * 1024; // bytes
const tracksOfLayout = 4;

// Where the far end reports losses of the microphone, what is sent of it goes along with the next packet once more (RFC 2198). The share
// that gets lost, smoothed, tells from when on and until when, as in the app.
const lossEvery = 1_000; // ms
const copiesFrom = 0.015, copiesUntil = 0.005, quick = 1 / 2, slow = 1 / 8;

export class Connection {
  #pc; #told; #words; #tracks; #transceivers = []; #closed = false;
  #watched = [true, true, true, true];
  #loss = 0; #lossAt = 0; #reported = 0; #copies = false;

  // tracks are what is sent, in the layout's order, null where there is nothing. told: { state(state), candidate(candidate, mid),
  // word(text) }.
  constructor(ice, tracks, told) {
    this.remoteSession = ''; // of the offer that was taken: which peer connection of the far end it is
    this.generation = 0;     // of the description that was said or taken last
    this.described = false;  // the far end's description has been set
    this.began = performance.now();
    this.#tracks = tracks;
    this.#told = told;
    const pc = this.#pc = new RTCPeerConnection({ iceServers: ice, bundlePolicy: 'max-bundle' });
    pc.onicecandidate = ({ candidate: c }) => {
      if (c && isUseful(c.candidate)) told.candidate(withoutRelated(c.candidate), c.sdpMid ?? '');
    };
    pc.onconnectionstatechange = () => {
      if (this.#closed) return;
      if (pc.connectionState === 'connected') this.#limit();
      told.state(pc.connectionState);
    };
  }

  get state() { return this.#pc.connectionState; }
  get open() { return this.#words?.readyState === 'open'; }

  // openWords makes the data channel, behind the transceivers: Firefox has the sections in the order in which they were made.
  #openWords() {
    if (this.#words) return;
    this.#words = this.#pc.createDataChannel('parley', { negotiated: true, id: 0 });
    this.#words.onopen = () => this.#told.state('open');
    this.#words.onmessage = e => {
      if (typeof e.data === 'string' && e.data.length <= longestWord) this.#told.word(e.data);
    };
  }

  // offer makes an offer without candidates.
  async offer() {
    const person = new MediaStream(), screen = new MediaStream();
    layout.slice(0, tracksOfLayout).forEach((kind, i) => {
      const t = this.#pc.addTransceiver(this.#sent[i] ?? kind, { direction: 'sendrecv', streams: [i < 2 ? person : screen] });
      prefer(t, kind);
    });
    this.#transceivers = this.#pc.getTransceivers();
    this.#openWords();
    const offer = await this.#pc.createOffer();
    const sdp = bare(offer.sdp);
    await this.#set({ type: 'offer', sdp });
    return sdp;
  }

  // answer takes an offer and answers it.
  async answer(sdp) {
    this.#copies = false;
    await this.#pc.setRemoteDescription({ type: 'offer', sdp });
    this.described = true;
    this.#transceivers = this.#pc.getTransceivers();
    this.#openWords();
    await Promise.all(this.#transceivers.map((t, i) => {
      t.direction = 'sendrecv';
      prefer(t, layout[i]);
      return t.sender.replaceTrack(this.#sent[i]);
    }));
    const answer = await this.#pc.createAnswer();
    const own = bare(answer.sdp);
    await this.#set({ type: 'answer', sdp: own });
    return own;
  }

  // accept takes the answer to what was offered.
  async accept(sdp) {
    this.#copies = false;
    await this.#pc.setRemoteDescription({ type: 'answer', sdp });
    this.described = true;
  }

  add(candidate, mid) {
    return this.#pc.addIceCandidate({ candidate, sdpMid: mid }).catch(() => {}); // one that can't be used, as of a family that there is not
  }

  // setServers is for the next time that candidates are gathered.
  setServers(ice) {
    try {
      this.#pc.setConfiguration({ iceServers: ice, bundlePolicy: 'max-bundle' });
    } catch { /* it is closed */ }
  }

  // send replaces what is sent.
  send(tracks) {
    this.#tracks = tracks;
    this.#transceivers.slice(0, tracksOfLayout).forEach((t, i) => {
      if (t.sender.track !== this.#sent[i]) t.sender.replaceTrack(this.#sent[i]).catch(() => {}); // it is closed
    });
  }

  // watch takes which pictures the far end looks at; the others are not sent there. Who says nothing looks at all.
  watch(camera, screen) {
    this.#watched = [true, camera, screen, true];
    this.send(this.#tracks);
  }

  get #sent() { return this.#tracks.map((t, i) => this.#watched[i] ? t : null); }

  // received are the far end's tracks, in the layout's order.
  get received() { return this.#transceivers.slice(0, tracksOfLayout).map(t => t.receiver.track); }

  // level is how loud the far end's microphone is, 0 to 1.
  get level() {
    const source = this.#transceivers[0]?.receiver.getSynchronizationSources?.()[0];
    return source && performance.timeOrigin + performance.now() - source.timestamp < 500 ? source.audioLevel ?? 0 : 0;
  }

  // tell says a word to the far end, and whether it could.
  tell(word) {
    if (!this.open) return false;
    this.#words.send(JSON.stringify({ v: 1, ...word }));
    return true;
  }

  stats() { return this.#pc.getStats(); }

  close() {
    this.#closed = true;
    this.#pc.close();
  }

  // lossy looks at what the far end reports of the microphone, and says whether copies are wanted that are not sent, or the other way round.
  async lossy() {
    const now = performance.now(), microphone = this.#transceivers[0]?.sender;
    if (!microphone?.track || this.state !== 'connected' || now - this.#lossAt < lossEvery) return false;
    this.#lossAt = now;
    const report = [...(await microphone.getStats()).values()].find(s => s.type === 'remote-inbound-rtp');
    if (!report || report.timestamp === this.#reported) return false;
    this.#reported = report.timestamp;
    const loss = report.fractionLost ?? 0;
    this.#loss += (loss > this.#loss ? quick : slow) * (loss - this.#loss);
    return this.#loss >= (this.#copies ? copiesUntil : copiesFrom) !== this.#copies;
  }

  // copy begins with copies, or ends them. A browser sends by the codec that comes first in the far end's description, so that one is set
  // once more with another order. Nothing of it goes to the far end, which has agreed to both.
  async copy() {
    const { type, sdp } = this.#pc.remoteDescription, on = !this.#copies;
    const ordered = redFirst(sdp, on);
    if (this.#pc.signalingState !== 'stable' || !redFirst(this.#pc.localDescription.sdp, on) || !ordered) return; // it has none, as Firefox
    this.#copies = on;
    if (type === 'answer') await this.#set(await this.#pc.createOffer());
    await this.#pc.setRemoteDescription({ type, sdp: ordered });
    if (type === 'offer') await this.#set(await this.#pc.createAnswer());
  }

  #set(own) {
    return this.#pc.setLocalDescription({ type: own.type, sdp: inStereo(own.sdp) });
  }

  // limit bounds what is coded. A screen keeps its size, so that its text can be read, and a camera its motion.
  #limit() {
    [soundRate, cameraRate, screenRate, soundRate].forEach((rate, i) => {
      const sender = this.#transceivers[i]?.sender;
      const p = sender?.getParameters();
      if (!p?.encodings?.length) return;
      p.encodings[0].maxBitrate = rate;
      if (i === 2) p.degradationPreference = 'maintain-resolution';
      sender.setParameters(p).catch(() => {}); // a wish
    });
  }
}

function prefer(transceiver, kind) {
  try {
    transceiver.setCodecPreferences(preferences(kind));
  } catch { /* a browser that has no such choice offers all that it has */ }
}
