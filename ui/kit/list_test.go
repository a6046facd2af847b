package kit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// namesList is a list of headings and names, as the people's is.
func namesList(n int) *List {
	l := NewList([]float32{36, 24}, func(kind int) fyne.CanvasObject {
		if kind == 1 {
			return Pad(12, 0, 12, 0, NewText("", CaptionBold, "placeholder"))
		}
		return Pad(12, 0, 12, 0, NewText("", Body, ""))
	}, func(i, kind int, o fyne.CanvasObject) {
		o.(*fyne.Container).Objects[0].(*Text).SetText(fmt.Sprintf("Row %d", i))
	})
	l.Enabled = func(i int) bool { return i%5 != 0 }
	l.SetRows(n, func(i int) int {
		if i%5 == 0 {
			return 1
		}
		return 0
	})
	return l
}

func TestListKeys(t *testing.T) {
	l := namesList(100)
	var got []int
	l.OnActivate = func(i int) { got = append(got, i) }
	_, w := shown(t, 200, 300, Grow(l))
	w.Canvas().Focus(l)
	at := func(want int) {
		t.Helper()
		if l.Current() != want {
			t.Errorf("stands at %d, want %d", l.Current(), want)
		}
		r, ok := l.shown[want]
		if !ok || !r.ring.Visible() {
			t.Errorf("row %d has no ring, or cannot be seen", want)
		}
	}
	at(1) // 0 is a heading
	for range 4 {
		l.TypedKey(key(fyne.KeyDown))
	}
	at(6)
	press(l, fyne.KeyReturn, 9)
	l.TypedKey(key(fyne.KeyEnd))
	at(99)
	l.TypedKey(key(fyne.KeyDown))
	at(99)
	l.TypedKey(key(fyne.KeyHome))
	at(1)
	l.TypedKey(key(fyne.KeyUp))
	at(1)
	l.TypedKey(key(fyne.KeyPageDown))
	if l.Current() < 5 || l.Current() > 10 {
		t.Errorf("a page goes to %d", l.Current())
	}
	if !slices.Equal(got, []int{6}) {
		t.Errorf("activated %v", got)
	}
}

func TestListClicks(t *testing.T) {
	l := namesList(100)
	var one, two, other []int
	l.OnActivate = func(i int) { one = append(one, i) }
	l.OnDouble = func(i int) { two = append(two, i) }
	l.OnSecondary = func(i int, _ fyne.Position) { other = append(other, i) }
	now := time.Unix(0, 0)
	l.clock = func() time.Time { return now }
	_, w := shown(t, 200, 300, Grow(l))
	click := func(i int, after time.Duration) {
		now = now.Add(after)
		test.TapCanvas(w.Canvas(), fyne.NewPos(20, l.tops[i]-l.scroll.Offset.Y+5))
	}
	click(0, 0) // a heading
	click(1, time.Second)
	click(1, time.Second)
	click(1, 100*time.Millisecond)
	click(1, 100*time.Millisecond) // a third is a new one
	click(2, 100*time.Millisecond)
	for _, i := range []int{3, 0} {
		l.body.TappedSecondary(&fyne.PointEvent{Position: fyne.NewPos(20, l.tops[i]+5)})
	}
	if !slices.Equal(one, []int{1, 1, 1, 2}) || !slices.Equal(two, []int{1}) || !slices.Equal(other, []int{3}) {
		t.Errorf("activated %v, double %v, secondary %v", one, two, other)
	}
}

