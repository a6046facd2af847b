package audio_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
)

// memory is what a profile would keep.
type memory map[string]time.Duration

func (m memory) config() audio.FollowConfig {
	var mu sync.Mutex
	key := func(k audio.Kind, id string) string { return fmt.Sprint(k, " ", id) }
	return audio.FollowConfig{
		Learnt: func(k audio.Kind, id string) time.Duration {
			mu.Lock()
			defer mu.Unlock()
			return m[key(k, id)]
		},
		Learned: func(k audio.Kind, id string, period time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			m[key(k, id)] = period
		},
	}
}

func drain(c <-chan string) (all []string) {
	for {
		select {
		case s := <-c:
			all = append(all, s)
		default:
			return all
		}
	}
}

// The period follows what the device loses; nobody is told of it, neither people nor who would take it for another device.
func TestFollowPaces(t *testing.T) {
	const ms = time.Millisecond
	known := memory{}
	begin := func(t *testing.T) *rig {
		r := &rig{Backend: audiotest.NewBackend(audiotest.Mic("mic"), audiotest.Speaker("spk"), audiotest.Speaker("box")), config: known.config()}
		r.AnyPeriod()
		r.begin(t, "", "")
		return r
	}
	expect := func(t *testing.T, r *rig, what string, input, output time.Duration) {
		t.Helper()
		if in, out := r.Period(audio.Input), r.Period(audio.Output); in != input || out != output {
			t.Errorf("%s: periods %v and %v, want %v and %v", what, in, out, input, output)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		r := begin(t)
		r.after(1500 * ms)
		expect(t, r, "start", 5*ms, 5*ms)
		drain(r.switched)
		r.follow.SetSteady(true)
		for range 3 {
			r.Lose("spk", 1)
			r.after(time.Second)
		}
		r.after(3 * time.Second)
		expect(t, r, "after three gaps, while it has to stay", 5*ms, 5*ms)
		r.follow.SetSteady(false)
		r.after(3 * time.Second)
		expect(t, r, "after three gaps", 5*ms, 10*ms)
		r.after(30 * time.Second)
		if said, switched := r.after(0), drain(r.switched); len(said)+len(switched) != 0 {
			t.Errorf("said %q, told %q", said, switched)
		}
		if opened, _ := r.Counts(audio.Output); opened != 2 {
			t.Errorf("opened %d times", opened)
		}
		r.SetDefault("box") // the system moves us
		r.after(1500 * ms)
		expect(t, r, "another loudspeaker", 5*ms, 5*ms)
		r.SetDefault("spk")
		r.after(1500 * ms)
		expect(t, r, "and the first again", 5*ms, 10*ms)
		if got := drain(r.switched); !slices.Equal(got, []string{"1 box", "1 spk"}) {
			t.Errorf("switched %q", got)
		}
	})
	if want := (memory{"0 mic": 5 * ms, "1 spk": 10 * ms}); fmt.Sprint(known) != fmt.Sprint(want) {
		t.Errorf("learnt %v, want %v", known, want)
	}
	synctest.Test(t, func(t *testing.T) {
		r := begin(t)
		r.after(1500 * ms)
		expect(t, r, "a later start", 5*ms, 10*ms)
		if got := drain(r.switched); !slices.Equal(got, []string{"0 mic", "1 spk"}) {
			t.Errorf("switched %q", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := &rig{Backend: audiotest.NewBackend(audiotest.Mic("mic"), audiotest.Speaker("spk")), config: audio.FollowConfig{Period: 20 * ms}}
		r.AnyPeriod()
		r.begin(t, "", "")
		for range 10 {
			r.Lose("spk", 1)
			r.after(time.Second)
		}
		expect(t, r, "fixed", 20*ms, 20*ms)
	})
}

// What does not open with another period goes on with the one that it has.
func TestFollowPaceRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{Backend: audiotest.NewBackend(audiotest.Mic("mic"), audiotest.Speaker("spk")), config: memory{}.config()}
		r.AnyPeriod()
		r.begin(t, "", "")
		r.after(1500 * time.Millisecond)
		r.Refuse("spk", true)
		for range 6 {
			r.Lose("spk", 1)
			r.after(time.Second)
		}
		r.Refuse("spk", false)
		said := r.after(10 * time.Second)
		if r.Using(audio.Output) != "spk" || r.Period(audio.Output) != 5*time.Millisecond {
			t.Errorf("not open as it was; said %q", said)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "", "", audiotest.Mic("mic"), audiotest.Speaker("spk"))
		for range 10 {
			r.Lose("spk", 1)
			r.after(time.Second)
		}
		if n, _ := r.Counts(audio.Output); n != 1 {
			t.Errorf("a device with one period was opened %d times", n)
		}
	})
}

func noise(frame []float32) { copy(frame, audiotest.PinkNoise(1, len(frame))) }

