package audio_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
)

const ms = time.Millisecond

// wire is a talker, a network and a listener in a time of their own.
type wire struct {
	decoder audio.Decoder
	packet  func(i int) []byte                                 // nothing: it is not sent
	length  time.Duration                                      // of a packet
	network func(i int, sent time.Duration) (at time.Duration) // when it comes, below zero: never
	turn    time.Duration                                      // of playout
	clock   func(turn time.Duration) (now time.Duration)       // when that turn is made
}

// listened is what came of it.
type listened struct {
	audio.StreamStats
	heard  []float32
	delays []time.Duration // from when a sample could have been sent to when it is played, for each turn with sound
	at     []time.Duration // when that was
	stats  []audio.StreamStats
}

// run plays n packets, and goes on for as long again as after says.
func (w wire) run(n int, after time.Duration) (l listened) {
	type arrival struct {
		i  int
		at time.Duration
	}
	var come []arrival
	for i := range n {
		sent := time.Duration(i+1) * w.length // its last sample is known then
		if at := w.network(i, sent); at >= 0 {
			come = append(come, arrival{i, at})
		}
	}
	slices.SortStableFunc(come, func(a, b arrival) int { return int(a.at - b.at) })
	s := audio.NewLone(w.decoder)
	frame := make([]float32, int(w.turn*audio.SampleRate/time.Second))
	for t := time.Duration(0); t < time.Duration(n)*w.length+after; t += w.turn {
		now := t
		if w.clock != nil {
			now = w.clock(t)
		}
		for ; len(come) > 0 && come[0].at <= now; come = come[1:] {
			if p := w.packet(come[0].i); p != nil {
				s.Push(uint16(come[0].i+65000), uint32(come[0].i)*uint32(w.length*48/ms), p, s.At(come[0].at))
			}
		}
		s.Turn(frame, now)
		l.heard = append(l.heard, frame...)
		l.stats = append(l.stats, s.Stats())
		if _, ok := s.Heard(s.At(now)); ok {
			played := time.Duration(s.Next()) * ms / 48 // up to here, by the end of the turn
			l.delays, l.at = append(l.delays, now+w.turn-played-w.length), append(l.at, now)
		}
	}
	l.StreamStats = s.Stats()
	return l
}

// mean of the delays between two times.
func (l listened) mean(from, to time.Duration) (mean time.Duration) {
	n := time.Duration(0)
	for i, d := range l.delays {
		if l.at[i] >= from && l.at[i] < to {
			mean, n = mean+d, n+1
		}
	}
	return mean / max(n, 1)
}

// spoken is a codec whose packets hold a number only, and whose sound is one that both sides know.
type spoken struct {
	sound []float32
	frame int
	last  int
}

func (c *spoken) packet(i int) []byte {
	if (i+1)*c.frame > len(c.sound) {
		return nil
	}
	return binary.LittleEndian.AppendUint32([]byte{toc}, uint32(i))
}

func (c *spoken) Decode(p []byte, pcm []float32) (int, error) {
	if len(p) <= 2 {
		clear(pcm[:c.frame])
		return c.frame, nil
	}
	c.last = int(binary.LittleEndian.Uint32(p[1:]))
	return copy(pcm, c.sound[c.last*c.frame:(c.last+1)*c.frame]), nil
}

func (c *spoken) Recover(p []byte, pcm []float32) (int, error) { return c.Conceal(pcm) }

// Conceal goes on with the last 10 ms.
func (c *spoken) Conceal(pcm []float32) (int, error) {
	end := (c.last + 1) * c.frame
	for i := range pcm {
		pcm[i] = c.sound[end-audio.FrameSize+i%audio.FrameSize]
	}
	return len(pcm), nil
}

// sentences is speech in a quiet room: two seconds of voice, a breath's pause, and so on.
func sentences(length time.Duration) []float32 {
	n := int(length * audio.SampleRate / time.Second)
	voice, noise := audiotest.Vowels(3, n), audiotest.PinkNoise(4, n)
	for i := range voice {
		if i%(audio.SampleRate*5/2) > 2*audio.SampleRate {
			voice[i] = 0
		}
		voice[i] += noise[i] * 0.01 // -60 dBFS
	}
	return voice
}

// between is a network that takes between low and high.
func between(seed uint64, low, high time.Duration) func(int, time.Duration) time.Duration {
	r := rand.New(rand.NewPCG(seed, 7))
	return func(_ int, sent time.Duration) time.Duration { return sent + low + time.Duration(r.Int64N(int64(high-low)+1)) }
}

// On a quiet LAN the delay is what the turns of playout need and hardly more, however they lie to the packets.
func TestStreamDelayOnALAN(t *testing.T) {
	const whole = 20 * time.Second
	for _, turn := range []time.Duration{10 * ms, 5 * ms} {
		var all []float64
		for phase := time.Duration(0); phase < 10*ms; phase += 1250 * time.Microsecond {
			c := &spoken{sound: sentences(whole), frame: audio.FrameSize}
			w := wire{decoder: c, packet: c.packet, length: 10 * ms, network: between(uint64(phase), ms, 3*ms), turn: turn}
			w.clock = func(t time.Duration) time.Duration { return t + phase }
			l := w.run(int(whole/w.length), 0)
			mean := l.mean(8*time.Second, whole) - ms
			all = append(all, float64(mean)/float64(ms))
			t.Logf("turns of %v, %v after a packet: %v, target %.1f ms, says %.1f ms, %d concealed, %d stretched", turn, phase, mean, l.TargetMS, l.DelayMS, l.Concealed, l.Stretched)
		}
		t.Logf("turns of %v: mean %.1f ms, most %.1f ms", turn, audiotest.Median(all), slices.Max(all))
		_ = math.Pi
	}
}
