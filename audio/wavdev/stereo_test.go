package wavdev

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
)

func sine(hz float64, rate, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(0.4 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return x
}

// Two channels stay two: through files of any rate, a microphone and a loudspeaker.
func TestStereo(t *testing.T) {
	for _, rate := range []int{44100, audio.SampleRate} {
		dir := t.TempDir()
		say, ear := filepath.Join(dir, "say.wav"), filepath.Join(dir, "ear.wav")
		var pairs []byte
		left, right := sine(440, rate, rate), sine(660, rate, rate)
		for i, l := range left {
			pairs = encode(encode(pairs, float64(l), 16, false), float64(right[i]), 16, false)
		}
		if err := os.WriteFile(say, build(tagPCM, 2, rate, 16, false, pairs), 0o600); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			b, err := New(Config{Input: say, Output: ear})
			if err != nil {
				t.Fatal(err)
			}
			heard := make(chan []float32, 200)
			in, err := b.Open(audio.Request{Kind: audio.Input, Channels: 2}, func(x []float32) { heard <- append([]float32(nil), x...) })
			if err != nil {
				t.Fatal(err)
			}
			<-time.After(5 * time.Millisecond) // first the one, then the other
			out, err := b.Open(audio.Request{Kind: audio.Output, Channels: 2}, func(x []float32) { copy(x, <-heard) })
			if err != nil {
				t.Fatal(err)
			}
			<-time.After(500 * time.Millisecond)
			_ = in.Close()
			close(heard)
			_ = out.Close()
			if out, err = b.Open(audio.Request{Kind: audio.Output}, func(x []float32) { x[0] = 0.5 }); err != nil { // with one, the file goes on with two
				t.Fatal(err)
			}
			<-time.After(11 * time.Millisecond)
			_ = out.Close()
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
		})
		l, r, err := ReadStereo(ear)
		if err != nil || len(l) < 24000 {
			t.Fatalf("%d samples, %v", len(l), err)
		}
		a, b := sine(440, audio.SampleRate, 24000), sine(660, audio.SampleRate, 24000)
		for i := 480; i < 23000; i++ { // the resampler needs a beginning
			if math.Abs(float64(l[i]-a[i])) > 1e-3 || math.Abs(float64(r[i]-b[i])) > 1e-3 {
				t.Fatalf("%d Hz: %v and %v at %d, want %v and %v", rate, l[i], r[i], i, a[i], b[i])
			}
		}
		last := len(l) - audio.FrameSize
		if math.Abs(float64(l[last]-0.5)) > 1e-3 || l[last] != r[last] {
			t.Errorf("one channel became %v and %v", l[last], r[last])
		}
		mono, err := ReadFile(ear)
		if err != nil || math.Abs(float64(mono[1000]-(l[1000]+r[1000])/2)) > 1e-5 {
			t.Errorf("as one channel: %v, %v", mono[1000], err)
		}
	}
}

// Files written and read as a whole; one that has begun with one channel has one for ever.
func TestStereoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.wav")
	left, right := sine(440, 48000, 5000), sine(660, 48000, 5000)
	if err := WriteStereo(path, left, right); err != nil {
		t.Fatal(err)
	}
	l, r, err := ReadStereo(path)
	if err != nil || len(l) != 5000 || math.Abs(float64(l[77]-left[77])) > 1e-4 || math.Abs(float64(r[77]-right[77])) > 1e-4 {
		t.Errorf("%d samples, %v", len(l), err)
	}
	if err := WriteFile(path, left); err != nil {
		t.Fatal(err)
	}
	if l, r, err = ReadStereo(path); err != nil || len(l) != 5000 || l[77] != r[77] {
		t.Errorf("one channel: %d samples, %v", len(l), err)
	}
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	if err := w.Write(left[:10]); err != nil {
		t.Fatal(err)
	}
	if err := w.SetStereo(); err == nil {
		t.Error("it has changed")
	}
	if _, _, err := ReadStereo(path + "x"); err == nil {
		t.Error("there is no such file")
	}
}
