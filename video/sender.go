package video

import (
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// SenderConfig says what a Sender is made of.
type SenderConfig struct {
	Codec   Codec
	Encoder Encoder // the Sender's from here on; closed with it, where it has a Close
	Kbps    int     // the first target
	// Emit is given the payloads of a picture, in the order of sending, on the Sender's own goroutine, and the picture's temporal layer.
	// They are valid during the call.
	Emit func(payloads [][]byte, layer int, timestamp uint32, captured time.Time)
	// Full, if set, says that what was emitted last has not gone out yet: then pictures are left out, before they are coded.
	Full func() bool
	// Scale, if set, fills a picture with another of any size; without it SetLimit changes no sizes.
	Scale func(dst, src *Frame) error
	// Failed, if set, is told there when a second or two of pictures could not be coded, and with nil when one is again.
	Failed func(error)
	// Still says that pictures which stand still come once in a while only, as a screen's do: the last one is then coded again until
	// it is as good as it gets, and when a key picture is wanted.
	Still bool
	Log   *slog.Logger // nil discards
}

// Sender codes the pictures of a camera, or a screen, for all receivers that have a codec in common.
//
//	Feed ─► Slot ─► run: its time? target, size, key picture? ─► Encoder ─► Payloader ─► Emit
//
// While a picture is coded only the newest of those that come is kept. SetTarget, SetLimit and KeyFrame take effect with the
// next picture; all methods may be called from any goroutine.
type Sender struct {
	config   SenderConfig
	slot     *Slot
	payloads *Payloader
	quit     chan struct{}
	done     chan struct{}
	once     sync.Once
	start    time.Time
	wake     chan struct{} // capacity 1: a key picture is asked for
	target   atomic.Int64  // kbit/s
	asked    atomic.Uint64
	fitting  fitting

	mu    sync.Mutex // around the next two
	stats SenderStats
	meter meter

	// Of run alone.
	kbps   int64 // as the encoder was told
	served uint64
	keyAt  time.Time // of the last key picture
	failed int       // pictures in a row
	still  standing
}

// SenderStats is what a Sender has done. Rates are those of the last two seconds.
type SenderStats struct {
	Width, Height int // of the last picture
	FPS           float64
	Kbps          float64 // payloads, without what is sent again
	TargetKbps    int
	EncodeMS      float64 // of a picture, smoothed over 16
	Pictures      uint64
	KeyFrames     uint64
	LeftOut       uint64 // pictures that the encoder left out to hold the rate, or had no time for
	Requests      uint64 // of a key picture
	Errors        uint64
}

// fullFor is how often it is looked again whether there is room.
const fullFor = 5 * time.Millisecond

// Layers is how many temporal layers a camera's pictures may be in.
const Layers = 3

// NewSender starts the goroutine.
func NewSender(c SenderConfig) (*Sender, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	p, err := NewPayloader(c.Codec, Layers, uint16(rand.Uint32()))
	if err != nil {
		return nil, err
	}
	s := &Sender{
		config: c, slot: NewSlot(), payloads: p, quit: make(chan struct{}), done: make(chan struct{}), wake: make(chan struct{}, 1), start: time.Now(),
	}
	s.fitting.scale = c.Scale
	s.SetTarget(c.Kbps)
	go s.run()
	return s, nil
}

// Slot is where the pictures are left. After Close nobody takes them out.
func (s *Sender) Slot() *Slot { return s.slot }

// SetTarget sets the rate that is coded for.
func (s *Sender) SetTarget(kbps int) { s.target.Store(int64(kbps)) }

// KeyFrame asks for a key picture, because somebody can't do without. Requests that come together are one, and within
// 300 ms of the last key picture the next is put off: whoever asks by the thousand gets three a second.
func (s *Sender) KeyFrame() {
	s.asked.Add(1)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Close stops and waits; nothing is emitted afterwards.
func (s *Sender) Close() {
	s.once.Do(func() { close(s.quit) })
	<-s.done
}

// Stats may be called from any goroutine.
func (s *Sender) Stats() SenderStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.stats
	out.FPS, out.Kbps = s.meter.rates(time.Since(s.start))
	out.TargetKbps, out.Requests = int(s.target.Load()), s.asked.Load()
	out.LeftOut += s.slot.Replaced()
	return out
}

func (s *Sender) run() {
	defer close(s.done)
	defer s.slot.Clear()
	if c, ok := s.config.Encoder.(interface{ Close() }); ok {
		defer c.Close()
	}
	defer s.still.drop()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-s.slot.Ready():
		case <-s.wake:
		case <-timer.C:
		}
		if f := s.slot.Take(); f != nil {
			takes := s.fitting.takes(f.Timestamp)
			if takes && s.full() {
				takes = false
				s.leaveOut()
			}
			if view := s.still.take(f, time.Now()); takes {
				s.turn(view)
			}
		} else if s.wait() == 0 && !s.full() {
			s.turn(s.still.repeat(time.Now()))
		}
		if !s.config.Still {
			s.still.drop()
		}
		timer.Reset(max(s.wait(), fullFor))
	}
}

