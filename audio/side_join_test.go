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
