package wavdev

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
)

// A file is played in real time, once or again and again, and goes on where it was when it is opened again.
func TestMicrophone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in.wav")
	sound := audiotest.Tone(300, 0.5, 10*audio.FrameSize+100)
	if err := WriteFile(path, sound); err != nil {
		t.Fatal(err)
	}
	for _, loop := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b, err := New(Config{Input: path, Loop: loop})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			var heard []float32
			for range 2 { // opened twice
				d, err := b.Open(audio.Request{Kind: audio.Input}, func(x []float32) { heard = append(heard, x...) })
				if err != nil {
					t.Fatal(err)
				}
				if _, err := b.Open(audio.Request{Kind: audio.Input}, nil); !errors.Is(err, errBusy) {
					t.Error("opened while open:", err)
				}
				<-time.After(155 * time.Millisecond)
				d.Close()
				d.Close()
			}
			if len(heard) != 30*audio.FrameSize {
				t.Fatalf("%d samples in 310 ms", len(heard))
			}
			want := make([]float32, len(heard))
			for i := range want {
				if loop || i < len(sound) {
					want[i] = sound[i%len(sound)]
				}
			}
			if s := snr(want, heard); s < 80 {
				t.Errorf("loop %v: %.1f dB", loop, s)
			}
		})
	}
}

// A loudspeaker's file can be read at any moment, as after kill -9.
func TestLoudspeaker(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.wav")
	synctest.Test(t, func(t *testing.T) {
		b, err := New(Config{Output: path})
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		d, err := b.Open(audio.Request{Kind: audio.Output, ID: path}, func(x []float32) {
			for i := range x {
				x[i] = float32(0.5 * math.Sin(float64(at)/10))
				at++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(1055 * time.Millisecond)
		alive, err := ReadFile(path)
		if err != nil || len(alive) < 38400 {
			t.Errorf("while it is written: %d samples, %v", len(alive), err)
		}
		d.Close()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if err := b.Close(); err != nil {
			t.Error("second close:", err)
		}
		all, err := ReadFile(path)
		if err != nil || len(all) != at || at != 105*audio.FrameSize {
			t.Errorf("%d samples of %d, %v", len(all), at, err)
		}
		if math.Abs(float64(all[1000])-0.5*math.Sin(100)) > 1e-4 {
			t.Error(all[1000])
		}
	})
}

func TestNoDevice(t *testing.T) {
	b, err := New(Config{Output: filepath.Join(t.TempDir(), "out.wav")})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, r := range []audio.Request{{Kind: audio.Input}, {Kind: audio.Output, ID: "another"}} {
		if _, err := b.Open(r, nil); !errors.Is(err, errNone) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if list, _ := b.Devices(); len(list) != 1 || list[0].Kind != audio.Output {
		t.Error(list)
	}
	if _, err := New(Config{Output: filepath.Join(t.TempDir(), "no", "folder.wav")}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// Recording into the file that is played would empty it.
func TestSameFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.wav")
	if err := WriteFile(path, make([]float32, 480)); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Input: path, Output: path}); !errors.Is(err, errBusy) {
		t.Error(err)
	}
	if x, err := ReadFile(path); err != nil || len(x) != 480 {
		t.Error(len(x), err)
	}
}

// What does not fit is clipped, what is not a number is silent.
func TestWriterClips(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.wav")
	nan := float32(math.NaN())
	if err := WriteFile(path, []float32{2, -2, nan, 0.5}); err != nil {
		t.Fatal(err)
	}
	x, err := ReadFile(path)
	if err != nil || len(x) != 4 || x[0] < 0.999 || x[1] > -0.999 || x[2] != 0 || math.Abs(float64(x[3])-0.5) > 1e-4 {
		t.Error(x, err)
	}
}

// Speakers come, pause and go; all files have one time line and one length.
func TestRecorder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "rec")
	r, err := NewRecorder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]float32, audio.FrameSize)
	for i := range frame {
		frame[i] = 0.5
	}
	const begin = 1000 // playout may have run for a while
	for i := range int64(10) {
		at := begin + i*audio.FrameSize
		r.Tap("alice", at, frame)
		if i >= 3 && i != 5 && i < 8 {
			r.Tap("../../bob", at, frame)
		}
		r.Tap("", at, frame)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	for name, want := range map[string]string{"alice": "++++++++++", "_.._bob": "...++.++..", "mix": "++++++++++"} {
		x, err := ReadFile(filepath.Join(dir, name+".wav"))
		if err != nil {
			t.Error(err)
			continue
		}
		got := ""
		for i := 0; i+audio.FrameSize <= len(x); i += audio.FrameSize {
			if x[i] != 0 && x[i+audio.FrameSize-1] != 0 {
				got += "+"
			} else {
				got += "."
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestRecorderNames(t *testing.T) {
	r := &Recorder{names: map[string]bool{}}
	for _, test := range [][2]string{
		{"", "mix"}, {"mix", "mix-2"}, {"Mix", "Mix-3"}, {"a/b", "a_b"}, {"a_b", "a_b-2"}, {"..", "_"}, {".hidden", "hidden"},
		{"Jürgen\x00\n", "J_rgen__"}, {string(make([]byte, 500)), string(bytesOf('_', 80))},
	} {
		if got := r.name(test[0]); got != test[1] {
			t.Errorf("%q: %q, want %q", test[0], got, test[1])
		}
	}
}

func bytesOf(b byte, n int) []byte {
	x := make([]byte, n)
	for i := range x {
		x[i] = b
	}
	return x
}

// The tap runs on playout's goroutine.
func TestTapAllocatesNothing(t *testing.T) {
	r, err := NewRecorder(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	frame := make([]float32, audio.FrameSize)
	r.Tap("a", 0, frame)
	at := int64(0)
	if n := testing.AllocsPerRun(200, func() { at += audio.FrameSize; r.Tap("a", at, frame) }); n > 0.5 { // the other goroutine's count too
		t.Errorf("%v allocations", n)
	}
}

// A microphone that is made up is told from when on each frame sounds, without a gap, and the last of it is now.
func TestMadeMicrophone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		b, err := New(Config{Input: "clock", Make: func(frame []float32, from time.Time) {
			for i := range frame {
				frame[i] = float32((from.Sub(start) + time.Duration(i)*audio.FrameTime/audio.FrameSize).Seconds())
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if list, _ := b.Devices(); len(list) != 1 || list[0].Kind != audio.Input || list[0].Name != "clock" {
			t.Errorf("%+v", list)
		}
		n := 0
		d, err := b.Open(audio.Request{Kind: audio.Input}, func(x []float32) {
			for i := range x {
				if want := float64(n) / 48000; math.Abs(float64(x[i])-want) > 1e-6 {
					t.Fatalf("sample %d sounds at %f", n, x[i])
				}
				n++
			}
			if age := time.Since(start).Seconds() - float64(n)/48000; math.Abs(age) > 1e-6 {
				t.Errorf("the last of %d is %f s old", n, age)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(95 * time.Millisecond)
		d.Close()
		if n != 9*audio.FrameSize {
			t.Errorf("%d samples", n)
		}
	})
}
