package audio_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/agc"
	"parley/audio/audiotest"
	"parley/audio/vad"
)

// listen is run with a loudspeaker of two channels. drift is how many samples more than it should it takes each time.
func (r *room) listen(d time.Duration, drift int, each func(ms int)) (left, right []float32) {
	for end := r.ms + int(d/time.Millisecond); r.ms < end; r.ms += r.step {
		if each != nil {
			each(r.ms)
		}
		if r.ms%r.chunk == 0 {
			buf := make([]float32, 2*(r.chunk*audio.SampleRate/1000+drift))
			for i := range buf {
				buf[i] = 0.9
			}
			r.ReadStereo(buf)
			for i := 0; i < len(buf); i += 2 {
				left, right = append(left, buf[i]), append(right, buf[i+1])
			}
			synctest.Wait()
		}
		<-time.After(time.Duration(r.step) * time.Millisecond)
	}
	synctest.Wait()
	return left, right
}

// half is a codec whose side is always half of the middle, so that the two can be told from one another wherever they come apart.
type half struct {
	codec
	side  []float32
	wrong bool // it is of a wrong length now and then
	calls int
}

func (h *half) made(pcm []float32, n int, err error) (int, error) {
	h.side = h.side[:0]
	if err != nil {
		return n, err
	}
	for _, v := range pcm[:n] {
		h.side = append(h.side, v/2)
	}
	if h.calls++; h.wrong && h.calls%3 > 0 {
		h.side = h.side[:n/(h.calls%3*7)]
	}
	return n, nil
}

func (h *half) Decode(p []byte, pcm []float32) (int, error) {
	n, err := h.codec.Decode(p, pcm)
	return h.made(pcm, n, err)
}

func (h *half) Recover(p []byte, pcm []float32) (int, error) {
	n, err := h.codec.Recover(p, pcm)
	return h.made(pcm, n, err)
}

func (h *half) Conceal(pcm []float32) (int, error) {
	n, err := h.codec.Conceal(pcm)
	return h.made(pcm, n, err)
}

func (h *half) Side() []float32 { return h.side }

// Whatever is done to a stream's middle is done to its side at the same place: what is lost, repaired, stretched, shortened, faded,
// ended, levelled, turned up and limited.
func TestPlayoutSides(t *testing.T) {
	for _, test := range []struct {
		name  string
		drift int
	}{{"steady", 0}, {"a fast loudspeaker", 3}, {"a slow one", -3}} {
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(t)
			a := &speaker{Stream: r.Add("a", &half{}), hz: 200, amplitude: 0.6}
			r.SetVolume("a", 1.7)
			noise := rand.New(rand.NewPCG(3, 4))
			send := func() {
				p, ts := a.packet(), uint32(a.at)
				switch {
				case noise.IntN(10) == 0:
				case noise.IntN(10) == 0:
					a.Repair(a.seq, ts, p, audio.Redundant, time.Now())
				default:
					a.Push(a.seq, ts, p, time.Now())
				}
			}
			check := func(left, right []float32) {
				t.Helper()
				for i, l := range left {
					if math.Abs(float64(right[i]-l/3)) > 1e-5 || l > agc.Ceiling+4e-6 || l < -agc.Ceiling-4e-6 {
						t.Fatalf("%s: left %v, right %v at %d", test.name, l, right[i], i)
					}
				}
				if l := audiotest.LevelDBFS(left); l < -12 {
					t.Errorf("%s: left at %.1f dBFS", test.name, l)
				}
			}
			check(r.listen(3*time.Second, test.drift, every(20, send)))
			r.SetLevelled(true)
			check(r.listen(time.Second, test.drift, every(20, send)))
			r.listen(time.Second, test.drift, nil) // and it ends
			r.SetMaster(0.5)
			check(r.listen(2*time.Second, test.drift, every(20, send)))
			if st := a.Stats(); st.Stretched == 0 && test.drift != 0 || st.Concealed == 0 || st.Recovered+st.Redundant == 0 {
				t.Errorf("%s: %+v", test.name, st)
			}
		})
	}
}

// A decoder that tells of its side what cannot be does no harm.
func TestPlayoutWrongSides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		a := &speaker{Stream: r.Add("a", &half{wrong: true}), hz: 200, amplitude: 0.3}
		left, right := r.listen(time.Second, 1, every(20, a.send))
		for i := range left {
			if math.Abs(float64(left[i])) > 1 || math.Abs(float64(right[i])) > 1 {
				t.Fatalf("%v, %v", left[i], right[i])
			}
		}
	})
}

