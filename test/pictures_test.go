package test

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/test/lab"
	"parley/video"
	"parley/video/videotest"
	"parley/video/vp9"
	"parley/video/yuv"
)

// viewer is somebody in the channel, without sound.
type viewer struct {
	*lab.Client
	w    *world
	name string
	user string
}

// view starts "parleyctl join", which keeps what it sees.
func (w *world) view(name string, c lab.Command, args ...string) *viewer {
	w.Helper()
	v := &viewer{w: w, name: name}
	v.Client = w.client(name, c, append([]string{"--mic", "none", "--speaker", "none", "--counters", v.file("shown"), "--stats", v.file("stats"),
		"--stats-every", "250ms", "--record-video-dir", v.file("video")}, args...)...)
	v.user = w.user(v.Client)
	return v
}

func (v *viewer) file(kind string) string { return filepath.Join(v.w.dir, v.name+"."+kind) }

// shown is what it has seen of somebody between two times.
func (v *viewer) shown(of *viewer, track string, from, to time.Time) []lab.Picture {
	v.w.Helper()
	all, err := lab.ReadPictures(v.file("shown"))
	if err != nil {
		v.w.Fatal(err)
	}
	return slices.DeleteFunc(all, func(p lab.Picture) bool {
		return p.User != of.user || p.Track != track || p.At.Before(from) || p.At.After(to)
	})
}

// decoded hands all that it has got of somebody, decoded, to look, the first n; n < 0: all.
func (v *viewer) decoded(of *viewer, track string, n int, look func(f *video.Frame)) {
	v.w.Helper()
	data, err := os.ReadFile(filepath.Join(v.file("video"), of.user+"-"+track+".ivf"))
	if err != nil {
		v.w.Fatal(err)
	}
	coded, err := readIVF(data)
	if err != nil {
		v.w.Fatal(err)
	}
	d, err := vp9.NewDecoder(video.VP9, nil, 1)
	if err != nil {
		v.w.Fatal(err)
	}
	defer d.Close()
	for i, c := range coded {
		if i == n {
			return
		}
		f, err := d.Decode(c)
		if err != nil {
			v.w.Errorf("%s of %s: picture %d: %v", track, of.name, i, err)
			return
		}
		look(f)
		f.Release()
	}
}

// viewStats are what a line of statistics says.
type viewStats struct {
	AtMS           int64 `json:"at_ms"`
	Camera, Screen struct {
		On       bool
		Pictures uint64
		Width    int
		Height   int
		Kbps     float64
		EncodeMS float64 `json:"encode_ms"`
	}
	Peers []struct {
		User, Name      string
		Picture, Screen struct {
			Pictures uint64
			Width    int
			Height   int
			Kbps     float64
			FPSShown float64 `json:"fps_shown"`
		}
	}
}

// now waits for the next line.
func (v *viewer) now() (f viewStats) {
	v.w.Helper()
	lines := func() [][]byte {
		data, _ := os.ReadFile(v.file("stats"))
		return slices.Collect(splitLines(data))
	}
	n := len(lines())
	v.until("a line of statistics", func() bool { return len(lines()) > n })
	all := lines()
	if err := json.Unmarshal(all[len(all)-1], &f); err != nil {
		v.w.Fatal(err)
	}
	return f
}

// splitLines are the whole lines.
func splitLines(data []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for start, i := 0, 0; i < len(data); i++ {
			if data[i] == '\n' {
				if !yield(data[start:i]) {
					return
				}
				start = i + 1
			}
		}
	}
}

// pictures is how many of somebody's have been shown.
func (v *viewer) pictures(of *viewer, track string) uint64 {
	v.w.Helper()
	for _, p := range v.now().Peers {
		if p.User == of.user {
			if track == "screen" {
				return p.Screen.Pictures
			}
			return p.Picture.Pictures
		}
	}
	return 0
}

func (v *viewer) until(what string, done func() bool) {
	v.w.Helper()
	over := time.After(45 * time.Second)
	for !done() {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-over:
			v.w.Fatalf("%s: in vain waited for %s\n%s\n%s", v.name, what, v.Output(), v.Stderr())
		}
	}
}

// sees waits until somebody's pictures come, so many more.
func (v *viewer) sees(of *viewer, track string, more uint64) {
	v.w.Helper()
	from := v.pictures(of, track)
	v.until("the "+track+" of "+of.name, func() bool { return v.pictures(of, track) >= from+more })
}

// The size of the cameras' pictures.
const filmWidth, filmHeight = 640, 360

