package ui

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"parley/call"
	"parley/profile"
	"parley/ui/model"
	"parley/video"
)

// painter is a converter that paints with the picture's first pixel, and marks the left upper corner.
type painter struct {
	calls *atomic.Int32
	sizes chan image.Point
	fails *atomic.Bool
}

func newPainter() *painter {
	return &painter{calls: new(atomic.Int32), sizes: make(chan image.Point, 64), fails: new(atomic.Bool)}
}

func (p *painter) ConvertBGRA(dst *image.RGBA, src *video.Frame) error { return p.Convert(dst, src) }

func (p *painter) Convert(dst *image.RGBA, src *video.Frame) error {
	p.calls.Add(1)
	if p.fails.Load() {
		return errors.New("not this one")
	}
	for i := range dst.Pix {
		dst.Pix[i] = src.Y[0]
	}
	for i := 3; i < len(dst.Pix); i += 4 {
		dst.Pix[i] = 255
	}
	dst.SetRGBA(0, 0, color.RGBA{R: 1, A: 255})
	select {
	case p.sizes <- dst.Rect.Size():
	default:
	}
	return nil
}

// film is a camera's pictures by hand.
type film struct {
	pool video.Pool
	slot *video.Slot
}

func (f *film) put(t testing.TB, width, height int, level byte) {
	t.Helper()
	frame, err := f.pool.Get(width, height)
	if err != nil {
		t.Fatal(err)
	}
	frame.Y[0] = level
	f.slot.Put(frame)
}

// filmWindow is a window that paints pictures, with what has been asked of Fyne's goroutine in turns.
func filmWindow(t testing.TB, p *painter, edit func(*profile.Settings)) (*Window, chan func()) {
	t.Helper()
	w := testWindow(t, edit)
	w.c.NewConverter = func() Converter { return p }
	turns := make(chan func(), 64)
	w.pump.do = func(f func()) { turns <- f }
	return w, turns
}

func newFilm(p *picture) *film {
	f := &film{slot: video.NewSlot()}
	p.slot, p.wanted = f.slot, nil
	return f
}

// wait waits for the next turn, and takes it.
func wait(t testing.TB, turns chan func()) {
	t.Helper()
	select {
	case turn := <-turns:
		turn()
	case <-time.After(10 * time.Second):
		t.Fatal("no turn")
	}
}

func none(t testing.TB, turns chan func(), what string) {
	t.Helper()
	select {
	case <-turns:
		t.Errorf("a turn %s", what)
	case <-time.After(3 * frameEvery): // what would come would have come
	}
}

// sized waits for a picture to be converted.
func sized(t testing.TB, p *painter) image.Point {
	t.Helper()
	select {
	case s := <-p.sizes:
		return s
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was converted")
		return image.Point{}
	}
}

// startTurns lets the pump run, and takes what it does at first.
func startTurns(t testing.TB, w *Window, turns chan func()) {
	t.Helper()
	w.pump.start()
	t.Cleanup(w.pump.stop)
	for {
		select {
		case turn := <-turns:
			turn()
		case <-time.After(4 * frameEvery):
			return
		}
	}
}

// Pictures of two people that come at once are drawn in one turn; without pictures there is no turn at all.
func TestPicturesInOneTurn(t *testing.T) {
	p := newPainter()
	w, turns := filmWindow(t, p, nil)
	one, two := newPicture(w, "mara", call.CameraTrack), newPicture(w, "", call.CameraTrack)
	mara, own := newFilm(one), newFilm(two)
	for _, p := range []*picture{one, two} {
		p.root.Resize(fyne.NewSize(160, 90))
		p.on(true)
	}
	defer one.on(false)
	defer two.on(false)
	startTurns(t, w, turns)
	none(t, turns, "without a picture")
	mara.put(t, 32, 18, 50)
	sized(t, p)
	wait(t, turns)
	for level := range byte(5) {
		own.put(t, 32, 18, 100+level) // it waits for the other
		sized(t, p)
		mara.put(t, 32, 18, 50+level)
		sized(t, p)
		wait(t, turns)
		if one.image.Image.At(9, 9) != (color.RGBA{50 + level, 50 + level, 50 + level, 255}) || two.image.Image.At(9, 9) != (color.RGBA{100 + level, 100 + level, 100 + level, 255}) {
			t.Fatalf("turn %d shows %v and %v", level, one.image.Image.At(9, 9), two.image.Image.At(9, 9))
		}
	}
	none(t, turns, "after the last picture")
	own.put(t, 32, 18, 200) // nobody comes to wait for
	wait(t, turns)
}

