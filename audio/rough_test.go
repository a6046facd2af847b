package audio_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/vad"
)

// roughly are devices that do not keep time: how many milliseconds of sound they pass at once, after how many.
var roughly = []struct {
	name  string
	steps []rough // over and over
}{
	{"bursts of ten periods", []rough{{50, 50}}},
	{"bursts of 200 ms", []rough{{200, 200}}},
	{"200 ms without a callback, which are lost", []rough{{5, 5}, {5, 5}, {5, 5}, {5, 5}, {200, 5}}},
	{"200 ms without a callback, then all at once", []rough{{10, 10}, {10, 10}, {200, 200}}},
	{"a clock 2 % fast", []rough{{9.8, 10}}},
	{"a clock 2 % slow", []rough{{10.2, 10}}},
	{"everything", []rough{{0, 5}, {0, 5}, {3, 1}, {190, 60}, {7, 0.1}, {20, 20.5}}},
}

type rough struct{ after, passes float64 } // ms

// Whatever a loudspeaker asks for and when, what it gets is sound, and never louder than -1 dBFS.
func TestPlayoutRoughDevices(t *testing.T) {
	for _, d := range roughly {
		t.Run(d.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t)
				a, b := r.speaker("a", 200), r.speaker("b", 310)
				a.amplitude, b.amplitude = 0.99, 0.99
				r.SetVolume("a", 2)
				stop := talk(a, b)
				var heard []float32
				for end := time.Now().Add(6 * time.Second); time.Now().Before(end); {
					for _, s := range d.steps {
						<-time.After(time.Duration(s.after * float64(time.Millisecond)))
						synctest.Wait()
						buf := make([]float32, int(s.passes*48))
						for i := range buf {
							buf[i] = float32(math.NaN())
						}
						r.Read(buf)
						heard = append(heard, buf...)
					}
				}
				stop()
				for i, v := range heard {
					if !(math.Abs(float64(v)) <= 0.8913) {
						t.Fatalf("sample %d is %v", i, v)
					}
				}
				if level := rms(heard[len(heard)/2:]); level < 0.3 {
					t.Errorf("RMS %.2f: little is heard", level)
				}
			})
		})
	}
}

// talk sends what they say, in time.
func talk(all ...*speaker) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-quit:
				tick.Stop()
				return
			case <-tick.C:
				for _, s := range all {
					s.send()
				}
			}
		}
	}()
	return func() { close(quit); <-done }
}

// Whatever a microphone gives and when, what is sent is finite, its clock goes on by what was given, and goes over what was not.
func TestCaptureRoughDevices(t *testing.T) {
	for _, d := range roughly {
		t.Run(d.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var packets []audio.Packet
				e := &finite{}
				c, err := audio.NewCapture(audio.CaptureConfig{Encoder: e, FrameMS: 10, Gate: vad.Config{Mode: vad.Open},
					Emit: func(p audio.Packet) { p.Payload = nil; packets = append(packets, p) }})
				if err != nil {
					t.Fatal(err)
				}
				written, start := 0, time.Now()
				for time.Since(start) < 6*time.Second {
					for i, s := range d.steps {
						<-time.After(time.Duration(s.after * float64(time.Millisecond)))
						buf := tone(300, 4, written, int(s.passes*48))
						for j := i; j < len(buf); j += 97 {
							buf[j] = []float32{float32(math.NaN()), float32(math.Inf(1)), math.MaxFloat32, -1}[j%4]
						}
						c.Write(buf)
						written += len(buf)
						synctest.Wait()
					}
				}
				passed := time.Since(start)
				c.Close()
				if e.bad {
					t.Error("the encoder was given what is no number, or out of all bounds")
				}
				if len(packets) < 50 {
					t.Fatalf("%d packets", len(packets))
				}
				for i := 1; i < len(packets); i++ {
					if step := packets[i].Timestamp - packets[i-1].Timestamp; step < audio.FrameSize || step > audio.SampleRate {
						t.Fatalf("packet %d is %d samples after the one before", i, step)
					}
				}
				last := time.Duration(packets[len(packets)-1].Timestamp) * time.Second / audio.SampleRate
				given := time.Duration(written) * time.Second / audio.SampleRate
				if least, most := min(given, passed)*9/10, max(given, passed)*11/10; last < least || last > most {
					t.Errorf("the clock is at %v after %v, in which %v were given", last, passed, given)
				}
			})
		})
	}
}

// finite is an encoder that looks at what it gets.
type finite struct {
	codec
	bad bool
}

func (f *finite) Encode(pcm []float32, out []byte) ([]byte, error) {
	for _, v := range pcm {
		if !(math.Abs(float64(v)) <= 2) {
			f.bad = true
		}
	}
	return f.codec.Encode(pcm, out)
}
