package audio_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
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
	clock   func(turn time.Duration) (now time.Duration)       // when that turn is made, below zero: not at all
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
			if now = w.clock(t); now < 0 {
				continue
			}
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
	more  int // samples concealed after that
}

func (c *spoken) packet(i int) []byte {
	return binary.LittleEndian.AppendUint32([]byte{toc}, uint32(i))
}

func (c *spoken) Decode(p []byte, pcm []float32) (int, error) {
	if len(p) <= 2 {
		clear(pcm[:c.frame])
		return c.frame, nil
	}
	c.more = 0
	c.last = int(binary.LittleEndian.Uint32(p[1:])) % (len(c.sound) / c.frame)
	return copy(pcm, c.sound[c.last*c.frame:(c.last+1)*c.frame]), nil
}

func (c *spoken) Recover(p []byte, pcm []float32) (int, error) { return c.Conceal(pcm) }

// Conceal goes on as the speaker does: where invention begins there is no edge, so what is found wrong is where it ends.
func (c *spoken) Conceal(pcm []float32) (int, error) {
	from := (c.last+1)*c.frame + c.more
	for i := range pcm {
		pcm[i] = c.sound[(from+i)%len(c.sound)]
	}
	c.more += len(pcm)
	return len(pcm), nil
}

// sentences is 20 s of speech in a quiet room: two seconds of voice, a breath's pause, and so on.
var sentences = sync.OnceValue(func() []float32 {
	const n = 20 * audio.SampleRate
	voice, noise := audiotest.Vowels(3, n), audiotest.PinkNoise(4, n)
	for i := range voice {
		const fade = audio.SampleRate / 50
		in := i % (audio.SampleRate * 5 / 2)
		voice[i] *= float32(min(max(min(in, 2*audio.SampleRate-in), 0), fade)) / fade
		voice[i] += noise[i] * 0.01 // -60 dBFS
	}
	return voice
})

// between is a network that takes between low and high.
func between(seed uint64, low, high time.Duration) func(int, time.Duration) time.Duration {
	r := rand.New(rand.NewPCG(seed, 7))
	return func(_ int, sent time.Duration) time.Duration {
		return sent + low + time.Duration(r.Int64N(int64(high-low)+1))
	}
}

// On a quiet LAN the delay is what the turns of playout need and hardly more, however they lie to the packets: before turns were
// counted it was 18.2 ms in the mean with turns of 10 ms, and 17.3 ms with turns of 5 ms.
func TestStreamDelayOnALAN(t *testing.T) {
	const whole = 10 * time.Second
	for _, c := range []struct {
		turn, mean, most time.Duration
	}{{10 * ms, 10 * ms, 15 * ms}, {5 * ms, 8 * ms, 10 * ms}} {
		var sum, most time.Duration
		for phase := range time.Duration(8) {
			phase *= 1250 * time.Microsecond
			codec := &spoken{sound: sentences(), frame: audio.FrameSize}
			l := wire{
				decoder: codec, packet: codec.packet, length: 10 * ms, network: between(uint64(phase), ms, 3*ms), turn: c.turn,
				clock: func(t time.Duration) time.Duration { return t + phase },
			}.run(int(whole/(10*ms)), 0)
			mean := l.mean(5*time.Second, whole-100*ms) - ms
			sum, most = sum+mean, max(most, mean)
			t.Logf("turns of %v, %v after a packet: %v, target %.1f ms, says %.1f ms", c.turn, phase, mean, l.TargetMS, l.DelayMS)
			if l.Concealed+l.Lost+l.Late > 0 || math.Abs(l.DelayMS-float64(mean)/float64(ms)) > 1 {
				t.Errorf("turns of %v, %v after a packet: %+v, mean %v", c.turn, phase, l.StreamStats, mean)
			}
		}
		if sum/8 > c.mean || most > c.most {
			t.Errorf("turns of %v: mean %v, most %v", c.turn, sum/8, most)
		}
	}
}

