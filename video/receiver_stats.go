package video

import "time"

// ReceiverStats is what a Receiver has seen. Rates are those of the last two seconds, counts since NewReceiver.
type ReceiverStats struct {
	Width, Height int     // of the picture that was shown last
	FPSReceived   float64 // whole pictures that could be decoded
	FPSShown      float64
	Kbps          float64 // payloads that came, wanted or not
	DecodeMS      float64 // of a picture, smoothed over 16
	Pictures      uint64  // shown
	KeyFrames     uint64
	Layer         int     // the highest temporal layer that comes
	Freezes       uint64  // times that no new picture was shown for over 200 ms while the camera was on and wanted; none where they may stand still
	FrozenMS      float64 // how long they were, together
	Lost          uint64  // packets that never came, or too late
	Repaired      uint64  // packets that came when asked for again
	Nacks         uint64  // packets asked for
	Requests      uint64  // of a key picture
	Garbage       uint64  // packets that cannot be
	Errors        uint64  // pictures that did not decode
	Skipped       uint64  // pictures that were left out to catch up
}

// receiverStats is kept under the Receiver's lock.
type receiverStats struct {
	incoming, received, shown meter
	width, height             int
	decodeMS                  float64
	pictures, keys            uint64
	errors, skipped           uint64
	layers                    [maxLayers]uint8 // pictures since one of that layer came
	before                    AssemblerStats   // of the assemblers that were given up
}

// add sums what the statistics show.
func (s *AssemblerStats) add(o AssemblerStats) {
	s.Lost += o.Lost
	s.Repaired += o.Repaired
	s.Nacks += o.Nacks
	s.Requests += o.Requests
	s.Garbage += o.Garbage
}

// layer notes that a picture of it came. One that was not seen for 16 pictures is not sent any more.
func (s *receiverStats) layer(n int) {
	for i := range s.layers {
		s.layers[i] -= min(s.layers[i], 1)
	}
	s.layers[min(max(n, 0), maxLayers-1)] = 16
}

func (s *receiverStats) highest() (n int) {
	for i, left := range s.layers {
		if left > 0 {
			n = i
		}
	}
	return n
}

// Stats may be called from any goroutine.
func (r *Receiver) Stats() ReceiverStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, s, a := r.now(), &r.stats, r.assembler.Stats()
	a.add(s.before)
	out := ReceiverStats{
		Width: s.width, Height: s.height, DecodeMS: s.decodeMS, Pictures: s.pictures, KeyFrames: s.keys, Layer: s.highest(),
		Lost: a.Lost, Repaired: a.Repaired, Nacks: a.Nacks, Requests: a.Requests, Garbage: a.Garbage, Errors: s.errors, Skipped: s.skipped,
	}
	out.FPSReceived, _ = s.received.rates(now)
	out.FPSShown, _ = s.shown.rates(now)
	_, out.Kbps = s.incoming.rates(now)
	if !r.config.Still {
		out.Freezes, out.FrozenMS = r.freeze.read(now)
	}
	return out
}

// freeze counts the times in which nothing new was shown.
type freeze struct {
	running bool
	last    time.Duration // when a picture was shown
	counted bool          // the time since then is
	times   uint64
	total   time.Duration // of those that are over
}

const freezeAfter = 200 * time.Millisecond

// look counts one that is under way.
func (f *freeze) look(now time.Duration) (long time.Duration) {
	if !f.running || now-f.last <= freezeAfter {
		return 0
	}
	if !f.counted {
		f.counted = true
		f.times++
	}
	return now - f.last
}

func (f *freeze) shown(now time.Duration) {
	f.total += f.look(now)
	f.running, f.counted, f.last = true, false, now
}

// end is for a camera that is off, or that nobody looks at: from then on nothing is missed. A freeze that nobody has read of
// may have been the switching off.
func (f *freeze) end(now time.Duration) {
	if f.counted {
		f.total += now - f.last
	}
	f.running, f.counted = false, false
}

func (f *freeze) read(now time.Duration) (times uint64, ms float64) {
	running := f.look(now)
	return f.times, float64(f.total+running) / float64(time.Millisecond)
}
