package relay

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// What is written arrives whole and in order, and nobody waits for an end that takes nothing: that is closed.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe() // takes nothing before it is read
		q := newQueue(near, near)
		frame := make([]byte, 100)
		for i := range 10 {
			frame[0] = byte(i)
			if n, err := q.Write(frame); n != len(frame) || err != nil {
				t.Fatal(n, err)
			}
		}
		got := make([]byte, 10*len(frame))
		if _, err := io.ReadFull(far, got); err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			if !bytes.Equal(got[i*100:i*100+1], []byte{byte(i)}) {
				t.Errorf("frame %d is %d", i, got[i*100])
			}
		}
		begin := time.Now()
		for range 10 * queueFrames {
			if _, err := q.Write(frame); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("waited %v", d)
		}
		if _, err := io.ReadFull(far, got); err != nil { // it lives
			t.Fatal(err)
		}
		<-q.closed
		if d := time.Since(begin); d != stuckTime {
			t.Errorf("given up after %v", d)
		}
		if _, err := q.Write(frame); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
}

// sink takes all, and has no deadlines.
type sink struct {
	net.Conn
	took chan int
}

func (s sink) Write(p []byte) (int, error) {
	s.took <- len(p)
	return len(p), nil
}
func (sink) SetWriteDeadline(time.Time) error { return nil }
func (sink) Close() error                     { return nil }

// A frame costs no memory once as many were there as may wait.
func TestQueueAllocates(t *testing.T) {
	s := sink{took: make(chan int)}
	q := newQueue(s, s)
	defer q.Close()
	frame := make([]byte, 1000)
	for range 2 * queueFrames {
		_, _ = q.Write(frame)
	}
	for range queueFrames {
		<-s.took
	}
	n := testing.AllocsPerRun(1000, func() {
		_, _ = q.Write(frame)
		<-s.took
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}
