package hotkey

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const fakeInput = 131 // XInput2's opcode, as fakeX has it

// fakeX is as much of an X server as a source of keys needs.
type fakeX struct {
	old bool // without XInput2

	mu      sync.Mutex
	out     chan []byte // of the connection there is now
	conn    net.Conn
	silent  bool // it reads and answers nothing
	refuses bool // it takes no connection
	dials   []time.Time
	keys    [32]byte
	buttons uint32 // bit n is button n
	asked   int    // how often it was for the keys
}

func (x *fakeX) dial(context.Context) (*xconn, error) {
	x.mu.Lock()
	x.dials = append(x.dials, time.Now())
	if x.refuses {
		x.mu.Unlock()
		return nil, errors.New("refused")
	}
	ours, theirs := net.Pipe()
	out := make(chan []byte, 1000)
	x.conn, x.out = theirs, out
	x.mu.Unlock()
	go func() {
		for m := range out {
			if _, err := theirs.Write(m); err != nil {
				return
			}
		}
	}()
	go x.serve(theirs, out)
	return newXConn(ours, nil)
}

func (x *fakeX) serve(c net.Conn, out chan []byte) {
	defer close(out)
	defer c.Close()
	if _, err := io.ReadFull(c, make([]byte, 12)); err != nil {
		return
	}
	out <- setupOf()
	for sequence := uint16(1); ; sequence++ {
		head := make([]byte, 4)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		if _, err := io.ReadFull(c, make([]byte, 4*int(le.Uint16(head[2:]))-4)); err != nil {
			return
		}
		if m := x.answer(head); m != nil {
			le.PutUint16(m[2:], sequence)
			out <- m
		}
	}
}

// setupOf is a server's first answer, with a vendor's name, a format and a screen.
func setupOf() []byte {
	body := make([]byte, 32)
	le.PutUint16(body[16:], 3)
	body[20], body[21] = 1, 1
	body = append(body, "abc\x00"...)
	body = append(body, make([]byte, 8)...)
	body = append(le.AppendUint32(body, 0x77), make([]byte, 36)...)
	return append(le.AppendUint16([]byte{1, 0, 11, 0, 0, 0}, uint16(len(body)/4)), body...)
}

func (x *fakeX) answer(head []byte) []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	m := make([]byte, 32)
	m[0] = isReply
	switch {
	case x.silent:
		return nil
	case head[0] == queryExtension:
		if !x.old {
			m[8], m[9] = 1, fakeInput
		}
	case head[0] == fakeInput && head[1] == xiQueryVersion:
		m[8] = 2
	case head[0] == fakeInput && head[1] == xiQueryPointer:
		m = le.AppendUint32(append(m, make([]byte, 24)...), x.buttons)
		m[4], m[34] = 7, 1
	case head[0] == queryPointer:
		le.PutUint16(m[24:], uint16(x.buttons>>1<<8))
	case head[0] == queryKeymap:
		x.asked++
		m[4] = 2
		m = append(m[:8], x.keys[:]...)
	default:
		return nil
	}
	return m
}

// set makes keys that X has by these numbers up or down in the server's state, which sends no event.
func (x *fakeX) set(down bool, codes ...byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, code := range codes {
		x.keys[code/8] &^= 1 << (code % 8)
		if down {
			x.keys[code/8] |= 1 << (code % 8)
		}
	}
}

func (x *fakeX) change(f func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	f()
}

// event sends a raw event, and leaves the state as it is.
func (x *fakeX) event(kind uint16, detail uint32) {
	m := make([]byte, 32, 44)
	m[0], m[1], m[4] = genericEvent, fakeInput, 3
	le.PutUint16(m[8:], kind)
	le.PutUint32(m[16:], detail)
	x.send(append(m, make([]byte, 12)...)) // valuators, which nobody reads
}

func (x *fakeX) send(m []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.out <- m
}

// press and lift change the state and tell of it.
func (x *fakeX) press(code byte) {
	x.set(true, code)
	x.event(rawKeyPress, uint32(code))
}

