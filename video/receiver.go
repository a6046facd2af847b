package video

import (
	"errors"
	"log/slog"
	"sync"
	"time"
)

// ReceiverConfig says what a Receiver is made of. The functions are called on its goroutine and must not block, nor call it.
type ReceiverConfig struct {
	Codec      Codec
	NewDecoder func(Codec, *Pool) (Decoder, error) // closed in the end, where the decoder has a Close
	Slot       *Slot                               // where pictures are shown
	Still      bool                                // they may stand still, as a screen's do: that is no freeze

	Nack        func(numbers []uint16) // asks for packets again; the list is valid during the call
	AskKeyFrame func()
	RTT         func() time.Duration // zero: not known; nil: never

	// Due says when a picture of that timestamp is to be seen; nil, or a moment that is over: at once.
	Due func(timestamp uint32, now time.Time) time.Time
	// Coded, if set, sees what goes into the decoder.
	Coded func(*Encoded)
	// Shown, if set, sees each picture when it is due, before it is in the Slot; it must not be kept or changed.
	Shown func(f *Frame, now time.Time)

	Log *slog.Logger // nil discards
}

// Receiver makes pictures of the packets of one camera.
//
//	Push ─► Assembler ─► run: decode ─► held until due ─► Slot
//	         └─► lost packets are asked for again; a key picture, when the rest can't be decoded
//
// What can't be decoded is never shown: the last good picture stays in the Slot. Push belongs to the network's goroutine; all
// other methods may be called from any.
type Receiver struct {
	config ReceiverConfig
	wakeUp chan struct{} // capacity 1
	quit   chan struct{}
	done   chan struct{}
	once   sync.Once
	start  time.Time

	mu        sync.Mutex // around the next
	assembler *Assembler
	ssrc      uint32
	started   bool
	newest    uint32 // timestamp
	skip      bool   // pictures are left out up to the next of the base layer
	wanted    bool
	deaf      time.Duration // until then what comes is from before it was switched off
	ask       bool          // a key picture is to be asked for, whatever the assembler thinks
	asked     time.Duration // when that was last so
	epoch     int           // grows whenever what is under way is not to be shown any more
	held      []held
	last      held // shown last, or begun with; without its frame
	freeze    freeze
	stats     receiverStats

	// Of run alone.
	pool    Pool
	decoder Decoder
	failed  int     // pictures in a row that did not decode
	coded   Encoded // in hand
	nacks   []uint16
}

const (
	// stragglers is how long after the camera was switched off its last packets may come.
	stragglers = 300 * time.Millisecond
	maxFailed  = 8                     // pictures in a row, until a decoder is given up
	poll       = 10 * time.Millisecond // while the assembler waits
	// tooFarBehind is how late pictures may be decoded until only those of the base layer are: a quarter of the work.
	tooFarBehind = 250 * time.Millisecond
)

// NewReceiver starts the goroutine. Pictures are wanted.
func NewReceiver(c ReceiverConfig) *Receiver {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	r := &Receiver{
		config: c, wakeUp: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}), start: time.Now(),
		assembler: NewAssembler(c.Codec), wanted: true, asked: -keyInterval,
	}
	go r.run()
	return r
}

func (r *Receiver) now() time.Duration { return time.Since(r.start) }

// Push takes one packet of the camera's stream; the payload is copied. One that was repaired comes under its first number.
func (r *Receiver) Push(ssrc uint32, seq uint16, timestamp uint32, marker bool, payload []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.stats.incoming.add(now, len(payload))
	if r.started && r.ssrc != ssrc {
		r.renewLocked()
	}
	r.ssrc, r.started = ssrc, true
	if !r.wanted || now < r.deaf {
		return
	}
	r.newest = timestamp
	r.assembler.Push(seq, timestamp, marker, payload, now)
	if marker || r.assembler.Waiting() {
		r.wake()
	}
}

// SetWanted says whether anybody looks. If not, what comes is thrown away unseen, and costs nothing; when somebody looks again
// a key picture is asked for.
func (r *Receiver) SetWanted(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wanted == on {
		return
	}
	r.wanted = on
	r.renewLocked()
	r.last.shown = false
	if now := r.now(); on && r.started && now-r.asked >= keyInterval {
		r.ask, r.asked = true, now
		r.assembler.Asked()
		r.wake()
	}
}

// SetOn tells what the far end says of its camera. Off: the last picture goes, and what is still on its way is not shown. But
// pictures that come all the same are, a moment later: words and pictures overtake each other.
func (r *Receiver) SetOn(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaf = 0
	if on {
		return
	}
	r.deaf = r.now() + stragglers
	r.renewLocked()
	r.last.shown = false
	r.config.Slot.Clear()
}

