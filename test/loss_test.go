package test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"parley/test/lab"
	"parley/test/netlab"
)

// fate is what became of somebody's sound at a listener: samples, packets, and the jitter buffer at the end.
type fate struct{ own, red, nack, fec, concealed, packets, late, delay, target float64 }

// fate is that of all but the first seconds, out of a listener's statistics.
func (w *world) fate(listener, user string, after float64) (f fate) {
	w.Helper()
	list, err := lines(filepath.Join(w.dir, listener+"-heard.stats"), user)
	if err != nil || len(list) < int(after)+5 {
		w.Fatalf("%d lines of statistics, %v", len(list), err)
	}
	first, last := list[int(after)], list[len(list)-1]
	since := func(name string) float64 { return last[name].(float64) - first[name].(float64) }
	return fate{
		own: since("received"), red: since("red_repaired"), nack: since("nack_repaired"), fec: since("fec_repaired"), concealed: since("concealed"),
		packets: since("packets"), late: since("late"), delay: last["jb_delay_ms"].(float64), target: last["jb_target_ms"].(float64),
	}
}

// heard is the share that was decoded or repaired.
func (f fate) heard() float64 {
	good := f.own + f.red + f.nack + f.fec
	return good / max(good+f.concealed, 1)
}

func (f fate) String() string {
	return fmt.Sprintf("%.2f %% decoded or repaired: samples %v, RED %v, NACK %v, FEC %v, concealed %v; %.2f %% late; delay %.0f of %.0f ms",
		100*f.heard(), f.own, f.red, f.nack, f.fec, f.concealed, 100*f.late/max(f.packets, 1), f.delay, f.target)
}

// over lets one talk to another over a link that becomes bad, and is left so long that this is known.
func over(t *testing.T, seed uint64, p netlab.Params, seconds float64) fate {
	t.Helper()
	const known = 8
	w, net := apart(t, seed)
	wav := filepath.Join(w.dir, "speech.wav")
	if err := lab.WriteWAV(wav, w.speech(20)); err != nil {
		t.Fatal(err)
	}
	near := w.client("near", lab.Command{Netns: net.A.Name}, plain("--play", wav, "--loop", "--speaker", "none")...)
	heard := w.listener("far", lab.Command{Netns: net.B.Name}, near)
	net.Set(p)
	wait(known + seconds)
	net.Set(netlab.Params{})
	heard(0)
	f := w.fate("far", w.user(near), known)
	t.Log(f)
	return f
}

// TestSoundUnderLoss: of what is said over a link that loses packets hardly anything has to be invented. How much, is for a machine that
// does nothing else (make soak); in the short form a machine's own stalls may cost something, too.
func TestSoundUnderLoss(t *testing.T) {
	for i, c := range []struct{ loss, short, long float64 }{{0.05, 0, 0.999}, {0.1, 0.97, 0.995}, {0.2, 0, 0.97}, {0.3, 0.85, 0.9}} {
		want, seconds := c.short, 12.0
		if soak() > 1 {
			want, seconds = c.long, 60
		}
		if want == 0 {
			continue
		}
		t.Run(fmt.Sprintf("%v %%", 100*c.loss), func(t *testing.T) {
			if soak() == 1 {
				t.Parallel()
			}
			if f := over(t, uint64(20+i), netlab.Params{Loss: c.loss, Delay: 20 * time.Millisecond}, seconds); f.heard() < want {
				t.Errorf("%v, want %.1f %%", f, 100*want)
			}
		})
	}
}

// TestSoundUnderJitter: packets up to 200 ms late, which overtake each other and come twice, are heard in time.
func TestSoundUnderJitter(t *testing.T) {
	late, heard, seconds := 0.04, 0.95, 12.0
	if soak() > 1 {
		late, heard, seconds = 0.02, 0.98, 60
	}
	f := over(t, 30, netlab.Params{Delay: 100 * time.Millisecond, Jitter: 100 * time.Millisecond, Reorder: 0.02, Duplicate: 0.03}, seconds)
	if f.late >= late*f.packets || f.heard() < heard {
		t.Errorf("%v, want less than %.0f %% late and %.0f %% heard", f, 100*late, 100*heard)
	}
}
