package mesh

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v4/vnet"

	"parley/call/rate"
)

// statusesOf is all that an answer says.
func statusesOf(r *answers, b []byte) (all []rate.Status) {
	r.read(b, func(list []rate.Status) { all = append(all, list...) })
	return all
}

// What is written is what came, as pion reads it, and as answers does.
func TestAnswersSayWhatCame(t *testing.T) {
	for seed := range uint64(100) {
		dice := rand.New(rand.NewPCG(seed, 5))
		var a arrivals
		var r answers
		number, now := uint16(dice.Uint32()), time.Duration(dice.Int64N(int64(100*time.Hour)))
		came := map[uint16]time.Duration{}
		var held []uint16
		told := map[uint16]bool{}
		var offset time.Duration // of the clock that is told from ours
		known := false
		for range 40 {
			for range 1 + dice.IntN(60) {
				now += time.Duration(dice.Int64N(int64(30 * time.Millisecond)))
				if dice.IntN(200) == 0 {
					now += 9 * time.Second // more than a delta can say
				}
				number++
				switch dice.IntN(10) {
				case 0:
				case 1:
					held = append(held, number) // it comes later
				default:
					came[number] = now
					a.note(7, number, now)
				}
				if len(held) > 2 {
					came[held[0]] = now
					a.note(7, held[0], now)
					a.note(7, held[0], now+time.Second) // a second time
					held = held[1:]
				}
			}
			for a.due(now) != never {
				b := a.take(9)
				if b == nil {
					continue
				}
				list, err := rtcp.Unmarshal(b)
				if err != nil {
					t.Fatal(err)
				}
				k := list[0].(*rtcp.TransportLayerCC)
				if len(list) != 1 || k.SenderSSRC != 9 || k.MediaSSRC != 7 || len(b) > 1300 {
					t.Fatalf("%v", list)
				}
				statuses := statusesOf(&r, b)
				if len(statuses) != int(k.PacketStatusCount) || statuses[0].Number != k.BaseSequenceNumber {
					t.Fatalf("%d statuses of %d", len(statuses), k.PacketStatusCount)
				}
				for _, s := range statuses {
					at, ok := came[s.Number]
					if s.Lost != !ok {
						t.Fatalf("seed %d: number %d: lost %v, came %v", seed, s.Number, s.Lost, ok)
					}
					if !ok {
						continue
					}
					if told[s.Number] = true; !known {
						known, offset = true, s.Arrived-at
					}
					if off := s.Arrived - at - offset; off.Abs() > answerTick {
						t.Fatalf("seed %d: number %d came %v off", seed, s.Number, off)
					}
				}
			}
			for n := range came {
				if !told[n] {
					t.Fatalf("seed %d: nothing is said of %d", seed, n)
				}
				if number-n > arrivalsLength {
					delete(came, n)
					delete(told, n)
				}
			}
		}
	}
}

// What pion writes is read.
func TestAnswersOfOthers(t *testing.T) {
	recorder := twcc.NewRecorder(1)
	var r answers
	dice := rand.New(rand.NewPCG(1, 2))
	now := int64(1 << 40) // microseconds
	came := map[uint16]int64{}
	first, said := int64(0), 0
	for n := range uint16(20_000) {
		number := n + 60_000
		now += dice.Int64N(3000)
		if n/400%3 == 1 || dice.IntN(10) > 0 {
			came[number] = now
			recorder.Record(5, number, now)
		}
		if n%100 < 99 {
			continue
		}
		for _, k := range recorder.BuildFeedbackPacket() {
			b, err := k.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range statusesOf(&r, b) {
				at, ok := came[s.Number]
				if s.Lost == ok {
					t.Fatalf("number %d: lost %v, came %v", s.Number, s.Lost, ok)
				}
				if !ok {
					continue
				}
				if said++; said == 1 {
					first = at - s.Arrived.Microseconds()
				}
				if off := at - s.Arrived.Microseconds() - first; off > 500 || off < -500 {
					t.Fatalf("number %d is %d us off", s.Number, off)
				}
			}
		}
		clear(came)
	}
	if said < 15_000 {
		t.Errorf("%d packets were told of", said)
	}
}

// An answer that lies is read no further than it goes.
func FuzzAnswers(f *testing.F) {
	var a arrivals
	for n := range uint16(40) {
		a.note(1, n*n, time.Duration(n)*7*time.Millisecond)
	}
	f.Add(a.take(2))
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0xff, 0xff, 1, 2, 3, 4, 0x1f, 0xff, 0x3f, 0xff})
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0xff, 0xff, 1, 2, 3, 4, 0, 0, 0, 0})
	_, peers := sinks(f, 1)
	f.Fuzz(func(t *testing.T, b []byte) {
		var r answers
		c := rate.NewController(leastTarget, startTarget, mostTarget)
		for n := range uint16(300) {
			c.Sent(n, 1200, time.Duration(n)*time.Millisecond, n%3 == 0)
		}
		for range 3 {
			list := statusesOf(&r, b)
			if len(list) > answerMost {
				t.Fatalf("%d statuses", len(list))
			}
			if c.Feedback(time.Second, list); c.Target() < leastTarget || c.Target() > mostTarget {
				t.Fatalf("a target of %d", c.Target())
			}
		}
		tap{peer: peers[0], ssrc: 2}.answers(b)
	})
}

