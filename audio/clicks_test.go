//go:build cgo

package audio_test

import (
	"testing"
	"time"

	"parley/audio"
	"parley/audio/opus"
)

// opusPackets is a sound in packets of the real codec.
func opusPackets(t *testing.T, x []float32, frame int, tuning audio.Tuning) (packets [][]byte) {
	t.Helper()
	enc, err := opus.NewEncoder(opus.Config{Tuning: tuning})
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	for ; len(x) >= frame; x = x[frame:] {
		p, err := enc.Encode(x[:frame], make([]byte, audio.MaxPacket))
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, p)
	}
	return packets
}

func opusDecoder(t *testing.T) *opus.Decoder {
	t.Helper()
	dec, err := opus.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dec.Close)
	return dec
}

// Stretching, concealment and stalls with the real codec click no more than the codec by itself does, where it loses the same
// packets and nothing else is done.
func TestStreamClicks(t *testing.T) {
	const frames = 500
	tuning := audio.Tuning{Bitrate: 64000, Complexity: 5}
	packets := opusPackets(t, sentences(), audio.FrameSize, tuning)[:frames]
	usual := func() func(int, time.Duration) time.Duration { return between(1, ms, 3*ms) }
	for _, c := range []struct {
		name    string
		network func(i int, sent time.Duration) time.Duration
		clock   func(t time.Duration) time.Duration
	}{
		{"nothing", usual(), nil},
		{"drift", usual(), func(t time.Duration) time.Duration { return t + t/500 }},
		{"drift the other way", usual(), func(t time.Duration) time.Duration { return t - t/500 }},
		{"losses", func(i int, sent time.Duration) time.Duration {
			if i%23 == 7 {
				return -1
			}
			return sent
		}, nil},
		{"bursts of losses", func(i int, sent time.Duration) time.Duration {
			if i%97 > 91 {
				return -1
			}
			return sent
		}, nil},
		{"late packets", func(i int, sent time.Duration) time.Duration {
			if i%313 == 200 {
				return sent + 35*ms
			}
			return sent + 2*ms
		}, nil},
		{"stalls of the network", func(i int, sent time.Duration) time.Duration {
			return max(sent, sent/(3*time.Second)*3*time.Second+400*ms)
		}, nil},
		{"stalls of the machine", usual(), func(t time.Duration) time.Duration {
			if t%(5*time.Second) > 4200*ms {
				return -1
			}
			return t
		}},
	} {
		dec := opusDecoder(t)
		w := wire{
			decoder: dec, packet: func(i int) []byte { return packets[i] }, length: 10 * ms,
			network: c.network, turn: 10 * ms, clock: c.clock,
		}
		l := w.run(frames, -300*ms)
		own, bare := opusDecoder(t), make([]float32, frames*audio.FrameSize)
		for i, p := range packets {
			pcm := bare[i*audio.FrameSize:][:audio.FrameSize]
			if c.network(i, time.Duration(i+1)*10*ms) < 0 {
				own.Conceal(pcm)
			} else {
				own.Decode(p, pcm)
			}
		}
		got, want := clicks5k(l.heard), clicks5k(bare)
		t.Logf("%s: %d clicks %v, the codec's own %d %v; %d samples stretched, %d concealed, delay %.1f ms", c.name,
			len(got), got, len(want), want, l.Stretched, l.Concealed, l.DelayMS)
		if len(got) > len(want) {
			t.Errorf("%s: %d clicks at %v, the codec's own are %d", c.name, len(got), got, len(want))
		}
	}
}