// A sound card that asks for several turns at once, and not quite evenly, gets all of them whole, with no more delay than that takes.
func TestStreamBursts(t *testing.T) {
	const whole = 10 * time.Second
	for _, frame := range []int{audio.FrameSize, 2 * audio.FrameSize} {
		for burst := 20 * ms; burst <= 50*ms; burst += 10 * ms {
			codec, r := &spoken{sound: sentences(), frame: frame}, rand.New(rand.NewPCG(1, uint64(burst)))
			now := time.Duration(0)
			l := wire{
				decoder: codec, packet: codec.packet, length: time.Duration(frame) * ms / 48, network: between(2, ms, 3*ms), turn: 10 * ms,
				clock: func(t time.Duration) time.Duration {
					if t%burst == 0 {
						now = t + time.Duration(r.Int64N(int64(2*ms)))
					}
					return now
				},
			}.run(int(whole*48/ms)/frame, -time.Second)
			settled, end := l.stats[300], l.stats[len(l.stats)-1]
			mean := l.mean(5*time.Second, whole) - ms
			t.Logf("bursts of %v, packets of %d: delay %v, %d concealed before it settled", burst, frame, mean, settled.Concealed)
			if end.Concealed-settled.Concealed > 0 || mean > burst+25*ms || math.Abs(float64(end.Stretched-settled.Stretched)) > 960 {
				t.Errorf("bursts of %v, packets of %d: delay %v, %+v", burst, frame, mean, end)
			}
		}
	}
}

// The other side's clock is not ours: over minutes the delay stays what it was, and nothing is missing.
func TestStreamDrift(t *testing.T) {
	const whole = 2 * time.Minute
	for _, ppm := range []int64{-300, 300} {
		codec := &spoken{sound: sentences(), frame: audio.FrameSize}
		l := wire{
			decoder: codec, packet: codec.packet, length: 10 * ms, network: between(1, ms, 3*ms), turn: 10 * ms,
			clock: func(t time.Duration) time.Duration { return t - t*time.Duration(ppm)/1e6 },
		}.run(int(whole/(10*ms)), -time.Second)
		var means []time.Duration
		for from := 10 * time.Second; from < whole-10*time.Second; from += 10 * time.Second {
			means = append(means, (l.mean(from, from+10*time.Second) - ms).Round(100*time.Microsecond))
		}
		n := clicks5k(l.heard[len(l.heard)-20*audio.SampleRate:])
		t.Logf("%d ppm: %v, %d stretched, %d concealed, clicks %v", ppm, means, l.Stretched, l.Concealed, n)
		got, want := l.Stretched-l.stats[1000].Stretched, int64((whole-10*time.Second)/time.Second)*audio.SampleRate*ppm/1e6
		if math.Abs(float64(got-want)) > 600 {
			t.Errorf("%d ppm: %d samples stretched, not %d", ppm, got, want)
		}
		if slices.Max(means) > 16*ms || l.Concealed > 0 || len(n) > 0 {
			t.Errorf("%d ppm: %+v, clicks at %v", ppm, l.StreamStats, n)
		}
	}
}

// clicks5k finds what clicks in a sound that has next to nothing above 5 kHz.
func clicks5k(x []float32) (at []time.Duration) {
	for i, f := range audiotest.Flux(x) {
		if f >= 10 { // as audiotest.Clicks has it
			at = append(at, time.Duration(i)*64*ms/48)
		}
	}
	return at
}

// After a stall of the machine, of playout or of the network the old delay is back within two seconds, without a click.
func TestStreamStalls(t *testing.T) {
	const start = 4 * time.Second
	for _, length := range []time.Duration{100 * ms, 300 * ms, 600 * ms, time.Second, 2 * time.Second} {
		for _, what := range []string{"machine", "playout", "network"} {
			for _, frame := range []int{audio.FrameSize, 2 * audio.FrameSize} {
				end := start + length
				codec := &spoken{sound: sentences(), frame: frame}
				w := wire{decoder: codec, packet: codec.packet, length: time.Duration(frame) * ms / 48, turn: 10 * ms}
				usual := between(1, ms, 3*ms)
				w.network = func(i int, sent time.Duration) time.Duration {
					if at := usual(i, sent); what == "playout" || at < start || at > end {
						return at
					}
					return end
				}
				w.clock = func(t time.Duration) time.Duration {
					if what != "network" && t >= start && t < end {
						return -1
					}
					return t + 5*ms
				}
				l := w.run(int((end+5*time.Second)/w.length), -200*ms)
				before, back := l.mean(start-time.Second, start), time.Duration(0)
				for i, d := range l.delays {
					if l.at[i] > start && d > before+3*ms {
						back = l.at[i] - end
					}
				}
				n := clicks5k(l.heard[start*48/ms-audio.SampleRate/2 : (start+length)*48/ms])
				t.Logf("%v of the %s, packets of %v: %v before, back after %v, then %v", length, what, w.length, before, back,
					l.mean(end+2*time.Second, end+4*time.Second))
				if back > 2*time.Second || len(n) > 0 {
					t.Errorf("%v of the %s, packets of %v: back after %v, clicks at %v", length, what, w.length, back, n)
				}
			}
		}
	}
}