func (x *fakeX) lift(code byte) {
	x.set(false, code)
	x.event(rawKeyRelease, uint32(code))
}

const (
	xF13 = 183 + 8
	xV   = 47 + 8
)

// listens runs f in a bubble with a source that listens to x. expect waits until all is quiet and compares what was heard.
func (x *fakeX) listens(t *testing.T, f func(expect func(want ...string))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := newX11(slog.New(slog.DiscardHandler), x.dial)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := errors.Join(s.Close(), s.Close()); err != nil {
				t.Error(err)
			}
		}()
		if err := s.Bind(bindings(t, "talk=F13 v=V mouse=Mouse4 left=Mouse1")); err != nil {
			t.Fatal(err)
		}
		f(func(want ...string) {
			t.Helper()
			var got []string
			for _, e := range read(s.queue) {
				word := "-" + e.ID
				if e.Down {
					word = "+" + e.ID
				}
				if e.At.IsZero() || e.At.After(time.Now()) {
					t.Errorf("%s at %v", word, e.At)
				}
				got = append(got, word)
			}
			if len(got) != len(want) {
				t.Fatalf("heard %q, want %q", got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("heard %q, want %q", got, want)
				}
			}
		})
	})
}

func TestRawEvents(t *testing.T) {
	x := &fakeX{}
	x.listens(t, func(expect func(...string)) {
		x.press(xF13)
		expect("+talk")
		x.press(xF13) // as it repeats
		time.Sleep(time.Minute)
		expect()
		x.lift(xF13)
		expect("-talk")
		for n := range uint32(20) {
			x.change(func() { x.buttons = 1 << n })
			x.event(rawButtonPress, n)
			x.change(func() { x.buttons = 0 })
			x.event(rawButtonRelease, n)
			x.event(rawKeyPress, (n+1)<<8|xV) // no such key
		}
		expect("+left", "-left", "+mouse", "-mouse")
		x.send(append([]byte{genericEvent | 0x80, fakeInput, 0, 0, 0, 0, 0, 0, rawKeyPress, 0, 0, 0, 0, 0, 0, 0, xF13}, make([]byte, 15)...))
		x.send(append([]byte{34}, make([]byte, 31)...)) // the layout has changed
		expect()
	})
}

// The server is asked seldom while nothing is held.
func TestIdle(t *testing.T) {
	x := &fakeX{}
	x.listens(t, func(func(...string)) {
		time.Sleep(time.Hour)
		synctest.Wait()
		x.mu.Lock()
		defer x.mu.Unlock()
		if most := int(time.Hour/idleEvery) + 3; x.asked > most || x.asked < most-5 {
			t.Errorf("asked %d times in an hour, want %d", x.asked, most)
		}
	})
}

// A key whose release never comes is up as soon as the server has said twice that it is.
func TestReleaseMissed(t *testing.T) {
	x := &fakeX{}
	x.listens(t, func(expect func(...string)) {
		x.press(xF13)
		x.change(func() { x.buttons = 1 << 8 })
		x.event(rawButtonPress, 8)
		expect("+talk", "+mouse")
		time.Sleep(10 * heldEvery)
		expect()
		x.set(false, xF13)
		time.Sleep(heldEvery)
		expect() // it might be the server's state that lags behind
		time.Sleep(heldEvery)
		expect("-talk")
		x.change(func() { x.buttons = 1 << 1 }) // as the buttons are swapped, say
		time.Sleep(10 * heldEvery)
		expect()
		x.change(func() { x.buttons = 0 })
		time.Sleep(2 * heldEvery)
		expect("-mouse")
	})
}

// One wrong answer is no release.
func TestStateLags(t *testing.T) {
	x := &fakeX{}
	x.listens(t, func(expect func(...string)) {
		expect()
		x.event(rawKeyPress, xF13)
		time.Sleep(heldEvery + time.Millisecond)
		expect("+talk")
		x.set(true, xF13)
		time.Sleep(time.Minute)
		expect()
	})
}

