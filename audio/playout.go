package audio

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parley/audio/agc"
	"parley/audio/mix"
	"parley/audio/vad"
)

// PlayoutConfig says what a Playout is made of. The zero value will do.
type PlayoutConfig struct {
	Log *slog.Logger     // nil discards
	Now func() time.Time // nil: time.Now
	// FarEnd is given what the loudspeaker plays, for a Capture's echo canceller. nil: nobody wants it.
	FarEnd *FarEnd
}

// Tap is given every frame of 480 samples that is played, on Playout's own goroutine: each speaker's by its key, after
// decoding and before volume, and what goes to the loudspeaker under the key "". at is the frame's first sample on
// playout's clock, the same for all of a turn. Of two channels it is (L+R)/2. The frame is valid during the call; Tap must not block.
type Tap func(key string, at int64, frame []float32)

// Playout mixes the speakers of a channel for the loudspeaker.
//
//	Read (device callback) ◄─ ring ◄─ run: limit ◄─ mix ◄─ master ◄─ mix ◄─ volume ◄─ level ◄─ Stream.pull, for each speaker
//	  └─► FarEnd                                   ▲
//	                                               └─ Play: the program's own sounds
//
// It runs when the device has taken sound out of the ring. While no device asks it goes on by the clock, so that nobody's
// packets pile up, recordings go on, and the next device starts with what is said then.
type Playout struct {
	log    *slog.Logger
	now    func() time.Time
	start  time.Time
	ring   *Ring
	wakeUp chan struct{}      // capacity 1: Read to run
	sync   chan chan struct{} // run closes what comes here, between two turns
	quit   chan struct{}
	done   chan struct{}
	once   sync.Once

	mu      sync.Mutex                // serializes changes of the next two; run does not take it
	volumes map[string]float32        // of those who are there, or about to be added
	streams atomic.Pointer[[]*Stream] // an immutable list, replaced as a whole

	priorities map[string]bool // guarded by mu, of the same people as volumes

	tap      atomic.Pointer[Tap]
	deafened atomic.Bool
	volume   gauge        // of all speakers together: SetMaster
	begun    chan *Sound  // Play to run
	latency  atomic.Int64 // the device's own, nanoseconds
	queued   gauge        // milliseconds that a new sample waits in the ring
	level    gauge
	fill     fill
	farEnd   *FarEnd
	levelled atomic.Bool // all speakers to the same loudness

	// The rest belongs to run.
	frame, sum []float32
	side       []float32 // of sum: (L-R)/2, where sum is (L+R)/2
	wide       bool      // there was something in it
	limiter    agc.Limiter
	meter      *vad.Meter
	master     float32       // gain of the last sample of speech: 0 while deafened
	ducked     time.Duration // how long those without priority stay turned down
	sounds     []*Sound
	position   int64 // samples made
}

// NewPlayout starts the goroutine. No device is opened here.
func NewPlayout(c PlayoutConfig) *Playout {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	p := &Playout{
		log: c.Log, now: c.Now, start: c.Now(), farEnd: c.FarEnd,
		ring:    NewStereoRing(2 * maxFill),
		wakeUp:  make(chan struct{}, 1),
		sync:    make(chan chan struct{}),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
		volumes: make(map[string]float32), priorities: make(map[string]bool),
		frame:  make([]float32, FrameSize),
		sum:    make([]float32, FrameSize),
		side:   make([]float32, FrameSize),
		meter:  vad.NewMeter(),
		master: 1,
		begun:  make(chan *Sound, maxSounds),
		sounds: make([]*Sound, 0, maxSounds),
	}
	p.volume.set(1)
	p.streams.Store(new([]*Stream))
	p.fill.init()
	p.level.set(mix.Floor)
	p.ring.Write(make([]float32, startFill)) // for the first device's first question
	go p.run()
	return p
}

// Read is the callback of a loudspeaker of one channel: copy, for the FarEnd again, wake, return. One device at a time.
func (p *Playout) Read(out []float32) {
	p.ring.Read(out)
	if p.farEnd != nil {
		p.farEnd.write(out) // here, behind the ring, whose delay changes: the echo's would, too
	}
	p.taken(len(out))
}