// renewLocked begins with the next key picture, as if nothing had come yet.
func (r *Receiver) renewLocked() {
	r.stats.before.add(r.assembler.Stats())
	r.assembler = NewAssembler(r.config.Codec)
	r.epoch++
	r.freeze.end(r.now())
	for _, h := range r.held {
		h.frame.Release()
	}
	r.held = r.held[:0]
}

func (r *Receiver) wake() {
	select {
	case r.wakeUp <- struct{}{}:
	default:
	}
}

// Close stops and waits; nothing is shown afterwards, and what is in the Slot stays there.
func (r *Receiver) Close() {
	r.once.Do(func() { close(r.quit) })
	<-r.done
}

func (r *Receiver) run() {
	defer close(r.done)
	defer r.tearDown()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-r.quit:
			return
		case <-r.wakeUp:
		case <-timer.C:
		}
		timer.Reset(r.turn())
	}
}

func (r *Receiver) tearDown() {
	r.mu.Lock()
	r.renewLocked()
	r.mu.Unlock()
	r.closeDecoder()
}

// turn does all there is to do now and says how long to wait if nothing comes.
func (r *Receiver) turn() time.Duration {
	r.show()
	for {
		epoch, skip, ok := r.next()
		if !ok {
			break
		}
		if skip {
			continue
		}
		if f := r.decode(); f != nil {
			r.hold(f, epoch)
		}
		r.show()
	}
	r.repair()
	return r.wait()
}

// next takes the next picture in hand. One to skip is not worth its time: so far behind what comes, others need it too.
func (r *Receiver) next() (epoch int, skip, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.assembler.Next(r.now()) // good until the next call, which is ours too
	if !ok {
		return 0, false, false
	}
	r.coded = e
	if e.Key {
		r.stats.keys++
	}
	r.stats.received.add(r.now(), len(e.Data))
	r.stats.layer(e.Layer)
	behind := time.Duration(int32(r.newest-e.Timestamp)) * time.Second / ClockRate
	r.skip = e.Layer > 0 && (r.skip || behind > tooFarBehind) // a layer's pictures may need others of it, back to the base
	if r.skip {
		r.stats.skipped++
	}
	return r.epoch, r.skip, true
}

// decode makes the picture, or nil.
func (r *Receiver) decode() *Frame {
	e := &r.coded
	if r.config.Coded != nil {
		r.config.Coded(e)
	}
	var f *Frame
	begin := time.Now()
	err := r.openDecoder()
	if err == nil {
		if f, err = r.decoder.Decode(e.Data); err == nil || errors.Is(err, ErrNoPicture) {
			r.failed = 0
		} else if r.failed++; r.failed >= maxFailed {
			r.closeDecoder() // it may be of no use any more
		}
	}
	took := time.Since(begin)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		f.Timestamp = e.Timestamp
		smooth(&r.stats.decodeMS, took)
		return f
	case errors.Is(err, ErrNoPicture):
		return nil
	}
	if r.stats.errors++; r.stats.errors%1000 == 1 {
		r.config.Log.Warn("picture: decode", "err", err, "count", r.stats.errors)
	}
	r.assembler.Broken(r.now())
	return nil
}

func (r *Receiver) openDecoder() error {
	if r.decoder != nil {
		return nil
	}
	d, err := r.config.NewDecoder(r.config.Codec, &r.pool)
	if err == nil { // else what came with the error is nothing
		r.decoder, r.failed = d, 0
	}
	return err
}

func (r *Receiver) closeDecoder() {
	if c, ok := r.decoder.(interface{ Close() }); ok {
		c.Close()
	}
	r.decoder = nil
}

// repair asks for what is missing.
func (r *Receiver) repair() {
	rtt := time.Duration(0)
	if r.config.RTT != nil {
		rtt = r.config.RTT()
	}
	r.mu.Lock()
	now := r.now()
	if rtt > 0 {
		r.assembler.SetRTT(rtt)
	}
	r.nacks = r.assembler.Nacks(r.nacks[:0], now)
	key := r.wanted && (r.ask || r.assembler.KeyFrame(now))
	r.ask = false
	r.mu.Unlock()
	if len(r.nacks) > 0 {
		r.config.Nack(r.nacks)
	}
	if key {
		r.config.AskKeyFrame()
	}
}

// wait is how long nothing needs to be done unless a packet comes.
func (r *Receiver) wait() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait := time.Hour
	if r.assembler.Waiting() {
		wait = poll
	}
	if len(r.held) > 0 {
		wait = min(wait, max(r.held[0].due-r.now(), 0))
	}
	return wait
}
