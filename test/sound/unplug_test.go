package sound_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/pulse"
	"parley/audio/vad"
	"parley/test/lab"
)

// listener is an encoder that looks for a tone in what it is to encode.
type listener struct{ *detector }

func (l listener) Encode(pcm []float32, out []byte) ([]byte, error) {
	l.hear(pcm)
	return append(out[:0], make([]byte, 8)...), nil
}
func (l listener) Tune(audio.Tuning) error { return nil }
func (l listener) Close()                  {}

// desk is somebody in a call: a Follow with what it feeds.
type desk struct {
	*testing.T
	pulse   *lab.Pulse
	backend *pulse.Backend
	follow  *audio.Follow
	capture *audio.Capture
	heard   *detector // what the microphone hears

	mu      sync.Mutex
	using   [2]string // IDs, by Kind
	notices []string

	checks  int
	slowest time.Duration // that sound was away
}

// sit begins with a Follow on the system's devices, or as change says.
func sit(t *testing.T, change func(*audio.FollowConfig)) *desk {
	p, b := begin(t)
	x := &desk{T: t, pulse: p, backend: b, heard: newDetector(mouthTone)}
	open(t, b, audio.Request{Kind: audio.Output, ID: "inj_a"}, generator(mouthTone, loudTone))
	capture, err := audio.NewCapture(audio.CaptureConfig{
		Encoder: listener{x.heard}, FrameMS: 10, Gate: vad.Config{Mode: vad.Open}, Emit: func(audio.Packet) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	playout := audio.NewPlayout(audio.PlayoutConfig{})
	tone := make([]float32, audio.SampleRate*10)
	generator(earTone, loudTone)(tone)
	var over atomic.Bool
	var again func()
	again = func() {
		if !over.Load() {
			playout.Play(tone, 1, again)
		}
	}
	again()
	x.capture = capture
	config := audio.FollowConfig{
		Backend: b, Capture: capture, Playout: playout,
		Switched: func(k audio.Kind, id string) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.using[k] = id
		},
		Notify: func(n audio.Notice) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.notices = append(x.notices, fmt.Sprint(n.Kind, " ", n.Event, " ", n.Name, " ", n.Err))
		},
		Learnt: func(audio.Kind, string) time.Duration { return 0 },
	}
	change(&config)
	x.follow = audio.StartFollow(config)
	t.Cleanup(func() {
		x.follow.Close()
		over.Store(true)
		capture.Close()
		playout.Close()
		if n := x.heard.nonsense.Load(); n != 0 {
			t.Errorf("%d samples were no numbers", n)
		}
		if t.Failed() {
			t.Log(strings.Join(x.notices, "\n"))
		}
	})
	return x
}

func (x *desk) uses(k audio.Kind) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.using[k]
}

// flows returns when both ways are heard: the tone from the mouth by the capture, and playout's at the loudspeaker in use.
func (x *desk) flows(what string) {
	x.Helper()
	began := time.Now()
	before := x.heard.pieces.Load()
	await(x.T, what+": the microphone hears", 8*time.Second, func() bool { return x.heard.pieces.Load() > before+3 })
	deadline := time.Now().Add(8 * time.Second)
	for !x.playsOn(x.uses(audio.Output)) { // it may go away while we listen to it
		if time.Now().After(deadline) {
			x.Fatalf("%s: nothing is played on %q", what, x.uses(audio.Output))
		}
		time.Sleep(20 * time.Millisecond)
	}
	x.checks++
	x.slowest = max(x.slowest, time.Since(began))
}

