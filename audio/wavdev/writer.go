package wavdev

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"

	"parley/audio"
)

// Writer writes 48 kHz sound as 16-bit PCM. The header is brought up to date at least with each fifth of a second, always after
// the sound that it speaks of: a program that is killed leaves a file that can be played. It is used by one goroutine at a
// time.
type Writer struct {
	f     *os.File
	width int   // channels
	bytes int64 // of sound in the file
	buf   []byte
	err   error // the first; nothing is written after it
}

const (
	headerSize = 44
	bufferSize = 2 * audio.SampleRate / 5
	maxBytes   = math.MaxUint32 - headerSize - bufferSize // 12 hours, 6 in stereo
)

var (
	errFull  = errors.New("WAV file is full")
	errBegun = errors.New("WAV file has sound already")
)

// Create makes the file, of one channel, which only its owner may read: it holds what people say.
func Create(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	w := &Writer{f: f, width: 1, buf: make([]byte, 0, bufferSize)}
	if err := w.Flush(); err != nil {
		f.Close()
		return nil, err
	}
	return w, nil
}

// SetStereo makes the file one of two channels, whose samples Write takes interleaved. Only a file without sound can change.
func (w *Writer) SetStereo() error {
	if w.bytes+int64(len(w.buf)) > 0 {
		return errBegun
	}
	w.width = 2
	return w.Flush()
}

// Write appends samples; what is beyond full scale is clipped, what is not a number is silence.
func (w *Writer) Write(samples []float32) error {
	for _, v := range samples {
		if v != v {
			v = 0
		}
		s := int16(math.RoundToEven(float64(min(max(v, -1), 1)) * math.MaxInt16))
		w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(s))
		if len(w.buf) == cap(w.buf) {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	return w.err
}

// Flush writes what is waiting, then the header.
func (w *Writer) Flush() error {
	if w.err == nil && w.bytes > maxBytes {
		w.err = errFull
	}
	if w.err == nil {
		w.err = w.flush()
	}
	w.buf = w.buf[:0]
	return w.err
}

func (w *Writer) flush() error {
	if _, err := w.f.WriteAt(w.buf, headerSize+w.bytes); err != nil {
		return fmt.Errorf("write WAV: %w", err)
	}
	w.bytes += int64(len(w.buf))
	if _, err := w.f.WriteAt(header(w.width, uint32(w.bytes)), 0); err != nil {
		return fmt.Errorf("write WAV: %w", err)
	}
	return nil
}

// Close flushes and closes.
func (w *Writer) Close() error {
	err := w.Flush()
	return errors.Join(err, w.f.Close())
}

func header(channels int, sound uint32) []byte {
	const width = 2
	le := binary.LittleEndian
	b := append(make([]byte, 0, headerSize), "RIFF"...)
	b = le.AppendUint32(b, headerSize-8+sound)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, tagPCM)
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, audio.SampleRate)
	b = le.AppendUint32(b, uint32(audio.SampleRate*channels*width))
	b = le.AppendUint16(b, uint16(channels*width))
	b = le.AppendUint16(b, 8*width)
	b = append(b, "data"...)
	return le.AppendUint32(b, sound)
}

// WriteFile writes samples as a whole file.
func WriteFile(path string, samples []float32) error {
	w, err := Create(path)
	if err != nil {
		return err
	}
	return errors.Join(w.Write(samples), w.Close())
}
