package screen

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/video"
)

// stage is a sheet that a test changes while a stream looks at it.
type stage struct {
	mu sync.Mutex
	*sheet
	hang chan struct{} // nil: it answers
}

func (s *stage) look() (sight, error) {
	s.mu.Lock()
	hang := s.hang
	s.mu.Unlock()
	if hang != nil {
		<-hang
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sheet.look()
}

func (s *stage) grab(r image.Rectangle) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sheet.grab(r)
}

func (s *stage) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
}

func (s *stage) change(f func(*sheet)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.sheet)
}

func open(t *testing.T, s *stage, fps float64) *Stream {
	t.Helper()
	stream, err := start(s, anyCanvas(), fps, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// reads reads pictures until so much time has passed, and says when each came.
func reads(t *testing.T, s video.Source, d time.Duration) (at []time.Duration) {
	t.Helper()
	begin := time.Now()
	for {
		f, err := s.Read()
		if err != nil {
			t.Fatal(err)
		}
		since := time.Since(begin)
		if age := time.Since(f.Captured); age < 0 || age > time.Millisecond {
			t.Errorf("a picture is %v old", age)
		}
		f.Release()
		if since > d {
			return at
		}
		at = append(at, since)
	}
}

// A picture that stands still is given once a second, one that changes at the rate asked for.
func TestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{sheet: newSheet(64, 48)}
		stream := open(t, s, 10)
		if at := reads(t, stream, 5500*time.Millisecond); len(at) != 6 || at[0] != 0 || at[5] != 5*time.Second {
			t.Errorf("standing still: %v", at)
		}
		quit := make(chan struct{})
		go func() {
			for i := byte(0); ; i++ {
				select {
				case <-quit:
					return
				case <-time.After(7 * time.Millisecond):
					s.change(func(s *sheet) { s.draw(image.Rect(1, 1, 9, 9), i) })
				}
			}
		}()
		if at := reads(t, stream, 3*time.Second); len(at) < 29 || len(at) > 31 {
			t.Errorf("changing: %d pictures in three seconds: %v", len(at), at)
		}
		close(quit)
		stream.Close()
		stream.Close()
		if _, err := stream.Read(); err != io.EOF {
			t.Error(err)
		}
		if s.closed != 1 {
			t.Errorf("closed %d times", s.closed)
		}
	})
}

// The newest picture wins where nobody reads.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{sheet: newSheet(64, 48)}
		stream := open(t, s, 30)
		defer stream.Close()
		<-time.After(time.Second)
		s.change(func(s *sheet) { s.draw(image.Rect(0, 0, 64, 48), 200) })
		<-time.After(100 * time.Millisecond)
		f, err := stream.Read()
		if err != nil || !equal(f, s.picture(t)) {
			t.Errorf("not the newest: %v", err)
		}
	})
}

// A window that is closed ends the stream at once; a display that gives nothing for a moment does not, one that goes on so does.
func TestEnds(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		err   error
		lasts time.Duration
		want  error
		after [2]time.Duration
	}{
		"closed":  {fmt.Errorf("it %w", video.ErrWindowClosed), time.Hour, video.ErrWindowClosed, [2]time.Duration{0, 200 * time.Millisecond}},
		"gone":    {fmt.Errorf("%w: the display has ended", video.ErrScreenGone), time.Hour, video.ErrScreenGone, [2]time.Duration{0, 200 * time.Millisecond}},
		"broken":  {broken, time.Hour, video.ErrScreenGone, [2]time.Duration{patience, patience + 300*time.Millisecond}},
		"for now": {broken, time.Second, nil, [2]time.Duration{}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &stage{sheet: newSheet(64, 48)}
			stream := open(t, s, 10)
			<-time.After(450 * time.Millisecond)
			s.change(func(s *sheet) { s.err = c.err })
			begin := time.Now()
			time.AfterFunc(c.lasts, func() { s.change(func(s *sheet) { s.err = nil }) })
			var err error
			for err == nil && time.Since(begin) < 4*time.Second {
				var f *video.Frame
				f, err = stream.Read()
				f.Release()
			}
			if since := time.Since(begin); !errors.Is(err, c.want) || errors.Is(err, io.EOF) || c.want != nil && (since < c.after[0] || since > c.after[1]) {
				t.Errorf("%s: %v after %v", name, err, since)
			}
			if _, again := stream.Read(); c.want != nil && again != err {
				t.Errorf("%s: and then %v", name, again)
			}
			stream.Close()
			if s.closed != 1 {
				t.Errorf("%s: closed %d times", name, s.closed)
			}
			<-time.After(c.lasts)
		})
	}
}

func TestHiddenIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{sheet: newSheet(64, 48)}
		stream := open(t, s, 10)
		defer stream.Close()
		for _, hidden := range []bool{false, true, false} {
			s.change(func(s *sheet) { s.next.hidden = hidden })
			if at := reads(t, stream, 2*time.Second); len(at) < 2 {
				t.Errorf("hidden %v: pictures at %v", hidden, at)
			}
			if stream.Hidden() != hidden {
				t.Errorf("hidden %v: %v", hidden, stream.Hidden())
			}
		}
	})
}

// A display that hangs holds up nobody who closes.
func TestHangingDisplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{sheet: newSheet(64, 48)}
		stream := open(t, s, 10)
		hang := make(chan struct{})
		s.mu.Lock()
		s.hang = hang
		s.mu.Unlock()
		<-time.After(time.Second)
		begin := time.Now()
		stream.Close()
		if d := time.Since(begin); d > closeWithin {
			t.Errorf("closing took %v", d)
		}
		if _, err := stream.Read(); err != io.EOF {
			t.Error(err)
		}
		close(hang)
		synctest.Wait()
		if s.closed != 1 {
			t.Error("the eye stays open")
		}
	})
}

// A stream whose first picture fails is none, and leaves nothing open.
func TestNoFirstPicture(t *testing.T) {
	s := &stage{sheet: newSheet(64, 48)}
	s.err = video.ErrWindowClosed
	if _, err := start(s, anyCanvas(), 10, slog.New(slog.DiscardHandler)); !errors.Is(err, video.ErrWindowClosed) || s.closed != 1 {
		t.Errorf("%v, closed %d times", err, s.closed)
	}
}

// What hangs is given up, and undone when it comes after all.
func TestWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, undone, asking := make(chan struct{}), atomic.Int64{}, make(chan struct{}, 2)
		ask := func() (int, error) { <-release; return 7, nil }
		begin := time.Now()
		_, err := within(t.Context(), asking, ask, func(v int) { undone.Add(int64(v)) })
		if d := time.Since(begin); !errors.Is(err, video.ErrNoScreen) || d != answers {
			t.Errorf("%v after %v", err, d)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := within(ctx, asking, ask, func(v int) { undone.Add(int64(v)) }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		// Two hang now, and a third is not even begun.
		if _, err := within(t.Context(), asking, func() (int, error) { t.Error("asked"); return 0, nil }, func(int) {}); !errors.Is(err, video.ErrNoScreen) {
			t.Error(err)
		}
		close(release)
		synctest.Wait()
		if undone.Load() != 14 {
			t.Errorf("undone: %d", undone.Load())
		}
		if v, err := within(t.Context(), asking, ask, func(int) { t.Error("undone in time") }); v != 7 || err != nil {
			t.Errorf("%d, %v", v, err)
		}
	})
}
