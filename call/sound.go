package call

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parley/audio"
	"parley/audio/mix"
	"parley/audio/vad"
	"parley/call/mesh"
)

// Voice is how the microphone is treated.
type Voice struct {
	Mode          string        // "vad", "ptt", "open", or "ptm": as vad, but silent while the key is down
	ThresholdDBFS float32       // opens the gate in mode vad; zero: the default
	Hold          time.Duration // how long it stays open in mode vad after the last word; zero: the default
	Cancellation  bool          // of the loudspeaker's echo
	Suppression   bool          // of noise
	Gain          bool          // speech is brought to the same loudness, whoever speaks
	Music         bool          // what the microphone hears goes out as it is, in stereo: none of the three before
	FrameMS       int           // 10 or 20; takes effect at the next join
	Bitrate       int           // bit/s
	FEC           bool          // in-band forward error correction, as much as the receivers' losses ask for
	RED           bool          // copies of earlier packets, as many as each receiver's losses ask for
	NACK          bool          // what a receiver asks for is sent once more
	DTX           bool          // nearly nothing is sent in silence

	LevelPeople bool // those who are heard are brought to the same loudness
}

// SoundConfig is what sound is made with. The functions and the Denoiser are used on one goroutine.
type SoundConfig struct {
	Backend    audio.Backend
	Mic        string // device id or name; empty: what the system says
	Speaker    string
	Ringer     string // the loudspeaker that calls ring on; empty: that one
	Voice      Voice
	NewEncoder func() (audio.Encoder, error)
	NewDecoder func() (audio.Decoder, error)
	Denoiser   audio.Denoiser // nil: no noise suppression
	// Learnt and Learned are audio.FollowConfig's: with which periods devices worked before. They may be nil.
	Learnt  func(k audio.Kind, id string) time.Duration
	Learned func(k audio.Kind, id string, period time.Duration)
	// Record, if set, gets every frame of 480 samples that is heard of a user, before volume and mixing; at counts the samples
	// of playout's clock, the same for all. It runs on playout's goroutine; the frame is valid during the call.
	Record func(user string, at int64, frame []float32)
}

// sound owns the devices, the capture and the playout. What it is told it does on a goroutine of its own, because opening a
// device takes time; packets pass it by without waiting.
//
// Three things are opened and closed by what is needed: the devices, the pipes between them and packets, and the way that the
// microphone's packets take. Nothing goes to peers but between openSound and closeSound.
type sound struct {
	config SoundConfig
	post   func(event) // never blocks
	send   func(mesh.Sound)
	// audience says whom packets with that number are for
	audience func(number uint32, users []string)
	loss     func() float64 // the worst that a receiver reports, 0 to 1
	guard    func(mesh.Protection)
	log      *slog.Logger

	work     *serial
	speakers atomic.Pointer[map[mesh.Peer]*speaker] // replaced, never changed
	now      atomic.Pointer[pipes]                  // nil: closed
	calling  atomic.Bool                            // between openSound and closeSound
	mic      atomic.Bool                            // the microphone is needed

	// Of the work goroutine alone.
	need   needs
	talk   bool
	master float32
	follow *audio.Follow // nil: nobody needs a device or their list
	check  *check        // nil: none runs
	echo   *echoTest     // nil: none runs
	ringer *ringer       // nil: nothing rings

	voice  atomic.Pointer[Voice] // read by the tuner too
	lossAt atomic.Int64          // when a receiver last reported one, Unix nanoseconds
	seen   atomic.Pointer[audio.Devices]

	quietMu sync.Mutex // around what is chosen and what capture is told, so that an older choice never comes after
	quiet   setQuiet
	speech  setSpeech // as the last one was
	way     way       // where the microphone's packets go
}

// needs is what devices are open for.
type needs struct {
	call   bool
	listen bool
	watch  bool // the list alone
	sounds int  // of the program's own, that play or have just ended
	ring   bool // it rings on the loudspeaker that people are heard on

	examined int // steps of an examination that look at a device
}

// pipes is what exists while a device is needed.
type pipes struct {
	capture *audio.Capture
	encoder audio.Encoder
	frameMS int
	playout *audio.Playout
	out     atomic.Pointer[func(audio.Packet)] // where packets go; nil: nowhere
	tuner   chan struct{}
	tuned   chan struct{}
}

// speaker is one remote speaker.
type speaker struct {
	peer    mesh.Peer
	key     string // of its stream
	stream  *audio.Stream
	decoder audio.Decoder
	ssrc    uint32 // of the reader goroutine
	started bool
	heard   bool // of playout's goroutine
}

// audible is the level, in dBFS, from which a frame counts as the first sound of a peer.
const audible = -60