// A click is for the row that it began on: rows that come meanwhile, move it or have it made anew take nothing of it, and give
// nothing to another row.
func TestListClicksWhileRowsMove(t *testing.T) {
	names, kinds := []string{"General", "Games", "Music"}, []int{0, 0, 0}
	l := NewList([]float32{36, 24}, func(int) fyne.CanvasObject { return NewText("", Body, "") },
		func(i, _ int, o fyne.CanvasObject) { o.(*Text).SetText(names[i]) })
	l.KeyOf = func(i int) string { return names[i] }
	var got []string
	l.OnActivate = func(i int) { got = append(got, names[i]) }
	rows := func(n []string, k []int) {
		names, kinds = n, k
		l.SetRows(len(names), func(i int) int { return kinds[i] })
	}
	shown(t, 200, 300, Grow(l))
	now := time.Unix(0, 0)
	l.clock = func() time.Time { return now }
	for _, c := range []struct {
		what      string
		from, to  float32 // where the button goes down, and up
		meanwhile func()
		want      string
	}{
		{"nothing else", 5, 5, func() {}, "General"},
		{"it is made of another kind", 5, 5, func() { rows([]string{"General", "Games", "Music"}, []int{1, 0, 0}) }, "General"},
		{"a row comes above it", 5, 5, func() { rows([]string{"Lobby", "General", "Games"}, []int{0, 0, 0}) }, "General"},
		{"it goes", 5, 5, func() { rows([]string{"Games", "Music"}, []int{0, 0}) }, ""},
		{"all go", 5, 5, func() { rows(nil, nil) }, ""},
		{"the hand goes on to another", 5, 50, func() {}, ""},
		{"the hand goes within it", 5, 30, func() {}, "General"},
		{"it begins on none", 200, 5, func() {}, ""},
		{"it ends on none", 5, 200, func() {}, ""},
		{"the last of them", 80, 80, func() { rows([]string{"Music"}, []int{0}) }, "Music"},
	} {
		rows([]string{"General", "Games", "Music"}, []int{0, 0, 0})
		test.WidgetRenderer(l.body).Layout(l.body.Size())
		got, now = nil, now.Add(time.Minute)
		l.body.MouseDown(&desktop.MouseEvent{PointEvent: pointAt(c.from)})
		c.meanwhile()
		l.body.MouseUp(nil)
		up := pointAt(c.to)
		l.body.Tapped(&up)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: activated %q, want %q", c.what, got, c.want)
		}
	}
}

func pointAt(y float32) fyne.PointEvent {
	return fyne.PointEvent{Position: fyne.NewPos(20, y), AbsolutePosition: fyne.NewPos(20, y)}
}

func TestListKeepsFewRowsAndItsPlace(t *testing.T) {
	l := namesList(10_000)
	_, w := shown(t, 200, 300, Grow(l))
	made := func() int {
		n := len(l.shown)
		for _, s := range l.spare {
			n += len(s)
		}
		return n
	}
	l.ScrollTo(5000)
	for range 300 {
		test.Scroll(w.Canvas(), fyne.NewPos(50, 50), 0, -77)
	}
	if n := made(); n > 30 {
		t.Errorf("%d rows exist", n)
	}
	y := l.scroll.Offset.Y
	kind := func(i int) int { return 1 - min(i%5, 1) }
	l.SetRows(9_000, kind)
	if l.scroll.Offset.Y != y {
		t.Errorf("jumped from %v to %v", y, l.scroll.Offset.Y)
	}
	l.SetRows(3, kind)
	if l.scroll.Offset.Y != 0 || len(l.shown) != 3 {
		t.Errorf("at %v with %d rows of 3", l.scroll.Offset.Y, len(l.shown))
	}
	l.SetRows(0, kind)
	if len(l.shown) != 0 {
		t.Errorf("%d rows of none", len(l.shown))
	}
	l.ScrollTo(7)
	l.TypedKey(key(fyne.KeyReturn))
}

// texts are what the rows that can be seen say, from the top.
func (l *List) texts() (s []string) {
	for _, o := range l.body.rows {
		s = append(s, o.(*listRow).content.(*fyne.Container).Objects[0].(*Text).Text())
	}
	return s
}

func TestListRowsSayWhatTheyShould(t *testing.T) {
	l := namesList(1000)
	_, w := shown(t, 200, 150, Grow(l))
	for step := range 60 {
		test.Scroll(w.Canvas(), fyne.NewPos(50, 50), 0, float32(-97+step*3))
		first, last := l.span()
		var want []string
		for i := first; i < last; i++ {
			want = append(want, fmt.Sprintf("Row %d", i))
		}
		if got := l.texts(); !slices.Equal(got, want) {
			t.Fatalf("step %d: %v, want %v", step, got, want)
		}
	}
}

