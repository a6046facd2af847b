package call

import (
	"time"

	"parley/call/rate"
	"parley/video"
)

// strain says how many lines a camera's pictures may have so that this machine codes them in time. It can be known by trying only:
//
//	too slow for a while ─► the next smaller size ─► a minute later the larger one again, and if it is too slow still: two minutes …
type strain struct {
	lines    int // at most; 0: there is no bound
	slow     bool
	since    time.Duration // it is slow
	until    time.Duration // the bound holds
	patience time.Duration
}

const (
	tooSlow     = 0.8 // of the time from one picture to the next
	slowFor     = 2 * time.Second
	strainFirst = time.Minute
	strainMost  = 16 * time.Minute
	strainLeast = 270 // lines: less is no help to anybody
)

// look takes what coding costs, and how many pictures of that many lines there are to be, and returns the bound.
func (s *strain) look(now time.Duration, sent video.SenderStats, fps float64) int {
	slow := sent.EncodeMS*fps > tooSlow*1000
	switch lines := min(sent.Width, sent.Height); {
	case !slow || !s.slow:
		s.slow, s.since = slow, now
	case now-s.since >= slowFor && lines > strainLeast:
		s.slow = false
		s.patience = min(max(2*s.patience, strainFirst), strainMost)
		s.lines, s.until = below(lines), now+s.patience
	}
	if s.lines > 0 && now >= s.until {
		s.lines = 0
	}
	return s.lines
}

// below is the next smaller size.
func below(lines int) int {
	for _, r := range rate.CameraRungs {
		if r.Height < lines {
			return r.Height
		}
	}
	return strainLeast
}