// TestFourCameras: of four in a channel each sees the other three, in order and as they were taken; there is no room for a fifth, and
// who leaves the channel takes their camera with them.
func TestFourCameras(t *testing.T) {
	w := newWorld(t, 0, nil)
	const fps = 15
	film := []string{"--video", "--camera", fmt.Sprintf("pattern:%dx%d@%d", filmWidth, filmHeight, fps)}
	var all []*viewer
	for _, name := range []string{"a", "b", "c", "d"} {
		all = append(all, w.view(name, lab.Command{}, film...))
	}
	fifth := w.view("e", lab.Command{}, "--watch", "none")
	for _, v := range all {
		for _, o := range all {
			if v != o {
				v.sees(o, "camera", 1)
			}
		}
	}
	from := time.Now()
	fifth.until("four cameras", func() bool { return w.refused(fifth, "camera on") })
	wait(4 * soak())
	to := time.Now()
	wait(1.2) // what was seen is written each second
	for _, v := range all {
		for _, o := range all {
			if v == o {
				continue
			}
			seen := v.shown(o, "camera", from, to)
			checkNumbers(t, v.name+" of "+o.name, seen, to.Sub(from).Seconds()*fps, 0.85)
		}
	}
	checkQuality(t, all[0], all[1])
	if n := fifth.pictures(all[0], "camera"); n > 0 {
		t.Errorf("who watches nobody was shown %d pictures", n)
	}
	w.leave(all[3].Client)
	fifth.until("room for a camera", func() bool { return !w.refused(fifth, "camera on") })
	w.leave(all[0].Client, all[1].Client, all[2].Client, fifth.Client)
}

// refused gives a client a command and says whether that was refused.
func (w *world) refused(v *viewer, command string) bool {
	w.Helper()
	count := func(event string) int { return strings.Count(v.Output(), `"event":"`+event+`"`) }
	done, failed := count("done"), count("error")
	if err := v.Tell(command); err != nil {
		w.Fatal(err)
	}
	v.until("an answer", func() bool { return count("done") > done || count("error") > failed })
	return count("error") > failed
}

// checkNumbers wants numbers that go up, and that share of all that were taken.
func checkNumbers(t *testing.T, what string, seen []lab.Picture, sent, share float64) {
	t.Helper()
	for i, p := range seen {
		if p.Number < 0 || i > 0 && p.Number <= seen[i-1].Number || p.Width != 640 || p.Height != 360 {
			t.Errorf("%s: %+v", what, p)
			return
		}
	}
	if got := float64(len(seen)) / sent; got < share {
		t.Errorf("%s: %.1f %% of the pictures were seen, want %.0f", what, 100*got, 100*share)
	}
}

// checkQuality holds what came to v of somebody's test picture against the picture itself.
func checkQuality(t *testing.T, v, of *viewer) {
	t.Helper()
	var all []float64
	var pool video.Pool
	scaler := yuv.NewConverter()
	p, err := videotest.NewPattern(filmWidth, filmHeight, 0)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := pool.Get(filmWidth, filmHeight)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Release()
	v.decoded(of, "camera", -1, func(f *video.Frame) {
		n, ok := videotest.ReadCounter(f)
		if !ok {
			t.Errorf("%s of %s: a picture without a number", v.name, of.name)
			return
		}
		want, err := pool.Get(f.Width, f.Height) // where the path or the machine did not carry all of it, it is smaller
		if err != nil {
			t.Fatal(err)
		}
		defer want.Release()
		if err := errors.Join(p.Draw(taken, n), scaler.Scale(want, taken)); err != nil {
			t.Fatal(err)
		}
		all = append(all, videotest.PSNR(want, f))
	})
	if len(all) == 0 {
		t.Errorf("%s of %s: no pictures", v.name, of.name)
		return
	}
	median := audiotest.Median(all)
	t.Logf("%s of %s: %.1f dB in the median of %d pictures", v.name, of.name, median, len(all))
	if median < 32 {
		t.Errorf("%s of %s: %.1f dB, want 32", v.name, of.name, median)
	}
}

// lumaPSNR holds a part of a picture against what the screen shows there (ITU-R BT.601, as video/yuv has it).
func lumaPSNR(f *video.Frame, shot *image.RGBA) float64 {
	var sse float64
	r := shot.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := shot.RGBAAt(x, y)
			want := 16 + (65.738*float64(c.R)+129.057*float64(c.G)+25.064*float64(c.B))/256
			d := want - float64(f.Y[y*f.YStride+x])
			sse += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(r.Dx()*r.Dy())/max(sse, 1))
}
