package kit

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// shown puts an object into a window of that size. The window's content is as Layers.Root makes it.
func shown(t *testing.T, w, h float32, objs ...fyne.CanvasObject) (*Layers, fyne.Window) {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(NewTheme(Dark, 1))
	win := app.NewWindow("")
	win.SetPadded(false)
	t.Cleanup(win.Close)
	l := NewLayers(win.Canvas())
	win.SetContent(l.Root(VCol(8, objs...)))
	win.Resize(fyne.NewSize(w, h))
	return l, win
}

func key(name fyne.KeyName) *fyne.KeyEvent { return &fyne.KeyEvent{Name: name} }

// press is a key that goes down, repeats and goes up, as the driver tells of it.
func press(f fyne.Focusable, name fyne.KeyName, repeats int) {
	k, _ := f.(desktop.Keyable)
	if k != nil {
		k.KeyDown(key(name))
	}
	for range repeats + 1 {
		f.TypedKey(key(name))
	}
	if k != nil {
		k.KeyUp(key(name))
	}
}

// counting counts how often a control is painted.
type counting struct {
	drawn
	n int
}

func (c *counting) paint() { c.n++; c.drawn.paint() }

// paints counts the repaints that f causes.
func paints(w drawn, f func()) int {
	d := test.WidgetRenderer(w).(*drawing)
	c := &counting{drawn: d.of}
	d.of = c
	f()
	d.of = c.drawn
	return c.n
}

func TestButtonKeys(t *testing.T) {
	n := 0
	b := NewButton("Leave", "", DangerButton, func() { n++ })
	_, w := shown(t, 200, 100, b)
	test.Tap(b)
	if n != 1 {
		t.Fatalf("a click pressed it %d times", n)
	}
	w.Canvas().Focus(b)
	press(b, fyne.KeySpace, 0)
	press(b, fyne.KeyReturn, 0)
	press(b, fyne.KeySpace, 30)
	if n != 4 {
		t.Errorf("pressed %d times, want 4: a key that is held presses once", n)
	}
	b.Disable()
	test.Tap(b)
	press(b, fyne.KeySpace, 0)
	if n != 4 {
		t.Error("a disabled button was pressed")
	}
}

func TestKeysGoOn(t *testing.T) {
	b := NewIconButton("mic", 44, "Mute", nil)
	s := NewSlider(0, 10, 1, 5, nil)
	e := NewEntry("")
	_, w := shown(t, 200, 200, b, s, e)
	var got []fyne.KeyName
	w.Canvas().SetOnTypedKey(func(ev *fyne.KeyEvent) { got = append(got, ev.Name) })
	b.TypedKey(key(fyne.KeyF1))
	b.TypedKey(key(fyne.KeySpace))
	s.TypedKey(key(fyne.KeyEscape))
	s.TypedKey(key(fyne.KeyLeft))
	e.TypedKey(key(fyne.KeyF1))
	e.TypedKey(key(fyne.KeyEscape))
	e.TypedKey(key(fyne.KeyF)) // a letter, which comes as text
	want := []fyne.KeyName{fyne.KeyF1, fyne.KeyEscape, fyne.KeyF1, fyne.KeyEscape}
	if !slices.Equal(got, want) {
		t.Errorf("the window got %v, want %v", got, want)
	}
}

func TestFocusIsSeenByKeyOnly(t *testing.T) {
	a, b := NewSegmented([]string{"One", "Two"}, 0, nil), NewSegmented([]string{"One", "Two"}, 0, nil)
	_, w := shown(t, 300, 200, a, b)
	a.Tapped(&fyne.PointEvent{Position: fyne.NewPos(5, 5)})
	if w.Canvas().Focused() != fyne.Focusable(a) {
		t.Fatal("a click did not focus it")
	}
	if a.ring.Visible() {
		t.Error("a click draws the ring")
	}
	a.TypedKey(key(fyne.KeyRight))
	if !a.ring.Visible() {
		t.Error("no ring although a key was pressed")
	}
	test.FocusNext(w.Canvas())
	if a.ring.Visible() || !b.ring.Visible() {
		t.Error("the ring did not go with Tab")
	}
}

func TestToggle(t *testing.T) {
	var got []bool
	x := NewToggle(false, func(on bool) { got = append(got, on) })
	shown(t, 100, 100, x)
	x.SetOn(true)
	if len(got) != 0 {
		t.Error("SetOn told of it")
	}
	test.Tap(x)
	press(x, fyne.KeySpace, 5)
	x.Disable()
	test.Tap(x)
	if !slices.Equal(got, []bool{false, true}) || !x.On() {
		t.Errorf("told %v", got)
	}
}

