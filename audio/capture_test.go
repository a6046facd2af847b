package audio_test

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/vad"
)

// mic is a Capture whose packets are kept, in a bubble whose time is not real.
type mic struct {
	*audio.Capture
	enc  *codec
	at   int // samples spoken
	sent []audio.Packet
}

func newMic(t *testing.T, c audio.CaptureConfig) *mic {
	m := &mic{enc: &codec{}}
	c.Encoder = m.enc
	c.Emit = func(p audio.Packet) {
		p.Payload = bytes.Clone(p.Payload)
		m.sent = append(m.sent, p)
	}
	var err error
	if m.Capture, err = audio.NewCapture(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// speak lets so many frames of a tone, or of silence at 0, come from the device in real time, and returns what was sent.
func (m *mic) speak(frames int, amplitude float64) []audio.Packet {
	m.sent = nil
	for range frames {
		m.Write(tone(200, amplitude, m.at, audio.FrameSize))
		m.at += audio.FrameSize
		<-time.After(audio.FrameTime)
		synctest.Wait()
	}
	return m.sent
}

func decode(t *testing.T, packets []audio.Packet) (x []float32) {
	t.Helper()
	pcm := make([]float32, audio.MaxPacketSamples)
	for _, p := range packets {
		n, err := (&codec{}).Decode(p.Payload, pcm)
		if err != nil {
			t.Fatal(err)
		}
		x = append(x, pcm[:n]...)
	}
	return x
}

func rms(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(max(len(x), 1)))
}

var open = vad.Config{Mode: vad.Open}

func TestCaptureOpen(t *testing.T) {
	for _, ms := range []int{10, 20} {
		synctest.Test(t, func(t *testing.T) {
			m := newMic(t, audio.CaptureConfig{FrameMS: ms, Gate: open})
			sent := m.speak(40, 0.5)
			if len(sent) != 400/ms {
				t.Fatalf("%d packets of %d ms in 400 ms", len(sent), ms)
			}
			for i, p := range sent {
				if p.Timestamp != uint32(i*ms*48) || p.Samples != ms*48 || p.Marker != (i == 0) || math.Abs(float64(p.Level)+9) > 0.2 {
					t.Errorf("packet %d: timestamp %d, %d samples, marker %v, level %v", i, p.Timestamp, p.Samples, p.Marker, p.Level)
				}
			}
			got, want := decode(t, sent), tone(200, 0.5, 0, 40*audio.FrameSize)
			for i := audio.FrameSize; i < len(got); i += 4 {
				if math.Abs(float64(got[i]-want[i])) > 1e-4 {
					t.Fatalf("sample %d is %v, want %v", i, got[i], want[i])
				}
			}
		})
	}
}

// In silence nothing is sent, the clock goes on, and the end of a spurt is told by one byte.
func TestCaptureVoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMic(t, audio.CaptureConfig{Gate: vad.Config{Hold: 100 * time.Millisecond}})
		if sent := m.speak(51, 0); len(sent) != 0 {
			t.Fatalf("%d packets of silence", len(sent))
		}
		sent := m.speak(20, 0.5)
		if len(sent) != 10 || !sent[0].Marker || sent[1].Marker || sent[0].Timestamp != 51*audio.FrameSize {
			t.Fatalf("speech: %d packets, first %+v", len(sent), sent[0])
		}
		if !m.Stats().Speaking {
			t.Error("nobody speaks")
		}
		sent = m.speak(50, 0)
		last := sent[len(sent)-1]
		if len(sent) != 7 || len(last.Payload) != 1 || last.Payload[0] != toc {
			t.Fatalf("the end: %d packets, last of %d bytes", len(sent), len(last.Payload))
		}
		if x := decode(t, sent[len(sent)-2:len(sent)-1]); x[len(x)-1] != 0 {
			t.Error("the spurt does not end in silence")
		}
		if m.Stats().Speaking {
			t.Error("somebody speaks")
		}
		if sent = m.speak(4, 0.5); len(sent) != 2 || !sent[0].Marker || sent[0].Timestamp != 121*audio.FrameSize {
			t.Errorf("the next spurt: %+v", sent)
		}
	})
}

