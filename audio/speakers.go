package audio

import (
	"slices"
	"time"

	"parley/audio/agc"
)

// Add makes the stream of one speaker; from the next frame on it is heard. The decoder is used until Remove or Close has
// returned, and is the caller's to close then. A key that is there already is replaced, as by Remove.
func (p *Playout) Add(key string, d Decoder) *Stream {
	s := newStream(key, d, p.start, p.log)
	p.mu.Lock()
	defer p.mu.Unlock()
	s.volume.setLevel(p.gainLocked(key))
	s.from = s.volume.getLevel()
	s.priority.Store(p.priorities[key])
	p.replaceLocked(key, s)
	return s
}

// Remove ends a speaker's stream and forgets its volume and priority: keys come from the network, and what is kept of them must not grow.
// When it has returned, the decoder is not used any more.
func (p *Playout) Remove(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.volumes, key)
	delete(p.priorities, key)
	p.replaceLocked(key, nil)
}

// replaceLocked publishes a new list and waits until run can't be using the old one.
func (p *Playout) replaceLocked(key string, s *Stream) {
	list := slices.Clone(*p.streams.Load())
	list = slices.DeleteFunc(list, func(old *Stream) bool { return old.key == key })
	if s != nil {
		list = append(list, s)
	}
	p.streams.Store(&list)
	p.settle()
}

// settle returns when run has begun no turn before the call that it has not ended.
func (p *Playout) settle() {
	ack := make(chan struct{})
	select {
	case p.sync <- ack:
		<-ack
	case <-p.done:
	}
}

// SetVolume sets a speaker's gain from 0 to 2, at once or for when it is added.
func (p *Playout) SetVolume(key string, gain float32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if gain != gain {
		gain = 1 // not a number
	}
	p.volumes[key] = min(max(gain, 0), 2)
	p.applyLocked(key)
}

func (p *Playout) applyLocked(key string) {
	for _, s := range *p.streams.Load() {
		if s.key == key {
			s.volume.setLevel(p.gainLocked(key))
		}
	}
}

func (p *Playout) gainLocked(key string) float32 {
	if gain, ok := p.volumes[key]; ok {
		return gain
	}
	return 1
}

// SetMaster sets the gain of all speakers together, from 0 to 2. The program's own sounds stay as they are.
func (p *Playout) SetMaster(gain float32) {
	if gain != gain {
		gain = 1 // not a number
	}
	p.volume.setLevel(min(max(gain, 0), 2))
}

// SetLevelled brings all speakers to the same loudness, before their volumes.
func (p *Playout) SetLevelled(on bool) { p.levelled.Store(on) }

// SetDeafened silences everybody. The streams go on, so that levels are still shown and nothing is late afterwards.
func (p *Playout) SetDeafened(on bool) { p.deafened.Store(on) }

// SetTap sets who is given what is played, nil for nobody. When it has returned, the one before is not called any more.
func (p *Playout) SetTap(t Tap) {
	if t == nil {
		p.tap.Store(nil)
	} else {
		p.tap.Store(&t)
	}
	p.settle()
}

// SetDeviceLatency tells what the open loudspeaker adds by itself, for PlayoutMS.
func (p *Playout) SetDeviceLatency(d time.Duration) { p.latency.Store(int64(d)) }

// PlayoutStats is what the statistics panel shows of the loudspeaker's side.
type PlayoutStats struct {
	Level     float32 // dBFS, as a meter shows it, of what a loudspeaker plays: silence where none asks
	Missed    uint64  // samples that the device asked for in vain
	TargetMS  float64 // how full the ring is kept
	PlayoutMS float64 // from the mix to the air: limiter, ring and device
	Streams   map[string]StreamStats
}

// Stats may be called from any goroutine.
func (p *Playout) Stats() PlayoutStats {
	_, missed := p.ring.Lost()
	out := PlayoutStats{
		Level: p.level.getLevel(), Missed: missed,
		TargetMS: milliseconds(duration(p.fill.target())),
		PlayoutMS: milliseconds(duration(agc.Delay)) + p.queued.get() +
			milliseconds(time.Duration(p.latency.Load())),
		Streams: map[string]StreamStats{},
	}
	for _, s := range *p.streams.Load() {
		out.Streams[s.key] = s.Stats()
	}
	return out
}
