package calltest

import (
	"errors"

	"parley/audio"
)

// Codec is an audio.Encoder and Decoder without cgo: every fourth sample as one byte. It is poor sound and good enough to
// hear who talks.
type Codec struct{}

const thin = 4

// Encode implements audio.Encoder.
func (Codec) Encode(pcm []float32, out []byte) ([]byte, error) {
	out = out[:len(pcm)/thin]
	for i := range out {
		out[i] = byte(int8(max(min(pcm[i*thin]*127, 127), -127)))
	}
	return out, nil
}

// Tune implements audio.Encoder.
func (Codec) Tune(audio.Tuning) error { return nil }

// Close implements audio.Encoder.
func (Codec) Close() {}

// Decode implements audio.Decoder.
func (Codec) Decode(packet []byte, pcm []float32) (int, error) {
	n := len(packet) * thin
	if n > len(pcm) {
		return 0, errors.New("the packet is too long")
	}
	for i := range n {
		pcm[i] = float32(int8(packet[i/thin])) / 127
	}
	return n, nil
}

// Recover implements audio.Decoder: there is no redundancy.
func (c Codec) Recover(_ []byte, pcm []float32) (int, error) { return c.Conceal(pcm) }

// Conceal implements audio.Decoder by silence.
func (Codec) Conceal(pcm []float32) (int, error) {
	clear(pcm)
	return len(pcm), nil
}