func newSound(c SoundConfig, post func(event), log *slog.Logger) *sound {
	s := &sound{config: c, post: post, log: log, work: newSerial(), master: 1}
	s.seen.Store(&audio.Devices{})
	s.voice.Store(&c.Voice)
	s.speakers.Store(&map[mesh.Peer]*speaker{})
	return s
}

// shutdown closes what is open and waits.
func (s *sound) shutdown() {
	s.work.do(func() {
		s.stopCheck()
		s.stopEchoTest()
		s.stopRing()
		s.need = needs{}
		s.bring()
	})
	s.work.shutdown()
}

// perform takes one of sound's effects.
func (s *sound) perform(f effect) {
	if q, ok := f.(setQuiet); ok {
		s.quietMu.Lock()
		s.quiet = q
		if p := s.now.Load(); p != nil && q.muted && s.way == toPeers {
			p.capture.SetMuted(true) // after this call nothing leaves
		}
		s.quietMu.Unlock()
	}
	if k, ok := f.(setSpeech); ok {
		s.quietMu.Lock()
		if s.speech = k; k.whisper != 0 {
			s.audience(k.whisper, k.users)
		}
		if p := s.now.Load(); p != nil {
			s.speakLocked(p) // a key does not wait for a device that opens
		}
		s.quietMu.Unlock()
	}
	s.work.do(func() { s.apply(f) })
}

// speakLocked opens the microphone for whom it is to be heard by, those first; what is closed is closed first.
func (s *sound) speakLocked(p *pipes) {
	k := s.speech
	if k.whisper != 0 {
		p.capture.SetAudience(k.whisper)
	}
	p.capture.SetForce(k.priority || k.whisper != 0)
	if k.whisper == 0 {
		p.capture.SetAudience(audio.Everybody)
	}
}

func (s *sound) apply(f effect) {
	switch f := f.(type) {
	case openSound:
		s.need.call = true
		if p := s.now.Load(); p != nil && p.frameMS != frameMS(*s.voice.Load()) {
			s.devices(nil, nil) // it was made for a test, before the choice
			s.close()
		}
		s.bring()
	case closeSound:
		s.need.call = false
		s.bring()
	case setListen:
		s.need.listen = f.on
		s.bring()
	case setWatch:
		s.need.watch = f.on
		s.bring()
	case startCheck:
		s.startCheck()
	case playCheck:
		s.playCheck()
	case stopCheck:
		s.stopCheck()
		s.bring()
	case startEchoTest:
		s.startEchoTest()
	case stopEchoTest:
		s.stopEchoTest()
		s.bring()
	case playSound:
		s.play(f)
	case stopRing:
		s.stopRing()
	case useRinger:
		s.config.Ringer = f.device
	case setOutputVolume:
		s.master = f.gain
	case setTalk:
		s.talk = f.down
	case setVoice:
		s.voice.Store(&f.voice)
		if s.follow != nil {
			s.follow.SetStereo(f.voice.Music)
		}
	case useDevice:
		s.choose(f)
	case setGain:
		s.setGain(f)
	case setPriority:
		if p := s.now.Load(); p != nil && (*s.speakers.Load())[f.peer] != nil {
			p.playout.SetPriority(key(f.peer), f.on)
		}
	}
	if p := s.now.Load(); p != nil {
		s.configure(p)
	}
}

// configure brings the pipes to what was chosen.
func (s *sound) configure(p *pipes) {
	s.direct(p)
	v := s.voice.Load()
	s.guard(mesh.Protection{Copies: v.RED, Repeats: v.NACK})
	p.capture.SetPTT(s.keyDown())
	p.capture.SetGate(gate(*v))
	p.capture.SetCancellation(v.Cancellation && !v.Music)
	p.capture.SetSuppression(v.Suppression && !v.Music)
	p.capture.SetGain(v.Gain && !v.Music)
	p.capture.SetTuning(s.tuning(s.loss()))
	p.playout.SetLevelled(v.LevelPeople)
	p.playout.SetMaster(s.master)
}

// keyDown is what the gate takes the key to talk for. A check needs none: of a mode in which it opens the microphone it counts as held, and
// of the one in which it makes it silent as let go of.
func (s *sound) keyDown() bool {
	if s.check == nil {
		return s.talk
	}
	return s.voice.Load().Mode != "ptm"
}

func gate(v Voice) vad.Config {
	c := vad.Config{OpenDBFS: v.ThresholdDBFS, Hold: v.Hold}
	switch v.Mode {
	case "ptt":
		c.Mode = vad.PTT
	case "open":
		c.Mode = vad.Open
	case "ptm":
		c.Mode = vad.Hush
	}
	return c
}

// tune follows the receivers' reports once a second.
func (s *sound) tune(p *pipes) {
	defer close(p.tuned)
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-p.tuner:
			return
		case <-ticker.C:
			p.capture.SetTuning(s.tuning(s.loss()))
		}
	}
}

