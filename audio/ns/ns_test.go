package ns_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"parley/assets"
	"parley/audio"
	"parley/audio/audiotest"
	"parley/audio/ns"
)

var _ audio.Denoiser = (*ns.Denoiser)(nil)

// compile fails with the remedy where the model was not fetched.
func compile(t testing.TB) *ns.Model {
	t.Helper()
	wasm, err := assets.RNNoise()
	if err != nil {
		t.Fatal(err)
	}
	m, err := ns.Compile(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func start(t testing.TB, m *ns.Model) *ns.Denoiser {
	t.Helper()
	d, err := m.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// process runs x, whole frames, through d and returns what came out and the mean voice probability.
func process(t testing.TB, d *ns.Denoiser, x []float32) (out []float32, voice float64) {
	t.Helper()
	out = append(out, x...)
	for at := 0; at < len(out); at += ns.FrameSize {
		p, err := d.Process(out[at : at+ns.FrameSize])
		if err != nil || p < 0 || p > 1 {
			t.Fatal(p, err)
		}
		voice += float64(p) * ns.FrameSize / float64(len(x))
	}
	return out, voice
}

const seconds = audio.SampleRate

func TestSuppresses(t *testing.T) {
	m := compile(t)
	noise := audiotest.ToLevel(audiotest.PinkNoise(1, 6*seconds), -35)
	voice := audiotest.Vowels(1, 6*seconds)
	settled := func(x []float32) []float32 { return x[2*seconds:] }

	quiet, quietVoice := process(t, start(t, m), noise)
	cut := audiotest.LevelDBFS(settled(noise)) - audiotest.LevelDBFS(settled(quiet))
	clean, cleanVoice := process(t, start(t, m), voice)
	cost := audiotest.LevelDBFS(settled(voice)) - audiotest.LevelDBFS(settled(clean))
	t.Logf("noise lowered by %.1f dB, a clean voice by %.1f dB, voice probability %.2f in noise and %.2f in a voice", cut, cost, quietVoice, cleanVoice)
	if cut < 10 {
		t.Errorf("noise lowered by %.1f dB", cut)
	}
	if math.Abs(cost) > 1 {
		t.Errorf("a clean voice lowered by %.1f dB", cost)
	}
	if cleanVoice < quietVoice+0.3 {
		t.Errorf("voice probability says nothing: %.2f in noise, %.2f in a voice", quietVoice, cleanVoice)
	}
	// A sample or two beside it: RNNoise's high-pass filter turns the phase of the lowest sounds.
	if lag := audiotest.Align(settled(voice), settled(clean), seconds/10); max(lag-ns.Delay, ns.Delay-lag) > 2 {
		t.Errorf("delay %d samples, not %d", lag, ns.Delay)
	}
}

// TestInstancesAreApart: what one hears, another of the same model doesn't.
// What rests in silence goes on as if it had not: beside one that gets next to nothing in the place of nothing, and so never rests.
func TestRests(t *testing.T) {
	m := compile(t)
	voice, pause := audiotest.Vowels(1, 2*seconds), make([]float32, 2*seconds)
	faint := make([]float32, len(pause))
	for i := range faint {
		faint[i] = 1e-30
	}
	rested, _ := process(t, start(t, m), slices.Concat(voice, pause, voice))
	awake, _ := process(t, start(t, m), slices.Concat(voice, faint, voice))
	for i, v := range rested {
		if math.Abs(float64(v-awake[i])) > 1e-5 {
			t.Fatalf("sample %d: %g, and %g without a rest", i, v, awake[i])
		}
	}
	if level := audiotest.LevelDBFS(rested[3*seconds : 4*seconds]); level > -100 {
		t.Errorf("%.1f dBFS in silence", level)
	}
	if level := audiotest.LevelDBFS(rested[5*seconds:]); level < -40 {
		t.Errorf("%.1f dBFS of the voice after it", level)
	}
}

func TestInstancesAreApart(t *testing.T) {
	m := compile(t)
	voice := audiotest.Vowels(2, seconds)
	alone, _ := process(t, start(t, m), voice)
	a, b := start(t, m), start(t, m)
	noise := audiotest.PinkNoise(2, ns.FrameSize)
	for at := 0; at < len(voice); at += ns.FrameSize {
		frame := append([]float32(nil), voice[at:at+ns.FrameSize]...)
		if _, err := a.Process(frame); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Process(append([]float32(nil), noise...)); err != nil {
			t.Fatal(err)
		}
		for i, v := range frame {
			if v != alone[at+i] {
				t.Fatalf("sample %d differs", at+i)
			}
		}
	}
}

// TestWildInput: after any input, a voice is heard again.
func TestWildInput(t *testing.T) {
	d := start(t, compile(t))
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, v := range []float32{nan, inf, -inf, math.MaxFloat32, -math.MaxFloat32, 1e-40} {
		frame := make([]float32, ns.FrameSize)
		for i := range frame {
			frame[i] = v * float32(1-i%2*2)
		}
		for range 3 {
			if _, err := d.Process(frame); err != nil {
				t.Fatal(err)
			}
			for i, w := range frame {
				if w-w != 0 {
					t.Fatalf("%v in, %v out at %d", v, w, i)
				}
			}
		}
	}
	voice := audiotest.Vowels(1, 4*seconds)
	out, _ := process(t, d, voice)
	if level := audiotest.LevelDBFS(out[3*seconds:]); math.Abs(level-audiotest.LevelDBFS(voice[3*seconds:])) > 3 {
		t.Errorf("a voice afterwards is at %.1f dBFS", level)
	}
}

func TestFrameLength(t *testing.T) {
	d := start(t, compile(t))
	for _, n := range []int{0, 479, 481, 960} {
		if _, err := d.Process(make([]float32, n)); !errors.Is(err, ns.ErrFrame) {
			t.Errorf("%d samples: %v", n, err)
		}
	}
}

func TestNotTheModel(t *testing.T) {
	for name, wasm := range map[string][]byte{"nothing": nil, "an empty module": []byte("\x00asm\x01\x00\x00\x00"), "text": []byte("<html>")} {
		if _, err := ns.New(t.Context(), wasm); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestNewOwnsItsModel(t *testing.T) {
	wasm, err := assets.RNNoise()
	if err != nil {
		t.Fatal(err)
	}
	d, err := ns.New(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Process(make([]float32, ns.FrameSize)); err == nil {
		t.Error("a closed one still works")
	}
}

func TestNoAllocation(t *testing.T) {
	d, frame := start(t, compile(t)), make([]float32, ns.FrameSize)
	if n := testing.AllocsPerRun(200, func() { _, _ = d.Process(frame) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkFrame(b *testing.B) {
	d, voice := start(b, compile(b)), audiotest.Vowels(1, seconds)
	frame := make([]float32, ns.FrameSize)
	for i := 0; b.Loop(); i++ {
		copy(frame, voice[i%100*ns.FrameSize:])
		_, _ = d.Process(frame)
	}
}

func BenchmarkSilence(b *testing.B) {
	d, frame := start(b, compile(b)), make([]float32, ns.FrameSize)
	for b.Loop() {
		_, _ = d.Process(frame)
	}
}