// Numbers that jump about leave the ring in order, and an answer always ends.
func FuzzArrivals(f *testing.F) {
	f.Add([]byte{0, 1, 0, 2, 0, 3})
	f.Add([]byte{0, 1, 0x80, 1, 0, 1, 0x7f, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		var a arrivals
		now := time.Second
		for ; len(b) >= 2; b = b[2:] {
			now += time.Duration(b[1]) * 40 * time.Millisecond
			a.note(1, uint16(b[0])<<8|uint16(b[1]), now)
			if b[0]&3 == 0 {
				now -= 5 * time.Second
			}
			if a.end-a.first > arrivalsLength || a.first > a.end {
				t.Fatalf("from %d to %d", a.first, a.end)
			}
		}
		for range arrivalsLength + 1 {
			if a.due(1<<62) == never {
				return
			}
			if k := a.take(1); k != nil {
				if _, err := rtcp.Unmarshal(k); err != nil {
					t.Fatal(err)
				}
			}
		}
		t.Fatal("there is always one more")
	})
}

func TestAnswersAreDue(t *testing.T) {
	var a arrivals
	now := time.Minute
	if a.due(now) != never {
		t.Error("nothing came")
	}
	if !a.note(1, 5, now) || a.due(now) != answerLate {
		t.Error("the first")
	}
	for n := range uint16(answerMany - 2) {
		if a.note(1, 6+n, now+time.Millisecond) {
			t.Error("nobody need wake up")
		}
	}
	if !a.note(1, 100, now) || a.due(now) != answerSoon {
		t.Error("many")
	}
	a.take(1)
	if a.due(now) != never {
		t.Error("all was told")
	}
}

// The number is found in whatever form the extensions come.
func TestWideNumber(t *testing.T) {
	for _, profile := range []uint16{rtp.ExtensionProfileOneByte, rtp.ExtensionProfileTwoByte} {
		h := rtp.Header{Version: 2, CSRC: []uint32{1, 2}, Extension: true, ExtensionProfile: profile}
		for id, payload := range map[uint8][]byte{3: {1, 2, 3}, 4: {0x12, 0x34}, 5: {9}} {
			if err := h.SetExtension(id, payload); err != nil {
				t.Fatal(err)
			}
		}
		b, err := h.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range map[uint8]uint16{3: 0x0102, 4: 0x1234, 5: 0, 6: 0} {
			if n, ok := wideNumber(b, id); n != want || ok != (want != 0) {
				t.Errorf("extension %d of %x: %x, %v", id, profile, n, ok)
			}
		}
		for n := range b {
			if got, ok := wideNumber(b[:n], 4); ok {
				t.Errorf("%x in %d bytes", got, n)
			}
		}
	}
	if _, ok := wideNumber(make([]byte, rtpHeader), 1); ok {
		t.Error("no extension is one")
	}
}

func FuzzWideNumber(f *testing.F) {
	f.Add([]byte{0x90, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0xbe, 0xde, 0, 1, 0x11, 1, 2, 0}, uint8(1))
	f.Add([]byte{0x9f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x10, 0, 0xff, 0xff, 1, 0}, uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, id uint8) {
		_, ok := wideNumber(b, id)
		var h rtp.Header
		if _, err := h.Unmarshal(b); err == nil && id > 0 && id < 15 && len(h.GetExtension(id)) >= 2 && !ok {
			t.Errorf("pion finds %x", h.GetExtension(id))
		}
	})
}

// knows is what the controller does.
func (f *flow) knows() rate.ControllerStats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.controller.Stats()
}

// numbers is how many were given.
func (f *flow) numbers() uint16 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.next
}

// any says whether a packet with a number came.
func (a *arrivals) any() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.begun
}

// Two of us number and answer: the rate finds its place above where it began, and what asked for that is counted by itself.
func TestRateGrows(t *testing.T) {
	leakless(t)
	a, b, _, onB := pair(t, 10*time.Millisecond, nil)
	a.w.start()
	a.config.hasty = false
	defer a.talk()()
	join(a, b, Options{})
	connected(a, b)
	a.SetMost(id("b"), 2_000_000)
	defer a.film("b", 300)() // a quarter of a Mbit/s
	onB.shows(20)
	highest := 0
	for over := timeout(); highest < 900_000; {
		select {
		case f := <-a.feedback:
			highest = max(highest, f.Target)
			if f.Target > 2_000_000 {
				t.Fatalf("a target of %d", f.Target)
			}
		case <-over:
			t.Fatalf("a target of %d at most: %+v", highest, a.find(id("b")).flow.knows())
		}
	}
	s, _ := a.Stats(id("b"))
	if p := s.Pictures[CameraTrack]; p.Padded == 0 || p.Resent != 0 {
		t.Errorf("%+v", p)
	}
	if k := a.find(id("b")).flow.knows(); k.Unsent+k.Repeated+k.Impossible > 0 || k.Trip < 20*time.Millisecond {
		t.Errorf("%+v", k)
	}
}

// While no pictures go nothing is numbered, and nothing answered.
func TestSoundAloneIsNotAnswered(t *testing.T) {
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	w.start()
	defer e[0].talk()()
	join(e[0], e[1], Options{})
	connected(e[0], e[1])
	e[1].hears("a", 50)
	from, to := e[0].find(id("b")), e[1].find(id("a"))
	if to.arrivals.extension.Load() == 0 {
		t.Error("numbers were not agreed on")
	}
	if n := from.flow.numbers(); n != 0 || to.arrivals.any() {
		t.Errorf("%d packets were numbered", n)
	}
}
