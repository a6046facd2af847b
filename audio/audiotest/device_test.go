package audiotest

import (
	"testing"

	"parley/audio"
)

// The fake itself: the echo comes back late and weaker, a closed device is not called, a default stream moves along.
func TestBackendEchoAndDefault(t *testing.T) {
	b := NewBackend(Mic("mic"), Speaker("one"), Speaker("two"))
	b.SetEcho(3, 0.5)
	var heard []float32
	in, err := b.Open(audio.Request{Kind: audio.Input}, func(x []float32) { heard = append(heard, x...) })
	if err != nil {
		t.Fatal(err)
	}
	value := float32(0)
	out, err := b.Open(audio.Request{Kind: audio.Output}, func(x []float32) {
		for i := range x {
			value++
			x[i] = value
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if played := b.Step([]float32{10, 10, 10, 10}); played[0] != 1 || played[3] != 4 {
		t.Error(played)
	}
	if want := []float32{10, 10, 10, 10.5}; heard[0] != want[0] || heard[3] != want[3] {
		t.Error(heard)
	}
	b.Step([]float32{0, 0, 0, 0})
	if heard[4] != 1 || heard[7] != 2.5 {
		t.Error(heard)
	}
	b.Vanish("one")
	if b.Using(audio.Output) != "two" {
		t.Error("the default stream did not move")
	}
	out.Close()
	out.Close()
	if played := b.Step(make([]float32, 4)); played[0] != 0 {
		t.Error("a closed device plays")
	}
	if opened, closed := b.Counts(audio.Output); opened != 1 || closed != 1 {
		t.Error(opened, closed)
	}
	if _, err := b.Open(audio.Request{Kind: audio.Output, ID: "one"}, nil); err != ErrNoDevice {
		t.Error(err)
	}
	in.Close()
}