// What the gate compares with its threshold is shown while it is shut, too.
func TestCaptureLevels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMic(t, audio.CaptureConfig{Gate: vad.Config{OpenDBFS: -10}})
		if s := m.Stats(); s.Level > -100 {
			t.Errorf("silence: %+v", s)
		}
		if sent := m.speak(20, 0.1); len(sent) != 0 {
			t.Errorf("%d packets below the threshold", len(sent))
		}
		if s := m.Stats(); math.Abs(float64(s.Level)+23) > 1 || s.Level != s.Before || s.After > -100 {
			t.Errorf("below the threshold: %+v", s)
		}
	})
}

func TestCapturePTT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMic(t, audio.CaptureConfig{FrameMS: 10, Gate: vad.Config{Mode: vad.PTT, Release: 50 * time.Millisecond}})
		if sent := m.speak(10, 0.5); len(sent) != 0 {
			t.Fatal("sent without the key")
		}
		m.SetPTT(true)
		if sent := m.speak(10, 0.5); len(sent) != 10 {
			t.Fatalf("%d packets in 100 ms", len(sent))
		}
		m.SetPTT(false)
		if sent := m.speak(20, 0.5); len(sent) < 5 || len(sent) > 8 || len(sent[len(sent)-1].Payload) != 1 {
			t.Fatalf("%d packets after the key", len(sent))
		}
		m.SetGate(open)
		if sent := m.speak(10, 0.5); len(sent) != 10 {
			t.Fatalf("%d packets after another mode", len(sent))
		}
	})
}

func TestCaptureMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMic(t, audio.CaptureConfig{Gate: open})
		m.speak(9, 0.5) // half a packet is collected
		m.SetMuted(true)
		if sent := m.speak(20, 0.5); len(sent) != 0 {
			t.Fatalf("%d packets while muted", len(sent))
		}
		if s := m.Stats(); !s.MutedTalking || s.Speaking {
			t.Errorf("%+v", s)
		}
		m.speak(40, 0)
		if m.Stats().MutedTalking {
			t.Error("talking in silence")
		}
		m.SetMuted(false)
		sent := m.speak(4, 0.5)
		if len(sent) != 2 || !sent[0].Marker || sent[0].Timestamp != 69*audio.FrameSize {
			t.Errorf("after unmuting: %+v", sent)
		}
	})
}

