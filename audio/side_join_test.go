package audio_test

import (
	"testing"
	"time"

	"parley/audio"
)

// far is a codec whose side always has the same value.
type far struct {
	codec
	side []float32
}

func (f *far) Decode(p []byte, pcm []float32) (int, error) {
	n, err := f.codec.Decode(p, pcm)
	f.side = make([]float32, n)
	fillWith(f.side, 0.5)
	return n, err
}

func (f *far) Conceal(pcm []float32) (int, error) {
	f.side = make([]float32, len(pcm))
	fillWith(f.side, 0.5)
	return f.codec.Conceal(pcm)
}

func (f *far) Recover(p []byte, pcm []float32) (int, error) {
	f.side = make([]float32, len(pcm))
	fillWith(f.side, 0.5)
	return f.codec.Recover(p, pcm)
}

func (f *far) Side() []float32 { return f.side }

// Where a packet is joined to invented sound, the side does not jump either.
func TestSideJoins(t *testing.T) {
	l := audio.NewLone(&far{})
	var sides []float32
	out := make([]float32, audio.FrameSize)
	for i := range 300 {
		now := time.Duration(i) * audio.FrameTime
		if i%2 == 0 && i%46/4 != 5 {
			a := speaker{hz: 200, amplitude: 0.5, at: i * audio.FrameSize}
			l.Push(uint16(i/2), uint32(i*audio.FrameSize), a.packet(), l.At(now))
		}
		l.Turn(out, now)
		sides = append(sides, l.Side()...)
	}
	if s := l.Stats(); s.Concealed == 0 {
		t.Fatalf("%+v", s)
	}
	for i := range sides[1:] {
		if sides[i+1]-sides[i] > 0.02 || sides[i]-sides[i+1] > 0.02 {
			t.Errorf("from %.3f to %.3f at %d", sides[i], sides[i+1], i)
		}
	}
}

// longCodec is a steadyCodec of 120 ms.
type longCodec struct{ steadyCodec }

func (c *longCodec) Decode(_ []byte, pcm []float32) (int, error) {
	return fillWith(pcm[:audio.MaxPacketSamples], c.level), nil
}

// A packet that is too long to be joined to what was invented, and had faded already, fades in from there.
func TestLongPacketAfterFade(t *testing.T) {
	const turns = 12 // in a packet
	l := audio.NewLone(&longCodec{steadyCodec{0.5}})
	out, last, least := make([]float32, audio.FrameSize), float32(0), float32(1)
	for i := range 40 * turns {
		now := time.Duration(i) * audio.FrameTime
		n := i / turns
		if late := n == 20; late && i%turns == 11 || !late && i%turns == 0 {
			l.Push(uint16(n), uint32(n*audio.MaxPacketSamples), []byte{1, 2, 3}, l.At(now))
		}
		l.Turn(out, now)
		for k, v := range out {
			if i > turns*2 {
				least = min(least, v)
			}
			if v-last > 0.02 || last-v > 0.02 {
				t.Errorf("from %.3f to %.3f at %d of turn %d", last, v, k, i)
			}
			last = v
		}
	}
	if s := l.Stats(); s.Concealed == 0 || least == 0 || least > 0.4 {
		t.Errorf("%+v, at the least %.3f", s, least)
	}
}
