package audio

import (
	"sync/atomic"

	"parley/audio/mix"
)

// StreamStats is what the statistics panel shows of one speaker. Counts are since Playout.Add.
type StreamStats struct {
	Packets    uint64 // taken from the network
	Dropped    uint64 // too large, or more at once than fit
	Late       uint64 // came after their time
	Duplicates uint64
	Lost       uint64 // were not there when it was their turn; the late ones too

	Received  uint64 // samples decoded from packets of their own
	Concealed uint64 // samples invented
	Recovered uint64 // samples rebuilt from the redundancy in a later packet (FEC)
	Stretched int64  // samples inserted less samples removed, to follow the network and the other side's clock
	Errors    uint64 // packets that did not decode; concealed

	TargetMS float64 // delay that the jitter buffer steers to
	DelayMS  float64 // delay that it has
	Level    float32 // dBFS, as a meter shows it
	Speaking bool
}

// streamStats holds what pull writes (packets and dropped: Push) and Stats reads.
type streamStats struct {
	packets, dropped                       atomic.Uint64
	late, duplicates, lost                 atomic.Uint64
	received, concealed, recovered, errors atomic.Uint64
	stretched                              atomic.Int64
	target, delay, level                   gauge
	speaking                               atomic.Bool
}

// Stats may be called from any goroutine.
func (s *Stream) Stats() StreamStats {
	t := &s.stats
	return StreamStats{
		Packets: t.packets.Load(), Dropped: t.dropped.Load(),
		Late: t.late.Load(), Duplicates: t.duplicates.Load(), Lost: t.lost.Load(),
		Received: t.received.Load(), Concealed: t.concealed.Load(), Recovered: t.recovered.Load(),
		Stretched: t.stretched.Load(), Errors: t.errors.Load(),
		TargetMS: t.target.get(), DelayMS: t.delay.get(),
		Level: t.level.getLevel(), Speaking: t.speaking.Load(),
	}
}

// observe publishes what there is to know after a frame.
func (s *Stream) observe(frame []float32) {
	t := &s.stats
	t.level.setLevel(s.meter.Add(frame))
	if mix.DBFS(mix.RMS(frame)) >= speakingDBFS {
		s.quiet = 0
	} else if s.quiet < speakingHold {
		s.quiet += FrameTime
	}
	t.speaking.Store(s.quiet < speakingHold)

	j := s.buffer.Stats()
	t.late.Store(j.Late)
	t.duplicates.Store(j.Duplicates)
	t.lost.Store(j.Lost)
	t.target.set(milliseconds(s.buffer.Target()))
	t.delay.set(milliseconds(s.buffer.Delay()))
}

// failed counts, and logs the first and then each thousandth.
func (s *Stream) failed(verb string, err error) {
	if n := s.stats.errors.Add(1); n%1000 == 1 {
		s.log.Warn("speaker: "+verb, "err", err, "count", n)
	}
}
