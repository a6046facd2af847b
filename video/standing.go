package video

import "time"

// standing is the last picture of a Sender, for the time until another comes: it may have been coded badly, because it was new and the
// rate is what it is, or not at all.
type standing struct {
	frame *Frame // nil: there is none
	view  Frame  // of its memory, with the times at which it is coded
	came  time.Time
	last  time.Time // when it was coded
	until time.Time // it is coded again
	held  bool      // it was not coded at all, because it came too soon after another
}

const (
	sharpenEvery = 100 * time.Millisecond
	sharpenFor   = 1500 * time.Millisecond // after it was worth something:
	worth        = 50                      // more than what the rate carries in this part of a second
)

// take takes a picture in hand, and its reference.
func (s *standing) take(f *Frame, now time.Time) *Frame {
	before, begun := s.view.Timestamp, !s.came.IsZero()
	s.drop()
	s.frame, s.came, s.held = f, now, true
	s.view = Frame{
		Y: f.Y, U: f.U, V: f.V, YStride: f.YStride, CStride: f.CStride, Width: f.Width, Height: f.Height,
		Timestamp: f.Timestamp, Captured: f.Captured,
	}
	switch age := now.Sub(f.Captured); {
	case !begun && age > sharpenEvery: // it has stood still since long before: another Sender may have coded it later than it was taken
		s.later(age)
	case begun && int32(s.view.Timestamp-before) <= 0: // the one before was coded again meanwhile
		s.view.Timestamp = before + 1
	}
	return &s.view
}

// repeat is the same picture, as if it had been taken so much later as it is coded.
func (s *standing) repeat(now time.Time) *Frame {
	s.later(now.Sub(s.came))
	s.came = now
	return &s.view
}

// later moves its times.
func (s *standing) later(by time.Duration) {
	s.view.Timestamp += uint32(by * ClockRate / time.Second)
	s.view.Captured = s.view.Captured.Add(by)
}

// coded takes how large it has become; nothing: it was left out.
func (s *standing) coded(bytes int, kbps int64, now time.Time) {
	s.last, s.held = now, false
	if bytes == 0 || int64(bytes)*8*worth > kbps*1000 {
		s.until = now.Add(sharpenFor)
	}
}

// wait is how long until it is to be coded, or once more, because it can become better, or a key picture is asked for. Gap is the
// least time from one to the next.
func (s *standing) wait(asked bool, keyAt, now time.Time, gap time.Duration) time.Duration {
	pause := max(sharpenEvery, gap) - now.Sub(s.last)
	switch {
	case s.frame == nil:
		return time.Hour
	case asked:
		return max(pause, keyInterval-now.Sub(keyAt), 0)
	case s.held:
		return max(gap-now.Sub(s.last), 0)
	case now.Before(s.until):
		return max(pause, 0)
	}
	return time.Hour
}

func (s *standing) drop() {
	s.frame.Release()
	s.frame = nil
}
