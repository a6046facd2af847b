package audio

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parley/audio/aec"
	"parley/audio/agc"
	"parley/audio/mix"
	"parley/audio/vad"
)

// CaptureConfig says what a Capture is made of.
type CaptureConfig struct {
	Encoder  Encoder  // required; Capture uses it until Close returns, the caller closes it after that
	Denoiser Denoiser // nil: there is no noise suppression to switch on
	FarEnd   *FarEnd  // what the loudspeaker plays; nil: there is no echo cancellation to switch on
	FrameMS  int      // length of a packet: 10 or 20 (the default) milliseconds
	Gate     vad.Config
	// Emit is given each packet, on Capture's own goroutine; it must return within a few milliseconds and must not call
	// SetMuted or Close, which wait for it.
	Emit func(Packet)
	Log  *slog.Logger     // nil discards
	Now  func() time.Time // nil: time.Now
}

func (c *CaptureConfig) validate() error {
	if c.Encoder == nil || c.Emit == nil {
		return errors.New("capture: an encoder and a place for its packets are needed")
	}
	if c.FrameMS == 0 {
		c.FrameMS = 20
	}
	if c.FrameMS != 10 && c.FrameMS != 20 {
		return errors.New("capture: packets are 10 or 20 ms long")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// Packet is one encoded piece of the microphone's sound.
type Packet struct {
	Timestamp uint32 // of its first sample, on the capture's 48 kHz clock, which goes on through silence, mute and gaps
	Payload   []byte // valid only while Emit runs
	Marker    bool   // the first of a talk spurt (RFC 3551, section 4.1)
	Samples   int
	Level     float32 // RMS in dBFS
	Audience  uint32  // for whom it is: see Capture.SetAudience
}

// Capture makes packets of what the microphone hears.
//
//	Write (device callback) ─► ring ─► run: cancel ─► suppress ─► gain ─► gate ─► mute ─► encode ─► emit
//	                                          ▲
//	                                 FarEnd ──┘
//
// While the gate is closed nothing is sent at all; within an open gate Opus' own DTX saves what it can. The end of a talk
// spurt is told by a packet of one byte, so that the far side waits instead of concealing a loss; and by more of them where packets
// get lost, which bring the copies of the last words, too.
type Capture struct {
	config CaptureConfig
	ring   *Ring
	stereo StereoEncoder // the Encoder, if it is one
	wakeUp chan struct{} // capacity 1: Write to run
	quit   chan struct{}
	done   chan struct{}
	once   sync.Once

	// Settings: written by anyone, applied by run between two frames.
	gateConfig atomic.Pointer[vad.Config]
	tuning     atomic.Pointer[Tuning]
	key        atomic.Bool
	forced     atomic.Bool
	cancelled  atomic.Bool
	suppressed atomic.Bool
	levelled   atomic.Bool
	changed    atomic.Bool // another microphone or loudspeaker is in use
	echoTape   atomic.Pointer[EchoTape]

	// exit is held around the last look at muted together with Emit, so that SetMuted waits for a packet that is on its
	// way out. The device callback never touches it.
	exit  sync.Mutex
	muted atomic.Bool

	audience audience
	stats    captureStats

	// The rest belongs to run.
	canceller *aec.Canceller // nil: there is none
	gain      agc.Control
	limiter   agc.Limiter
	gate      *vad.Gate
	mode      vad.Mode
	frame     []float32                              // the frame in hand
	far       []float32                              // the frame of the loudspeaker in hand
	dry       []float32                              // a copy of frame from before a stage, for the cross-fade of a switch
	wet       stages                                 // those that ran on the last frame
	primed    bool                                   // the Denoiser has heard the frame before
	side      []float32                              // of frame: (L-R)/2, where frame is (L+R)/2; silent while packets have one channel
	wide      struct{ want, on, frame, packet bool } // two channels are asked for, were heard last, are in the frame and packet in hand
	pcm       []float32                              // collects a packet's samples
	pcmSide   []float32
	filled    int
	out       []byte
	clock     uint32    // of the frame in hand
	last      time.Time // when the ring was last emptied
	inSpurt   bool
	next      uint32 // timestamp that follows the last packet
	ends      int    // packets of silence that may follow it
	lossy     bool   // the far side misses some
	wasMuted  bool
	toc       byte // first byte of the spurt's last packet
	talkUntil uint32
	talking   bool
}

// stages are what is done to the sound where it is wanted, to one channel.
type stages struct{ echo, noise, level bool }

// ringSize holds 340 ms: longer than a stall that anybody would want to hear afterwards.
const ringSize = 1 << 14

// NewCapture starts the goroutine. No device is opened here.
func NewCapture(c CaptureConfig) (*Capture, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	x := &Capture{
		config: c,
		ring:   NewStereoRing(ringSize),
		wakeUp: make(chan struct{}, 1),
		quit:   make(chan struct{}),
		done:   make(chan struct{}),
		gate:   vad.New(c.Gate),
		mode:   c.Gate.Mode,
		frame:  make([]float32, FrameSize),
		far:    make([]float32, FrameSize),
		dry:    make([]float32, FrameSize),
		side:   make([]float32, FrameSize),
		pcm:    make([]float32, c.FrameMS/10*FrameSize),
		out:    make([]byte, MaxPacket),
	}
	x.pcmSide = make([]float32, len(x.pcm))
	x.stereo, _ = c.Encoder.(StereoEncoder)
	x.stats.init(c.Encoder)
	x.suppressed.Store(c.Denoiser != nil)
	if c.FarEnd != nil {
		x.canceller = aec.New()
	}
	go x.run()
	return x, nil
}

// Write is the callback of a microphone of one channel: copy, wake, return. One device at a time.
func (c *Capture) Write(samples []float32) {
	c.ring.Write(samples)
	c.wrote()
}

// WriteStereo is Write for two channels, interleaved. Both are heard where Tuning.Stereo is set and nothing is done to the sound: no
// cancellation, suppression or gain control.
func (c *Capture) WriteStereo(pairs []float32) {
	c.ring.WriteStereo(pairs)
	c.wrote()
}

func (c *Capture) wrote() {
	c.stats.wrote.Store(c.config.Now().UnixNano())
	if c.ring.Len() >= FrameSize {
		wake(c.wakeUp)
	}
}

// SetMuted mutes or unmutes. When SetMuted(true) has returned, Emit is not called any more, not even for the frame that
// was being encoded.
func (c *Capture) SetMuted(on bool) {
	c.exit.Lock()
	defer c.exit.Unlock()
	c.muted.Store(on)
}

// SetGate changes mode, threshold and times of the gate.
func (c *Capture) SetGate(g vad.Config) { c.gateConfig.Store(&g) }

// SetPTT tells whether the push-to-talk key is down.
func (c *Capture) SetPTT(down bool) { c.key.Store(down) }

// SetSuppression switches noise suppression; without a Denoiser it does nothing. It costs 10 ms of delay.
func (c *Capture) SetSuppression(on bool) { c.suppressed.Store(on && c.config.Denoiser != nil) }

// SetCancellation switches echo cancellation; without a FarEnd it does nothing. It costs aec.Delay samples of delay.
func (c *Capture) SetCancellation(on bool) { c.cancelled.Store(on && c.canceller != nil) }

// SetGain switches gain control: speech is brought to agc.Target, and nothing comes out above -1 dBFS. It costs agc.Delay samples
// of delay.
func (c *Capture) SetGain(on bool) { c.levelled.Store(on) }

// DevicesChanged says that another microphone or loudspeaker is in use: what was learnt of echo and level is forgotten.
func (c *Capture) DevicesChanged() { c.changed.Store(true) }

// SetTuning changes bit rate and the like from the next packet on.
func (c *Capture) SetTuning(t Tuning) { c.tuning.Store(&t) }

// Close stops and waits; nothing is emitted afterwards. The device that calls Write should be closed first; a later
// Write only fills the ring. It can be called more than once.
func (c *Capture) Close() {
	c.once.Do(func() { close(c.quit) })
	<-c.done
}

func (c *Capture) run() {
	defer close(c.done)
	for {
		select {
		case <-c.quit:
			return
		case <-c.wakeUp:
		}
		c.look()
		for c.ring.Len() >= FrameSize && !c.closing() {
			c.ring.ReadSides(c.frame, c.side)
			c.turn(c.frame)
		}
	}
}

func (c *Capture) closing() bool {
	select {
	case <-c.quit:
		return true
	default:
		return false
	}
}

// loudest is what a frame may hold of samples above full scale: 6 dB, for gain that comes later to bring down.
const loudest = 2

// turn is the way of one frame, top to bottom.
func (c *Capture) turn(frame []float32) {
	begin := c.config.Now()
	c.applySettings()
	mix.Clean(frame, loudest)
	c.stats.before.setLevel(c.stats.meterBefore.Add(frame))

	tape := c.echoTape.Load()
	tape.before(frame)
	before := c.wet
	c.cancel(frame)
	tape.after(frame)
	voice := c.suppress(frame)
	c.widen(before == stages{} && !c.wet.echo && !c.wet.noise)
	level := mix.DBFS(c.rms(frame)) // of the microphone's own: thresholds mean that, whatever the gain
	c.stats.level.setLevel(c.stats.meterLevel.Add(frame))
	c.listen(level, voice)
	c.control(frame, voice)
	open := c.gate.Process(frame, level, voice)
	c.gate.Again(c.side)
	muted := c.mute()
	c.stats.after.setLevel(c.stats.meterAfter.Add(frame))
	c.audience.past = c.audience.past && open && !c.talking
	byVoice := (c.mode == vad.Voice || c.mode == vad.Hush) && !c.forced.Load() && !c.audience.past
	c.stats.state(open && !muted && (c.talking || byVoice), muted && c.talking, voice)
	c.stats.dspCPU.smooth(milliseconds(c.config.Now().Sub(begin)))

	if nobody := c.address(); !muted && !nobody {
		c.collect(frame, open, level)
	}
	c.clock += FrameSize
}

// applySettings takes over what was set since the last frame.
func (c *Capture) applySettings() {
	if g := c.gateConfig.Swap(nil); g != nil {
		c.gate.Configure(*g)
		c.mode = g.Mode
	}
	c.gate.Key(c.key.Load())
	c.gate.Force(c.forced.Load())
	if c.changed.Swap(false) {
		c.gain.Reset()
		if c.canceller != nil {
			c.canceller.Reset()
			c.config.FarEnd.drop()
		}
	}
	if t := c.tuning.Swap(nil); t != nil {
		c.lossy = t.LossPercent > 0
		c.wide.want = t.Stereo && c.stereo != nil
		if err := c.config.Encoder.Tune(*t); err != nil {
			c.stats.failed(c.config.Log, "tune the encoder", err)
		}
		c.stats.tuned(c.config.Encoder)
	}
}

// cancel takes away what the loudspeaker has brought into the microphone.
func (c *Capture) cancel(frame []float32) {
	if c.canceller == nil {
		return
	}
	want, on := c.cancelled.Load(), &c.wet.echo
	if want && !*on {
		c.canceller.Reset()
		c.config.FarEnd.drop() // it was played before anybody listened
	}
	for c.config.FarEnd.read(c.far) {
		c.canceller.Far(c.far)
	}
	if !want && !*on {
		return
	}
	copy(c.dry, frame)
	c.canceller.Cancel(frame)
	c.stats.echoOf(c.canceller.Stats())
	c.switched(frame, on, want)
}

// suppress removes noise and returns the voice probability, below zero where nobody knows.
func (c *Capture) suppress(frame []float32) (voice float32) {
	want, on := c.suppressed.Load(), &c.wet.noise
	if !want && !*on {
		c.primed = false
		return -1
	}
	copy(c.dry, frame)
	voice, err := c.config.Denoiser.Process(frame)
	if err != nil {
		c.stats.failed(c.config.Log, "suppress noise", err)
		copy(frame, c.dry)
		*on, c.primed = false, false
		return -1
	}
	if !c.primed {
		copy(frame, c.dry) // what comes out of it now is what it heard when it ran last
		c.primed = true
		return voice
	}
	c.switched(frame, on, want)
	return voice
}

// control brings speech to the same loudness, whoever speaks.
func (c *Capture) control(frame []float32, voice float32) {
	want, on := c.levelled.Load(), &c.wet.level
	if !want && !*on {
		return
	}
	if !*on {
		c.limiter.Reset() // as what it holds is of long ago
	}
	copy(c.dry, frame)
	c.gain.Process(frame, voice)
	c.limiter.Process(frame)
	c.stats.gain.setLevel(c.gain.Gain())
	c.switched(frame, on, want)
}

// switched fades over one frame where a stage has just been switched: what comes out of it is later than what went in, and would
// jump. dry is what went in.
func (c *Capture) switched(frame []float32, on *bool, want bool) {
	switch {
	case want && !*on:
		mix.Scale(frame, 0, 1)
		mix.Add(frame, c.dry, 1, 0)
	case !want && *on:
		mix.Scale(frame, 1, 0)
		mix.Add(frame, c.dry, 0, 1)
	}
	*on = want
}

// mute forgets what was collected and what the encoder remembers, so that nothing said before comes out after.
func (c *Capture) mute() bool {
	muted := c.muted.Load()
	if muted && !c.wasMuted {
		c.cut()
	}
	c.wasMuted = muted
	return muted
}

// collect gathers frames to a packet. A gate that closes in the middle of one has silenced the rest of it.
func (c *Capture) collect(frame []float32, open bool, level float32) {
	if !open && c.filled == 0 {
		c.endSpurt()
		return
	}
	copy(c.pcm[c.filled:], frame)
	copy(c.pcmSide[c.filled:], c.side)
	c.wide.packet = c.wide.packet && c.filled > 0 || c.wide.frame
	c.filled += len(frame)
	if c.filled < len(c.pcm) {
		return
	}
	c.filled = 0
	c.encode(c.clock+FrameSize-uint32(len(c.pcm)), level)
}

// encode makes the packet that begins at the given time and hands it on.
func (c *Capture) encode(at uint32, level float32) {
	begin := c.config.Now()
	payload, err := c.code()
	c.stats.encodeCPU.smooth(milliseconds(c.config.Now().Sub(begin)))
	if err != nil {
		c.stats.failed(c.config.Log, "encode", err)
		return
	}
	silence := len(payload) <= dtxSize
	if silence && c.ends == 0 {
		return // the ones before told that silence follows
	}
	p := Packet{Timestamp: at, Payload: payload, Marker: !c.inSpurt && !silence, Samples: len(c.pcm), Level: level}
	c.count(silence)
	c.toc = payload[0]
	c.emit(p)
}

func (c *Capture) code() ([]byte, error) {
	if c.wide.packet {
		return c.stereo.EncodeStereo(c.pcm, c.pcmSide, c.out)
	}
	return c.config.Encoder.Encode(c.pcm, c.out)
}

// count notes how many more packets of silence are to follow this one.
func (c *Capture) count(silence bool) {
	switch c.inSpurt = !silence; {
	case silence:
		c.ends--
	case c.lossy:
		c.ends = manyEnds
	default:
		c.ends = 1
	}
}

// dtxSize is the size up to which an Opus packet needn't be sent (RFC 6716, section 2.1.9).
const dtxSize = 2

// manyEnds is how many packets tell of a talk spurt's end where some get lost: as many as there are copies in a packet, and one.
const manyEnds = 3

// endSpurt tells the far side that the silence now is meant: an Opus packet of a TOC byte and one frame of no bytes
// (RFC 6716, section 3.2.1), in the configuration of the packet before.
func (c *Capture) endSpurt() {
	if c.ends == 0 || int32(c.clock-c.next) < 0 {
		return
	}
	c.count(true)
	c.out[0] = c.toc &^ 3 // code 0: one frame
	c.emit(Packet{Timestamp: c.clock, Payload: c.out[:1], Samples: len(c.pcm), Level: mix.Floor})
}

func (c *Capture) emit(p Packet) {
	c.next = p.Timestamp + uint32(p.Samples)
	c.exit.Lock()
	defer c.exit.Unlock()
	p.Audience = c.audience.now.Load()
	if c.muted.Load() || c.audience.made != Everybody && c.audience.made != p.Audience {
		return
	}
	c.stats.packets.Add(1)
	c.config.Emit(p)
}

// maxGap is what a busy machine may delay a callback without the sample clock noticing.
const maxGap = 100 * time.Millisecond

// look takes the time before the ring is emptied. It moves the sample clock over time in which no samples came (another
// device was opened) or were lost (the ring was full), so that the far side sees a pause in the timestamps and not a
// network that has become slower.
func (c *Capture) look() {
	now, held := c.config.Now(), c.ring.Len()
	if gap := now.Sub(c.last) - duration(held); !c.last.IsZero() && gap > maxGap {
		c.clock += uint32(gap/FrameTime) * FrameSize
		c.filled, c.inSpurt, c.ends = 0, false, 0
		if c.config.FarEnd != nil {
			c.config.FarEnd.drop() // it was played while nobody listened
		}
	}
	c.last = now
	c.stats.waiting(now, held%FrameSize)
}
