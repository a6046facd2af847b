package audio_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
)

// rig is a Follow on a fake sound system that steps by itself, in a bubble whose time is not real.
type rig struct {
	*audiotest.Backend
	follow  *audio.Follow
	capture *audio.Capture
	playout *audio.Playout
	seen    chan audio.Devices
	heard   int // frames with sound that came through the capture since last asked
	said    chan string

	config   audio.FollowConfig // what newRig is to begin with
	hears    func(frame []float32)
	idly     bool // a microphone alone, which calls rarely, with next to nothing: what it hears is not looked at
	switched chan string
}

func newRig(t *testing.T, input, output string, devices ...audio.Info) *rig {
	r := &rig{Backend: audiotest.NewBackend(devices...)}
	r.begin(t, input, output)
	return r
}

func (r *rig) begin(t *testing.T, input, output string) {
	r.said, r.seen, r.switched = make(chan string, 100), make(chan audio.Devices, 100), make(chan string, 100)
	capture, err := audio.NewCapture(audio.CaptureConfig{Encoder: &codec{}, Emit: func(audio.Packet) {}})
	if err != nil {
		t.Fatal(err)
	}
	playout := audio.NewPlayout(audio.PlayoutConfig{})
	r.capture, r.playout = capture, playout
	drive := func() func() { return r.Drive(r.hears, nil) }
	if r.idly {
		drive = r.tick
	}
	stop := drive()
	c := r.config
	c.Backend, c.Capture, c.Playout, c.Input, c.Output = r.Backend, capture, playout, input, output
	if r.idly {
		playout.Close() // it would go on by the clock
		c.Playout = nil
	}
	c.Notify = func(n audio.Notice) {
		text := fmt.Sprintf("%d %s %s", n.Kind, n.Event, n.Name)
		if n.Err != nil {
			text += ": " + n.Err.Error()
		}
		if n.Used {
			text += " used"
		}
		r.said <- text
	}
	c.Changed = func(d audio.Devices) { r.seen <- d }
	c.Switched = func(k audio.Kind, id string) { r.switched <- fmt.Sprintf("%d %s", k, id) }
	r.follow = audio.StartFollow(c)
	t.Cleanup(func() {
		r.follow.Close()
		stop()
		capture.Close()
		playout.Close()
		for _, k := range []audio.Kind{audio.Input, audio.Output} {
			if opened, closed := r.Counts(k); opened != closed {
				t.Errorf("kind %d: %d opened, %d closed", k, opened, closed)
			}
		}
	})
}

// tick calls what is open twenty times a second.
func (r *rig) tick() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-quit:
				tick.Stop()
				return
			case <-tick.C:
				r.Step(make([]float32, 1))
			}
		}
	}()
	return func() { close(quit); <-done }
}

// after lets time pass and returns what was said in it.
func (r *rig) after(d time.Duration) (said []string) {
	<-time.After(d)
	synctest.Wait()
	for {
		select {
		case s := <-r.said:
			said = append(said, s)
		default:
			return said
		}
	}
}

// Each step changes something; then a device must be in use and certain things said.
type followStep struct {
	what  string
	do    func(*rig)
	after time.Duration // default: 1.7 s, a poll and what follows
	mic   string
	spk   string
	said  []string
}

// steps does one after the other.
func (r *rig) steps(t *testing.T, steps []followStep) {
	t.Helper()
	for _, s := range steps {
		if s.do != nil {
			s.do(r)
		}
		if s.after == 0 {
			s.after = 1700 * time.Millisecond
		}
		said := r.after(s.after)
		if fmt.Sprint(said) != fmt.Sprint(s.said) {
			t.Errorf("%s: said %q, want %q", s.what, said, s.said)
		}
		if m, o := r.Using(audio.Input), r.Using(audio.Output); m != s.mic || o != s.spk {
			t.Errorf("%s: uses %q and %q, want %q and %q", s.what, m, o, s.mic, s.spk)
		}
	}
}

// A change in a call costs next to nothing: the new device is open before the old one is closed.
func TestFollowChangesWithoutGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := audiotest.NewBackend(audiotest.Speaker("a"), audiotest.Speaker("b"))
		p := audio.NewPlayout(audio.PlayoutConfig{})
		defer p.Close()
		s := &speaker{Stream: p.Add("a", &codec{}), hz: 200, amplitude: 0.3}
		silent, worst, n := 0, 0, 0
		stop := b.Drive(func([]float32) {
			if n++; n%2 == 0 {
				s.send()
			}
		}, func(played []float32) {
			if silent++; rms(played) > 0.1 {
				silent = 0
			}
			worst = max(worst, silent)
		})
		defer stop()
		f := audio.StartFollow(audio.FollowConfig{Backend: b, Playout: p})
		defer f.Close()
		<-time.After(time.Second)
		synctest.Wait()
		worst = 0
		for i := range 10 {
			f.SetOutput([]string{"b", "the a"}[i%2])
			<-time.After(time.Second)
			synctest.Wait()
		}
		if opened, _ := b.Counts(audio.Output); opened != 11 || worst > 1 {
			t.Errorf("opened %d times, silent for up to %d ms", opened, worst*10)
		}
	})
}