func TestSegmented(t *testing.T) {
	var got []int
	s := NewSegmented([]string{"Voice activity", "Push to talk", "Never"}, 0, func(i int) { got = append(got, i) })
	shown(t, 500, 60, s)
	s.Tapped(&fyne.PointEvent{Position: fyne.NewPos(495, 20)})
	for _, k := range []fyne.KeyName{fyne.KeyRight, fyne.KeyLeft, fyne.KeyHome, fyne.KeyLeft, fyne.KeyEnd} {
		s.TypedKey(key(k))
	}
	if !slices.Equal(got, []int{2, 1, 0, 2}) {
		t.Errorf("chose %v", got)
	}
	s.SetSelected(1)
	if s.Selected() != 1 || len(got) != 4 {
		t.Error("SetSelected told of it")
	}
}

func TestSlider(t *testing.T) {
	var got []float64
	s := NewSlider(0, 200, 5, 100, func(v float64) { got = append(got, v) })
	shown(t, 216, 40, s)
	s.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary, PointEvent: fyne.PointEvent{Position: fyne.NewPos(58, 10)}})
	s.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(-90, 10)}})
	s.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(-95, 10)}})
	for _, k := range []fyne.KeyName{fyne.KeyRight, fyne.KeyUp, fyne.KeyLeft, fyne.KeyEnd, fyne.KeyRight, fyne.KeyHome, fyne.KeyPageUp} {
		s.TypedKey(key(k))
	}
	if want := []float64{50, 0, 5, 10, 5, 200, 0, 50}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
	s.SetValue(math.NaN())
	s.SetValue(1e9)
	if s.Value() != 200 || len(got) != 8 {
		t.Errorf("stands at %v", s.Value())
	}
}

func TestSliderTellsWhenLetGo(t *testing.T) {
	var got []float64
	s := NewSlider(0, 10, 1, 5, nil)
	s.OnReleased = func(v float64) { got = append(got, v) }
	shown(t, 116, 40, s)
	at := func(x float32) fyne.PointEvent { return fyne.PointEvent{Position: fyne.NewPos(x, 10)} }
	down := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary, PointEvent: at(28)}
	s.MouseDown(down)
	s.Dragged(&fyne.DragEvent{PointEvent: at(38)})
	s.Dragged(&fyne.DragEvent{PointEvent: at(48)})
	if len(got) != 0 {
		t.Errorf("told %v while it is dragged", got)
	}
	s.MouseUp(down)
	s.DragEnd()
	s.TypedKey(key(fyne.KeyRight))
	s.SetValue(9)
	s.TypedKey(key(fyne.KeyF1))
	s.MouseDown(down)
	s.MouseUp(down)
	if want := []float64{4, 5, 2}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestSettersRepaintOnlyForNews(t *testing.T) {
	now := time.Unix(9, 0)
	b, i, m, x := NewButton("A", "mic", PlainButton, nil), NewIconButton("mic", 44, "", nil), NewMicButton(nil), NewToggle(true, nil)
	g, s, o, k := NewSegmented([]string{"a", "b"}, 1, nil), NewSlider(0, 9, 1, 3, nil), NewSelect([]string{"a", "b"}, 1, nil), NewKeyField("V", nil)
	r := NewMeter()
	r.SetThreshold(-40, true)
	shown(t, 700, 700, b, i, m, x, g, s, o, k, r)
	for _, c := range []struct {
		name      string
		w         drawn
		same, new func()
	}{
		{"button", b, func() { b.SetText("A"); b.SetIcon("mic"); b.SetKind(PlainButton); b.Enable() }, func() { b.SetText("B") }},
		{"icon button", i, func() { i.SetIcon("mic"); i.SetTone(Plain); i.SetFilled(false) }, func() { i.SetTone(Muted) }},
		{"microphone", m, func() { m.Set(false, 0, false); m.Set(false, 4, false) }, func() { m.Set(true, 0, false) }},
		{"toggle", x, func() { x.SetOn(true) }, func() { x.SetOn(false) }},
		{"segmented", g, func() { g.SetSelected(1) }, func() { g.SetSelected(0) }},
		{"slider", s, func() { s.SetValue(3.2) }, func() { s.SetValue(4) }},
		{"select", o, func() { o.SetOptions([]string{"a", "b"}, 1) }, func() { o.SetOptions([]string{"a", "b"}, 0) }},
		{"key", k, func() { k.SetKey("V") }, func() { k.SetKey("B") }},
		{"meter", r, func() { r.SetThreshold(-40.2, true); r.Set(-99, false, now) }, func() { r.SetThreshold(-30, true) }},
	} {
		if n := paints(c.w, c.same); n != 0 {
			t.Errorf("%s: %d repaints for nothing", c.name, n)
		}
		if n := paints(c.w, c.new); n == 0 {
			t.Errorf("%s: news was not painted", c.name)
		}
	}
}

func TestMicButtonIsDarkWhileMuted(t *testing.T) {
	m := NewMicButton(nil)
	shown(t, 100, 60, m)
	lit := func() (n int) {
		for _, r := range m.bars {
			if r.FillColor == Color(ColorVoice) {
				n++
			}
		}
		return n
	}
	m.Set(false, 3, true)
	if lit() != 3 {
		t.Errorf("%d segments are lit, want 3", lit())
	}
	m.Set(false, 9, true)
	if lit() != 5 {
		t.Errorf("%d segments are lit, want all", lit())
	}
	m.Set(false, 3, false)
	if lit() != 0 {
		t.Error("lit although the gate is closed")
	}
	m.Set(true, 3, true)
	if lit() != 0 {
		t.Error("lit although muted")
	}
}

