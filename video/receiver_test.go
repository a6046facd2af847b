package video

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// line is a camera's stream that goes into a Receiver over a network that the test commands.
type line struct {
	*Receiver
	t        *testing.T
	codec    *numbers
	payloads *Payloader
	pool     Pool
	slot     *Slot
	ssrc     uint32
	seq      uint16
	n        uint32
	sent     map[uint16]wirePacket // for repair

	lose   func(seq uint16) bool
	repair bool // what is asked for comes after 20 ms
	answer bool // key pictures that are asked for come with the next picture

	shown  []uint32
	at     []time.Duration
	nacks  int
	keys   int
	coded  int
	hold   time.Duration
	takes  time.Duration // to decode
	opened []*numbers
	unmade atomic.Int32 // so many decoders can't be made
	dead   atomic.Bool  // decoders that are there decode nothing
}

func newLine(t *testing.T) *line {
	l := &line{t: t, codec: &numbers{size: 3000}, slot: NewSlot(), ssrc: 7, seq: 65000, sent: map[uint16]wirePacket{}, answer: true}
	var err error
	if l.payloads, err = NewPayloader(VP9, Layers, 32760); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	l.Receiver = NewReceiver(ReceiverConfig{
		Codec: VP9, Slot: l.slot,
		NewDecoder: func(_ Codec, p *Pool) (Decoder, error) {
			if l.unmade.Add(-1) >= 0 {
				return (*numbers)(nil), errGarbage
			}
			l.opened = append(l.opened, &numbers{pool: p, takes: l.takes, dead: &l.dead})
			return l.opened[len(l.opened)-1], nil
		},
		Nack: func(list []uint16) {
			l.nacks += len(list)
			if l.repair {
				var again []wirePacket
				for _, seq := range list {
					again = append(again, l.sent[seq])
				}
				time.AfterFunc(ms(20), func() {
					for _, p := range again {
						l.push(p)
					}
				})
			}
		},
		AskKeyFrame: func() {
			if l.keys++; l.answer {
				l.codec.KeyFrame()
			}
		},
		RTT: func() time.Duration { return ms(20) },
		Due: func(_ uint32, now time.Time) time.Time { return now.Add(l.hold) },
		Coded: func(e *Encoded) {
			if len(e.Data) > 0 {
				l.coded++
			}
		},
		Shown: func(f *Frame, now time.Time) {
			l.shown, l.at = append(l.shown, number(f)), append(l.at, now.Sub(begin))
		},
	})
	return l
}

func (l *line) end() {
	l.Receiver.Close()
	l.slot.Clear()
	for _, d := range l.opened {
		if d.closed != 1 {
			l.t.Errorf("a decoder was closed %d times", d.closed)
		}
	}
}

func (l *line) push(p wirePacket) { l.Push(l.ssrc, p.seq, p.ts, p.marker, p.payload) }

// wait lets time pass; what the test has read until now it has read before the Receiver goes on.
func (l *line) wait(d time.Duration) {
	l.Stats()
	wait(d)
}

// picture sends the next one.
func (l *line) picture(width, height int) {
	f := frame(l.t, &l.pool, width, height, l.n)
	f.Timestamp = l.n * 3000
	e, err := l.codec.Encode(f)
	if err != nil {
		l.t.Fatal(err)
	}
	f.Release()
	list, err := l.payloads.Payloads(&e)
	if err != nil {
		l.t.Fatal(err)
	}
	for i, payload := range list {
		p := wirePacket{l.seq, e.Timestamp, i == len(list)-1, bytes.Clone(payload)}
		l.sent[p.seq] = p
		l.seq++
		if l.lose == nil || !l.lose(p.seq) {
			l.push(p)
		}
	}
	l.n++
}

func (l *line) film(n, width, height int) {
	for range n {
		l.picture(width, height)
		l.wait(interval(30))
	}
}

func TestReceiverShowsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		defer l.end()
		l.film(90, 64, 36)
		f := l.slot.Take()
		if len(l.shown) != 90 || !slices.IsSorted(l.shown) || l.coded != 90 || number(f) != 89 || f.Timestamp != 89*3000 {
			t.Errorf("%d shown, %d coded", len(l.shown), l.coded)
		}
		f.Release()
		s := l.Stats()
		if s.FPSShown < 28 || s.FPSShown > 31 || s.FPSReceived < 28 || s.Freezes != 0 || s.Pictures != 90 || s.Layer != 2 ||
			s.KeyFrames != 1 || s.Lost+s.Nacks+s.Requests+s.Garbage+s.Errors != 0 || s.Width != 64 || s.Kbps < 600 {
			t.Errorf("%+v", s)
		}
	})
}

// At 2 % loss with repair nearly all are shown, each on its own, and nothing freezes.
func TestReceiverRepairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		defer l.end()
		random := rand.New(rand.NewPCG(1, 2))
		l.repair, l.lose = true, func(uint16) bool { return random.Float64() < 0.02 }
		l.film(900, 64, 36)
		s := l.Stats()
		if len(l.shown) < 895 || s.Freezes != 0 || s.Repaired == 0 || s.Requests != 0 {
			t.Errorf("%d shown, %+v", len(l.shown), s)
		}
		least := time.Hour
		for i := range l.at[1:] {
			least = min(least, l.at[i+1]-l.at[i])
		}
		if least < ms(16) {
			t.Errorf("two pictures in %v", least)
		}
	})
}

