package jitter

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

// packet is one line of an arrival trace.
type packet struct {
	seq  uint16
	ts   uint32
	sent time.Duration
	at   time.Duration // arrival
	size int
}

// trace is a talker without pauses: a packet for each frame, n of them, arriving when network says (below zero: lost).
func trace(n int, frame time.Duration, network func(i int, sent time.Duration) time.Duration) (ps []packet) {
	for i := range n {
		sent := time.Duration(i) * frame
		if d := network(i, sent); d >= 0 {
			ps = append(ps, packet{uint16(65500 + i), uint32(1<<32 - 48000 + i*int(frame*48/ms)), sent, sent + d, 100})
		}
	}
	return ps
}

// ear is what playout made of a trace.
type ear struct {
	played    map[int]int // by frame: how often it was decoded
	waits     int         // turns of 10 ms with nothing to play
	concealed time.Duration
	recovered int
	stretched time.Duration   // all that was inserted and removed
	delays    []time.Duration // from sending to decoding, one a packet
	heard     []time.Duration // when that was
	target    []time.Duration // one a turn
}

// listen plays a trace as audio.Stream does: turns of 10 ms, one pitch period of 6 ms when the buffer asks for it. The
// clock of the listener's sound card runs ppm faster than the sender's.
func listen(b *Buffer, ps []packet, frame time.Duration, ppm float64) (e ear) {
	slices.SortStableFunc(ps, func(a, b packet) int { return int(a.at - b.at) })
	end := ps[len(ps)-1].at + time.Second
	payload := make([]byte, 1275)
	return listenTo(b, frame, ppm, end, func(now time.Duration) {
		for len(ps) > 0 && ps[0].at <= now {
			p := ps[0]
			binary.LittleEndian.PutUint64(payload, uint64(p.sent))
			b.Push(p.seq, p.ts, payload[:p.size], p.at)
			ps = ps[1:]
		}
	})
}