// tuning spends on forward error correction what the worst receiver loses; nothing while nobody reports a loss, which sounds
// best and costs least.
func (s *sound) tuning(loss float64) audio.Tuning {
	v := s.voice.Load()
	t := audio.Tuning{Bitrate: v.Bitrate, Complexity: 9, FEC: v.FEC, DTX: v.DTX && v.Mode == "open", Stereo: v.Music}
	if t.Bitrate == 0 {
		t.Bitrate = 64000
	}
	if t.FEC {
		t.LossPercent = min(max(int(loss*100+0.5), 0), 40)
	}
	now := time.Now()
	if t.LossPercent > 0 {
		s.lossAt.Store(now.UnixNano())
	}
	t.LowDelay = t.Bitrate >= lowDelayFrom && now.Sub(time.Unix(0, s.lossAt.Load())) >= lossless
	return t
}

const (
	// lowDelayFrom is the bit rate from which 4 ms less of delay cost next to nothing: 0.4 dB of SI-SDR at 64 kbit/s, 1.8 at 24.
	lowDelayFrom = 48000
	// lossless is how long nothing may get lost before forward error correction, which there is none of then, is given up.
	lossless = 30 * time.Second
)

// add makes a place for a peer's sound; remove takes it away.
func (s *sound) add(peer mesh.Peer, gain float32) {
	s.work.do(func() {
		p := s.now.Load()
		if p == nil || (*s.speakers.Load())[peer] != nil {
			return
		}
		decoder, err := s.config.NewDecoder()
		if err != nil {
			s.log.Error("decoder", "err", err)
			return
		}
		sp := &speaker{peer: peer, key: key(peer), decoder: decoder}
		p.playout.SetVolume(sp.key, gain)
		sp.stream = p.playout.Add(sp.key, decoder)
		s.replace(func(m map[mesh.Peer]*speaker) { m[peer] = sp })
	})
}

func (s *sound) remove(peer mesh.Peer) {
	s.work.do(func() {
		if p := s.now.Load(); p != nil {
			s.drop(p, peer)
		}
	})
}

func (s *sound) drop(p *pipes, peer mesh.Peer) {
	sp := (*s.speakers.Load())[peer]
	if sp == nil {
		return
	}
	s.replace(func(m map[mesh.Peer]*speaker) { delete(m, peer) })
	p.playout.Remove(sp.key) // when it returns, playout does not touch the decoder any more
	if c, ok := sp.decoder.(interface{ Close() }); ok {
		c.Close()
	}
}

func (s *sound) replace(change func(map[mesh.Peer]*speaker)) {
	old := *s.speakers.Load()
	next := make(map[mesh.Peer]*speaker, len(old)+1)
	for k, v := range old {
		next[k] = v
	}
	change(next)
	s.speakers.Store(&next)
}

func (s *sound) setGain(f setGain) {
	p := s.now.Load()
	if p == nil {
		return
	}
	for peer := range *s.speakers.Load() {
		if peer.User == f.user {
			p.playout.SetVolume(key(peer), f.gain)
		}
	}
}

// key names a peer's stream in playout.
func key(p mesh.Peer) string { return p.User + "/" + p.Member }

// deliver takes a packet from a peer's reader goroutine to its stream: no lock, no allocation.
func (s *sound) deliver(peer mesh.Peer, k mesh.Sound) {
	sp := (*s.speakers.Load())[peer]
	if sp == nil {
		return
	}
	if sp.started && sp.ssrc != k.SSRC {
		sp.stream.Reset()
	}
	sp.started, sp.ssrc = true, k.SSRC
	if k.By != audio.Own {
		sp.stream.Repair(k.Seq, k.Timestamp, k.Payload, k.By, time.Now())
		return
	}
	sp.stream.Covered(k.Cover)
	sp.stream.Push(k.Seq, k.Timestamp, k.Payload, time.Now())
}

// tap sees every frame on playout's goroutine.
func (s *sound) tap(name string, at int64, frame []float32) {
	sp := s.speaker(name)
	if sp == nil {
		return
	}
	if !sp.heard && mix.DBFS(mix.RMS(frame)) > audible {
		sp.heard = true
		s.post(peerHeard{sp.peer})
	}
	if s.config.Record != nil {
		s.config.Record(sp.peer.User, at, frame)
	}
}

// heardOf is which of a peer's samples, by their timestamps, leaves the loudspeaker now.
func (s *sound) heardOf(peer mesh.Peer, now time.Time) (timestamp uint32, ok bool) {
	if sp := (*s.speakers.Load())[peer]; sp != nil {
		return sp.stream.Heard(now)
	}
	return 0, false
}

func (s *sound) speaker(name string) *speaker {
	for _, sp := range *s.speakers.Load() {
		if sp.key == name {
			return sp
		}
	}
	return nil
}