// ReadStereo is Read for two channels, interleaved.
func (p *Playout) ReadStereo(out []float32) {
	p.ring.ReadStereo(out)
	if p.farEnd != nil {
		p.farEnd.writeStereo(out)
	}
	p.taken(len(out) / 2)
}

func (p *Playout) taken(n int) {
	if p.fill.taken(n, p.ring.Len()) {
		wake(p.wakeUp)
	}
}

// Close stops and waits; no decoder is used afterwards, and Read gives silence. It can be called more than once.
func (p *Playout) Close() {
	p.once.Do(func() { close(p.quit) })
	<-p.done
}

// unasked is how long no device may ask before playout goes on by the clock.
const unasked = 100 * time.Millisecond

func (p *Playout) run() {
	defer p.refuseSounds() // after done is closed, or between the two a sound could be left behind
	defer close(p.done)
	defer p.endSounds()
	timer := time.NewTimer(unasked)
	defer timer.Stop()
	served := false    // a device asks
	var last time.Time // of the last turn without one
	for {
		select {
		case <-p.quit:
			return
		case ack := <-p.sync:
			close(ack)
		case <-p.wakeUp:
			p.serve(served)
			served = true
			timer.Reset(unasked)
		case <-timer.C:
			if served {
				served, last = false, time.Time{}
			}
			last = p.idle(last)
			timer.Reset(time.Until(last.Add(FrameTime))) // one frame at a time: a burst would look like a late network
		}
	}
}

// serve fills the ring for a device.
func (p *Playout) serve(steady bool) {
	now := p.now()
	_, missed := p.ring.Lost()
	p.fill.adapt(now, missed, steady)
	for p.ring.Len() < p.fill.target() {
		wait := duration(p.ring.Len())
		p.queued.smooth(milliseconds(wait))
		mid := p.turn(now, wait+duration(agc.Delay)+time.Duration(p.latency.Load()))
		p.ring.WriteSides(mid, p.side)
	}
}

// idle makes the frames that a device would have asked for since last, and throws them away.
func (p *Playout) idle(last time.Time) time.Time {
	now := p.now()
	if last.IsZero() || now.Sub(last) > time.Second {
		last = now.Add(-FrameTime)
	}
	for ; now.Sub(last) >= FrameTime; last = last.Add(FrameTime) {
		p.turn(now, never)
	}
	return last
}

// turn makes one frame, top to bottom: what it returns and its side stay valid until the next turn. A loudspeaker will play it after
// wait, or never.
func (p *Playout) turn(at time.Time, wait time.Duration) []float32 {
	now, heard, served := at.Sub(p.start), time.Duration(never), wait != never
	if served {
		heard = now + wait
	}
	tap, levelled := p.tap.Load(), p.levelled.Load()
	clear(p.sum)
	list := *p.streams.Load()
	ducks := p.ducks(list)
	clear(p.side)
	wide := false
	for _, s := range list {
		sound := s.pull(p.frame, now, heard)
		if tap != nil {
			(*tap)(s.key, p.position, p.frame)
		}
		volume := s.volume.getLevel() * s.giveWay(ducks)
		if sound && levelled {
			s.leveller.Process(p.frame)
		} else if sound {
			s.leveller.Leave(p.frame)
		}
		if sound {
			mix.Add(p.sum, p.frame, s.from, volume)
		}
		if sound && s.side.sound {
			s.leveller.Again(s.side.frame)
			mix.Add(p.side, s.side.frame, s.from, volume)
			wide = true
		}
		s.from = volume
	}
	master := p.volume.getLevel()
	if p.deafened.Load() {
		master = 0
	}
	mix.Scale(p.sum, p.master, master)
	mix.Scale(p.side, p.master, master)
	p.master = master
	p.addSounds(served)
	if wide || p.wide { // after the last one its delay holds some
		p.limiter.ProcessSides(p.sum, p.side)
	} else {
		p.limiter.Process(p.sum)
	}
	p.wide = wide
	if tap != nil {
		(*tap)("", p.position, p.sum)
	}
	if !served {
		clear(p.side)
		clear(p.sum) // whom it is recorded for has it, and nobody hears it
	}
	p.level.setLevel(p.meter.Add(p.sum))
	p.position += FrameSize
	return p.sum
}