// listenTo lets receive bring what has come by each turn.
func listenTo(b *Buffer, frame time.Duration, ppm float64, end time.Duration, receive func(now time.Duration)) (e ear) {
	e.played = make(map[int]int)
	have := time.Duration(0)
	for now, turn := time.Duration(0), 0; now < end; turn++ {
		now = time.Duration(float64(turn) * float64(10*ms) * (1 - ppm/1e6))
		receive(now)
		b.Turn(10*ms, now)
		for have < 10*ms {
			b.Fill(have)
			switch step := b.Pull(now); step.Action {
			case Wait:
				e.waits++
				have = 10 * ms
			case Decode:
				have += frame
				if len(step.Payload) > 8 {
					sent := time.Duration(binary.LittleEndian.Uint64(step.Payload))
					e.played[int(sent/frame)]++
					e.delays, e.heard = append(e.delays, now-sent), append(e.heard, now)
				}
				if x := b.Excess(); x >= 6*ms {
					b.Stretched(-6 * 48)
					have -= 6 * ms
					e.stretched += 6 * ms
				} else if x < 0 {
					b.Stretched(6 * 48)
					have += 6 * ms
					e.stretched += 6 * ms
				}
			case Recover:
				e.recovered++
				have += time.Duration(step.Samples) * ms / 48
			case Conceal:
				e.concealed += time.Duration(step.Samples) * ms / 48
				have += time.Duration(step.Samples) * ms / 48
			}
		}
		have -= 10 * ms
		e.target = append(e.target, b.Target())
	}
	return e
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// steady is a network that adds this much, evenly spread between the two.
func steady(low, high time.Duration) func(int, time.Duration) time.Duration {
	r := rand.New(rand.NewPCG(1, 7))
	return func(int, time.Duration) time.Duration { return low + time.Duration(r.Int64N(int64(high-low)+1)) }
}

// lossy is a quiet network that loses this share.
func losing(share float64) func(int, time.Duration) time.Duration {
	r := rand.New(rand.NewPCG(2, 7))
	return func(int, time.Duration) time.Duration {
		if r.Float64() < share {
			return -1
		}
		return 20*ms + time.Duration(r.Int64N(int64(2*ms)))
	}
}

// stall is a network that lets nothing through for a time, and then all at once.
func stall(from, to time.Duration) func(int, time.Duration) time.Duration {
	return func(_ int, sent time.Duration) time.Duration {
		if sent < from {
			return 0
		}
		return max(0, to-sent)
	}
}

// percentile of the delays from the given time of sending on.
func (e ear) percentile(p int, frame, from time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(e.delays[min(int(from/frame), len(e.delays)-1):]))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

func TestTraces(t *testing.T) {
	const whole = 30 * time.Second
	cases := []struct {
		name      string
		network   func() func(int, time.Duration) time.Duration
		ppm       float64
		delay     time.Duration // at most, p95 from sending to decoding after the first two seconds
		concealed time.Duration // at most, besides the 100 ms after the end
		stretched time.Duration // at most
		recovered float64       // share of the lost, at least
	}{
		{"clean", func() func(int, time.Duration) time.Duration { return steady(0, 0) }, 0, 20 * ms, 0, 20 * ms, 1},
		{"a network of our days", func() func(int, time.Duration) time.Duration { return steady(20*ms, 25*ms) }, 0, 40 * ms, 0, 20 * ms, 1},
		{"jitter of 20 ms", func() func(int, time.Duration) time.Duration { return steady(20*ms, 40*ms) }, 0, 60 * ms, 0, 60 * ms, 1},
		{"jitter of 100 ms", func() func(int, time.Duration) time.Duration { return steady(20*ms, 120*ms) }, 0, 150 * ms, 100 * ms, 150 * ms, 0},
		{"spikes of 80 ms", func() func(int, time.Duration) time.Duration {
			r, quiet := rand.New(rand.NewPCG(3, 7)), steady(20*ms, 23*ms)
			return func(i int, sent time.Duration) time.Duration {
				if r.IntN(100) == 0 {
					return 100 * ms
				}
				return quiet(i, sent)
			}
		}, 0, 110 * ms, 60 * ms, 300 * ms, 0},
		{"1 % loss", func() func(int, time.Duration) time.Duration { return losing(0.01) }, 0, 70 * ms, 150 * ms, 300 * ms, 0.9},
		{"10 % loss", func() func(int, time.Duration) time.Duration { return losing(0.1) }, 0, 70 * ms, 500 * ms, 100 * ms, 0.85},
		{"30 % loss", func() func(int, time.Duration) time.Duration { return losing(0.3) }, 0, 70 * ms, 4 * time.Second, 100 * ms, 0.6},
		{"a slow card", func() func(int, time.Duration) time.Duration { return steady(ms, ms) }, -200, 25 * ms, 0, 60 * ms, 1},
		{"a fast card", func() func(int, time.Duration) time.Duration { return steady(ms, ms) }, 200, 25 * ms, 0, 60 * ms, 1},
		{"a stall of 2 s", func() func(int, time.Duration) time.Duration { return stall(10*time.Second, 12*time.Second) }, 0, 25 * ms, 100 * ms, 60 * ms, 1},
		{"a stall of 300 ms", func() func(int, time.Duration) time.Duration { return stall(10*time.Second, 10300*ms) }, 0, 25 * ms, 100 * ms, 400 * ms, 1},
	}
	for _, c := range cases {
		for _, frame := range []time.Duration{10 * ms, 20 * ms} {
			b := New(Config{})
			n := int(whole / frame)
			sent := trace(n, frame, c.network())
			e := listen(b, sent, frame, c.ppm)
			delay, s := e.percentile(95, frame, 2*time.Second), b.Stats()
			t.Logf("%s, %v: delay median %v p95 %v, target %v, concealed %v, recovered %d, stretched %v, waits %d, %+v", c.name, frame,
				e.percentile(50, frame, 2*time.Second), delay, b.Target(), e.concealed, e.recovered, e.stretched, e.waits, s)
			if delay > c.delay || e.concealed > c.concealed+100*ms || e.stretched > c.stretched {
				t.Errorf("%s, %v: worse than delay %v, concealed %v, stretched %v", c.name, frame, c.delay, c.concealed, c.stretched)
			}
			if missing := n - len(sent); e.recovered < int(c.recovered*float64(missing)) {
				t.Errorf("%s, %v: %d of %d recovered", c.name, frame, e.recovered, missing)
			}
			for i, times := range e.played {
				if times != 1 {
					t.Fatalf("%s: frame %d played %d times", c.name, i, times)
				}
			}
			if heard := len(e.played); heard+int(s.Late+s.Overflow) != len(sent) {
				t.Errorf("%s: of %d packets %d were played and %d dropped", c.name, len(sent), heard, s.Late+s.Overflow)
			}
		}
	}
}

// TestStallEnds bounds the time after which the old delay is back.
func TestStallEnds(t *testing.T) {
	for _, length := range []time.Duration{300 * ms, 2 * time.Second, 20 * time.Second} {
		b := New(Config{})
		start := 10 * time.Second
		e := listen(b, trace(3000, 20*ms, stall(start, start+length)), 20*ms, 0)
		before, after := e.delays[int(start/(20*ms))-10], time.Duration(0)
		for i, d := range e.delays {
			if e.heard[i] > start && d > before+10*ms {
				after = e.heard[i] - start - length
			}
		}
		t.Logf("%v: %v before, back %v after the end", length, before, after)
		if after > 3*time.Second {
			t.Errorf("a stall of %v: the delay is back only after %v", length, after)
		}
	}
}

// TestAttackAndDecay: the target follows a network that becomes worse within two seconds, and comes down again.
func TestAttackAndDecay(t *testing.T) {
	b := New(Config{})
	bad := func(sent time.Duration) bool { return sent >= 20*time.Second && sent < 40*time.Second }
	quiet, worse := steady(5*ms, 6*ms), steady(5*ms, 95*ms)
	e := listen(b, trace(6000, 20*ms, func(i int, sent time.Duration) time.Duration {
		if bad(sent) {
			return worse(i, sent)
		}
		return quiet(i, sent)
	}), 20*ms, 0)
	at := func(d time.Duration) time.Duration { return e.target[int(d/(10*ms))] }
	for when, want := range map[time.Duration][2]time.Duration{
		19 * time.Second:  {0, 10 * ms},
		22 * time.Second:  {75 * ms, 100 * ms},
		39 * time.Second:  {80 * ms, 100 * ms},
		119 * time.Second: {0, 15 * ms},
	} {
		if got := at(when); got < want[0] || got > want[1] {
			t.Errorf("at %v the target is %v, not %v", when, got, want)
		}
	}
}
