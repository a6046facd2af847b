//go:build cgo

package audio_test

import (
	"bytes"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/audio/opus"
)

// beside is how far one tone is below another, in dB: the median of pieces of 0.1 s, which have a whole number of periods of both.
func beside(x []float32, own, other float64) float64 {
	power := func(x []float32, hz float64) float64 {
		re, im := 0.0, 0.0
		for i, v := range x {
			sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / audio.SampleRate)
			re, im = re+float64(v)*cos, im+float64(v)*sin
		}
		return re*re + im*im
	}
	var all []float64
	for piece := range slices.Chunk(x, audio.SampleRate/10) {
		all = append(all, 10*math.Log10(power(piece, other)/power(piece, own)))
	}
	return audiotest.Median(all)
}

// The whole way in stereo with the real codec, while another speaks with one channel: left and right stay apart, through loss and
// repair, a loudspeaker whose clock is fast, and after music was switched off and on.
func TestOpusStereoChain(t *testing.T) {
	type packet struct {
		ts      uint32
		payload []byte
	}
	for _, test := range []struct {
		name           string
		lose, repaired int // each so-manieth packet; each so-manieth of those, 0 none
		drift          int
		own, other     float64 // SI-SDR in dB, of each channel's tone and the other one's
	}{
		{"clean", 0, 0, 0, 25, -40},
		{"lost, and a copy", 5, 1, 0, 25, -40},
		{"lost", 10, 0, 0, 20, -40},
		{"drift", 0, 0, 2, 20, -40},
	} {
		synctest.Test(t, func(t *testing.T) {
			enc, err := opus.NewStereoEncoder(audio.Tuning{})
			if err != nil {
				t.Fatal(err)
			}
			defer enc.Close()
			dec, err := opus.NewStereoDecoder()
			if err != nil {
				t.Fatal(err)
			}
			defer dec.Close()
			var sent []packet
			c, err := audio.NewCapture(audio.CaptureConfig{Encoder: enc, Gate: open, Emit: func(p audio.Packet) {
				sent = append(sent, packet{p.Timestamp, bytes.Clone(p.Payload)})
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			music := audio.Tuning{Bitrate: 128000, Complexity: 9, FEC: true, LossPercent: 5, Stereo: true}
			c.SetTuning(music)
			r := newRoom(t)
			s := r.Add("a", dec)
			const length = 6 * audio.SampleRate
			left, right := audiotest.Tone(440, 0.3, length), audiotest.Tone(660, 0.3, length)
			at, seq := 0, uint16(0)
			l, h := r.listen(6*time.Second, test.drift, every(10, func() {
				both := make([]float32, 0, 2*audio.FrameSize)
				for i := range audio.FrameSize {
					both = append(both, left[at+i], right[at+i])
				}
				if at += audio.FrameSize; at == 2*audio.SampleRate {
					c.SetTuning(audio.Tuning{Bitrate: 64000, Complexity: 9})
				} else if at == 3*audio.SampleRate {
					c.SetTuning(music)
				}
				c.WriteStereo(both)
				synctest.Wait()
				for _, p := range sent {
					seq++
					switch {
					case test.lose == 0 || int(seq)%test.lose != 0:
						s.Push(seq, p.ts, p.payload, time.Now())
					case test.repaired > 0 && int(seq)/test.lose%test.repaired == 0:
						s.Repair(seq, p.ts, p.payload, audio.Redundant, time.Now())
					}
				}
				sent = nil
			}))
			// Windows find their own place, which stretching moves.
			second := audio.SampleRate
			for _, part := range []struct{ from, to int }{{second / 2, 19 * second / 10}, {35 * second / 10, 59 * second / 10}} {
				for _, x := range []struct {
					said, heard []float32
					own, other  float64
				}{{left, l, 440, 660}, {right, h, 660, 440}} {
					said, heard := x.said[part.from:part.to], x.heard[part.from:part.to]
					own, _ := audiotest.WindowedSISDR(said, heard, second/10, second/4)
					leak := beside(heard, x.own, x.other)
					if own < test.own || leak > test.other {
						t.Errorf("%s: SI-SDR %.1f dB, the other %.1f dB", test.name, own, leak)
					}
				}
			}
			if l := audiotest.LevelDBFS(l[2*second+second/4 : 3*second]); l < -18 {
				t.Errorf("%s: %.1f dBFS while there was one channel", test.name, l)
			}
			if st := s.Stats(); st.Errors > 0 || (test.lose > 0) != (st.Redundant+st.Concealed+st.Recovered > 0) || test.drift > 0 && st.Stretched == 0 {
				t.Errorf("%s: %+v", test.name, st)
			}
		})
	}
}

// As TestOpusAllocatesNothing, in stereo.
func TestOpusStereoAllocatesNothing(t *testing.T) {
	enc, err := opus.NewStereoEncoder(audio.Tuning{})
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	dec, err := opus.NewStereoDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	p := audio.NewPlayout(audio.PlayoutConfig{})
	defer p.Close()
	turns, emitted := make(chan struct{}, 100), make(chan struct{}, 1)
	s := p.Add("a", dec)
	seq, start := uint16(0), time.Now()
	c, err := audio.NewCapture(audio.CaptureConfig{Encoder: enc, Gate: open, Emit: func(p audio.Packet) {
		if seq++; seq%10 != 3 {
			s.Push(seq, p.Timestamp, p.Payload, start.Add(time.Duration(p.Timestamp)*time.Second/audio.SampleRate))
		}
		emitted <- struct{}{}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetTuning(audio.Tuning{Bitrate: 128000, Complexity: 9, Stereo: true})
	p.SetTap(func(key string, _ int64, _ []float32) {
		if key == "" {
			select {
			case turns <- struct{}{}:
			default:
			}
		}
	})
	var pairs []float32
	right := audiotest.Tone(660, 0.3, 2*audio.FrameSize)
	for i, l := range audiotest.Tone(440, 0.3, 2*audio.FrameSize) {
		pairs = append(pairs, l, right[i])
	}
	buf, wide := make([]float32, len(pairs)), false
	if n := mallocs(300, func() {
		c.WriteStereo(pairs)
		<-emitted
		p.ReadStereo(buf)
		<-turns
		wide = wide || buf[0] != buf[1]
	}); n > 0.05 {
		t.Errorf("%v allocations a packet", n)
	}
	if st := s.Stats(); st.Received == 0 || st.Recovered+st.Concealed == 0 || !wide {
		t.Errorf("nothing was decoded: %+v", st)
	}
}