func TestMeter(t *testing.T) {
	var got []float32
	m := NewMeter()
	m.OnThreshold = func(db float32) { got = append(got, db) }
	_, w := shown(t, 613, 80, m)
	m.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary, PointEvent: fyne.PointEvent{Position: fyne.NewPos(300, 20)}})
	if len(got) != 0 {
		t.Error("a threshold that is not shown was moved")
	}
	if test.FocusNext(w.Canvas()); w.Canvas().Focused() != nil {
		t.Error("a meter without a threshold takes the focus")
	}
	m.SetThreshold(-38, true)
	m.TypedKey(key(fyne.KeyRight))
	m.TypedKey(key(fyne.KeyHome))
	m.TypedKey(key(fyne.KeyLeft))
	m.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(9999, 0)}})
	m.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(306.5, 0)}})
	if want := []float32{-37, -60, 0, -30}; !slices.Equal(got, want) {
		t.Errorf("moved to %v, want %v", got, want)
	}
}

func TestMeterPeak(t *testing.T) {
	m := NewMeter()
	shown(t, 613, 80, m)
	at := func(ms int) time.Time { return time.UnixMilli(int64(1000 + ms)) }
	m.Set(-6, false, at(0))
	high := m.peak
	m.Set(-50, false, at(900))
	if m.peak != high {
		t.Error("the peak fell within a second")
	}
	m.Set(-50, false, at(1100))
	if m.peak >= high || m.peak != m.lit-1 {
		t.Errorf("the peak stands at %d after a second", m.peak)
	}
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 40, -1e9} {
		m.Set(bad, true, at(2200))
		m.SetThreshold(bad, true)
		if m.lit < 0 || m.lit > meterSegments || m.Threshold() < -60 || m.Threshold() > 0 {
			t.Errorf("%v: %d lit, threshold %v", bad, m.lit, m.Threshold())
		}
	}
}

func TestEntryLimit(t *testing.T) {
	e := NewEntry("Name")
	e.MaxRunes = 5
	var got []string
	e.OnChanged = func(s string) { got = append(got, s) }
	shown(t, 200, 60, e)
	test.Type(e, "абвгдежз")
	if e.Text != "абвгд" {
		t.Errorf("typed %q", e.Text)
	}
	e.SetText("")
	got = nil
	clip := fyne.CurrentApp().Clipboard()
	clip.SetContent(strings.Repeat("novel ", 1<<18))
	began := time.Now()
	e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	if d := time.Since(began); d > time.Second {
		t.Errorf("a novel took %v", d)
	}
	if e.Text != "novel" || !slices.Equal(got, []string{"novel"}) {
		t.Errorf("pasted %q, told %q", e.Text, got)
	}
	// Two more at the cursor: what is too much is cut at the end, and told once.
	e.CursorColumn, got = 2, nil
	clip.SetContent("xy")
	e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	if e.Text != "noxyv" || !slices.Equal(got, []string{"noxyv"}) {
		t.Errorf("pasted %q, told %q", e.Text, got)
	}
	e.SetText("much too long")
	if e.Text != "much " {
		t.Errorf("set %q", e.Text)
	}
}

func TestEntrySubmitsAndPassesShortcuts(t *testing.T) {
	e := NewEntry("")
	submitted := ""
	e.OnSubmitted = func(s string) { submitted = s }
	_, w := shown(t, 200, 60, e)
	mute := 0
	w.Canvas().AddShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyM, Modifier: fyne.KeyModifierControl}, func(fyne.Shortcut) { mute++ })
	test.Type(e, "hi")
	e.TypedKey(key(fyne.KeyReturn))
	e.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyM, Modifier: fyne.KeyModifierControl})
	if submitted != "hi" || mute != 1 {
		t.Errorf("submitted %q, muted %d times", submitted, mute)
	}
	e.FocusGained()
	if !e.ring.Visible() {
		t.Error("no line of the focus")
	}
	e.FocusLost()
	if e.ring.Visible() {
		t.Error("the line of the focus stays")
	}
}

// desktopCanvas is a canvas as the real driver has it, which tells of keys that go down.
type desktopCanvas struct{ fyne.Canvas }

func (desktopCanvas) OnKeyDown() func(*fyne.KeyEvent)    { return nil }
func (desktopCanvas) SetOnKeyDown(func(*fyne.KeyEvent))  {}
func (desktopCanvas) OnKeyUp() func(*fyne.KeyEvent)      { return nil }
func (desktopCanvas) SetOnKeyUp(func(ev *fyne.KeyEvent)) {}

func TestTellsDown(t *testing.T) {
	c := test.NewCanvas()
	if tellsDown(c) || !tellsDown(desktopCanvas{c}) {
		t.Error("want the canvas of a desktop only")
	}
}
