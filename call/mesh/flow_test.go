package mesh

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parley/call/rate"
)

// numbered is a binding whose packets have transport-wide numbers.
func numbered(f *flow, pictures bool) *binding {
	b := on(func(*rtp.Header, []byte) error { return nil })
	if b.flow = f; !pictures {
		b.codec = 0
	}
	b.widen(webrtc.RTPCodecParameters{RTPCodecCapability: vp9}, 3)
	return b
}

// flowing is a flow to a far end that answers, or not, with what it is told counted.
type flowing struct {
	*flow
	sound, pictures *binding
	far             arrivals
	told            int
}

func newFlowing(t *testing.T) *flowing {
	m, _ := sinks(t, 0)
	f := &flowing{flow: &flow{}}
	f.init(m, func() { f.told++ })
	f.begin(true)
	f.sound, f.pictures = numbered(f.flow, false), numbered(f.flow, true)
	return f
}

// pass lets time pass, with sound and pictures or without, and answers or none.
func (f *flowing) pass(d time.Duration, pictures, answers bool) {
	var h rtp.Header
	for range d / (20 * time.Millisecond) {
		for _, b := range []*binding{f.sound, f.pictures} {
			if b == f.pictures && !pictures {
				continue
			}
			h = rtp.Header{}
			f.number(b, &h, 600)
			if h.Extension && answers {
				f.far.note(1, uint16(f.next-1), f.now()+time.Hour)
			}
		}
		<-time.After(20 * time.Millisecond)
		if k := f.far.take(1); k != nil {
			f.answered(k)
		}
		f.tick(f.now())
	}
}

// While there are no pictures nothing is numbered, and what was found out of the path is not forgotten.
func TestFlowRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlowing(t)
		f.pass(2*time.Second, false, true)
		if f.next != 0 || f.controller != nil {
			t.Errorf("sound alone: %d packets were numbered", f.next)
		}
		f.setMost(2_000_000)
		f.pass(3*time.Second, true, true)
		before, sound := f.tellings()
		if before < startTarget || sound < 200_000 || sound > 300_000 {
			t.Errorf("a target of %d, %d of it sound", before, sound)
		}
		f.setMost(0)
		numbers := f.next
		f.pass(10*time.Second, false, false)
		if f.next != numbers || f.probing() {
			t.Errorf("%d packets were numbered, probing %v", f.next-numbers, f.probing())
		}
		f.setMost(2_000_000)
		f.pass(time.Second, true, true)
		if after, _ := f.tellings(); after < before*9/10 {
			t.Errorf("after a rest %d, before it %d", after, before)
		}
	})
}

// A far end that agrees to answer, and does not, is soon sent as little as goes, and the path is not asked for more.
func TestFlowUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlowing(t)
		f.setMost(2_000_000)
		for range 50 {
			f.pass(100*time.Millisecond, true, false)
			if f.probing() {
				t.Fatal("the path is asked for more")
			}
		}
		if target, _ := f.tellings(); target > leastTarget {
			t.Errorf("a target of %d", target)
		}
	})
}

// What the far end believes counts, when it was said before the first picture, too; what is sent once more is not the coders'.
func TestFlowLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlowing(t)
		f.limited(250_000)
		f.setMost(2_000_000)
		f.pass(3*time.Second, true, true)
		if target, _ := f.tellings(); target != 250_000 {
			t.Errorf("a target of %d", target)
		}
		f.limited(800_000)
		f.pass(5*time.Second, true, true)
		target, _ := f.tellings()
		if target <= 250_000 || target > 800_000 {
			t.Errorf("a target of %d", target)
		}
		sent := 0
		for range 10 {
			for f.repair(1000, false) {
				sent++
			}
			<-time.After(100 * time.Millisecond)
		}
		if most := target / 8 / 1000 / repairPart * 3 / 2; sent == 0 || sent > most {
			t.Errorf("%d kB sent once more in a second and the half that was saved up, of %d", sent, most)
		}
		if less, _ := f.tellings(); less > target*9/10 {
			t.Errorf("%d are left of %d", less, target)
		}
		if f.copied() > target/copiesPart {
			t.Errorf("copies take %d of %d", f.copied(), target)
		}
	})
}

// A probe that nothing can be sent for is over.
func TestFlowEndsProbes(t *testing.T) {
	_, peers := sinks(t, 1)
	p := peers[0]
	p.flow.spread.Begin(rate.Probe{Rate: 1e6, Bytes: 5000})
	if wait := p.advance(); wait != never || p.flow.probing() {
		t.Errorf("a wait of %v, probing %v", wait, p.flow.probing())
	}
}

func TestNumberAllocatesNothing(t *testing.T) {
	f := newFlowing(t)
	f.setMost(1_000_000)
	var h rtp.Header
	f.number(f.pictures, &h, 1000)
	if a := testing.AllocsPerRun(1000, func() {
		f.number(f.pictures, &h, 1000)
		f.number(f.sound, &h, 100)
		if !h.Extension {
			t.Fatal("no number")
		}
	}); a != 0 {
		t.Errorf("%v allocations for two packets", a)
	}
}

// Where the far end has no transport-wide answers, its reports tell, and sound is not in what they are about.
func TestFlowByReports(t *testing.T) {
	n := 0
	a, b, _, onB := pair(t, 10*time.Millisecond, func() bool { n++; return n > 50 && n%4 == 0 })
	a.w.tamper = func(from, _ string, ev Event) []Event {
		if d, ok := ev.(LocalDescription); ok && from == "b" {
			var lines []string
			for _, l := range strings.SplitAfter(d.SDP, "\r\n") {
				if !strings.Contains(l, wideFeedback) && !strings.Contains(l, wideURI) {
					lines = append(lines, l)
				}
			}
			d.SDP = strings.Join(lines, "")
			ev = d
		}
		return []Event{ev}
	}
	a.w.start()
	defer onB.watch()()
	defer a.talk()()
	join(a, b, Options{})
	connected(a, b)
	defer a.film("b", 3000)()
	for over := timeout(); ; {
		select {
		case f := <-a.feedback:
			if f.Sound != 0 || f.Target > startSimple {
				t.Fatalf("%+v", f)
			}
			if f.Target < startSimple*9/10 {
				if p := a.find(id("b")); p.flow.numbers() != 0 || p.arrivals.any() {
					t.Errorf("%d packets are numbered", p.flow.numbers())
				}
				return
			}
		case <-over:
			t.Fatal("the target does not go down where a quarter is lost")
		}
	}
}