// A stop is one freeze of its whole length; the last good picture stays meanwhile, and a key picture is asked for.
func TestReceiverFreezes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		defer l.end()
		l.film(30, 64, 36)
		l.lose = func(uint16) bool { return true }
		l.film(30, 64, 36) // a second of nothing
		if s := l.Stats(); s.Freezes != 1 || s.FrozenMS < 900 || s.FrozenMS > 1100 {
			t.Errorf("under way: %+v", s)
		}
		l.lose = nil
		l.film(60, 64, 36)
		s := l.Stats()
		if s.Freezes != 1 || s.FrozenMS < 1000 || s.FrozenMS > 1400 || s.Requests == 0 || l.keys == 0 || s.FPSShown < 25 {
			t.Errorf("after: %+v", s)
		}
		if f := l.slot.Take(); f == nil || number(f) != l.n-1 {
			t.Error("it did not go on")
		} else {
			f.Release()
		}
	})
}

// What nobody wants is not decoded; who wants it again gets a key picture within the time of one question.
func TestReceiverNotWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		defer l.end()
		l.SetWanted(false)
		l.film(60, 64, 36)
		if l.coded != 0 || len(l.opened) != 0 || l.keys+l.nacks != 0 || l.Stats().Freezes != 0 {
			t.Errorf("%d coded, %d decoders, %d key pictures and %d packets asked for", l.coded, len(l.opened), l.keys, l.nacks)
		}
		if s := l.Stats(); s.Kbps < 600 {
			t.Errorf("it is not said that something comes: %+v", s)
		}
		l.SetWanted(true)
		l.wait(ms(5))
		if l.keys != 1 {
			t.Errorf("%d key pictures asked for", l.keys)
		}
		l.film(30, 64, 36)
		if len(l.shown) < 29 || l.keys != 1 {
			t.Errorf("%d shown after %d questions", len(l.shown), l.keys)
		}
		for range 1000 { // a window that is hidden and shown as fast as it can
			l.SetWanted(false)
			l.SetWanted(true)
		}
		l.film(30, 64, 36)
		if l.keys > 4 || l.Stats().FPSShown < 10 {
			t.Errorf("%d questions, %+v", l.keys, l.Stats())
		}
	})
}

// When the camera is off its picture goes, what is on its way is not shown, and no time without pictures is a freeze.
func TestReceiverOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		defer l.end()
		l.hold = ms(80) // some wait
		l.film(30, 64, 36)
		l.picture(64, 36)
		l.SetOn(false)
		l.film(3, 64, 36) // overtaken by the word
		l.wait(3 * time.Second)
		if f := l.slot.Take(); f != nil {
			t.Errorf("picture %d is still there", number(f))
		}
		l.film(30, 64, 36) // its word is late
		shown := len(l.shown)
		l.SetOn(true)
		l.film(30, 64, 36)
		if s := l.Stats(); shown < 45 || len(l.shown) < shown+28 || s.Freezes != 0 || s.Errors != 0 {
			t.Errorf("%d, %d shown; %+v", shown, len(l.shown), s)
		}
	})
}

// Pictures wait until they are due, in order; what is held too long in all is shown before its time.
func TestReceiverHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		defer l.end()
		l.hold = ms(120)
		begin := time.Duration(0)
		l.film(30, 64, 36)
		l.wait(ms(200))
		for i, at := range l.at {
			if d := at - begin - time.Duration(i)*interval(30); d < ms(119) || d > ms(122) {
				t.Fatalf("picture %d is %v late", i, d)
			}
		}
		l.hold = time.Hour
		l.film(maxHeld+10, 64, 36)
		if got := len(l.shown); got != 30+10 {
			t.Errorf("%d shown", got)
		}
	})
}

// Garbage, sizes that cannot be, and another size with each picture: the last good picture stays, a key picture is asked for,
// and it goes on.
func TestReceiverHostile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		defer l.end()
		l.film(10, 64, 36)
		for _, size := range [][2]int{{16384, 16384}, {0, 0}, {1 << 31, 4}, {MaxWidth + 1, 4}} {
			l.claim(size[0], size[1])
			l.wait(interval(30))
		}
		if s := l.Stats(); s.Errors == 0 || s.Pictures != 10 || l.keys == 0 {
			t.Errorf("%+v", s)
		}
		if f := l.slot.Take(); f == nil || number(f) != 9 {
			t.Error("the last good picture is gone")
		} else {
			f.Release()
		}
		l.wait(ms(400))
		random := rand.New(rand.NewPCG(3, 4))
		for i := range 300 {
			l.film(1, 1+random.IntN(300), 5+random.IntN(200))
			for range i % 4 {
				b := make([]byte, random.IntN(maxPacket+10))
				for j := range b {
					b[j] = byte(random.Uint32())
				}
				l.Push(l.ssrc, l.seq, random.Uint32(), random.IntN(3) == 0, b)
				l.seq++
			}
		}
		l.film(30, 64, 36)
		l.codec.KeyFrame()
		l.film(30, 64, 36)
		if f := l.slot.Take(); f == nil || number(f) != l.n-1 {
			t.Errorf("it does not go on: %+v", l.Stats())
		} else {
			f.Release()
		}
		l.ssrc = 8 // the far end begins anew
		l.seq = 3
		l.codec.KeyFrame()
		l.film(10, 64, 36)
		if f := l.slot.Take(); f == nil || number(f) != l.n-1 {
			t.Errorf("another SSRC: %+v", l.Stats())
		} else {
			f.Release()
		}
	})
}