func (x *desk) playsOn(sink string) bool {
	d := newDetector(earTone)
	m, err := x.backend.Open(audio.Request{Kind: audio.Input, ID: sink + ".monitor"}, d.hear)
	if err != nil {
		return false
	}
	defer m.Close()
	for end := time.Now().Add(time.Second); d.pieces.Load() < 3; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// Sinks of every format, and microphones.
var (
	rates    = []int{8000, 16000, 44100, 48000, 96000, 192000}
	channels = []int{1, 2, 4, 6, 8}
)

// plug loads n sinks and n sources, and returns their modules by ID.
func (x *desk) plug(ctx context.Context, n int) map[string]int {
	x.Helper()
	modules := map[string]int{}
	for i := range n {
		sink, mic := fmt.Sprintf("spk_%02d", i), fmt.Sprintf("mic_%02d", i)
		for id, module := range map[string][]string{
			sink: {"module-null-sink", "sink_name=" + sink, "norewinds=1",
				fmt.Sprintf("rate=%d", rates[i%len(rates)]), fmt.Sprintf("channels=%d", channels[i%len(channels)])},
			mic: {"module-remap-source", "source_name=" + mic, "master=bus.monitor", "channels=1", "channel_map=mono",
				fmt.Sprintf("master_channel_map=aux%d", lab.Mouth(0)), "remix=no"},
		} {
			index, err := x.pulse.Load(ctx, module...)
			if err != nil {
				x.Fatal(err)
			}
			modules[id] = index
		}
	}
	return modules
}

// fds is how many files are open.
func fds(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestFiftyUnplugged: fifty loudspeakers of all formats and fifty microphones go away under a running call, in an order that the
// seed says, those in use among them, pinned and followed. Sound flows after each that mattered, and nothing is left over.
func TestFiftyUnplugged(t *testing.T) {
	rounds, seed := 1, uint64(7)
	if soak() {
		rounds, seed = 3, uint64(time.Now().UnixNano())
		t.Log("seed", seed)
	}
	random := rand.New(rand.NewPCG(seed, 50))
	x := sit(t, func(*audio.FollowConfig) {})
	x.flows("start")
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	goroutines, files := runtime.NumGoroutine(), fds(t)
	for range rounds {
		x.round(random)
	}
	t.Logf("sound flowed again after %d changes, after %v at most", x.checks, x.slowest)
	await(t, "goroutines and files are as many as before", 10*time.Second, func() bool {
		return runtime.NumGoroutine() <= goroutines && fds(t) <= files
	})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("%d bytes more are in use", grown)
	}
}

// checked is how many of a round's unplugged devices are those in use, in the short form.
const checked = 6

func (x *desk) round(random *rand.Rand) {
	x.Helper()
	ctx, cancel := context.WithTimeout(x.Context(), 10*time.Minute)
	defer cancel()
	modules := x.plug(ctx, 50)
	pull := func(id string) {
		x.Helper()
		if err := x.pulse.Unload(ctx, modules[id]); err != nil {
			x.Fatalf("%s: %v", id, err)
		}
		delete(modules, id)
	}
	for _, d := range []string{"spk_00", "mic_00"} {
		if err := x.pulse.SetDefault(ctx, d); err != nil {
			x.Fatal(err)
		}
	}
	await(x.T, "the system's new default is in use", 5*time.Second, func() bool {
		return x.uses(audio.Output) == "spk_00" && x.uses(audio.Input) == "mic_00"
	})
	every := len(modules) / checked
	for n := 1; len(modules) > 0; n++ {
		ids := slices.Sorted(maps.Keys(modules))
		if n%every != 1 && !soak() {
			pull(ids[random.IntN(len(ids))])
			continue
		}
		for _, k := range []audio.Kind{audio.Output, audio.Input} {
			x.wish(k, ids, random)
			if id := x.uses(k); modules[id] != 0 {
				pull(id)
				x.flows(id + " unplugged")
			}
		}
	}
	x.wish(audio.Output, nil, random)
	x.wish(audio.Input, nil, random)
	x.flows("all are unplugged")
}

// wish pins one of the devices or follows the system, as it comes, and waits until a pinned one is in use.
func (x *desk) wish(k audio.Kind, ids []string, random *rand.Rand) {
	x.Helper()
	set := x.follow.SetOutput
	if k == audio.Input {
		set = x.follow.SetInput
	}
	prefix := map[audio.Kind]string{audio.Output: "spk_", audio.Input: "mic_"}[k]
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !strings.HasPrefix(id, prefix) })
	if len(ids) == 0 || random.IntN(3) == 0 {
		set("")
		return
	}
	id := ids[random.IntN(len(ids))]
	set(id)
	await(x.T, id+" is in use", 8*time.Second, func() bool { return x.uses(k) == id })
}