// Who speaks with one channel is heard with both, exactly as by a loudspeaker of one, whether others could have two or not.
func TestPlayoutOneChannel(t *testing.T) {
	var heard [2][]float32
	for i := range heard {
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(t)
			a := &speaker{Stream: r.Add("a", &codec{}), hz: 200, amplitude: 0.8}
			b := &speaker{Stream: r.Add("b", &codec{}), hz: 300, amplitude: 0.8}
			send := every(20, func() { a.send(); b.send() })
			if i == 0 {
				r.run(time.Second, send)
				heard[0] = r.heard
				return
			}
			r.Add("c", &half{})
			left, right := r.listen(time.Second, 0, send)
			if !slices.Equal(left, right) {
				t.Error("left and right differ")
			}
			heard[1] = left
		})
	}
	if !slices.Equal(heard[0], heard[1]) || audiotest.LevelDBFS(heard[0]) < -10 {
		t.Error("one and two channels differ")
	}
}

// pairs is a StereoEncoder that keeps what it was given.
type pairs struct {
	codec
	mid, side []float32 // side: NaN where a packet had none
}

func (p *pairs) Encode(pcm []float32, out []byte) ([]byte, error) {
	p.mid = append(p.mid, pcm...)
	for range pcm {
		p.side = append(p.side, float32(math.NaN()))
	}
	return p.codec.Encode(pcm, out)
}

func (p *pairs) EncodeStereo(mid, side []float32, out []byte) ([]byte, error) {
	p.mid, p.side = append(p.mid, mid...), append(p.side, side...)
	return p.codec.Encode(mid, out)
}

// Two channels are sent while they are asked for and nothing else is done to the sound; they come and go without a jump.
func TestCaptureStereo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enc := &pairs{}
		c, err := audio.NewCapture(audio.CaptureConfig{
			Encoder: enc, Denoiser: &denoiser{}, Gate: vad.Config{Mode: vad.Open}, Emit: func(audio.Packet) {},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		at := 0
		speak := func(frames int) (mid, side []float32) {
			enc.mid, enc.side = nil, nil
			for range frames {
				left, right := tone(200, 0.3, at, audio.FrameSize), tone(300, 0.2, at, audio.FrameSize)
				var both []float32
				for i := range left {
					both = append(both, left[i], right[i])
				}
				c.WriteStereo(both)
				at += audio.FrameSize
				<-time.After(audio.FrameTime)
				synctest.Wait()
			}
			return enc.mid, enc.side
		}
		stereo := func(side []float32) (n int) {
			for i, v := range side {
				if v == v {
					n++
				} else {
					side[i] = 0
				}
			}
			return n
		}
		c.SetSuppression(false)
		if _, side := speak(20); stereo(side) != 0 {
			t.Error("in stereo before it was asked for")
		}
		c.SetTuning(audio.Tuning{Stereo: true})
		mid, side := speak(21) // it changes in the middle of a packet
		if n := stereo(side); n < len(side)-960 || clicks(side, 0.02) > 0 {
			t.Errorf("%d samples of %d in stereo, %d clicks", n, len(side), clicks(side, 0.02))
		}
		for i := range mid[4800:] {
			k := at - len(mid) + 4800 - audio.FrameSize + i // one frame waits for its packet to be full
			l, r := float64(mid[4800+i]+side[4800+i]), float64(mid[4800+i]-side[4800+i])
			if math.Abs(l-float64(tone(200, 0.3, k, 1)[0])) > 1e-5 || math.Abs(r-float64(tone(300, 0.2, k, 1)[0])) > 1e-5 {
				t.Fatalf("left %v, right %v at %d", l, r, i)
			}
		}
		c.SetGain(true)
		if _, side := speak(20); stereo(side) > 4*960 || clicks(side, 0.02) > 0 {
			t.Error("in stereo beside gain control")
		}
		c.SetGain(false)
		c.SetTuning(audio.Tuning{Stereo: true})
		speak(20)
		c.SetTuning(audio.Tuning{})
		if _, side := speak(20); stereo(side) > 2*960 || clicks(side, 0.02) > 0 {
			t.Error("in stereo after it was asked for")
		}
	})
}

