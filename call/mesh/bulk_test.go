package mesh

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/pion/transport/v4/vnet"
)

// hauled is what came to an end by Config.Bulk.
func (w *world) addHauler(name string) (*end, chan []byte) {
	got := make(chan []byte, 1<<16)
	return w.addWith(name, Config{Bulk: func(_ Peer, frame []byte) { got <- frame }}), got
}

// Each frame arrives, however many get lost on the way, and never more than the budget is under way.
func TestSendBulk(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{MinDelay: 10 * time.Millisecond})
	a, _ := w.addHauler("a")
	b, got := w.addHauler("b")
	n := 0
	w.router.AddChunkFilter(func(vnet.Chunk) bool { n++; return n%20 != 0 })
	w.start()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := a.SendBulk(ctx, id("b"), []byte("early"), maxBulk); !errors.Is(err, ErrGone) {
		t.Errorf("to nobody: %v", err)
	}
	join(a, b, Options{})
	connected(a, b)
	const count, budget = 2000, 50 << 10
	frame := make([]byte, maxBulk)
	for i := range count {
		binary.BigEndian.PutUint32(frame, uint32(i))
		if err := a.SendBulk(ctx, id("b"), frame, budget); err != nil {
			t.Fatal(err)
		}
		if under := a.alive(id("b")).bulk.underWay(); under > budget {
			t.Fatalf("%d bytes are under way", under)
		}
	}
	seen := map[uint32]bool{}
	for len(seen) < count {
		select {
		case f := <-got:
			seen[binary.BigEndian.Uint32(f)] = true
			if len(f) != maxBulk {
				t.Fatalf("a frame of %d bytes", len(f))
			}
		case <-timeout():
			t.Fatalf("%d of %d frames came", len(seen), count)
		}
	}
	for _, bad := range [][]byte{nil, bytes.Repeat([]byte{1}, maxBulk+1)} {
		if a.SendBulk(ctx, id("b"), bad, budget) == nil {
			t.Errorf("%d bytes were sent", len(bad))
		}
	}
}

// Whoever waits is let go when the peer goes, or they themselves no longer want to.
func TestSendBulkEnds(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{MinDelay: 10 * time.Millisecond})
	a, _ := w.addHauler("a")
	b, got := w.addHauler("b")
	w.start()
	join(a, b, Options{})
	connected(a, b)
	if err := a.SendBulk(t.Context(), id("b"), []byte("x"), maxBulk); err != nil {
		t.Fatal(err)
	}
	select {
	case <-got:
	case <-timeout():
		t.Fatal("nothing came")
	}
	w.parted.Store(true)
	fill := func(ctx context.Context) error {
		for {
			if err := a.SendBulk(ctx, id("b"), make([]byte, maxBulk), 8*maxBulk); err != nil {
				return err
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := fill(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("whoever gave up: %v", err)
	}
	ended := make(chan error, 2)
	for range 2 {
		go func() { ended <- fill(t.Context()) }()
	}
	a.Close(id("b"))
	for range 2 {
		select {
		case err := <-ended:
			if !errors.Is(err, ErrGone) {
				t.Errorf("of a peer that is closed: %v", err)
			}
		case <-timeout():
			t.Fatal("it still waits")
		}
	}
}
