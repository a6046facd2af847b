package video

import "time"

// held is a decoded picture that waits for its time.
type held struct {
	frame *Frame
	due   time.Duration
	ts    uint32
	shown bool
}

// What may wait: half a second of pictures, and of the largest fewer. Where there is more the oldest is shown before its time.
const (
	maxHeld      = 16
	maxHeldBytes = 64 << 20
)

// hold puts a picture behind those that wait.
func (r *Receiver) hold(f *Frame, epoch int) {
	now := time.Now()
	due := now
	if r.config.Due != nil {
		due = r.config.Due(f.Timestamp, now)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if epoch != r.epoch {
		f.Release()
		return
	}
	before := r.last
	if n := len(r.held); n > 0 {
		before = r.held[n-1]
	}
	r.held = append(r.held, held{frame: f, ts: f.Timestamp, due: r.spread(due.Sub(r.start), f.Timestamp, before), shown: true})
}

// spread keeps a picture that comes late a little from the one before it: several that were held up by a lost packet come at
// once, and are seen at twice the speed rather than not at all.
func (r *Receiver) spread(due time.Duration, ts uint32, before held) time.Duration {
	if !before.shown {
		return due
	}
	distance := time.Duration(int32(ts-before.ts)) * time.Second / ClockRate
	if distance <= 0 || distance > freezeAfter {
		distance = 0
	}
	return max(due, before.due+distance/2)
}

// show puts what is due into the slot.
func (r *Receiver) show() {
	for {
		h, epoch, ok := r.due()
		if !ok {
			return
		}
		if r.config.Shown != nil {
			r.config.Shown(h.frame, time.Now())
		}
		r.put(h, epoch)
	}
}

func (r *Receiver) due() (h held, epoch int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.held) == 0 || r.held[0].due > r.now() && !r.fullLocked() {
		return held{}, 0, false
	}
	h = r.held[0]
	r.held = append(r.held[:0], r.held[1:]...)
	return h, r.epoch, true
}

func (r *Receiver) fullLocked() bool {
	bytes := 0
	for _, h := range r.held {
		bytes += len(h.frame.buf)
	}
	return len(r.held) > maxHeld || bytes > maxHeldBytes
}

func (r *Receiver) put(h held, epoch int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if epoch != r.epoch { // switched off since
		h.frame.Release()
		return
	}
	now := r.now()
	r.freeze.shown(now)
	r.stats.shown.add(now, 0)
	r.stats.pictures++
	r.stats.width, r.stats.height = h.frame.Width, h.frame.Height
	r.config.Slot.Put(h.frame)
	h.frame, h.due = nil, now
	r.last = h
}