// While one goroutine speaks as fast as it can, another mutes and unmutes: nothing leaves after SetMuted(true) returned.
func TestCaptureMuteRace(t *testing.T) {
	leakCheck(t)
	var muted atomic.Bool
	var leaked, sent atomic.Int64
	c, err := audio.NewCapture(audio.CaptureConfig{Encoder: &codec{}, FrameMS: 10, Gate: open, Emit: func(audio.Packet) {
		sent.Add(1)
		runtime.Gosched()
		if muted.Load() {
			leaked.Add(1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	quit := make(chan struct{})
	var speaker sync.WaitGroup
	speaker.Go(func() {
		frame := tone(200, 0.5, 0, audio.FrameSize)
		for {
			select {
			case <-quit:
				return
			default:
				c.Write(frame)
				runtime.Gosched()
			}
		}
	})
	for range 300 {
		for before := sent.Load(); sent.Load() == before; {
			runtime.Gosched()
		}
		c.SetMuted(true)
		muted.Store(true)
		for range 20 {
			runtime.Gosched()
		}
		muted.Store(false)
		c.SetMuted(false)
	}
	close(quit)
	speaker.Wait()
	c.Close()
	if n := leaked.Load(); n != 0 {
		t.Errorf("%d packets left while muted", n)
	}
}

// denoiser halves what it is given, so that what has passed it can be told.
type denoiser struct {
	calls int
	voice float32
	err   error
}

func (d *denoiser) Process(frame []float32) (float32, error) {
	d.calls++
	for i := range frame {
		frame[i] /= 2
	}
	return d.voice, d.err
}

// Suppression stands before the gate, hands its voice probability on, and is switched without a jump.
func TestCaptureSuppression(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &denoiser{voice: 0}
		m := newMic(t, audio.CaptureConfig{Denoiser: d, FrameMS: 10})
		if sent := m.speak(10, 0.5); len(sent) != 0 {
			t.Fatal("the gate ignores the voice probability")
		}
		if s := m.Stats(); s.Voice != 0 || s.DSPMS < 10 {
			t.Errorf("%+v", s)
		}
		d.voice = 1
		if x := decode(t, m.speak(10, 0.5)[1:]); math.Abs(rms(x)-0.25/math.Sqrt2) > 0.005 {
			t.Errorf("suppressed: %v", rms(x))
		}
		m.SetSuppression(false)
		x := decode(t, m.speak(10, 0.5))
		if r := rms(x[audio.FrameSize:]); math.Abs(r-0.5/math.Sqrt2) > 0.005 {
			t.Errorf("not suppressed: %v", r)
		}
		for i := 4; i < len(x); i += 4 {
			if step := math.Abs(float64(x[i] - x[i-4])); step > 0.06 { // the tone's own is 0.052
				t.Errorf("a jump of %v at %d", step, i)
			}
		}
		calls := d.calls
		m.speak(10, 0.5)
		if d.calls != calls || m.Stats().Voice != -1 || m.Stats().DSPMS > 5 {
			t.Error("it works while it is off")
		}
		m.SetSuppression(true)
		d.err = errors.New("broken")
		if sent := m.speak(10, 0.5); len(sent) != 10 || rms(decode(t, sent[2:])) < 0.3 || m.Stats().Errors != 10 {
			t.Errorf("a denoiser that fails must not cost the sound: %d packets, %d errors", len(sent), m.Stats().Errors)
		}
	})
}

func TestCaptureTuningAndErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMic(t, audio.CaptureConfig{Gate: open})
		m.SetTuning(audio.Tuning{Bitrate: 1})
		m.SetTuning(audio.Tuning{Bitrate: 32000, LossPercent: 10})
		m.speak(4, 0.5)
		if len(m.enc.tunings) != 1 || m.enc.tunings[0].Bitrate != 32000 {
			t.Errorf("%+v", m.enc.tunings)
		}
		m.enc.err = errors.New("broken")
		if sent := m.speak(4, 0.5); len(sent) != 0 || m.Stats().Errors != 2 {
			t.Errorf("%d packets, %d errors", len(sent), m.Stats().Errors)
		}
		m.enc.err = nil
		if sent := m.speak(4, 0.5); len(sent) != 2 || sent[0].Timestamp != 8*audio.FrameSize {
			t.Errorf("%+v", sent)
		}
		s := m.Stats()
		if s.Packets != 4 || s.EncodeMS != 16.5 || s.CaptureMS != 0 {
			t.Errorf("%+v", s)
		}
		m.SetDeviceLatency(7 * time.Millisecond)
		if s := m.Stats(); s.CaptureMS != 7 {
			t.Errorf("%v ms", s.CaptureMS)
		}
	})
}

// Another device takes a moment to open: the far side must see a pause, not a slower network.
func TestCaptureGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMic(t, audio.CaptureConfig{Gate: open})
		first := m.speak(11, 0.5) // the last packet begins with frame 8; frame 10 is half a packet
		<-time.After(250 * time.Millisecond)
		sent := m.speak(4, 0.5)
		gap := sent[0].Timestamp - first[len(first)-1].Timestamp
		if !sent[0].Marker || gap != (3+25)*audio.FrameSize {
			t.Errorf("timestamps %v frames apart, marker %v", float64(gap)/audio.FrameSize, sent[0].Marker)
		}
	})
}

// dtx answers like Opus in silence.
type dtx struct{ codec }

func (d *dtx) Encode(pcm []float32, out []byte) ([]byte, error) {
	if rms(pcm) < 0.01 {
		out[0] = toc
		return out[:1], nil
	}
	return d.codec.Encode(pcm, out)
}

