package video

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// Y4MWriter writes pictures of one size as a Y4M file. Not safe for concurrent use.
type Y4MWriter struct {
	buf           *bufio.Writer
	width, height int
}

// NewY4MWriter writes the header for pictures of that size and so many a second.
func NewY4MWriter(w io.Writer, width, height, rate int) (*Y4MWriter, error) {
	if err := CheckSize(width, height); err != nil {
		return nil, err
	}
	if rate < minRate || rate > maxRate {
		return nil, fmt.Errorf("video: a file with %d pictures a second", rate)
	}
	buf := bufio.NewWriterSize(w, 1<<16)
	if _, err := fmt.Fprintf(buf, "%s W%d H%d F%d:1 Ip A1:1 C420jpeg\n", y4mMagic, width, height, rate); err != nil {
		return nil, fmt.Errorf("write a header: %w", err)
	}
	return &Y4MWriter{buf: buf, width: width, height: height}, nil
}

// Write appends a picture. One of another size is refused with ErrSize and leaves the file as it is.
func (w *Y4MWriter) Write(f *Frame) error {
	if err := f.Check(); err != nil {
		return err
	}
	if f.Width != w.width || f.Height != w.height {
		return fmt.Errorf("%w: %dx%d in a file of %dx%d", ErrSize, f.Width, f.Height, w.width, w.height)
	}
	// The buffer keeps the first error and gives it to all that follows.
	_, _ = w.buf.WriteString(y4mFrame + "\n")
	cw, ch := f.ChromaSize()
	w.plane(f.Y, f.YStride, f.Width, f.Height)
	w.plane(f.U, f.CStride, cw, ch)
	w.plane(f.V, f.CStride, cw, ch)
	if _, err := w.buf.Write(nil); err != nil {
		return fmt.Errorf("write a picture: %w", err)
	}
	return nil
}

func (w *Y4MWriter) plane(plane []byte, stride, width, rows int) {
	for y := range rows {
		_, _ = w.buf.Write(plane[y*stride:][:width])
	}
}

// Flush writes what is still in memory; who opened the file closes it.
func (w *Y4MWriter) Flush() error {
	if err := w.buf.Flush(); err != nil {
		return fmt.Errorf("write pictures: %w", err)
	}
	return nil
}

// IVFWriter writes coded pictures as they are into an IVF file. Not safe for concurrent use.
type IVFWriter struct {
	w       io.Writer
	begun   bool
	last    uint32
	at      int64 // time of the last picture, 90 kHz
	pending []byte
	count   uint32
}

// NewIVFWriter writes the header. The size is what the file says: the coded pictures have their own.
func NewIVFWriter(w io.Writer, codec Codec, width, height int) (*IVFWriter, error) {
	if err := CheckSize(width, height); err != nil {
		return nil, err
	}
	fourcc, ok := map[Codec]string{VP9: "VP90", VP8: "VP80"}[codec]
	if !ok {
		return nil, fmt.Errorf("video: no IVF file of %v", codec)
	}
	le := binary.LittleEndian
	b := append([]byte("DKIF\x00\x00\x20\x00"), fourcc...) // version 0, a header of 32 bytes
	b = le.AppendUint16(le.AppendUint16(b, uint16(width)), uint16(height))
	b = le.AppendUint32(le.AppendUint32(b, ClockRate), 1) // units of time a second
	b = le.AppendUint64(b, 0)                             // the number of pictures, see Close, and 4 bytes of nothing
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("write a header: %w", err)
	}
	return &IVFWriter{w: w}, nil
}

// Write appends a picture. What comes before the first key picture nobody could show: it is left out.
func (w *IVFWriter) Write(e *Encoded) error {
	if !w.begun && !e.Key || len(e.Data) == 0 {
		return nil
	}
	if w.begun {
		w.at += int64(int32(e.Timestamp - w.last))
	}
	w.begun, w.last = true, e.Timestamp
	w.pending = binary.LittleEndian.AppendUint32(w.pending[:0], uint32(len(e.Data)))
	w.pending = binary.LittleEndian.AppendUint64(w.pending, uint64(w.at))
	w.pending = append(w.pending, e.Data...)
	if _, err := w.w.Write(w.pending); err != nil {
		return fmt.Errorf("write a coded picture: %w", err)
	}
	w.count++
	return nil
}

// Close writes the number of pictures into the header if that can be reached; who opened the file closes it.
func (w *IVFWriter) Close() error {
	s, ok := w.w.(io.WriterAt)
	if !ok {
		return nil
	}
	if _, err := s.WriteAt(binary.LittleEndian.AppendUint32(nil, w.count), 24); err != nil {
		return fmt.Errorf("write the number of pictures: %w", err)
	}
	return nil
}
