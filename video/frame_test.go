package video

import (
	"errors"
	"sync"
	"testing"
	"time"
)

func TestPoolLendsEverySize(t *testing.T) {
	var pool Pool
	for _, size := range [][2]int{{1, 1}, {1, 7}, {3, 2}, {641, 359}, {1280, 720}, {MaxWidth, MaxHeight}} {
		f, err := pool.Get(size[0], size[1])
		if err != nil {
			t.Fatal(size, err)
		}
		if err := f.Check(); err != nil {
			t.Error(err)
		}
		if cw, ch := f.ChromaSize(); cw != (size[0]+1)/2 || ch != (size[1]+1)/2 {
			t.Errorf("%v: chroma %dx%d", size, cw, ch)
		}
		f.Release()
	}
	for _, size := range [][2]int{{0, 1}, {1, 0}, {-1, -1}, {MaxWidth + 1, 1}, {1, MaxHeight + 1}, {16384, 16384}} {
		if _, err := pool.Get(size[0], size[1]); !errors.Is(err, ErrSize) {
			t.Errorf("%v: %v", size, err)
		}
	}
}

func TestPoolReusesWithoutAllocation(t *testing.T) {
	var pool Pool
	get := func(w, h int) *Frame {
		f, err := pool.Get(w, h)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	get(320, 240).Release()
	if n := testing.AllocsPerRun(100, func() { get(320, 240).Release() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	// A huge one is not kept for small ones, and no more than a few are kept at all.
	get(MaxWidth, MaxHeight).Release()
	small := get(320, 240)
	if len(small.buf) > 4*320*240*3/2 {
		t.Errorf("a small picture holds %d bytes", len(small.buf))
	}
	frames := []*Frame{small}
	for range 3 * poolKeeps {
		frames = append(frames, get(320, 240))
	}
	for _, f := range frames {
		f.Release()
	}
	if len(pool.free) != poolKeeps {
		t.Errorf("%d kept", len(pool.free))
	}
}

func TestFrameReferences(t *testing.T) {
	var pool Pool
	f, _ := pool.Get(16, 16)
	f.Captured, f.Timestamp = time.Unix(1, 0), 9
	f.Retain().Release()
	if len(pool.free) != 0 {
		t.Fatal("went back while somebody held it")
	}
	f.Release()
	if len(pool.free) != 1 {
		t.Fatal("did not come back")
	}
	for name, bug := range map[string]func(){"release": f.Release, "retain": func() { f.Retain() }} {
		f.refs.Store(0)
		if !panics(bug) {
			t.Errorf("%s of a released frame went by", name)
		}
	}
	f, _ = pool.Get(16, 16)
	if f.Timestamp != 0 || !f.Captured.IsZero() {
		t.Error("an earlier picture's times")
	}
	foreign := &Frame{Width: 1, Height: 1}
	foreign.Retain().Release()
	foreign.Release()
	(*Frame)(nil).Release()
}

func panics(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return false
}

func TestFrameCheck(t *testing.T) {
	good := func() *Frame {
		return &Frame{Width: 5, Height: 3, YStride: 8, CStride: 4, Y: make([]byte, 21), U: make([]byte, 7), V: make([]byte, 7)}
	}
	if err := good().Check(); err != nil {
		t.Error(err)
	}
	row := &Frame{Width: 5, Height: 1, YStride: 1 << 62, CStride: 1 << 62, Y: make([]byte, 5), U: make([]byte, 3), V: make([]byte, 3)}
	if err := row.Check(); err != nil {
		t.Error("one row needs no stride:", err)
	}
	for name, spoil := range map[string]func(*Frame){
		"short luma":     func(f *Frame) { f.Y = f.Y[:20] },
		"short U":        func(f *Frame) { f.U = f.U[:6] },
		"short V":        func(f *Frame) { f.V = nil },
		"narrow stride":  func(f *Frame) { f.YStride = 4 },
		"negative":       func(f *Frame) { f.CStride = -4 },
		"huge stride":    func(f *Frame) { f.YStride = 1 << 62 },
		"no size":        func(f *Frame) { f.Width = 0 },
		"too large":      func(f *Frame) { f.Height = MaxHeight + 1 },
		"lies in height": func(f *Frame) { f.Height = 5 },
	} {
		f := good()
		spoil(f)
		if f.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestFrameCopy(t *testing.T) {
	var pool Pool
	src := &Frame{Width: 5, Height: 3, YStride: 5, CStride: 3, Timestamp: 7, Y: make([]byte, 15), U: make([]byte, 6), V: make([]byte, 6)}
	for i := range src.Y {
		src.Y[i] = byte(i)
	}
	src.U[5], src.V[5] = 1, 2
	dst, _ := pool.Get(5, 3)
	dst.CopyFrom(src)
	if dst.Y[2*dst.YStride+4] != 14 || dst.U[dst.CStride+2] != 1 || dst.V[dst.CStride+2] != 2 || dst.Timestamp != 7 {
		t.Error("the copy differs")
	}
}

func TestSlotNewestWins(t *testing.T) {
	var pool Pool
	slot := NewSlot()
	for i := range 3 {
		f, _ := pool.Get(8, 8)
		f.Timestamp = uint32(i)
		slot.Put(f)
	}
	<-slot.Ready()
	f := slot.Take()
	if f == nil || f.Timestamp != 2 || slot.Replaced() != 2 || slot.Take() != nil {
		t.Errorf("%v, %d replaced", f, slot.Replaced())
	}
	slot.Put(f)
	slot.Clear()
	slot.Clear()
	if len(pool.free) == 0 || slot.Take() != nil {
		t.Error("not cleared")
	}
	var zero Slot
	zero.Put(nil)
	if zero.Ready() != nil || zero.Take() != nil {
		t.Error("the zero slot")
	}
}

// TestSlotNext: who waits gets what comes, the last one too though nothing comes any more, and nothing that came before it was left.
func TestSlotNext(t *testing.T) {
	var pool Pool
	slot, quit, ended := NewSlot(), make(chan struct{}), make(chan struct{})
	put := func(stamp uint32) {
		f, _ := pool.Get(8, 8)
		f.Timestamp = stamp
		slot.Put(f)
	}
	next := func() (stamp uint32, ok bool) {
		f := slot.Next(quit, ended)
		defer f.Release()
		if f == nil {
			return 0, false
		}
		return f.Timestamp, true
	}
	expect := func(want uint32, there bool) {
		t.Helper()
		if stamp, ok := next(); stamp != want || ok != there {
			t.Errorf("%d, %v; want %d, %v", stamp, ok, want, there)
		}
	}
	put(1)
	put(2)
	expect(2, true)
	go put(3)
	expect(3, true)
	put(4)
	close(ended)
	expect(4, true)
	expect(0, false)
	put(5)
	close(quit)
	expect(0, false)
}

// TestSlotRace has one side write what it owns and the other read what it took: the race detector sees a frame that two
// own.
func TestSlotRace(t *testing.T) {
	const frames = 2000
	var pool Pool
	var both sync.WaitGroup
	slot, done := NewSlot(), make(chan struct{})
	taken := 0
	look := func() {
		if f := slot.Take(); f != nil {
			if f.Y[0] != byte(f.Timestamp) {
				t.Errorf("picture %d holds %d", f.Timestamp, f.Y[0])
			}
			taken++
			f.Release()
		}
	}
	both.Go(func() {
		defer close(done)
		for i := range frames {
			f, _ := pool.Get(8, 8)
			f.Timestamp, f.Y[0] = uint32(i), byte(i)
			slot.Put(f)
		}
	})
	both.Go(func() {
		for {
			select {
			case <-slot.Ready():
				look()
			case <-done:
				look()
				return
			}
		}
	})
	both.Wait()
	if taken == 0 || uint64(taken)+slot.Replaced() != frames {
		t.Errorf("%d taken and %d replaced of %d", taken, slot.Replaced(), frames)
	}
}