func TestSilence(t *testing.T) {
	x := &fakeX{}
	x.listens(t, func(expect func(...string)) {
		x.press(xF13)
		expect("+talk")
		x.change(func() { x.silent = true })
		time.Sleep(heldEvery + patience)
		expect("-talk")
		time.Sleep(time.Minute) // it is connected to, and says nothing
		expect()
		x.change(func() { x.silent = false })
		time.Sleep(maxPause + patience)
		expect("+talk") // it has been held all the time
		x.lift(xF13)
		expect("-talk")
	})
}

// What is held when the connection ends is released; it is connected to again, less and less often.
func TestConnectionLost(t *testing.T) {
	x := &fakeX{}
	x.listens(t, func(expect func(...string)) {
		x.press(xF13)
		expect("+talk")
		lost := time.Now()
		x.change(func() {
			x.refuses = true
			x.keys = [32]byte{}
			x.conn.Close()
		})
		expect("-talk")
		time.Sleep(3 * time.Minute)
		x.change(func() { x.refuses = false })
		time.Sleep(maxPause)
		x.press(xV)
		expect("+v")
		want := []time.Duration{1, 3, 7, 15, 31, 61, 91, 121, 151, 181}
		x.mu.Lock()
		defer x.mu.Unlock()
		for i, at := range x.dials[1:] {
			if i >= len(want) || at.Sub(lost) != want[i]*time.Second {
				t.Errorf("%d: dialled after %v", i, at.Sub(lost))
			}
		}
	})
}

// Bindings outlive the connection, and binding releases at any time.
func TestBindWhileLost(t *testing.T) {
	x := &fakeX{}
	synctest.Test(t, func(t *testing.T) {
		s, err := newX11(slog.New(slog.DiscardHandler), x.dial)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		synctest.Wait()
		x.change(func() { x.conn.Close() })
		synctest.Wait()
		if err := s.Bind(bindings(t, "v=V")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(firstPause)
		synctest.Wait()
		x.press(xV)
		if e := read(s.queue); len(e) != 1 || !e[0].Down {
			t.Errorf("heard %v", e)
		}
		if err := s.Bind(nil); err != nil {
			t.Fatal(err)
		}
		if e := read(s.queue); len(e) != 1 || e[0].Down || !e[0].At.Equal(time.Now()) {
			t.Errorf("heard %v", e)
		}
	})
}

// A server without XInput2 is asked, and believed at once.
func TestPoll(t *testing.T) {
	x := &fakeX{old: true}
	x.listens(t, func(expect func(...string)) {
		x.set(true, xF13, xV)
		time.Sleep(pollEvery)
		expect("+v", "+talk")
		time.Sleep(time.Minute)
		expect()
		x.set(false, xV)
		x.change(func() { x.buttons = 1 << 1 })
		time.Sleep(pollEvery)
		expect("-v", "+left")
		x.change(func() { x.buttons = 0 })
		time.Sleep(pollEvery)
		expect("-left")
		x.change(func() { x.silent = true })
		time.Sleep(pollEvery + patience)
		expect("-talk")
		x.change(func() { x.silent = false })
		time.Sleep(maxPause)
		expect("+talk")
	})
}

// A server that talks nonsense is left, and everything released.
func TestNonsense(t *testing.T) {
	for name, m := range map[string][]byte{
		"an error": make([]byte, 32),
		"huge":     append([]byte{genericEvent, fakeInput, 0, 0, 255, 255, 255, 255}, make([]byte, 24)...),
	} {
		x := &fakeX{}
		x.listens(t, func(expect func(...string)) {
			x.event(rawKeyPress, xF13)
			expect("+talk")
			x.send(m)
			expect("-talk")
			time.Sleep(2 * firstPause)
			x.press(xV)
			expect("+v")
			if len(x.dials) != 2 {
				t.Errorf("%s: dialled %d times", name, len(x.dials))
			}
		})
	}
}
