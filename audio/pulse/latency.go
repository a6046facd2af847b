package pulse

import (
	"context"
	"errors"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"parley/audio"
)

const (
	firstLook = 250 * time.Millisecond // after opening or moving: by then the buffers are as full as they will be
	laterLook = 3 * time.Second
)

// watch asks the server for the stream's latency now and then, until the stream ends.
func (s *stream) watch() {
	timer := time.NewTimer(firstLook)
	defer timer.Stop()
	smoothed := time.Duration(0)
	for {
		select {
		case <-s.link.done:
			return
		case <-s.moved:
			smoothed = 0
			timer.Reset(firstLook)
			continue
		case <-timer.C:
		}
		now, err := s.ask()
		if err != nil {
			if !refused(err) {
				return
			}
			timer.Reset(laterLook) // what it said before stays
			continue
		}
		if smoothed == 0 {
			smoothed = now
		}
		smoothed += (now - smoothed) / 4 // each report depends on how much of a period is just waiting
		s.latency.Store(int64(smoothed))
		timer.Reset(laterLook)
	}
}

// refused tells whether the server has answered with a no, so that the link is still good.
func refused(err error) bool {
	var code proto.Error
	return errors.As(err, &code)
}

// ask is what the server says of the way between air and socket: the hardware's share and what waits for the other side.
func (s *stream) ask() (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if s.kind == audio.Input {
		var r proto.GetRecordLatencyReply
		err := s.link.request(ctx, &proto.GetRecordLatency{StreamIndex: s.index}, &r)
		return s.sum(r.Latency, r.WriteIndex-r.ReadIndex+s.chunk.Load()), err // the oldest sample of a chunk waits for the rest
	}
	var r proto.GetPlaybackLatencyReply
	err := s.link.request(ctx, &proto.GetPlaybackLatency{StreamIndex: s.index}, &r)
	return s.sum(r.Latency, r.WriteIndex-r.ReadIndex), err
}

// sum is a latency and some bytes of sound, kept between nothing and what could be true.
func (s *stream) sum(hardware proto.Microseconds, bytes int64) time.Duration {
	const most = 10 * time.Second
	mostBytes := int64(most/time.Second) * audio.SampleRate * int64(s.frameSize())
	hw := time.Duration(min(hardware, proto.Microseconds(most/time.Microsecond))) * time.Microsecond
	return min(hw+s.duration(min(max(bytes, 0), mostBytes)), most)
}