// What two channels have against each other opens the gate, though the middle is silent; what is no number does not get through.
func TestCaptureStereoGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enc := &pairs{}
		packets := 0
		c, err := audio.NewCapture(audio.CaptureConfig{Encoder: enc, Emit: func(audio.Packet) { packets++ }})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetTuning(audio.Tuning{Stereo: true})
		for i := range 40 {
			var both []float32
			for _, v := range tone(200, 0.3, i*audio.FrameSize, audio.FrameSize) {
				both = append(both, v, -v)
			}
			if i%10 == 5 {
				both[10], both[13], both[16] = float32(math.NaN()), float32(math.Inf(1)), -3e38
			}
			c.WriteStereo(both)
			<-time.After(audio.FrameTime)
			synctest.Wait()
		}
		if packets < 18 {
			t.Errorf("%d packets", packets)
		}
		for _, v := range append(enc.mid, enc.side...) {
			if !(math.Abs(float64(v)) <= 2) {
				t.Fatalf("sample %v", v)
			}
		}
	})
}

// A ring of two channels gives pairs back as they came, to whoever asks for one channel the middle.
func TestStereoRing(t *testing.T) {
	r := audio.NewStereoRing(64)
	random := rand.New(rand.NewPCG(1, 2))
	var want [][2]float32 // left and right
	for range 2000 {
		n := random.IntN(40)
		switch random.IntN(3) {
		case 0:
			in := make([]float32, 2*n)
			for i := range in {
				in[i] = float32(random.IntN(64)) / 64
			}
			before := r.Len()
			r.WriteStereo(in)
			for i := range r.Len() - before {
				want = append(want, [2]float32{in[2*i], in[2*i+1]})
			}
		case 1:
			mid, side := make([]float32, n), make([]float32, n)
			for i := range mid {
				mid[i], side[i] = float32(random.IntN(64))/64, float32(random.IntN(64))/64
			}
			before := r.Len()
			if random.IntN(2) == 0 {
				clear(side)
				r.Write(mid)
			} else {
				r.WriteSides(mid, side)
			}
			for i := range r.Len() - before {
				want = append(want, [2]float32{mid[i] + side[i], mid[i] - side[i]})
			}
		default:
			got := make([]float32, 2*n)
			mid, side := make([]float32, n), make([]float32, n)
			how := random.IntN(3)
			switch how {
			case 0:
				r.ReadStereo(got)
			case 1:
				r.ReadSides(mid, side)
			case 2:
				r.Read(mid)
			}
			for i := range n {
				w := [2]float32{}
				if len(want) > 0 {
					w, want = want[0], want[1:]
				}
				g := [2]float32{got[2*i], got[2*i+1]}
				switch how {
				case 1:
					g = [2]float32{mid[i] + side[i], mid[i] - side[i]}
				case 2:
					g, w = [2]float32{mid[i], mid[i]}, [2]float32{(w[0] + w[1]) / 2, (w[0] + w[1]) / 2}
				}
				if g != w {
					t.Fatalf("way %d: %v, want %v", how, g, w)
				}
			}
		}
	}
	if dropped, missed := r.Lost(); dropped == 0 || missed == 0 {
		t.Errorf("%d dropped, %d missed", dropped, missed)
	}
}

// A microphone has the channels that are wished for, from the next moment on; a loudspeaker has two.
func TestFollowStereo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := audiotest.NewBackend(audiotest.Mic("m"), audiotest.Speaker("s"))
		m := newMic(t, audio.CaptureConfig{Gate: open})
		r := newRoom(t)
		f := audio.StartFollow(audio.FollowConfig{Backend: b, Capture: m.Capture, Playout: r.Playout})
		defer f.Close()
		step := func() {
			for range 20 {
				b.Step(make([]float32, audio.FrameSize))
				<-time.After(audio.FrameTime)
			}
			synctest.Wait()
		}
		for i, on := range []bool{false, true, true, false} {
			f.SetStereo(on)
			step()
			want := 1
			if on {
				want = 2
			}
			if in, out := b.Channels(audio.Input), b.Channels(audio.Output); in != want || out != 2 {
				t.Errorf("%d: %d and %d channels", i, in, out)
			}
		}
		if opened, closed := b.Counts(audio.Input); opened != 3 || closed != 2 {
			t.Errorf("opened %d times, closed %d", opened, closed)
		}
		if opened, _ := b.Counts(audio.Output); opened != 1 {
			t.Errorf("the loudspeaker was opened %d times", opened)
		}
	})
}
