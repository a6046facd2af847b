// Package wavdev is a sound system made of WAV files: a microphone that plays one and a loudspeaker that records one, in
// real time. It also records every speaker of a channel into a file of its own.
package wavdev

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// What can be wrong with a file, besides what the system says about opening it.
var (
	ErrFormat      = errors.New("not a WAV file")
	ErrUnsupported = errors.New("unsupported WAV format")
	ErrCut         = errors.New("WAV file is cut")
	ErrEmpty       = errors.New("WAV file holds no sound")
)

// Limits for what a file may claim.
const (
	minRate     = 1000
	maxRate     = 768000
	maxChannels = 64
	maxChunks   = 1000 // before the sound; there are a handful in practice
)

// Format tags ("Multiple channel audio data and WAVE files", Microsoft, 2007).
const (
	tagPCM        = 1
	tagFloat      = 3
	tagExtensible = 0xfffe
)

// format is what a header says.
type format struct {
	float    bool
	bits     int // 8, 16, 24 or 32 for a sample
	channels int
	rate     int
	start    int64 // of the sound in the file
	frames   int64 // samples of each channel
}

func (f format) frameSize() int { return f.channels * f.bits / 8 }

// parse reads the chunks of a RIFF file up to the sound. size is the file's.
func parse(r io.ReaderAt, size int64) (f format, err error) {
	var head [12]byte
	if err := readFull(r, head[:], 0); err != nil {
		return f, fmt.Errorf("%w: too short", ErrFormat)
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return f, fmt.Errorf("%w: no RIFF header", ErrFormat)
	}
	known := false
	at := int64(len(head))
	for range maxChunks {
		var chunk [8]byte
		if err := readFull(r, chunk[:], at); err != nil {
			return f, fmt.Errorf("%w: no sound before its end", ErrCut)
		}
		id, length := string(chunk[:4]), int64(binary.LittleEndian.Uint32(chunk[4:]))
		at += int64(len(chunk))
		switch {
		case id == "fmt ":
			if f, err = parseFormat(r, at, length); err != nil {
				return f, err
			}
			known = true
		case id == "data" && !known:
			return f, fmt.Errorf("%w: sound before its format", ErrFormat)
		case id == "data":
			return f.withData(at, length, size)
		}
		at += length + length&1 // chunks begin at even offsets
	}
	return f, fmt.Errorf("%w: too many chunks", ErrFormat)
}

// streamed is the length that programs write who can't know it, because they write to a pipe.
const streamed = math.MaxUint32

func (f format) withData(at, length, size int64) (format, error) {
	left := max(size-at, 0)
	if length == streamed {
		length = left
	}
	if length > left {
		return f, fmt.Errorf("%w: %d bytes of sound announced, %d are there", ErrCut, length, left)
	}
	f.start, f.frames = at, length/int64(f.frameSize())
	if f.frames == 0 {
		return f, ErrEmpty
	}
	return f, nil
}

func parseFormat(r io.ReaderAt, at, length int64) (f format, err error) {
	var b [40]byte
	if length < 16 {
		return f, fmt.Errorf("%w: format of %d bytes", ErrFormat, length)
	}
	n := min(length, int64(len(b)))
	if err := readFull(r, b[:n], at); err != nil {
		return f, fmt.Errorf("%w: in its format", ErrCut)
	}
	le := binary.LittleEndian
	tag := le.Uint16(b[0:])
	if tag == tagExtensible {
		if n < 40 {
			return f, fmt.Errorf("%w: extensible format of %d bytes", ErrFormat, length)
		}
		tag = le.Uint16(b[24:]) // the subformat's first two bytes are the tag
	}
	f = format{
		float: tag == tagFloat, channels: int(le.Uint16(b[2:])),
		rate: int(min(le.Uint32(b[4:]), math.MaxInt32)), bits: int(le.Uint16(b[14:])),
	}
	switch {
	case tag != tagPCM && tag != tagFloat:
		return f, fmt.Errorf("%w: format tag %d", ErrUnsupported, tag)
	case f.channels == 0 || f.channels > maxChannels:
		return f, fmt.Errorf("%w: %d channels", ErrUnsupported, f.channels)
	case f.rate < minRate || f.rate > maxRate:
		return f, fmt.Errorf("%w: %d Hz", ErrUnsupported, f.rate)
	case f.float && f.bits != 32, f.bits != 8 && f.bits != 16 && f.bits != 24 && f.bits != 32:
		return f, fmt.Errorf("%w: %d bits a sample", ErrUnsupported, f.bits)
	case int(le.Uint16(b[12:])) != f.frameSize():
		return f, fmt.Errorf("%w: block alignment %d for %d channels of %d bits", ErrFormat, le.Uint16(b[12:]), f.channels, f.bits)
	}
	return f, nil
}

// mix turns whole frames of raw bytes into mono samples; out has room for all of them. Of a file of two channels side gets (L-R)/2; it
// is nil for any other.
func (f format) mix(raw []byte, out, side []float32) {
	width, scale := f.bits/8, 1/float32(f.channels)
	for i := range out[:len(raw)/f.frameSize()] {
		if side != nil {
			side[i] = (f.sample(raw) - f.sample(raw[width:])) * scale
		}
		sum := float32(0)
		for range f.channels {
			sum += f.sample(raw)
			raw = raw[width:]
		}
		out[i] = sum * scale
	}
}

// sample reads one sample. What is not a finite number is silence.
func (f format) sample(b []byte) float32 {
	switch f.bits {
	case 8:
		return (float32(b[0]) - 128) / 128
	case 16:
		return float32(int16(binary.LittleEndian.Uint16(b))) / (1 << 15)
	case 24:
		v := uint32(b[0])<<8 | uint32(b[1])<<16 | uint32(b[2])<<24
		return float32(int32(v)) / (1 << 31)
	}
	v := binary.LittleEndian.Uint32(b)
	if !f.float {
		return float32(int32(v)) / (1 << 31)
	}
	x := math.Float32frombits(v)
	if x != x || math.Abs(float64(x)) > 1e6 {
		return 0
	}
	return x
}

func readFull(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
