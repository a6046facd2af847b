package picture

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCount: a picture twice is one, what is outside of the time is none, and the ends of the time are looked at, too.
func TestCount(t *testing.T) {
	seen := []Moment{{1, 90}, {2, 110}, {3, 140}, {3, 150}, {4, 400}, {5, 430}, {6, 460}, {7, 990}}
	got := Count(seen, 100, 700)
	want := Shown{Seconds: 0.6, Shown: 5, Freezes: 2, FrozenMS: 260 + 240, Longest: 260}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := Count([]Moment{{Unread, 100}, {Unread, 200}, {Unread, 390}}, 0, 400); got.Shown != 3 || got.Freezes != 0 {
		t.Errorf("without numbers: %+v", got)
	}
	if got := Count(nil, 0, 1000); got.Shown != 0 || got.Freezes != 1 || got.FrozenMS != 1000 {
		t.Errorf("nothing at all: %+v", got)
	}
}

// TestDelays pairs numbers that come again with their last capture, and refuses pictures that nobody captured.
func TestDelays(t *testing.T) {
	captured := []Moment{{7, 0}, {8, 33}, {9, 66}, {7, 5000}, {8, 5033}}
	seen := []Moment{{7, 5080}, {8, 5123}, {9, 176}}
	got, err := Delays(captured, seen)
	if want := (Delay{Median: 90, P95: 110, Pictures: 3}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if got, err := Delays(captured, []Moment{{7, 4990}, {8, 12}, {9, 176}}); err == nil {
		t.Errorf("two of three without a capture: %+v", got)
	}
	if _, err := Delays(captured, nil); err == nil {
		t.Error("nothing was seen, and no error")
	}
}

// TestReadCounters takes the lines of the time that is asked for.
func TestReadCounters(t *testing.T) {
	path := write(t, "counters", "1 1000000 1280 720\n2 1033000 1280 720\n3 1066500 640 360\n-1 2000000 1280 720\n")
	seen, sizes, err := ReadCounters(path, 1033, 1500)
	if want := []Moment{{2, 1033}, {3, 1066.5}}; err != nil || !reflect.DeepEqual(seen, want) || !reflect.DeepEqual(sizes, []string{"1280x720", "640x360"}) {
		t.Errorf("%v %v %v, want %v", seen, sizes, err, want)
	}
	if seen, _, err := ReadCounters(path, 1500, 3000); err != nil || !reflect.DeepEqual(seen, []Moment{{Unread, 2000}}) {
		t.Errorf("a picture without a number: %v %v", seen, err)
	}
	if _, _, err := ReadCounters(write(t, "counters", "1 x\n"), 0, 3000); err == nil {
		t.Error("what is no line: no error")
	}
}