// claim sends a picture that says it has another size.
func (l *line) claim(width, height int) {
	e := Encoded{Data: bytes.Repeat([]byte{0x82}, coded), Key: true, Width: 64, Height: 36, Timestamp: l.n * 3000}
	for i, v := range []int{int(l.n), width, height} {
		for j := range 4 {
			e.Data[1+4*i+j] = byte(v >> (24 - 8*j))
		}
	}
	list, err := l.payloads.Payloads(&e)
	if err != nil {
		l.t.Fatal(err)
	}
	l.push(wirePacket{l.seq, e.Timestamp, true, bytes.Clone(list[0])})
	l.seq++
	l.n++
}

// A decoder that can't be made, or is of no use any more, is made anew.
func TestReceiverDecoderFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		defer l.end()
		l.unmade.Store(3)
		l.film(60, 64, 36)
		if s := l.Stats(); len(l.opened) != 1 || len(l.shown) < 15 || s.Errors != 3 {
			t.Errorf("%d decoders, %d shown, %+v", len(l.opened), len(l.shown), s)
		}
		l.dead.Store(true)
		l.film(120, 64, 36)
		l.dead.Store(false)
		shown := len(l.shown)
		l.film(60, 64, 36)
		if len(l.opened) != 2 || len(l.shown) < shown+20 {
			t.Errorf("%d decoders, %d more shown, %+v", len(l.opened), len(l.shown)-shown, l.Stats())
		}
	})
}

// Of the largest pictures few wait.
func TestReceiverHoldsLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		defer l.end()
		l.hold = time.Hour
		l.film(10, MaxWidth, MaxHeight)
		if n := 10 - len(l.shown); n > 5 || n < 3 {
			t.Errorf("%d wait", n)
		}
	})
}

// A decoder that is too slow for all pictures makes those that are needed, and stays near what comes.
func TestReceiverSlowDecoder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		defer l.end()
		l.takes = ms(60)
		l.film(300, 64, 36)
		shown, late := len(l.shown), l.n-1-l.shown[len(l.shown)-1]
		if s := l.Stats(); late > 16 || shown < 120 || s.Freezes != 0 || s.Skipped == 0 || s.Errors != 0 {
			t.Errorf("%d shown, %d pictures late, %+v", shown, late, s)
		}
		l.wait(time.Second)
		for _, d := range l.opened {
			for i, n := range d.decoded[1:] { // what a picture needs was decoded before it
				if layer := layerOf(int(n)); layer == 2 && n%4 == 3 && d.decoded[i] != n-1 || n%4 != 0 && !slices.Contains(d.decoded, n/4*4) {
					t.Fatalf("picture %d after %d", n, d.decoded[i])
				}
			}
		}
	})
}

// From the packets to the slot nothing is allocated by the pipeline.
func TestReceiverAllocates(t *testing.T) {
	pool := &Pool{}
	d := &fixed{pool: pool}
	r := &Receiver{
		config: ReceiverConfig{Codec: VP9, Slot: NewSlot(), NewDecoder: func(Codec, *Pool) (Decoder, error) { return d, nil }},
		wakeUp: make(chan struct{}, 1), start: time.Now(), assembler: NewAssembler(VP9), wanted: true,
	}
	p, err := NewPayloader(VP9, Layers, 1)
	if err != nil {
		t.Fatal(err)
	}
	seq, ts := uint16(0), uint32(0)
	data := make([]byte, 8000)
	turn := func() {
		e := Encoded{Data: data, Key: seq == 0, Width: 64, Height: 36, Timestamp: ts}
		data[0] = 0x85
		if e.Key {
			data[0] = 0x82
		}
		list, _ := p.Payloads(&e)
		for i, payload := range list {
			r.Push(1, seq, ts, i == len(list)-1, payload)
			seq++
		}
		ts += 1 // so that nothing is spread
		r.turn()
	}
	for range 20 {
		turn()
	}
	if n := testing.AllocsPerRun(100, turn); n > 0 {
		t.Errorf("%v allocations for a picture", n)
	}
	if s := r.Stats(); s.Pictures < 100 {
		t.Errorf("%+v", s)
	}
}

type fixed struct{ pool *Pool }

func (d *fixed) Decode([]byte) (*Frame, error) { return d.pool.Get(64, 36) }