func TestFollow(t *testing.T) {
	mic, headset, spk := audiotest.Mic("mic"), audiotest.Mic("headset"), audiotest.Speaker("spk")
	monitor := audio.Info{Kind: audio.Input, ID: "spk.monitor", Name: "Monitor", Monitor: true}
	earphones := audio.Info{Kind: audio.Output, ID: "earphones", Name: headset.Name}
	errBusy := errors.New("busy")
	tests := []struct {
		name    string
		input   string
		devices []audio.Info
		steps   []followStep
	}{
		{"follow the system", "", []audio.Info{mic, headset, spk}, []followStep{
			{what: "start", mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
			{what: "another default", do: func(r *rig) { r.SetDefault("headset") }, mic: "headset", spk: "spk", said: []string{"0 opened the headset"}},
			{what: "it vanishes", do: func(r *rig) { r.Vanish("headset") }, mic: "mic", spk: "spk", said: []string{"0 lost the headset", "0 opened the mic"}},
			{what: "all vanish", do: func(r *rig) { r.Vanish("mic") }, mic: "", spk: "spk", said: []string{"0 lost the mic", "0 none "}},
			{what: "nothing new", mic: "", spk: "spk"},
			{what: "one appears", do: func(r *rig) { r.Appear(mic) }, mic: "mic", spk: "spk", said: []string{"0 returned the mic"}},
		}},
		{"pinned", "headset", []audio.Info{mic, headset, spk}, []followStep{
			{what: "start", mic: "headset", spk: "spk", said: []string{"0 opened the headset", "1 opened the spk"}},
			{what: "the default does not matter", do: func(r *rig) { r.SetDefault("mic") }, mic: "headset", spk: "spk"},
			{what: "it vanishes", do: func(r *rig) { r.Vanish("headset") }, mic: "mic", spk: "spk", said: []string{"0 lost the headset", "0 fell-back the mic"}},
			{what: "it returns", do: func(r *rig) { r.Appear(headset) }, mic: "headset", spk: "spk", said: []string{"0 returned the headset"}},
			{what: "unpinned by hand", do: func(r *rig) { r.follow.SetInput("") }, after: 100 * time.Millisecond, mic: "mic", spk: "spk", said: []string{"0 opened the mic"}},
			{what: "pinned by name", do: func(r *rig) { r.follow.SetInput("the headset") }, after: 100 * time.Millisecond, mic: "headset", spk: "spk", said: []string{"0 opened the headset"}},
		}},
		{"pinned to what is not there", "nothing", []audio.Info{mic, spk}, []followStep{
			{what: "start", mic: "mic", spk: "spk", said: []string{"0 fell-back the mic", "1 opened the spk"}},
			{what: "it appears", do: func(r *rig) { r.Appear(audiotest.Mic("nothing")) }, mic: "nothing", spk: "spk", said: []string{"0 returned the nothing"}},
		}},
		{"plugging", "", []audio.Info{mic, spk}, []followStep{
			{what: "start", mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
			{what: "in", do: func(r *rig) { r.Appear(headset) }, mic: "mic", spk: "spk", said: []string{"0 plugged the headset"}},
			{what: "out", do: func(r *rig) { r.Vanish("headset") }, mic: "mic", spk: "spk", said: []string{"0 unplugged the headset"}},
			{what: "in, and the default", do: func(r *rig) { r.Appear(headset); r.SetDefault("headset") }, mic: "headset", spk: "spk", said: []string{"0 plugged the headset used"}},
			{what: "out again", do: func(r *rig) { r.Vanish("headset") }, mic: "mic", spk: "spk", said: []string{"0 lost the headset", "0 opened the mic"}},
			{what: "both halves", do: func(r *rig) { r.Appear(headset); r.Appear(earphones); r.SetDefault("earphones") }, mic: "mic", spk: "earphones", said: []string{"0 plugged the headset used"}},
			{what: "out with both", do: func(r *rig) { r.SetDevices(mic, spk) }, mic: "mic", spk: "spk", said: []string{"1 lost the headset", "1 opened the spk"}},
			{what: "a monitor", do: func(r *rig) { r.Appear(monitor) }, mic: "mic", spk: "spk"},
			{what: "the list fails", do: func(r *rig) { r.FailDevices(errBusy) }, mic: "mic", spk: "spk"},
			{what: "and is back", do: func(r *rig) { r.FailDevices(nil) }, mic: "mic", spk: "spk"},
		}},
		{"nothing is open while nobody needs it", "", []audio.Info{mic, spk}, []followStep{
			{what: "start", mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
			{what: "no microphone", do: func(r *rig) { r.follow.Use(nil, r.playout) }, after: time.Millisecond, spk: "spk"},
			{what: "nothing", do: func(r *rig) { r.follow.Use(nil, nil) }, after: time.Millisecond},
			{what: "but it looks", do: func(r *rig) { r.Appear(headset) }, said: []string{"0 plugged the headset"}},
			{what: "a choice meanwhile", do: func(r *rig) { r.follow.SetInput("headset") }},
			{what: "the microphone", do: func(r *rig) { r.follow.Use(r.capture, nil) }, after: time.Millisecond, mic: "headset", said: []string{"0 opened the headset"}},
			{what: "the same again", do: func(r *rig) { r.follow.Use(r.capture, nil) }, mic: "headset"},
			{what: "both", do: func(r *rig) { r.follow.Use(r.capture, r.playout) }, mic: "headset", spk: "spk", said: []string{"1 opened the spk"}},
		}},
		{"no microphone: one can still listen", "", []audio.Info{spk, monitor}, []followStep{
			{what: "start", mic: "", spk: "spk", said: []string{"0 none ", "1 opened the spk"}},
			{what: "a monitor by name", do: func(r *rig) { r.follow.SetInput("spk.monitor") }, mic: "spk.monitor", spk: "spk", said: []string{"0 opened Monitor"}},
		}},
		{"nothing at all", "", nil, []followStep{
			{what: "start", said: []string{"0 none ", "1 none "}},
			{what: "both appear", do: func(r *rig) { r.SetDevices(mic, spk) }, mic: "mic", spk: "spk", said: []string{"0 returned the mic", "1 returned the spk"}},
		}},
		{"a device falls silent", "headset", []audio.Info{mic, headset, spk}, []followStep{
			{what: "start", mic: "headset", spk: "spk", said: []string{"0 opened the headset", "1 opened the spk"}},
			{what: "it plays", after: 2 * time.Second, mic: "headset", spk: "spk"},
			{what: "it freezes", do: func(r *rig) { r.Freeze("headset", true) }, mic: "", spk: "spk", said: []string{"0 failed the headset: " + audio.ErrSilent.Error(), "0 opened the headset"}},
			{what: "it stays so", after: 10 * time.Second, mic: "", spk: "spk"},
			{what: "it thaws", do: func(r *rig) { r.Freeze("headset", false) }, mic: "headset", spk: "spk"},
		}},
		{"a device does not open", "headset", []audio.Info{mic, headset, spk}, []followStep{
			{what: "start", mic: "headset", spk: "spk", said: []string{"0 opened the headset", "1 opened the spk"}},
			{what: "nothing opens", do: func(r *rig) { r.FailOpen(audio.Input, errBusy); r.follow.SetInput("mic") }, mic: "", spk: "spk", said: []string{"0 failed the mic: busy", "0 failed the headset: busy"}},
			{what: "all is well again", do: func(r *rig) { r.FailOpen(audio.Input, nil) }, after: 20 * time.Second, mic: "mic", spk: "spk", said: []string{"0 opened the mic"}},
		}},
		{"the list fails", "", []audio.Info{mic, spk}, []followStep{
			{what: "start", mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
			{what: "what runs goes on", do: func(r *rig) { r.FailDevices(errBusy) }, after: 5 * time.Second, mic: "mic", spk: "spk"},
			{what: "the sound server dies", do: func(r *rig) { r.Freeze("mic", true) }, mic: "", spk: "spk", said: []string{"0 failed the mic: " + audio.ErrSilent.Error()}},
			{what: "it is back", do: func(r *rig) { r.Freeze("mic", false); r.FailDevices(nil) }, mic: "mic", spk: "spk", said: []string{"0 opened the mic"}},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, test.input, "", test.devices...)
				r.steps(t, test.steps)
			})
		})
	}
}

// Who shows the devices is told at the start and of each change, and of nothing else.
func TestFollowTellsOfTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "", "", audiotest.Mic("mic"), audiotest.Speaker("spk"))
		expect := func(what, input, output string, list int) {
			t.Helper()
			r.after(5 * time.Second)
			var got audio.Devices
			n := len(r.seen)
			for range n {
				got = <-r.seen
			}
			if n == 0 || n > 2 || got.Input != input || got.Output != output || len(got.List) != list {
				t.Errorf("%s: told %d times, last %+v", what, n, got)
			}
		}
		expect("start", "the mic", "the spk", 2)
		r.Appear(audiotest.Mic("headset"))
		expect("plugged", "the mic", "the spk", 3)
		r.SetDefault("headset")
		expect("default", "the headset", "the spk", 3)
		r.follow.Use(nil, r.playout)
		expect("no microphone", "", "the spk", 3)
		r.after(5 * time.Second)
		if n := len(r.seen); n != 0 {
			t.Errorf("told %d times of nothing", n)
		}
		r.follow.Close()
		r.follow.Use(r.capture, r.playout) // must not hang
	})
}
