package video

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// tape is a Source that the test feeds.
type tape struct {
	pictures chan *Frame
	gone     chan error
	quit     chan struct{}
	once     sync.Once
	pool     Pool
}

func newTape() *tape {
	return &tape{pictures: make(chan *Frame), gone: make(chan error, 1), quit: make(chan struct{})}
}

func (s *tape) Read() (*Frame, error) {
	select {
	case f := <-s.pictures:
		return f, nil
	case err := <-s.gone:
		return nil, err
	case <-s.quit:
		return nil, io.EOF
	}
}

func (s *tape) Close() { s.once.Do(func() { close(s.quit) }) }

// frame is a picture of that number.
func frame(t testing.TB, p *Pool, width, height int, n uint32) *Frame {
	t.Helper()
	f, err := p.Get(width, height)
	if err != nil {
		t.Fatal(err)
	}
	f.Captured = time.Now()
	setNumber(f, n)
	return f
}

// setNumber and number keep a picture's number in its luma, which is 4 bytes at least.
func setNumber(f *Frame, n uint32)   { binary.BigEndian.PutUint32(f.Y, n) }
func number(f *Frame) uint32         { return binary.BigEndian.Uint32(f.Y) }
func wait(d time.Duration)           { <-time.After(d); synctest.Wait() }
func layerOf(n int) int              { return []int{0, 2, 1, 2}[n%4] }
func ms(n int) time.Duration         { return time.Duration(n) * time.Millisecond }
func interval(fps int) time.Duration { return time.Second / time.Duration(fps) }

// numbers is a codec whose pictures are their number and size.
type numbers struct {
	takes  time.Duration // for a picture
	size   int           // bytes of a coded picture
	fails  error
	silent atomic.Bool // pictures are left out
	small  atomic.Bool // they are worth nothing

	kbps    []int
	coded   []uint32
	key     atomic.Bool // a Receiver asks for it on its own goroutine
	at      int         // in the pattern of layers
	closed  int
	decoded []uint32
	pool    *Pool
	dead    *atomic.Bool
}

const coded = 13

func (c *numbers) Encode(f *Frame) (Encoded, error) {
	if c.takes > 0 {
		<-time.After(c.takes)
	}
	if c.fails != nil {
		c.key.Store(true)
		return Encoded{}, c.fails
	}
	if c.silent.Load() {
		return Encoded{}, nil
	}
	key := c.key.Swap(false) || len(c.coded) == 0
	if key {
		c.at = 0
	}
	e := Encoded{Key: key, Layer: layerOf(c.at), Width: f.Width, Height: f.Height, Timestamp: f.Timestamp}
	c.at++
	c.coded = append(c.coded, number(f))
	size := c.size
	if c.small.Load() {
		size = 100
	}
	e.Data = make([]byte, max(size, coded))
	e.Data[0] = 0x85
	if key {
		e.Data[0] = 0x82
	}
	binary.BigEndian.PutUint32(e.Data[1:], number(f))
	binary.BigEndian.PutUint32(e.Data[5:], uint32(f.Width))
	binary.BigEndian.PutUint32(e.Data[9:], uint32(f.Height))
	return e, nil
}

func (c *numbers) SetBitrate(kbps int) error { c.kbps = append(c.kbps, kbps); return nil }
func (c *numbers) KeyFrame()                 { c.key.Store(true) }
func (c *numbers) Close()                    { c.closed++ }

var errGarbage = errors.New("garbage")

func (c *numbers) Decode(data []byte) (*Frame, error) {
	if c.dead != nil && c.dead.Load() || len(data) < coded || data[0]&0xf0 != 0x80 {
		return nil, errGarbage
	}
	if c.takes > 0 {
		<-time.After(c.takes)
	}
	n := binary.BigEndian.Uint32(data[1:])
	f, err := c.pool.Get(int(binary.BigEndian.Uint32(data[5:])), int(binary.BigEndian.Uint32(data[9:])))
	if err != nil {
		return nil, err
	}
	setNumber(f, n)
	c.decoded = append(c.decoded, n)
	return f, nil
}
