package video

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Feed reads a camera, or a screen, and leaves each picture in the slots of all who want them: the newest wins, and who is slow holds up
// nobody. The slots share a picture's memory.
type Feed struct {
	source Source
	clock  Clock
	began  func()
	ended  func(error)
	done   chan struct{}
	closed atomic.Bool
	bad    atomic.Uint64

	mu     sync.Mutex
	slots  []*Slot
	newest *Frame // nil: there is none, or none any more
	start  time.Time
	meter  meter
	size   [2]int

	last    uint32 // timestamp of the last picture; of run alone
	started bool
}

// FeedStats is what a source gives.
type FeedStats struct {
	Width, Height int     // of the last picture
	FPS           float64 // over the last two seconds
	Bad           uint64  // pictures that were none: empty, too large, without memory
}

// maxBad is how many pictures in a row may be none before a source is given up.
const maxBad = 60

// errBad is why.
var errBad = errors.New("it gives no pictures that can be used")

// StartFeed begins to read; Close closes the source too. began is called after the first picture, and ended when the source has
// ended by itself, once each and on a goroutine of the feed's that must not wait for Close.
func StartFeed(source Source, clock Clock, began func(), ended func(error)) *Feed {
	f := &Feed{source: source, clock: clock, began: began, ended: ended, done: make(chan struct{}), start: time.Now()}
	go f.run()
	return f
}

// Give leaves the pictures in a slot from now on.
func (f *Feed) Give(s *Slot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.giveLocked(s)
}

func (f *Feed) giveLocked(s *Slot) {
	if !slices.Contains(f.slots, s) {
		f.slots = append(f.slots, s)
	}
}

// GiveNow leaves the newest picture there besides, at once: where pictures may stand still it is long until the next.
func (f *Feed) GiveNow(s *Slot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.giveLocked(s)
	if f.newest != nil {
		s.Put(f.newest.Retain())
	}
}

// Withhold ends that. When it has returned no picture comes into the slot any more.
func (f *Feed) Withhold(s *Slot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slots = slices.DeleteFunc(f.slots, func(o *Slot) bool { return o == s })
}

// Close frees the source and waits for it.
func (f *Feed) Close() {
	f.closed.Store(true)
	f.source.Close()
	<-f.done
}

// Stats may be called from any goroutine.
func (f *Feed) Stats() FeedStats {
	f.mu.Lock()
	defer f.mu.Unlock()
	fps, _ := f.meter.rates(time.Since(f.start))
	return FeedStats{Width: f.size[0], Height: f.size[1], FPS: fps, Bad: f.bad.Load()}
}

func (f *Feed) run() {
	defer close(f.done)
	defer f.forget()
	for bad := 0; ; {
		picture, err := f.source.Read()
		if err != nil {
			picture.Release()
			f.end(err)
			return
		}
		if err = usable(picture); err == nil {
			first := !f.started
			f.give(picture)
			if first {
				f.began()
			}
			bad = 0
			continue
		}
		picture.Release()
		f.bad.Add(1)
		if bad++; bad == maxBad {
			f.end(fmt.Errorf("%w: %w", errBad, err))
			return
		}
	}
}

func (f *Feed) end(err error) {
	if !f.closed.Load() {
		f.ended(err)
	}
}

func usable(f *Frame) error {
	if f == nil {
		return ErrSize
	}
	return f.Check()
}

func (f *Feed) give(picture *Frame) {
	f.stamp(picture, time.Now())
	f.mu.Lock()
	defer f.mu.Unlock()
	f.newest.Release()
	f.newest = picture
	f.meter.add(time.Since(f.start), 0)
	f.size = [2]int{picture.Width, picture.Height}
	for _, s := range f.slots {
		s.Put(picture.Retain())
	}
}

func (f *Feed) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.newest.Release()
	f.newest = nil
}

// stamp gives a picture its timestamp, later than the one before. A driver's notion of time that can't be is not used.
func (f *Feed) stamp(picture *Frame, now time.Time) {
	if age := now.Sub(picture.Captured); picture.Captured.IsZero() || age < 0 || age > time.Second {
		picture.Captured = now
	}
	picture.Timestamp = f.clock.Timestamp(picture.Captured)
	if f.started && int32(picture.Timestamp-f.last) <= 0 {
		picture.Timestamp = f.last + 1
	}
	f.last, f.started = picture.Timestamp, true
}
