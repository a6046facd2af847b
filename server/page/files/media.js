// What one's own microphone, camera and screen give. None is opened but by a click, and each is closed when nobody needs it any more.

// Media tells by changed() when what is sent, or what there is, has changed.
export class Media {
  #changed; #meter;
  #closed = 0; // how often everything was closed: what the browser gives after that was asked for before

  constructor(changed) {
    this.#changed = changed;
    this.microphone = this.camera = this.screen = this.screenSound = null; // tracks
    this.muted = this.deafened = false;
    this.wanted = { audioinput: '', videoinput: '', audiooutput: '' }; // ids of devices; empty: what the system takes
    this.processing = true; // echo, noise and level are seen to by the browser
    this.devices = [];
    navigator.mediaDevices?.addEventListener('devicechange', () => this.list());
  }

  get quiet() { return this.muted || this.deafened; }

  // tracks are what is sent, in the layout's order.
  tracks() { return [this.quiet ? null : this.microphone, this.camera, this.screen, this.screenSound]; }

  // list looks which devices there are. They have names once one was opened.
  async list() {
    this.devices = await navigator.mediaDevices.enumerateDevices();
    this.#changed();
  }

  async openMicrophone() {
    const on = this.processing;
    const track = await this.#take('microphone', {
      audio: { ...exactly(this.wanted.audioinput), echoCancellation: on, noiseSuppression: on, autoGainControl: on, channelCount: 1 },
    });
    track.onended = () => { // unplugged, or taken away
      this.microphone = null;
      this.wanted.audioinput = '';
      this.openMicrophone().catch(() => this.#changed());
    };
    this.#listen(track);
  }

  async openCamera() {
    const track = await this.#take('camera', {
      video: { ...exactly(this.wanted.videoinput), width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
    });
    track.contentHint = 'motion';
    track.onended = () => this.closeCamera();
  }

  // openScreen asks the browser, which asks the person what is to be seen, and shows a mark of its own as long as it is.
  async openScreen() {
    const before = this.#closed;
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: { ideal: 15, max: 30 } },
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    this.#wantedStill(before, stream);
    this.closeScreen();
    this.screen = stream.getVideoTracks()[0] ?? null;
    this.screenSound = stream.getAudioTracks()[0] ?? null;
    if (this.screen) {
      this.screen.contentHint = 'detail';
      this.screen.onended = () => this.closeScreen(); // the browser's own button
    }
    this.#changed();
  }

  closeMicrophone() { this.#drop('microphone'); }
  closeCamera() { this.#drop('camera'); }
  closeScreen() {
    this.#drop('screen');
    this.#drop('screenSound');
  }

  close() {
    this.#closed++;
    this.closeMicrophone();
    this.closeCamera();
    this.closeScreen();
  }

  setMuted(on) {
    this.muted = on;
    if (!on) this.deafened = false;
    this.#changed();
  }

  setDeafened(on) {
    this.deafened = on;
    this.#changed();
  }

  // level is how loud the microphone is, 0 to 1.
  get level() {
    if (!this.#meter || !this.microphone) return 0;
    this.#meter.analyser.getFloatTimeDomainData(this.#meter.samples);
    return Math.sqrt(this.#meter.samples.reduce((sum, x) => sum + x * x, 0) / this.#meter.samples.length);
  }

  async #take(name, constraints) {
    const before = this.#closed;
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    this.#wantedStill(before, stream);
    const [track] = stream.getTracks();
    this.#drop(name);
    this[name] = track;
    await this.list();
    return track;
  }

  #wantedStill(before, stream) {
    if (before === this.#closed) return;
    for (const t of stream.getTracks()) t.stop();
    throw new DOMException('It is not wanted any more.', 'AbortError');
  }

  #drop(name) {
    const track = this[name];
    if (!track) return;
    track.onended = null;
    track.stop();
    this[name] = null;
    if (name === 'microphone') {
      this.#meter?.source.disconnect();
      this.#meter = null;
      this.context?.suspend(); // it would run on, and keep a phone awake
    }
    this.#changed();
  }

  #listen(track) {
    this.context ??= new AudioContext();
    this.context.resume();
    const source = this.context.createMediaStreamSource(new MediaStream([track]));
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 4096; // 85 ms: looked at ten times a second, it misses little
    source.connect(analyser); // and to no loudspeaker
    this.#meter?.source.disconnect();
    this.#meter = { source, analyser, samples: new Float32Array(analyser.fftSize) };
  }
}

const exactly = id => id ? { deviceId: { exact: id } } : {};

// failure is a sentence about why a device can't be had (W3C Media Capture and Streams, section 10.2.1).
export function failure(what, why) {
  switch (why.name) {
    case 'NotAllowedError': return `The browser does not let this page use the ${what}. Allow it beside the address, and try again.`;
    case 'NotFoundError': return `There is no ${what} here.`;
    case 'NotReadableError': return `Another program has the ${what}.`;
    case 'OverconstrainedError': return `That ${what} is gone. Choose another one.`;
  }
  return `The ${what} can't be opened: ${why.message}`;
}