// What a picture's shape decides may switch off others, and the picture itself, while they are drawn.
func TestPicturesSwitchedOffByAnother(t *testing.T) {
	p := newPainter()
	w, _ := filmWindow(t, p, nil)
	var all []*picture
	for i := range 3 {
		one := newPicture(w, fmt.Sprint(i), call.CameraTrack)
		f := newFilm(one)
		one.root.Resize(fyne.NewSize(160, 90))
		one.on(true)
		f.put(t, 32, 18, 9)
		awaitReady(t, one)
		all = append(all, one)
	}
	all[0].changed = func() {
		all[0].on(false)
		all[1].on(false)
	}
	defer all[2].on(false)
	w.pump.onScreen(nil, nil)
	if all[1].seen() || !all[2].seen() || len(w.pump.pictures) != 1 {
		t.Errorf("the second is drawn: %v, the third: %v; %d are on", all[1].seen(), all[2].seen(), len(w.pump.pictures))
	}
}

// While a turn is under way pictures are written over each other: none is queued.
func TestSlowWindow(t *testing.T) {
	p := newPainter()
	w, turns := filmWindow(t, p, nil)
	one := newPicture(w, "mara", call.CameraTrack)
	mara := newFilm(one)
	one.root.Resize(fyne.NewSize(160, 90))
	one.on(true)
	defer one.on(false)
	startTurns(t, w, turns)
	mara.put(t, 32, 18, 1)
	sized(t, p)
	var turn func()
	select {
	case turn = <-turns:
	case <-time.After(10 * time.Second):
		t.Fatal("no turn")
	}
	for level := range byte(20) {
		mara.put(t, 32, 18, level)
		sized(t, p)
	}
	none(t, turns, "while one is under way")
	turn()
	if got := one.image.Image.At(9, 9); got != (color.RGBA{19, 19, 19, 255}) {
		t.Errorf("it shows %v, which is not the newest", got)
	}
	wait(t, turns) // for the nineteen that were not: there is nothing to draw
	none(t, turns, "more")
}

// The picture has the tile's pixels, whatever they become; a smaller one stays as small, and what can't be converted is left out.
func TestPictureSizes(t *testing.T) {
	p := newPainter()
	w, _ := filmWindow(t, p, nil)
	one := newPicture(w, "mara", call.CameraTrack)
	mara := newFilm(one)
	one.on(true)
	defer one.on(false)
	for _, c := range []struct {
		tile      fyne.Size
		from, has image.Point
	}{
		{fyne.NewSize(160, 90), image.Pt(1280, 720), image.Pt(160, 90)},
		{fyne.NewSize(161, 91), image.Pt(1280, 720), image.Pt(161, 91)},
		{fyne.NewSize(161, 200), image.Pt(1280, 720), image.Pt(161, 91)},
		{fyne.NewSize(160, 90), image.Pt(640, 480), image.Pt(120, 90)},
		{fyne.NewSize(160, 90), image.Pt(359, 641), image.Pt(50, 90)},
		{fyne.NewSize(160, 90), image.Pt(31, 17), image.Pt(31, 17)},
		{fyne.NewSize(160, 90), image.Pt(1, 1), image.Pt(1, 1)},
		{fyne.NewSize(160, 90), image.Pt(4096, 1), image.Pt(160, 1)},
		{fyne.NewSize(0, 0), image.Pt(33, 21), image.Pt(33, 21)},
	} {
		one.root.Resize(c.tile)
		mara.put(t, c.from.X, c.from.Y, 9)
		if got := sized(t, p); got != c.has {
			t.Errorf("%v on a tile of %v became %v, want %v", c.from, c.tile, got, c.has)
		}
	}
	p.fails.Store(true)
	calls := p.calls.Load()
	mara.put(t, 40, 30, 9)
	spin(t, func() bool { return p.calls.Load() != calls })
	p.fails.Store(false)
	mara.put(t, 20, 10, 9)
	if got := sized(t, p); got != image.Pt(20, 10) {
		t.Errorf("after a picture that failed: %v", got)
	}
}

// One's own picture is mirrored; nobody else's is.
func TestMirrored(t *testing.T) {
	for user, x := range map[string]int{"": 31, "mara": 0} {
		p := newPainter()
		w, turns := filmWindow(t, p, nil)
		one := newPicture(w, user, call.CameraTrack)
		f := newFilm(one)
		one.root.Resize(fyne.NewSize(160, 90))
		one.on(true)
		startTurns(t, w, turns)
		f.put(t, 32, 18, 50)
		wait(t, turns)
		if got := one.image.Image.At(x, 0); got != (color.RGBA{R: 1, A: 255}) {
			t.Errorf("of %q the left corner is not at %d", user, x)
		}
		if got := one.image.Image.At(31-x, 0); got != (color.RGBA{50, 50, 50, 255}) {
			t.Errorf("of %q both corners are marked", user)
		}
		one.on(false)
	}
	for _, width := range []int{1, 2, 3, 5} {
		m := image.NewRGBA(image.Rect(0, 0, width, 2))
		for i := range m.Pix {
			m.Pix[i] = byte(i)
		}
		before := append([]byte(nil), m.Pix...)
		mirror(m)
		for x := range width {
			for i := range 8 {
				y := i / 4
				if got, want := m.Pix[y*m.Stride+4*x+i%4], before[y*m.Stride+4*(width-1-x)+i%4]; got != want {
					t.Fatalf("width %d: byte %d of pixel %d is %d, want %d", width, i%4, x, got, want)
				}
			}
		}
	}
}

