package calltest

import (
	"context"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"sync"
	"time"

	"parley/video"
)

// Lens is the one camera of a machine: each of its pictures has a number.
type Lens struct {
	mu             sync.Mutex
	opened, closed int
	number         uint32
	pool           video.Pool
}

const (
	lensWidth, lensHeight, lensFPS = 64, 36, 30
	filmSize                       = 3000 // bytes of a coded picture: some packets
)

// Counts tells how often it was opened and closed.
func (l *Lens) Counts() (opened, closed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opened, l.closed
}

// List implements video.Cameras.
func (l *Lens) List() []video.Camera { return []video.Camera{{ID: "lens", Name: "the lens"}} }

// Open implements video.Cameras.
func (l *Lens) Open(string, video.Format) (video.Source, video.Format, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened++
	return &shutter{lens: l, tick: time.NewTicker(time.Second / lensFPS), closed: make(chan struct{})},
		video.Format{Width: lensWidth, Height: lensHeight, FPS: lensFPS}, nil
}

// Wall is what of a machine can be shown: one screen, whose pictures are numbered as a Lens's are.
type Wall struct{ Lens }

// List implements video.Screens.
func (w *Wall) List(context.Context) ([]video.Subject, error) {
	return []video.Subject{{ID: "wall", Name: "the wall", Width: lensWidth, Height: lensHeight, Primary: true}}, nil
}

// Thumbnail implements video.Screens.
func (w *Wall) Thumbnail(context.Context, string, int, int) (*image.RGBA, error) {
	return image.NewRGBA(image.Rect(0, 0, lensWidth, lensHeight)), nil
}

// shutter is an open Lens.
type shutter struct {
	lens   *Lens
	tick   *time.Ticker
	once   sync.Once
	closed chan struct{}
}

// Read implements video.Source.
func (s *shutter) Read() (*video.Frame, error) {
	select {
	case <-s.closed:
		return nil, io.EOF
	case <-s.tick.C:
	}
	f, err := s.lens.pool.Get(lensWidth, lensHeight)
	if err != nil {
		return nil, err
	}
	s.lens.mu.Lock()
	defer s.lens.mu.Unlock()
	s.lens.number++
	binary.BigEndian.PutUint32(f.Y, s.lens.number)
	f.Captured = time.Now()
	return f, nil
}

// Close implements video.Source.
func (s *shutter) Close() {
	s.once.Do(func() {
		close(s.closed)
		s.tick.Stop()
		s.lens.mu.Lock()
		defer s.lens.mu.Unlock()
		s.lens.closed++
	})
}

// Film is a codec without cgo, for one direction: a picture is its number, and room for a few packets. It refuses what is not made
// from the picture before.
type Film struct {
	pool *video.Pool
	key  bool
	last uint32
}

// Encode implements video.Encoder.
func (f *Film) Encode(picture *video.Frame) (video.Encoded, error) {
	data := make([]byte, filmSize)
	data[0] = 0x85
	if f.key {
		data[0] = 0x82
	}
	n := binary.BigEndian.Uint32(picture.Y)
	binary.BigEndian.PutUint32(data[1:], n)
	binary.BigEndian.PutUint32(data[5:], f.last)
	key := f.key
	f.key, f.last = false, n
	return video.Encoded{Data: data, Key: key, Width: picture.Width, Height: picture.Height, Timestamp: picture.Timestamp}, nil
}

// SetBitrate implements video.Encoder.
func (f *Film) SetBitrate(int) error { return nil }

// KeyFrame implements video.Encoder.
func (f *Film) KeyFrame() { f.key = true }

// Decode implements video.Decoder.
func (f *Film) Decode(data []byte) (*video.Frame, error) {
	if len(data) != filmSize {
		return nil, errors.New("no such picture")
	}
	n, from := binary.BigEndian.Uint32(data[1:]), binary.BigEndian.Uint32(data[5:])
	if data[0] != 0x82 && (f.last == 0 || from != f.last) {
		return nil, errors.New("made from a picture that was not decoded")
	}
	picture, err := f.pool.Get(lensWidth, lensHeight)
	if err != nil {
		return nil, err
	}
	f.last = n
	binary.BigEndian.PutUint32(picture.Y, n)
	return picture, nil
}
