package shell_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/audio/wavdev"
	"parley/test/lab"
)

// person is a parleyctl in a voice channel that says a tone of its own and records what it hears.
type person struct {
	*lab.Client
	w    *world
	name string
	user string
	tone float64 // Hz
	ear  string  // the recording
}

// The tones are multiples of 10 Hz, so that none leaks into another's measure.
const (
	toneLevel = -15.05 // dBFS, of amplitude 0.25
	silence   = -80    // dBFS: below it nothing is heard
)

// sits lets somebody join General, where they say a tone and hear, and waits until they are in.
func (w *world) sits(name string, tone float64, args ...string) *person {
	w.Helper()
	say := w.path(name + ".wav")
	if err := wavdev.WriteFile(say, audiotest.Tone(tone, 0.25, lab.SampleRate)); err != nil {
		w.Fatal(err)
	}
	ear, err := os.CreateTemp(w.dir, "ear-*.wav")
	if err != nil {
		w.Fatal(err)
	}
	_ = ear.Close()
	p := w.joins(name, append([]string{"--play", say, "--loop", "--record", ear.Name()}, args...)...)
	p.tone, p.ear = tone, ear.Name()
	return p
}

// joins lets somebody join with these devices; without other flags it is General, and the microphone is open.
func (w *world) joins(name string, args ...string) *person {
	w.Helper()
	args = append([]string{"join", w.server.Ready.Invite, "--channel", "General", "--home", w.home(name), "--name", name, "--processing=off", "--mode", "open"}, args...)
	c, err := programs.Client(lab.Command{Args: args})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Close() })
	p := &person{Client: c, w: w, name: name}
	p.awaits(0, "joined", nil)
	p.user = p.awaits(0, "self", nil).User
	return p
}

// awaits waits for an event after mark for which ok holds (nil: any).
func (p *person) awaits(mark int, event string, ok func(line) bool) line {
	p.w.Helper()
	ctx, cancel := context.WithTimeout(p.w.ctx, 20*time.Second)
	defer cancel()
	var l line
	_, err := p.Await(ctx, mark, event, func(e lab.Event) bool {
		l = line{}
		return json.Unmarshal(e.JSON, &l) == nil && (ok == nil || ok(l))
	})
	if err != nil {
		p.w.Fatalf("%s: %v", p.name, err)
	}
	return l
}

// connected waits until these people send to p and p to them.
func (p *person) connected(others ...*person) {
	p.w.Helper()
	for _, o := range others {
		p.awaits(0, "peer_connected", func(l line) bool { return l.User == o.user })
		o.awaits(0, "peer_connected", func(l line) bool { return l.User == p.user })
	}
}

// tell gives a command and waits until it is done.
func (p *person) tell(command string) line {
	p.w.Helper()
	mark := p.Mark()
	if err := p.Tell(command); err != nil {
		p.w.Fatal(err)
	}
	return p.awaits(mark, "done", nil)
}

// allowed gives a command and says whether it was done, or refused.
func (p *person) allowed(command string) bool {
	p.w.Helper()
	count := func(event string) int { return strings.Count(p.Output(), `"event":"`+event+`"`) }
	done, refused := count("done"), count("error")
	if err := p.Tell(command); err != nil {
		p.w.Fatal(err)
	}
	p.w.until(command, func() bool { return count("done") > done || count("error") > refused })
	return count("done") > done
}

// untold gives a command and waits until it is refused.
func (p *person) untold(command string) line {
	p.w.Helper()
	mark := p.Mark()
	if err := p.Tell(command); err != nil {
		p.w.Fatal(err)
	}
	return p.awaits(mark, "error", nil)
}

// ends waits for the end of p and wants its exit status, and the code of its error.
func (p *person) ends(status int, code string) {
	p.w.Helper()
	got, err := p.Wait(p.w.ctx)
	if err != nil || got != status {
		p.w.Errorf("%s: exit %d, %v, want %d:\n%s", p.name, got, err, status, p.Output())
	}
	if code != "" {
		p.awaits(0, "error", func(l line) bool { return l.Code == code })
	}
}

// leaves ends p by its own will.
func (p *person) leaves() {
	p.w.Helper()
	if err := p.Tell("leave"); err != nil {
		p.w.Fatal(err)
	}
	p.ends(done, "")
}

// settle is what passes between a change and a recording that shows only what came after: the jitter buffer on the way and
// the recording's own, which is written every 0.4 s.
const settle = time.Second

// hear returns what these people hear in the second that begins when all that was on its way has come.
func hear(people ...*person) [][]float32 {
	heard := make([][]float32, len(people))
	from := make([]int, len(people))
	for i, p := range people {
		p.w.Helper()
		from[i] = p.recorded() + int(settle.Seconds()*lab.SampleRate)
	}
	for i, p := range people {
		p.w.until("the recording grows", func() bool { return p.recorded() >= from[i]+lab.SampleRate })
		all, err := wavdev.ReadFile(p.ear)
		if err != nil {
			p.w.Fatal(err)
		}
		heard[i] = all[from[i] : from[i]+lab.SampleRate]
	}
	return heard
}

// recorded is how many samples are in p's recording.
func (p *person) recorded() int {
	p.w.Helper()
	info, err := os.Stat(p.ear)
	if err != nil {
		p.w.Fatal(err)
	}
	return max(0, int(info.Size()-44)/4) // two channels
}

// until looks at what another program writes into a file.
func (w *world) until(what string, ok func() bool) {
	w.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(w.ctx, 30*time.Second)
	defer cancel()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.Fatalf("%s: %v", what, ctx.Err())
		}
	}
}

// toneIn is the level of a tone in x, in dBFS: the median of pieces of 0.1 s, so that neither a phase that drifts nor the
// click of a machine that is busy counts.
func toneIn(x []float32, hz float64) float64 {
	const piece = lab.SampleRate / 10
	var levels []float64
	for at := 0; at+piece <= len(x); at += piece {
		var re, im float64
		for i, v := range x[at : at+piece] {
			sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / lab.SampleRate)
			re, im = re+float64(v)*cos, im+float64(v)*sin
		}
		levels = append(levels, 10*math.Log10(2*(re*re+im*im)/(piece*piece)+1e-20))
	}
	return audiotest.Median(levels)
}

// hears wants that p hears these people, and nobody whose tone is not among theirs.
func (w *world) hears(when string, p *person, heard []float32, speaking, others []*person) {
	w.Helper()
	for _, o := range speaking {
		if got := toneIn(heard, o.tone); math.Abs(got-toneLevel) > 3 {
			w.Errorf("%s: %s hears %s at %.1f dBFS, want %.1f", when, p.name, o.name, got, toneLevel)
		}
	}
	for _, o := range others {
		if got := toneIn(heard, o.tone); got > -55 {
			w.Errorf("%s: %s hears %s at %.1f dBFS, want nothing", when, p.name, o.name, got)
		}
	}
	if got := audiotest.LevelDBFS(heard); len(speaking) == 0 && got > silence {
		w.Errorf("%s: %s hears something at %.1f dBFS", when, p.name, got)
	}
}

// TestToneIn: the measure tells tones apart.
func TestToneIn(t *testing.T) {
	x := audiotest.Tone(700, 0.25, lab.SampleRate)
	if got := toneIn(x, 700); math.Abs(got-toneLevel) > 0.1 {
		t.Errorf("the tone: %.1f dBFS", got)
	}
	for _, hz := range []float64{400, 1100, 1700} {
		if got := toneIn(x, hz); got > -90 {
			t.Errorf("%.0f Hz, which is not in it: %.1f dBFS", hz, got)
		}
	}
}
