package audio

import (
	"sync/atomic"

	"parley/audio/mix"
)

// StreamStats is what the statistics panel shows of one speaker. Counts are since Playout.Add.
type StreamStats struct {
	Packets    uint64 // taken from the network; what repairs is not counted
	Dropped    uint64 // too large, or more at once than fit
	Late       uint64 // came after their time
	Duplicates uint64
	Overtaken  uint64 // came after their own repair
	Lost       uint64 // were not there when it was their turn; the late ones too

	Received  uint64 // samples decoded from packets of their own
	Concealed uint64 // samples invented
	Recovered uint64 // samples rebuilt from the redundancy in a later packet (FEC)
	Redundant uint64 // samples decoded from a copy in a later packet (RED)
	Resent    uint64 // samples decoded from packets that were asked for once more (NACK)
	Stretched int64  // samples inserted less samples removed, to follow the network and the other side's clock
	Errors    uint64 // packets that did not decode; concealed

	TargetMS float64 // delay that the jitter buffer steers to
	DelayMS  float64 // delay that it has
	Level    float32 // dBFS, as a meter shows it
	Speaking bool
}

// streamStats holds what pull writes (packets and dropped: Push) and Stats reads.
type streamStats struct {
	packets, dropped                  atomic.Uint64
	late, duplicates, overtaken, lost atomic.Uint64
	concealed, recovered, errors      atomic.Uint64
	decoded                           [Resent + 1]atomic.Uint64 // by Source
	stretched                         atomic.Int64
	target, delay, level              gauge
	speaking                          atomic.Bool
}

// Stats may be called from any goroutine.
func (s *Stream) Stats() StreamStats {
	t := &s.stats
	return StreamStats{
		Packets: t.packets.Load(), Dropped: t.dropped.Load(),
		Late: t.late.Load(), Duplicates: t.duplicates.Load(), Overtaken: t.overtaken.Load(), Lost: t.lost.Load(),
		Received: t.decoded[Own].Load(), Concealed: t.concealed.Load(), Recovered: t.recovered.Load(),
		Redundant: t.decoded[Redundant].Load(), Resent: t.decoded[Resent].Load(),
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
	t.overtaken.Store(j.Overtaken)
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