// Where packets get lost, the end is told three times, a packet's length apart, and not on into the next spurt.
func TestCaptureEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMic(t, audio.CaptureConfig{Gate: vad.Config{Hold: 100 * time.Millisecond}})
		m.SetTuning(audio.Tuning{Bitrate: 64000, LossPercent: 5})
		m.speak(20, 0.5)
		sent := m.speak(50, 0)
		if len(sent) != 9 {
			t.Fatalf("%d packets, want 6 of sound and 3 of silence", len(sent))
		}
		for i, p := range sent {
			if (len(p.Payload) == 1) != (i >= 6) || p.Timestamp != uint32((20+2*i)*audio.FrameSize) || p.Marker {
				t.Errorf("packet %d: %d bytes at %d, marker %v", i, len(p.Payload), p.Timestamp, p.Marker)
			}
		}
		m.speak(20, 0.5)
		m.speak(13, 0) // the first end has been told
		for i, p := range m.speak(8, 0.5) {
			if len(p.Payload) == 1 || p.Marker != (i == 0) {
				t.Errorf("the next spurt, packet %d: %d bytes, marker %v", i, len(p.Payload), p.Marker)
			}
		}
		m.speak(8, 0.5)
		m.SetMuted(true)
		m.speak(20, 0)
		m.SetMuted(false)
		if sent := m.speak(50, 0); len(sent) != 0 {
			t.Errorf("%d packets of an end that was muted", len(sent))
		}
	})
}

// Of Opus' own silence only the first packet is sent.
func TestCaptureDTX(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		var marks []bool
		c, err := audio.NewCapture(audio.CaptureConfig{Encoder: &dtx{}, Gate: open, FrameMS: 10, Emit: func(p audio.Packet) {
			sizes, marks = append(sizes, len(p.Payload)), append(marks, p.Marker)
		}})
		if err != nil {
			t.Fatal(err)
		}
		m := &mic{Capture: c}
		m.speak(3, 0.5)
		m.speak(30, 0)
		m.speak(2, 0.5)
		c.Close()
		want := []bool{true, false, false, false, true, false}
		for i := range want {
			if len(sizes) != len(want) || marks[i] != want[i] || (sizes[i] == 1) != (i == 3) {
				t.Fatalf("sizes %v, markers %v", sizes, marks)
			}
		}
	})
}

// After Close nothing comes out, whatever still goes in.
func TestCaptureClose(t *testing.T) {
	leakCheck(t)
	var closed atomic.Bool
	c, err := audio.NewCapture(audio.CaptureConfig{Encoder: &codec{}, Gate: open, Emit: func(audio.Packet) {
		if closed.Load() {
			t.Error("emitted after Close")
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	frame := tone(200, 0.5, 0, 4*audio.FrameSize)
	c.Write(frame)
	c.Close()
	closed.Store(true)
	c.Write(frame)
	c.Close()
	if _, err := audio.NewCapture(audio.CaptureConfig{Encoder: &codec{}}); err == nil {
		t.Error("a capture without Emit")
	}
	if _, err := audio.NewCapture(audio.CaptureConfig{Encoder: &codec{}, Emit: func(audio.Packet) {}, FrameMS: 15}); err == nil {
		t.Error("packets of 15 ms")
	}
}

// mallocs is how many allocations all goroutines make in n rounds of f.
func mallocs(n int, f func()) float64 {
	for range 20 {
		f()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(n)
}

// From the callback to Emit nothing is allocated. (The runtime itself allocates now and then: hence not zero.)
func TestCaptureAllocatesNothing(t *testing.T) {
	emitted, far := make(chan struct{}, 1), audio.NewFarEnd()
	c, err := audio.NewCapture(audio.CaptureConfig{
		Encoder: &codec{}, Denoiser: &denoiser{voice: 1}, FarEnd: far, FrameMS: 10, Emit: func(audio.Packet) { emitted <- struct{}{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetCancellation(true)
	c.SetGain(true)
	p := audio.NewPlayout(audio.PlayoutConfig{FarEnd: far})
	defer p.Close()
	out := make([]float32, audio.FrameSize)
	frame := tone(200, 0.5, 0, audio.FrameSize)
	if n := mallocs(1000, func() { p.Read(out); c.Write(frame); <-emitted }); n > 0.02 {
		t.Errorf("%v allocations a frame", n)
	}
}