func TestListFollowsItsKey(t *testing.T) {
	names := []string{"ann", "bob", "cay"}
	l := NewList([]float32{36}, func(int) fyne.CanvasObject { return NewText("", Body, "") }, func(i, _ int, o fyne.CanvasObject) { o.(*Text).SetText(names[i]) })
	l.KeyOf = func(i int) string { return names[i] }
	set := func(s ...string) {
		names = s
		l.SetRows(len(s), func(int) int { return 0 })
	}
	set(names...)
	shown(t, 200, 300, Grow(l))
	var got []string
	l.OnActivate = func(i int) { got = append(got, names[i]) }
	l.SetCurrent(1)
	set("aaron", "ann", "bob", "cay")
	press(l, fyne.KeyReturn, 0)
	set("aaron", "ann", "cay")
	press(l, fyne.KeyReturn, 0)
	if !slices.Equal(got, []string{"bob"}) || l.Current() != -1 {
		t.Errorf("activated %v, stands at %d", got, l.Current())
	}
}

func TestListRepaintsOnlyForNews(t *testing.T) {
	l := namesList(100)
	shown(t, 200, 300, Grow(l))
	l.SetActive(2)
	n := 0
	for _, r := range l.shown {
		n += paints(r, func() {
			l.SetActive(2)
			l.RefreshVisible()
			l.SetRows(100, func(i int) int { return 1 - min(i%5, 1) })
		})
	}
	if n != 0 {
		t.Errorf("%d repaints for nothing", n)
	}
}

// BenchmarkListSetRows is what a snapshot with other rows costs the UI goroutine.
func BenchmarkListSetRows(b *testing.B) {
	for _, n := range []int{6_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := namesList(n)
			benchWindow(b, l)
			l.ScrollTo(n / 2)
			kind := func(i int) int { return 1 - min(i%5, 1) }
			i := 0
			for b.Loop() {
				i++
				l.SetRows(n-i%2, kind)
			}
		})
	}
}

// BenchmarkListScroll is one turn of the wheel in 10 000 rows.
func BenchmarkListScroll(b *testing.B) {
	l := namesList(10_000)
	w := benchWindow(b, l)
	i := 0
	for b.Loop() {
		i++
		by := float32(-90)
		if i/2000%2 == 1 {
			by = 90
		}
		test.Scroll(w.Canvas(), fyne.NewPos(50, 50), 0, by)
	}
}

func benchWindow(b *testing.B, l *List) fyne.Window {
	app := test.NewTempApp(b)
	app.Settings().SetTheme(NewTheme(Dark, 1))
	w := app.NewWindow("")
	b.Cleanup(w.Close)
	w.SetContent(l)
	w.Resize(fyne.NewSize(240, 1000))
	return w
}

func TestListFollowsTheTheme(t *testing.T) {
	l := namesList(200)
	_, w := shown(t, 200, 300, Grow(l))
	l.ScrollTo(100)
	test.Scroll(w.Canvas(), fyne.NewPos(50, 50), 0, -500)
	fyne.CurrentApp().Settings().SetTheme(NewTheme(Light, 1.5))
	test.WidgetRenderer(l).Refresh()
	if got := l.tops[2]; got != 36+54 {
		t.Errorf("row 2 begins at %v at scale 1.5", got)
	}
	for _, s := range l.spare {
		if len(s) != 0 {
			t.Error("rows of the theme before are kept")
		}
	}
}