// In a pause there is the noise of the other room, for as long as a packet comes now and then, and for half a second where none does;
// nothing of it counts as speech or as heard.
func TestStreamComfortNoise(t *testing.T) {
	for _, end := range []string{"told", "silent", "DTX"} { // a packet tells of the end, or nothing more comes, or Opus' own DTX begins
		ends := end != "silent"
		codec := &spoken{sound: sentences(), frame: audio.FrameSize}
		w := wire{decoder: codec, length: 10 * ms, network: between(1, ms, 3*ms), turn: 10 * ms}
		const last = 590 // in the middle of a word
		w.packet = func(i int) []byte {
			switch {
			case i < last:
				return codec.packet(i)
			case i == last && ends:
				return []byte{toc}
			case end == "DTX" && (i-last)%40 == 0:
				return codec.packet(470) // the room
			case end == "DTX" && (i-last)%40 == 1:
				return []byte{toc}
			}
			return nil
		}
		packets, from, to, over := last+1, 6100*ms, 6300*ms, 7*time.Second
		if end == "DTX" {
			packets, from, to, over = 900, 6200*ms, 8500*ms, 11*time.Second
		}
		l := w.run(packets, 13*time.Second-time.Duration(packets)*10*ms)
		at := func(from, to time.Duration) float64 { return audiotest.LevelDBFS(l.heard[from*48/ms : to*48/ms]) }
		room := at(4600*ms, 4950*ms)
		pause, later := at(from, to), at(over, 12500*ms)
		t.Logf("the room has %.1f dBFS, the pause %.1f, later %.1f", room, pause, later)
		if math.Abs(pause-room) > 3 || later > -150 {
			t.Errorf("the room has %.1f dBFS, the pause %.1f, later %.1f", room, pause, later)
		}
		if n := clicks5k(l.heard[5*audio.SampleRate : 11*audio.SampleRate]); len(n) > 0 {
			t.Errorf("clicks at %v", n)
		}
		if s := l.stats[700]; s.Speaking || s.Level > -80 && s.Level > l.stats[650].Level {
			t.Errorf("in the pause: %+v", s)
		}
		if end := l.at[len(l.at)-1]; end > time.Duration(packets)*10*ms+200*ms {
			t.Errorf("something is said to be heard at %v", end)
		}
	}
}

// What is concealed for longer than 60 ms fades, until after 100 ms nothing is left.
func TestStreamFade(t *testing.T) {
	const level, frame = 0.25, 10
	codec := &steadyCodec{level: level}
	w := wire{decoder: codec, packet: func(int) []byte { return []byte{1, 2, 3} }, length: frame * ms, turn: frame * ms}
	w.network = func(_ int, sent time.Duration) time.Duration { return sent }
	w.clock = func(t time.Duration) time.Duration { return t + 5*ms }
	l := w.run(200, 500*ms)
	end := len(l.heard)
	for end > 0 && l.heard[end-1] == 0 {
		end--
	}
	begin := end - audio.SampleRate/10 // where invention begins
	for i, c := range map[int]float32{59: 1, 61: 0.975, 80: 0.5, 90: 0.25, 99: 0.025} {
		if got := l.heard[begin+i*48] / level; math.Abs(float64(got-c)) > 0.01 {
			t.Errorf("after %d ms of concealment %.3f is left, not %.3f", i, got, c)
		}
	}
	if l.Concealed != audio.SampleRate/10 {
		t.Errorf("%d samples concealed", l.Concealed)
	}
}

// steadyCodec has one value only, and invents the same.
type steadyCodec struct{ level float32 }

func (c *steadyCodec) Decode(_ []byte, pcm []float32) (int, error) {
	return fillWith(pcm[:audio.FrameSize], c.level), nil
}
func (c *steadyCodec) Recover(_ []byte, pcm []float32) (int, error) {
	return fillWith(pcm, c.level), nil
}
func (c *steadyCodec) Conceal(pcm []float32) (int, error) { return fillWith(pcm, c.level), nil }
