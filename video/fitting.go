package video

import (
	"sync/atomic"
	"time"
)

// fitting brings a Sender's pictures to the size and the number that the rate is enough for.
type fitting struct {
	scale func(dst, src *Frame) error // nil: the size stays
	limit atomic.Uint64               // lines, and pictures a second in the lower half

	// Of the Sender's own goroutine.
	pool Pool
	last uint32 // timestamp of the last picture that was coded
	any  bool
}

// early is how much sooner than after its interval a picture may come: cameras are not quite regular.
const early = 8 * time.Millisecond

// SetLimit sets how large and how many pictures are coded: of at most so many lines, which are counted on the shorter side, and at
// most so many a second; 0: as they come. Another size begins with a key picture.
func (s *Sender) SetLimit(lines, fps int) {
	s.fitting.limit.Store(uint64(uint32(lines))<<32 | uint64(uint32(fps)))
}

// gap is the least time from one picture to the next.
func (f *fitting) gap() time.Duration {
	if fps := time.Duration(uint32(f.limit.Load())); fps > 0 {
		return max(time.Second/fps-early, 0)
	}
	return 0
}

// takes says whether it is time for another picture.
func (f *fitting) takes(timestamp uint32) bool {
	since := int32(timestamp - f.last)
	return !f.any || since < 0 || time.Duration(since)*time.Second/ClockRate >= f.gap()
}

// fit returns the picture in the size that it is to have; the caller releases it, if it is another one.
func (f *fitting) fit(src *Frame) (*Frame, error) {
	width, height := f.size(src.Width, src.Height)
	if f.scale == nil || width == src.Width && height == src.Height {
		return src, nil
	}
	dst, err := f.pool.Get(width, height)
	if err != nil {
		return nil, err
	}
	if err := f.scale(dst, src); err != nil {
		dst.Release()
		return nil, err
	}
	dst.Timestamp, dst.Captured = src.Timestamp, src.Captured
	return dst, nil
}

// size is even, as all that is scaled: layers can be made of that.
func (f *fitting) size(width, height int) (int, int) {
	lines, short := int(f.limit.Load()>>32), min(width, height)
	if lines <= 0 || lines >= short {
		return width, height
	}
	to := func(side int) int { return max((side*lines/short+1)&^1, 2) }
	return to(width), to(height)
}
