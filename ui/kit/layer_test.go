package kit

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestLayerTakesAndGivesBackTheFocus(t *testing.T) {
	b := NewButton("Open", "", PlainButton, nil)
	l, w := shown(t, 400, 300, b)
	c := w.Canvas()
	c.Focus(b)
	in := NewButton("Inside", "", PlainButton, nil)
	y := l.Dialog(VCol(8, NewText("Sure?", Body, ""), in), 200)
	closed := 0
	y.OnClosed = func() { closed++ }
	if c.Focused() != fyne.Focusable(in) || !in.ring.Visible() || b.ring.Visible() {
		t.Error("the focus did not go into the layer, or is not seen although a key brought it there")
	}
	in.TypedKey(key(fyne.KeyEscape))
	y.Close()
	if y.Open() || closed != 1 {
		t.Errorf("open %v, closed %d times", y.Open(), closed)
	}
	if c.Focused() != fyne.Focusable(b) {
		t.Error("the focus did not come back")
	}
}

func TestLayerOpenedByMouseShowsNoRing(t *testing.T) {
	in := NewButton("Inside", "", PlainButton, nil)
	l, w := shown(t, 400, 300, NewText("", Body, ""))
	l.Popover(in, w.Canvas().Content(), 200)
	if w.Canvas().Focused() != fyne.Focusable(in) || in.ring.Visible() {
		t.Error("want the focus, but quietly")
	}
}

func TestLayerEscapeWithoutFocus(t *testing.T) {
	l, w := shown(t, 400, 300, NewText("", Body, ""))
	l.Dialog(NewText("Nothing to press", Body, ""), 200)
	l.Dialog(NewText("Nor here", Body, ""), 200)
	w.Canvas().OnTypedKey()(key(fyne.KeyEscape))
	if l.Top() == nil {
		t.Fatal("Escape closed both")
	}
	w.Canvas().OnTypedKey()(key(fyne.KeyA))
	w.Canvas().OnTypedKey()(key(fyne.KeyEscape))
	if l.Top() != nil || l.TypedKey(key(fyne.KeyEscape)) {
		t.Error("Escape did not close the last")
	}
}

func TestLayerClicks(t *testing.T) {
	l, w := shown(t, 400, 300, NewText("", Body, ""))
	c := w.Canvas()
	y := l.PopoverAt(NewText("Ines Vidal", Body, ""), fyne.NewPos(100, 100), 200)
	test.TapCanvas(c, fyne.NewPos(150, 110)) // within its padding
	if !y.Open() {
		t.Fatal("a click inside closed it")
	}
	test.TapCanvas(c, fyne.NewPos(5, 5))
	if y.Open() {
		t.Error("a click outside did not close it")
	}
	y = l.Alert(NewButton("Accept", "", PrimaryButton, nil), 200)
	if c.Focused() != nil {
		t.Error("an alert takes the focus from who is typing")
	}
	test.TapCanvas(c, fyne.NewPos(5, 5))
	if !y.Open() {
		t.Error("a click outside closed an alert")
	}
	test.FocusNext(c)
	if c.Focused() == nil {
		t.Error("Tab does not go into an alert")
	}
}

func TestLayerClosesThoseAbove(t *testing.T) {
	l, _ := shown(t, 400, 300, NewText("", Body, ""))
	var order []string
	bottom := l.Dialog(NewText("1", Body, ""), 200)
	bottom.OnClosed = func() { order = append(order, "bottom") }
	l.Dialog(NewText("2", Body, ""), 200).OnClosed = func() { order = append(order, "top") }
	bottom.Close()
	if !slices.Equal(order, []string{"top", "bottom"}) || l.Top() != nil {
		t.Errorf("closed %v", order)
	}
}

func TestLayerStaysInTheWindow(t *testing.T) {
	b := NewButton("Corner", "", PlainButton, nil)
	l, w := shown(t, 400, 300, Grow(NewText("", Body, "")), b)
	y := l.Popover(Fixed(100, 90, NewText("", Body, "")), b, 200)
	fits := func() {
		t.Helper()
		at, size := y.root.panel.Position(), y.root.panel.Size()
		if in := w.Canvas().Size(); at.X < 8 || at.Y < 8 || at.X+size.Width > in.Width-8 || at.Y+size.Height > in.Height-8 {
			t.Errorf("panel %v %v in a window of %v", at, size, in)
		}
	}
	fits()
	if bottom := y.root.panel.Position().Y + y.root.panel.Size().Height; bottom > 264 {
		t.Errorf("the panel reaches to %v and covers the button", bottom)
	}
	w.Resize(fyne.NewSize(150, 90))
	fits()
}

func TestMenu(t *testing.T) {
	l, w := shown(t, 400, 300, NewText("", Body, ""))
	c := w.Canvas()
	var did []string
	item := func(s string) MenuItem { return MenuItem{Text: s, Do: func() { did = append(did, s) }} }
	off := item("Off")
	off.Disabled = true
	items := []MenuItem{off, item("One"), {}, item("Two")}
	y := l.Menu(items, fyne.NewPos(20, 20))
	c.Focused().TypedKey(key(fyne.KeyDown)) // quietly on One; the separator is passed
	press(c.Focused(), fyne.KeyReturn, 0)
	if y.Open() || !slices.Equal(did, []string{"Two"}) {
		t.Errorf("did %v, open %v", did, y.Open())
	}
	y = l.Menu(items, fyne.NewPos(20, 20))
	test.TapCanvas(c, fyne.NewPos(60, 40)) // Off
	if !y.Open() {
		t.Error("a disabled item closed the menu")
	}
	test.TapCanvas(c, fyne.NewPos(60, 76)) // One
	if y.Open() || !slices.Equal(did, []string{"Two", "One"}) {
		t.Errorf("did %v, open %v", did, y.Open())
	}
}