func (s *Sender) wait() time.Duration {
	return s.still.wait(s.asked.Load() != s.served, s.keyAt, time.Now(), s.fitting.gap())
}

// full says whether there is no use for a picture now.
func (s *Sender) full() bool { return s.config.Full != nil && s.config.Full() }

// leaveOut counts a picture that there was no room for. One that stands still may be coded yet, when there is.
func (s *Sender) leaveOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.LeftOut++
}

// turn codes one picture and sends it.
func (s *Sender) turn(f *Frame) {
	s.tune()
	s.fitting.any, s.fitting.last = true, f.Timestamp
	begin, asked := time.Now(), s.asked.Load()
	if asked != s.served && begin.Sub(s.keyAt) >= keyInterval {
		s.config.Encoder.KeyFrame()
	}
	e, err := s.encode(f)
	took := time.Since(begin)
	if e.Key {
		s.keyAt, s.served = begin, asked
	}
	var payloads [][]byte
	if err == nil {
		payloads, err = s.payloads.Payloads(&e)
	}
	if err != nil { // what the next picture would be made from may not have been sent
		s.config.Encoder.KeyFrame()
	}
	s.count(&e, payloads, took, err)
	s.still.coded(len(e.Data), s.kbps, time.Now())
	s.fail(err)
	if len(payloads) > 0 && err == nil {
		s.config.Emit(payloads, e.Layer, f.Timestamp, f.Captured)
	}
}

func (s *Sender) encode(f *Frame) (Encoded, error) {
	fit, err := s.fitting.fit(f)
	if err != nil {
		return Encoded{}, err
	}
	if fit != f {
		defer fit.Release()
	}
	return s.config.Encoder.Encode(fit)
}

// fail tells of an encoder that is of no use, and of the end of that.
func (s *Sender) fail(err error) {
	before := s.failed
	if s.failed++; err == nil {
		s.failed = 0
	}
	if s.config.Failed != nil && (s.failed == maxBad || err == nil && before >= maxBad) {
		s.config.Failed(err)
	}
}

// tune tells the encoder of another target.
func (s *Sender) tune() {
	target := s.target.Load()
	if target == s.kbps {
		return
	}
	s.kbps = target // one that is refused would be the next time, too
	if err := s.config.Encoder.SetBitrate(int(target)); err != nil {
		s.config.Log.Warn("picture: set the bit rate", "kbps", target, "err", err)
	}
}

func (s *Sender) count(e *Encoded, payloads [][]byte, took time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.stats
	switch {
	case err != nil:
		if t.Errors++; t.Errors%1000 == 1 {
			s.config.Log.Warn("picture: code", "err", err, "count", t.Errors)
		}
		return
	case len(payloads) == 0:
		t.LeftOut++
		return
	case e.Key:
		t.KeyFrames++
	}
	t.Pictures++
	t.Width, t.Height = e.Width, e.Height
	smooth(&t.EncodeMS, took)
	bytes := 0
	for _, p := range payloads {
		bytes += len(p)
	}
	s.meter.add(time.Since(s.start), bytes)
}

// smooth moves a mean in milliseconds by a sixteenth; the first is taken as it is.
func smooth(mean *float64, d time.Duration) {
	ms := float64(d) / float64(time.Millisecond)
	if *mean == 0 {
		*mean = ms
	}
	*mean += (ms - *mean) / 16
}