// What is off converts nothing, keeps nothing, and does not show what came before it was on.
func TestHiddenPictureCostsNothing(t *testing.T) {
	p := newPainter()
	w, turns := filmWindow(t, p, nil)
	one := newPicture(w, "mara", call.CameraTrack)
	mara := newFilm(one)
	var told []bool
	one.wanted = func(on bool) { told = append(told, on) }
	one.root.Resize(fyne.NewSize(160, 90))
	startTurns(t, w, turns)
	mara.put(t, 32, 18, 1)
	none(t, turns, "while off")
	for range 2 {
		one.on(true)
		none(t, turns, "with an old picture")
		mara.put(t, 32, 18, 2)
		wait(t, turns)
		if !one.seen() {
			t.Fatal("nothing is shown")
		}
		one.on(false)
		one.on(false)
		calls := p.calls.Load()
		mara.put(t, 32, 18, 3)
		none(t, turns, "after it is off")
		if p.calls.Load() != calls || one.seen() || one.ready != nil || one.spare != nil || len(w.pump.pictures) != 0 {
			t.Fatal("it goes on, or keeps its images")
		}
	}
	if want := []bool{true, false, true, false}; len(told) != len(want) || told[0] != want[0] || told[3] != want[3] {
		t.Errorf("told %v", told)
	}
}

// A picture may be switched while others come, and the tile change its size.
func TestPictureSwitchedWhileItComes(t *testing.T) {
	p := newPainter()
	w, turns := filmWindow(t, p, nil)
	one := newPicture(w, "mara", call.CameraTrack)
	mara := newFilm(one)
	one.root.Resize(fyne.NewSize(160, 90))
	startTurns(t, w, turns)
	stop := make(chan struct{})
	var camera sync.WaitGroup
	camera.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				if f, err := mara.pool.Get(64+i%3, 36+i%5); err == nil {
					mara.slot.Put(f)
				}
				runtime.Gosched()
			}
		}
	})
	for i := range 200 {
		one.on(i%3 != 0)
		one.root.Resize(fyne.NewSize(float32(40+i), 90))
		select {
		case turn := <-turns:
			turn()
		default:
		}
	}
	close(stop)
	camera.Wait()
	one.on(false)
	for range 2 { // one that was under way, and one for what came ready meanwhile
		select {
		case turn := <-turns:
			turn()
		case <-time.After(2 * frameEvery):
		}
	}
	none(t, turns, "at the end")
}

// What comes after a picture was switched off and on is shown, and nothing of the run before keeps it: a screen may send just one.
func TestSwitchedOnAgain(t *testing.T) {
	p := newPainter()
	w, _ := filmWindow(t, p, nil)
	one := newPicture(w, "mara", call.CameraTrack)
	mara := newFilm(one)
	for level := range byte(200) {
		for range 2 {
			one.on(false)
			one.on(true)
		}
		mara.put(t, 32, 18, level)
		awaitReady(t, one)
	}
	one.on(false)
}

// A picture costs no memory once its images exist.
func TestPictureAllocatesNothing(t *testing.T) {
	p := newPainter()
	w, _ := filmWindow(t, p, nil)
	one := newPicture(w, "mara", call.CameraTrack)
	mara := newFilm(one)
	one.root.Resize(fyne.NewSize(640, 360))
	one.on(true)
	defer one.on(false)
	show := func() {
		mara.put(t, 640, 360, 7)
		awaitReady(t, one)
		one.draw()
	}
	show()
	show()
	if n := testing.AllocsPerRun(50, show); n > 3 { // which are Fyne's
		t.Errorf("%v allocations a picture", n)
	}
}

// inCall is a call with Mara.
func inCall() *model.View {
	v := harbour()
	v.Rings = nil
	v.Stage = model.Stage{
		Kind: model.StageCall, Version: 2, Title: "Mara Lind", Subtitle: "Video call, 4:12",
		Chip: &model.Chip{Icon: "lock-verified", Text: "Encrypted and verified", Short: "Verified", Tone: model.Good},
		Call: &model.Call{
			User: "Mara Lind", Name: "Mara Lind", Face: sampleFace("Mara Lind"), Verified: true, Camera: true, OwnCamera: true,
			Own: sampleFace("Sam Reyes"), Bars: model.Bars{Level: 4, Known: true},
		},
	}
	v.Dock.Line, v.Dock.InCall, v.Dock.Camera, v.Dock.Delay = "Live with Mara Lind", true, true, "31 ms, 720p"
	return v
}