// The first start passes over what moves no sound, for what does.
func TestFollowFirstStart(t *testing.T) {
	mic, headset, spk, box := audiotest.Mic("mic"), audiotest.Mic("headset"), audiotest.Speaker("spk"), audiotest.Speaker("box")
	monitor := audio.Info{Kind: audio.Input, ID: "spk.monitor", Name: "Monitor", Monitor: true}
	tests := []struct {
		name    string
		input   string
		known   memory
		devices []audio.Info
		steps   []followStep
		before  func(*rig)
	}{
		{"a microphone that gives zeros", "", memory{}, []audio.Info{mic, headset, spk, monitor}, []followStep{
			{what: "start", after: 500 * time.Millisecond, mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
			{what: "passed over", after: 2 * time.Second, mic: "headset", spk: "spk", said: []string{"0 passed-over the mic", "0 opened the headset"}},
			{what: "it stays so", do: func(r *rig) { r.Mute("mic", false) }, after: 5 * time.Second, mic: "headset", spk: "spk"},
			{what: "muted later", do: func(r *rig) { r.Mute("headset", true) }, after: 5 * time.Second, mic: "headset", spk: "spk"},
			{what: "plugged in anew", do: func(r *rig) { r.Vanish("mic"); r.after(1500 * time.Millisecond); r.Appear(mic) }, mic: "headset", spk: "spk",
				said: []string{"0 plugged the mic"}},
			{what: "chosen by the system", do: func(r *rig) { r.SetDefault("mic") }, mic: "mic", spk: "spk", said: []string{"0 opened the mic"}},
		}, func(r *rig) { r.Mute("mic", true) }},
		{"it is known to work: somebody has muted it", "", memory{"0 mic": time.Millisecond, "1 spk": 1}, []audio.Info{mic, headset, spk}, []followStep{
			{what: "start", after: 5 * time.Second, mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
		}, func(r *rig) { r.Mute("mic", true) }},
		{"others listen: its own switch may have muted it", "", memory{}, []audio.Info{mic, headset, spk}, []followStep{
			{what: "start", after: 5 * time.Second, mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
		}, func(r *rig) { r.Mute("mic", true); r.config.OnAir = true }},
		{"it is pinned", "mic", memory{}, []audio.Info{mic, headset, spk}, []followStep{
			{what: "start", after: 5 * time.Second, mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
		}, func(r *rig) { r.Mute("mic", true) }},
		{"it is chosen meanwhile", "", memory{}, []audio.Info{mic, headset, spk}, []followStep{
			{what: "start", after: 1600 * time.Millisecond, do: func(r *rig) { r.Mute("headset", true) }, mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
			{what: "chosen", do: func(r *rig) { r.follow.SetInput("mic"); r.after(0); r.Mute("headset", false) }, after: 5 * time.Second, mic: "mic", spk: "spk"},
		}, func(r *rig) { r.Mute("mic", true) }},
		{"nobody remembers", "", nil, []audio.Info{mic, headset, spk}, []followStep{
			{what: "start", after: 5 * time.Second, mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
		}, func(r *rig) { r.Mute("mic", true) }},
		{"it is the only one", "", memory{}, []audio.Info{mic, spk, monitor}, []followStep{
			{what: "start", after: 5 * time.Second, mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
		}, func(r *rig) { r.Mute("mic", true) }},
		{"all are as silent", "", memory{}, []audio.Info{mic, headset, spk}, []followStep{
			{what: "start", after: 5 * time.Second, mic: "mic", spk: "spk", said: []string{"0 opened the mic", "1 opened the spk"}},
		}, func(r *rig) { r.Mute("mic", true); r.Mute("headset", true) }},
		{"the third one works", "", memory{}, []audio.Info{mic, headset, audiotest.Mic("camera"), spk}, []followStep{
			{what: "start", after: 5 * time.Second, mic: "camera", spk: "spk",
				said: []string{"0 opened the mic", "1 opened the spk", "0 passed-over the mic", "0 opened the camera"}},
			{what: "unplugged", do: func(r *rig) { r.Vanish("camera") }, mic: "mic", spk: "spk", said: []string{"0 lost the camera", "0 opened the mic"}},
		}, func(r *rig) { r.Mute("mic", true); r.Mute("headset", true) }},
		{"dead devices", "", nil, []audio.Info{mic, headset, spk, box}, []followStep{
			{what: "start", after: 500 * time.Millisecond, said: []string{"0 opened the mic", "1 opened the spk"}},
			{what: "passed over", after: 1200 * time.Millisecond, mic: "headset", spk: "box",
				said: []string{"0 passed-over the mic", "1 passed-over the spk", "0 opened the headset", "1 opened the box"}},
			{what: "it stays so", after: 5 * time.Second, mic: "headset", spk: "box"},
			{what: "chosen", do: func(r *rig) { r.Freeze("spk", false); r.follow.SetOutput("spk") }, mic: "headset", spk: "spk", said: []string{"1 opened the spk"}},
		}, func(r *rig) { r.Freeze("mic", true); r.Freeze("spk", true) }},
		{"a slow server", "", memory{}, []audio.Info{mic, headset, spk, box}, []followStep{
			{what: "start", after: 1700 * time.Millisecond, said: []string{"0 opened the mic", "1 opened the spk"}},
			{what: "it wakes", do: func(r *rig) {
				r.Freeze("mic", false)
				r.Freeze("spk", false)
				r.after(20 * time.Millisecond)
				r.Freeze("headset", false)
				r.Freeze("box", false)
			},
				after: 5 * time.Second, mic: "mic", spk: "spk"},
		}, func(r *rig) {
			for _, id := range []string{"mic", "headset", "spk", "box"} {
				r.Freeze(id, true)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &rig{Backend: audiotest.NewBackend(test.devices...), hears: noise}
				if test.known != nil {
					r.config = test.known.config()
				}
				test.before(r)
				r.begin(t, test.input, "")
				r.steps(t, test.steps)
			})
		})
	}
}
