package wavdev

import (
	"fmt"
	"io"
	"os"

	"parley/audio"
)

// reader reads a file as 48 kHz, one channel or the two of a stereo file, piece by piece, so that an hour of sound takes no more memory
// than a second.
type reader struct {
	format
	src  io.ReaderAt
	pos  int64      // the next frame
	res  *resampler // nil if the file has the right rate
	far  *resampler // of the side; nil if that is silent, too
	raw  []byte
	mono []float32
	side []float32 // beside mono; nil if the file hasn't two channels
}

// blockFrames is what is read at once.
const blockFrames = 1024

func newReader(src io.ReaderAt, size int64) (*reader, error) {
	f, err := parse(src, size)
	if err != nil {
		return nil, err
	}
	r := &reader{format: f, src: src, raw: make([]byte, blockFrames*f.frameSize()), mono: make([]float32, blockFrames)}
	if f.rate != audio.SampleRate {
		r.res = newResampler(f.rate)
	}
	if f.channels == 2 {
		r.side = make([]float32, blockFrames)
		if r.res != nil {
			r.far = r.res.another()
		}
	}
	return r, nil
}

// length is how many samples the sound has at 48 kHz.
func (r *reader) length() int64 {
	return (r.frames*audio.SampleRate + int64(r.rate) - 1) / int64(r.rate)
}

// rewind goes to the beginning.
func (r *reader) rewind() {
	r.pos = 0
	if r.res != nil {
		r.res.reset()
	}
	if r.far != nil {
		r.far.reset()
	}
}

// read fills out, and side with (L-R)/2, as far as there is sound, and gives io.EOF where there is none left. side is as long as out, or
// nil.
func (r *reader) read(out, side []float32) (n int, err error) {
	for n < len(out) {
		var k int
		if k, err = r.some(out[n:], side[min(n, len(side)):]); err != nil {
			break
		}
		n += k
	}
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// some reads at least one sample.
func (r *reader) some(out, side []float32) (int, error) {
	if r.res == nil {
		in, err := r.block(min(len(out), blockFrames))
		if len(side) > 0 {
			clear(side[:len(in)])
			copy(side[:len(in)], r.side)
		}
		return copy(out, in), err
	}
	out = out[:min(int64(len(out)), r.length()-r.res.next)]
	if len(out) == 0 {
		return 0, io.EOF
	}
	for {
		if n := r.res.read(out); n > 0 {
			r.readSide(side[:min(n, len(side))], n)
			return n, nil
		}
		in, err := r.block(blockFrames)
		if err == io.EOF { // the kernel reaches beyond the end
			in = r.mono
			clear(in)
			clear(r.side)
		} else if err != nil {
			return 0, err
		}
		r.res.write(in)
		if r.far != nil {
			r.far.write(r.side[:len(in)])
		}
	}
}

// readSide keeps step with n samples of the middle, whether anybody wants the side or not.
func (r *reader) readSide(side []float32, n int) {
	switch {
	case r.far == nil:
		clear(side)
	case len(side) > 0:
		r.far.read(side)
	default:
		r.far.skip(n)
	}
}

// block reads up to n frames.
func (r *reader) block(n int) ([]float32, error) {
	n = int(min(int64(n), r.frames-r.pos))
	if n == 0 {
		return nil, io.EOF
	}
	raw := r.raw[:n*r.frameSize()]
	if err := readFull(r.src, raw, r.start+r.pos*int64(r.frameSize())); err != nil {
		return nil, fmt.Errorf("read WAV: %w", err)
	}
	r.pos += int64(n)
	r.mix(raw, r.mono, r.side)
	return r.mono[:n], nil
}

// maxLoad is the longest sound that ReadFile takes into memory: half an hour.
const maxLoad = 30 * 60 * audio.SampleRate

// ReadFile reads a whole file as mono 48 kHz samples, whatever its rate, channels and sample format.
func ReadFile(path string) ([]float32, error) {
	out, _, err := readFile(path, false)
	return out, err
}

// readFile gives the side only where it is wanted.
func readFile(path string, stereo bool) (out, side []float32, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	r, err := openReader(f)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.length() > maxLoad {
		return nil, nil, fmt.Errorf("%s: %w: longer than half an hour", path, ErrUnsupported)
	}
	out = make([]float32, r.length())
	if stereo {
		side = make([]float32, len(out))
	}
	if _, err := r.read(out, side); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, side, nil
}

func openReader(f *os.File) (*reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a regular file", ErrFormat)
	}
	return newReader(f, info.Size())
}
