package video

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// link is a network in which a sender of 30 pictures a second in three temporal layers and an assembler meet. Time is
// simulated in steps of a millisecond.
type link struct {
	codec   Codec
	loss    func(n int, r *rand.Rand) bool // of the nth packet in the direction of the pictures, repairs too
	back    float64                        // loss on the way back
	delay   int                            // milliseconds one way
	shuffle float64                        // share of packets that take up to 30 ms more
	twice   float64                        // share of packets that come twice
	deaf    bool                           // the sender answers no NACK
	seconds int
	seed    uint64
}

// seen is what came out.
type seen struct {
	sent, shown int
	keys        int
	stop        int // the longest time without a picture, in ms
	stats       AssemblerStats
}

func (s seen) share() float64 { return float64(s.shown) / float64(s.sent) }

type wirePacket struct {
	seq     uint16
	ts      uint32
	marker  bool
	payload []byte
}

// sender knows the truth: what each picture is and needs.
type sender struct {
	t       *testing.T
	p       *Payloader
	random  *rand.Rand
	seq     uint16
	turn    int // of the pattern
	count   int
	key     bool
	history map[uint16]wirePacket
	data    map[uint32][]byte
	needs   map[uint32]uint32
	last    [3]uint32
}

func (s *sender) picture() []wirePacket {
	s.count++
	e := Encoded{Key: s.key, Timestamp: uint32(s.count)*3000 + 0xffffe000, Width: 1280, Height: 720} // wraps soon
	if e.Key {
		s.turn, s.key = 0, false
	}
	e.Layer = []int{0, 2, 1, 2}[s.turn%4]
	size := []int{6000, 4000, 3000}[e.Layer]
	if e.Key {
		size = 25000
	}
	e.Data = make([]byte, size/2+s.random.IntN(size))
	for i := range e.Data {
		e.Data[i] = byte(s.random.Uint32())
	}
	e.Data[0] = 0x85 // of both codecs: no key picture
	if e.Key {
		e.Data[0] = 0x82
	}
	s.data[e.Timestamp] = e.Data
	if !e.Key {
		s.needs[e.Timestamp] = s.last[[]int{0, 0, 0, 1}[s.turn%4]]
	}
	s.last[e.Layer] = e.Timestamp
	s.turn++
	payloads, err := s.p.Payloads(&e)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []wirePacket
	for i, payload := range payloads {
		p := wirePacket{s.seq, e.Timestamp, i == len(payloads)-1, bytes.Clone(payload)}
		s.history[s.seq] = p
		s.seq++
		out = append(out, p)
	}
	return out
}