func TestTooltipStealsNothing(t *testing.T) {
	n := 0
	b := NewIconButton("settings", 44, "Settings", func() { n++ })
	l, w := shown(t, 300, 200, HRow(0, b))
	c := w.Canvas()
	root := c.Content().(*surface)
	test.MoveMouse(c, fyne.NewPos(20, 20)) // the test driver's animations end at once
	if !root.tips.Visible() || root.tips.text.Text() != "Settings" {
		t.Fatal("no tooltip")
	}
	test.MoveMouse(c, fyne.NewPos(21, 21))
	if !root.tips.Visible() || !b.hovered {
		t.Error("the tooltip took the mouse")
	}
	test.TapCanvas(c, fyne.NewPos(20, 20))
	if n != 1 {
		t.Error("the tooltip took the click")
	}
	b.MouseDown(nil)
	if root.tips.Visible() {
		t.Error("the tooltip stays while one presses")
	}
	b.MouseOut()
	b.MouseIn(nil)
	l.Dialog(NewText("over it", Body, ""), 100)
	if root.tips.Visible() {
		t.Error("the tooltip stays under a dialog")
	}
}

func TestSelect(t *testing.T) {
	var got []int
	s := NewSelect([]string{"A", "B", "C"}, 0, func(i int) { got = append(got, i) })
	l, w := shown(t, 300, 400, s)
	c := w.Canvas()
	c.Focus(s)
	press(s, fyne.KeySpace, 0)
	c.Focused().TypedKey(key(fyne.KeyDown))
	press(c.Focused(), fyne.KeyReturn, 0)
	if !slices.Equal(got, []int{1}) || s.Selected() != 1 || l.Top() != nil || c.Focused() != fyne.Focusable(s) {
		t.Fatalf("told %v, selected %d", got, s.Selected())
	}
	press(s, fyne.KeyDown, 0)
	c.Focused().TypedKey(key(fyne.KeyEscape))
	press(s, fyne.KeyDown, 0)
	press(c.Focused(), fyne.KeyReturn, 0) // the same again
	if len(got) != 1 || l.Top() != nil {
		t.Errorf("told %v", got)
	}
}

// A device list changes while its menu is open: nothing is chosen that was not under the hand.
func TestSelectChangesWhileOpen(t *testing.T) {
	for _, c := range []struct {
		name    string
		options []string
		line    int
		want    int // -1: nothing
	}{
		{"one before it vanished", []string{"B", "C"}, 1, 0},
		{"itself vanished", []string{"A", "C"}, 1, -1},
		{"a new one came before it", []string{"New", "A", "B", "C"}, 1, 2},
		{"the new one", []string{"New", "A", "B", "C"}, 3, 0},
		{"all vanished", nil, 0, -1},
		{"a second of the same name", []string{"B", "A", "B", "C"}, 3, 2},
		{"it came back", []string{"A", "B", "C"}, 2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []int
			s := NewSelect([]string{"A", "B", "C"}, -1, func(i int) { got = append(got, i) })
			shown(t, 300, 400, s)
			test.Tap(s)
			s.SetOptions([]string{"A"}, -1)
			s.SetOptions(c.options, -1)
			s.menu.list.list.tap(c.line)
			if c.want < 0 && len(got) != 0 || c.want >= 0 && !slices.Equal(got, []int{c.want}) {
				t.Errorf("chose %v, want %d", got, c.want)
			}
		})
	}
}

func TestLayerGrowsWithItsContent(t *testing.T) {
	l, _ := shown(t, 400, 300, NewText("", Body, ""))
	more := NewText("More", Body, "")
	more.Hide()
	col := VCol(8, NewText("Some", Body, ""), more)
	y := l.Dialog(col, 200)
	h := y.root.panel.Size().Height
	more.Show()
	y.root.content.Refresh() // the real driver does so before a frame
	if g := y.root.panel.Size().Height - h; g != 28 {
		t.Errorf("grew by %v, want 28", g)
	}
}

// What waits for an answer closes by nothing else.
func TestLayerStays(t *testing.T) {
	l, w := shown(t, 400, 300, NewText("", Body, ""))
	below := l.Dialog(NewText("below", Body, ""), 200)
	stays := l.Alert(NewText("answer", Body, ""), 200)
	stays.Stays = true
	above := l.Dialog(NewText("above", Body, ""), 200)
	l.CloseAll()
	if above.Open() || !stays.Open() || !below.Open() {
		t.Error("CloseAll does not close down to what stays")
	}
	if !l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) || !stays.Open() || w.Canvas().Overlays().Top() == nil {
		t.Error("Escape closes what stays, or goes on to what is below")
	}
	stays.Close()
	l.CloseAll()
	if stays.Open() || below.Open() {
		t.Error("what stays does not close at all")
	}
}