// A page of rows that take long to fill is filled in several frames, from the top down; what is not filled can't be pressed.
func TestListFillsInFrames(t *testing.T) {
	app := test.NewTempApp(t)
	now, filled := time.Unix(0, 0), []int(nil)
	l := NewList([]float32{20}, func(int) fyne.CanvasObject { return NewText("", Body, "") }, func(i, _ int, o fyne.CanvasObject) {
		filled = append(filled, i)
		now = now.Add(fillFor/2 - 1)
	})
	l.clock = func() time.Time { return now }
	tapped := 0
	l.OnActivate = func(int) { tapped++ }
	later := &laterDriver{Driver: app.Driver()}
	fyne.SetCurrentApp(&laterApp{app, later})
	defer fyne.SetCurrentApp(app)
	l.Resize(fyne.NewSize(100, 120))
	l.SetRows(50, func(int) int { return 0 })
	equalRows(t, "the first frame", filled, 0, 1, 2)
	if len(l.shown) != 3 {
		t.Errorf("%d rows to be seen, of which three are filled", len(l.shown))
	}
	later.next()
	equalRows(t, "the second", filled, 0, 1, 2, 3, 4, 5)
	later.next()
	equalRows(t, "and no more", filled, 0, 1, 2, 3, 4, 5)

	filled = nil
	l.RefreshVisible() // others are called otherwise now: before the frame is over
	equalRows(t, "in the same frame", filled)
	later.next()
	equalRows(t, "the third", filled, 0, 1, 2)
	l.tap(4)
	l.tap(1)
	if tapped != 1 || len(l.shown) != 6 {
		t.Errorf("%d presses count, %d rows are to be seen", tapped, len(l.shown))
	}
	l.RefreshVisible() // before that was over
	later.next()
	later.next()
	for i := range 6 {
		if r := l.shown[i]; r == nil || r.due || r.i != i {
			t.Errorf("row %d: %+v", i, r)
		}
	}
}

func equalRows(t *testing.T, when string, got []int, want ...int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: filled %v, want %v", when, got, want)
	}
}

// laterDriver has frames that a test makes.
type laterDriver struct {
	fyne.Driver
	due []*fyne.Animation
}

func (d *laterDriver) StartAnimation(a *fyne.Animation) { d.due = append(d.due, a) }

func (d *laterDriver) next() {
	due := d.due
	d.due = nil
	for _, a := range due {
		a.Tick(0.3) // the frame that it was asked for in
		a.Tick(1)
	}
}

type laterApp struct {
	fyne.App
	driver fyne.Driver
}

func (a *laterApp) Driver() fyne.Driver { return a.driver }

// talesList has rows as high as they say.
func talesList(heights ...float32) (l *List, measured *int) {
	measured = new(int)
	l = NewList([]float32{10}, func(int) fyne.CanvasObject { return NewText("", Body, "") }, func(i, _ int, o fyne.CanvasObject) {
		o.(*Text).SetText(fmt.Sprintf("Row %d", i))
	})
	l.Tail = true
	l.HeightOf = func(i int, width float32) float32 {
		*measured++
		return heights[i] * 200 / max(width, 1) // narrow rows are higher
	}
	return l, measured
}

func TestListOfTales(t *testing.T) {
	heights := []float32{20, 50, 30}
	for range 20 {
		heights = append(heights, 40)
	}
	l, measured := talesList(heights...)
	c, w := shown(t, 200, 100, Grow(l))
	_ = c
	l.SetRows(3, func(int) int { return 0 })
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(l)
	for y, want := range map[float32]int{0: 0, 19: 0, 21: 1, 69: 1, 71: 2, 99: 2} {
		if got := l.RowAt(at.AddXY(5, y)); got != want {
			t.Errorf("at %v stands row %d, want %d", y, got, want)
		}
	}
	if l.RowAt(at.AddXY(-1, 5)) != -1 || l.RowAt(at.AddXY(5, 101)) != -1 {
		t.Error("a row is outside of the list")
	}
	end := func(what string) {
		t.Helper()
		if bottom := l.scroll.Offset.Y + l.scroll.Size().Height; bottom < l.total()-1 {
			t.Errorf("%s: %v of %v can be seen", what, bottom, l.total())
		}
	}
	l.SetRows(len(heights), func(int) int { return 0 })
	end("what has come")
	w.Resize(fyne.NewSize(100, 100))
	if l.total() < 1500 {
		t.Errorf("in half of the width the rows are %v high", l.total())
	}
	end("a narrow window")
	l.ScrollTo(0)
	l.SetRows(len(heights)-1, func(int) int { return 0 })
	if l.scroll.Offset.Y != 0 {
		t.Error("who reads what was before is sent to the end")
	}
	*measured = 0
	l.RefreshVisible()
	l.ScrollTo(5)
	if *measured > 0 {
		t.Errorf("%d rows were measured again for nothing", *measured)
	}
}