// run plays the link and checks each picture that comes out: whole, in order, and never without what it needs.
func (l link) run(t *testing.T) seen {
	t.Helper()
	r := rand.New(rand.NewPCG(l.seed, 99))
	payloader, _ := NewPayloader(l.codec, 3, 0x7ff0) // wraps soon
	s := &sender{
		t: t, p: payloader, random: r, seq: 0xff00, key: true,
		history: map[uint16]wirePacket{}, data: map[uint32][]byte{}, needs: map[uint32]uint32{},
	}
	a := NewAssembler(l.codec)
	a.SetRTT(time.Duration(2*l.delay) * time.Millisecond)
	var out seen
	forth, back := map[int][]wirePacket{}, map[int][]func(){}
	n, shownAt := 0, 0
	given := map[uint32]bool{}
	post := func(ms int, p wirePacket) {
		n++
		if l.loss != nil && l.loss(n, r) {
			return
		}
		at := ms + l.delay
		if r.Float64() < l.shuffle {
			at += 1 + r.IntN(30)
		}
		forth[at] = append(forth[at], p)
		if r.Float64() < l.twice {
			at += r.IntN(20)
			forth[at] = append(forth[at], p)
		}
	}
	answer := func(ms int, f func()) {
		if r.Float64() >= l.back {
			back[ms+l.delay] = append(back[ms+l.delay], f)
		}
	}
	tail := 1500 // milliseconds for what is on its way
	for ms := range l.seconds*1000 + tail {
		for _, f := range back[ms] {
			f()
		}
		if ms%33 == 0 && ms < l.seconds*1000 {
			for i, p := range s.picture() {
				post(ms+i/4, p) // paced a little
			}
			out.sent++
		}
		now := time.Duration(ms) * time.Millisecond
		for _, p := range forth[ms] {
			a.Push(p.seq, p.ts, p.marker, p.payload, now)
		}
		delete(forth, ms)
		for {
			e, ok := a.Next(now)
			if !ok {
				break
			}
			if !bytes.Equal(e.Data, s.data[e.Timestamp]) {
				t.Fatalf("picture %d is not what was sent", e.Timestamp)
			}
			if need, ok := s.needs[e.Timestamp]; ok && !given[need] {
				t.Fatalf("picture %d without %d, which it needs", e.Timestamp, need)
			} else if e.Key == ok {
				t.Fatalf("key %v", e.Key)
			}
			given[e.Timestamp] = true
			if out.shown > 0 {
				out.stop = max(out.stop, ms-shownAt)
			}
			out.shown, shownAt = out.shown+1, ms
		}
		if ms%5 == 0 {
			for _, seq := range a.Nacks(nil, now) {
				answer(ms, func() {
					if p, ok := s.history[seq]; ok && !l.deaf {
						post(ms+l.delay, p)
					}
				})
			}
			if a.KeyFrame(now) {
				answer(ms, func() { s.key = true })
			}
		}
	}
	out.stats = a.Stats()
	out.keys = int(out.stats.Keys)
	t.Logf("%d of %d pictures (%.1f %%), %d keys, longest stop %d ms, %+v", out.shown, out.sent, 100*out.share(), out.keys, out.stop, out.stats)
	if st := out.stats; st.Missed < st.Repaired || int(st.Pictures) != out.shown {
		t.Errorf("counters: %+v", st)
	}
	return out
}

func random(share float64) func(int, *rand.Rand) bool {
	return func(_ int, r *rand.Rand) bool { return r.Float64() < share }
}

func TestLinks(t *testing.T) {
	burst := func(n int, _ *rand.Rand) bool { return n%1500 < 60 && n > 1000 } // some 400 ms of everything
	for name, c := range map[string]struct {
		link  link
		share float64 // of the pictures shown, at least
		stop  int     // longest stop in ms, at most
		keys  int     // at most
	}{
		"clean":               {link{delay: 20}, 1, 50, 1},
		"2 %":                 {link{delay: 20, loss: random(.02), back: .02}, .99, 200, 2},
		"2 %, far away":       {link{delay: 100, loss: random(.02), back: .02}, .90, 650, 5},
		"10 %":                {link{delay: 20, loss: random(.1), back: .1}, .96, 350, 5},
		"bursts":              {link{delay: 20, loss: burst}, .95, 650, 5},
		"2 %, no repair":      {link{delay: 20, loss: random(.02), deaf: true}, .40, 3000, 60},
		"5 % overtaken":       {link{delay: 20, shuffle: .05}, 1, 110, 1},
		"5 % twice":           {link{delay: 20, twice: .05}, 1, 60, 1},
		"everything":          {link{delay: 30, loss: random(.03), back: .05, shuffle: .05, twice: .05}, .95, 400, 5},
		"nothing for a while": {link{delay: 20, loss: func(n int, _ *rand.Rand) bool { return n > 500 && n < 1500 }}, .5, 9000, 2},
	} {
		for _, codec := range []Codec{VP9, VP8} {
			t.Run(fmt.Sprint(name, " ", codec), func(t *testing.T) {
				c.link.codec, c.link.seconds, c.link.seed = codec, 20, 7
				got := c.link.run(t)
				if got.share() < c.share || got.stop > c.stop || got.keys > c.keys {
					t.Errorf("want %.1f %% of the pictures, no stop over %d ms, at most %d keys", 100*c.share, c.stop, c.keys)
				}
			})
		}
	}
}
