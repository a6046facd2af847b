//go:build cgo

package audio_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/audio/opus"
)

// The whole way with the real codec: microphone, packets, one in ten of them lost, loudspeaker.
func TestOpusChain(t *testing.T) {
	type packet struct {
		ts      uint32
		payload []byte
	}
	for _, test := range []struct {
		lose    int // each so-manieth packet
		fec     bool
		quality float64 // SI-SDR in dB
	}{{0, false, 15}, {10, true, 8}} {
		synctest.Test(t, func(t *testing.T) {
			enc, err := opus.NewEncoder(opus.Config{Tuning: audio.Tuning{Bitrate: 64000, Complexity: 9, FEC: test.fec, LossPercent: test.lose}})
			if err != nil {
				t.Fatal(err)
			}
			defer enc.Close()
			dec, err := opus.NewDecoder()
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
			r := newRoom(t)
			s := r.Add("a", dec)
			speech := audiotest.Vowels(1, 6*audio.SampleRate)
			at, seq := 0, uint16(0)
			r.run(6*time.Second, every(10, func() {
				c.Write(speech[at : at+audio.FrameSize])
				at += audio.FrameSize
				synctest.Wait()
				for _, p := range sent {
					if seq++; test.lose == 0 || int(seq)%test.lose != 0 {
						s.Push(seq, p.ts, p.payload, time.Now())
					}
				}
				sent = nil
			}))
			second := audio.SampleRate
			got, _ := audiotest.WindowedSISDR(speech[second:5*second], r.heard[second:5*second], second, second/4)
			if got < test.quality {
				t.Errorf("%+v: SI-SDR %.1f dB, %+v", test, got, s.Stats())
			}
			if st := s.Stats(); test.lose > 0 && st.Recovered == 0 || test.lose == 0 && st.Recovered+st.Concealed+st.Errors > 0 {
				t.Errorf("%+v: %+v", test, st)
			}
		})
	}
}

// Ring to packet and packet to ring with the real codec. (The runtime itself allocates now and then: hence not zero.)
func TestOpusAllocatesNothing(t *testing.T) {
	enc, err := opus.NewEncoder(opus.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	dec, err := opus.NewDecoder()
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
	p.SetTap(func(key string, _ int64, _ []float32) {
		if key == "" {
			select {
			case turns <- struct{}{}:
			default: // on a slow machine a loudspeaker gets more than one turn for a question, now and then
			}
		}
	})
	speech := audiotest.Vowels(1, 2*audio.FrameSize)
	buf := make([]float32, 2*audio.FrameSize)
	if n := mallocs(300, func() { c.Write(speech); <-emitted; p.Read(buf); <-turns }); n > 0.05 {
		t.Errorf("%v allocations a packet", n)
	}
	if st := s.Stats(); st.Received == 0 {
		t.Errorf("nothing was decoded: %+v", st)
	}
}

// What the codec knows of a whisper it forgets: the packets after it, with the redundancy that is in them, are byte for byte those of
// somebody who has said nothing before.
func TestOpusAudience(t *testing.T) {
	speech, silence := audiotest.Vowels(1, audio.SampleRate), make([]float32, audio.SampleRate/2)
	// packets for everybody, after a whisper if there is one
	packets := func(whisper bool) (out [][]byte) {
		synctest.Test(t, func(t *testing.T) {
			enc, err := opus.NewEncoder(opus.Config{Tuning: audio.Tuning{Bitrate: 32000, Complexity: 9, FEC: true, LossPercent: 30}})
			if err != nil {
				t.Fatal(err)
			}
			defer enc.Close()
			some := 0
			c, err := audio.NewCapture(audio.CaptureConfig{Encoder: enc, Gate: open, Emit: func(p audio.Packet) {
				if p.Audience == audio.Everybody {
					out = append(out, bytes.Clone(p.Payload))
				} else if len(p.Payload) > 20 {
					some++
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			speak := func(x []float32) {
				for ; len(x) > 0; x = x[audio.FrameSize:] {
					c.Write(x[:audio.FrameSize])
					<-time.After(audio.FrameTime)
					synctest.Wait()
				}
			}
			if whisper {
				c.SetAudience(1)
				speak(speech)
				c.SetAudience(audio.Everybody)
				speak(speech[:3*audio.FrameSize])
			}
			speak(silence)
			if whisper != (some > 40) {
				t.Errorf("%d packets of a whisper", some)
			}
		})
		return out
	}
	after, never := packets(true), packets(false)
	if len(after) < 10 || len(never) < len(after) {
		t.Fatalf("%d packets after a whisper, %d without one", len(after), len(never))
	}
	for i, p := range after {
		if !bytes.Equal(p, never[i]) {
			t.Fatalf("packet %d is %d bytes after a whisper, %d without one", i, len(p), len(never[i]))
		}
	}
}
