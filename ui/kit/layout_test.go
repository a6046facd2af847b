package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

func box(w, h float32) *canvas.Rectangle {
	r := &canvas.Rectangle{}
	r.SetMinSize(fyne.NewSize(w, h))
	return r
}

// stands compares where an object stands, within a tenth of a unit.
func stands(t *testing.T, what string, o fyne.CanvasObject, x, y, w, h float32) {
	t.Helper()
	near := func(a, b float32) bool { return a-b < .1 && b-a < .1 }
	if p, s := o.Position(), o.Size(); !near(p.X, x) || !near(p.Y, y) || !near(s.Width, w) || !near(s.Height, h) {
		t.Errorf("%s: %v %v, want %v,%v %vx%v", what, p, s, x, y, w, h)
	}
}

func TestHRow(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	a, hidden, b, c := box(10, 10), box(99, 99), box(20, 30), box(30, 20)
	hidden.Hide()
	row := HRow(4, a, hidden, Grow(b), c)
	if got := row.MinSize(); got.Width < 68 || got.Width > 68.1 || got.Height != 30 {
		t.Errorf("wants %v", got)
	}
	row.Resize(fyne.NewSize(100, 40))
	stands(t, "first", a, 0, 15, 10, 10)
	stands(t, "growing", b, 14, 5, 52, 30)
	stands(t, "last", c, 70, 10, 30, 20)
}

// TestHRowCuts: what grows is cut first, then what can be cut; what can't keeps its width.
func TestHRowCuts(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	name, count, mark := NewText("Rehearsal on Thursdays", BodyBold, ""), NewText("8 of 8, full", CaptionBold, ""), box(20, 20)
	row := HRow(10, Grow(name), count, mark)
	row.Resize(fyne.NewSize(600, 36))
	if name.Size().Width <= name.Natural() || count.Size().Width != count.Natural() {
		t.Errorf("room for all: %v and %v", name.Size(), count.Size())
	}
	row.Resize(fyne.NewSize(160, 36))
	if count.Size().Width != count.Natural() || name.Size().Width >= name.Natural() {
		t.Errorf("in 160: %v and %v", name.Size(), count.Size())
	}
	row.Resize(fyne.NewSize(90, 36))
	stands(t, "mark", mark, 70, 8, 20, 20)
	if count.Size().Width >= count.Natural() {
		t.Errorf("in 90: %v and %v", name.Size(), count.Size())
	}
}

func TestVCol(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	a, hidden, b, c := box(10, 10), box(99, 99), box(20, 30), box(30, 20)
	hidden.Hide()
	col := VCol(4, a, hidden, Grow(b), c)
	if got := col.MinSize(); got.Width < 30 || got.Width > 30.1 || got.Height != 68 {
		t.Errorf("wants %v", got)
	}
	col.Resize(fyne.NewSize(50, 100))
	stands(t, "first", a, 0, 0, 50, 10)
	stands(t, "growing", b, 0, 14, 50, 62)
	stands(t, "last", c, 0, 80, 50, 20)
}

// TestHeightFollowsWidth: a paragraph deep inside gets its lines in the first layout, and gives them back when there is room.
func TestHeightFollowsWidth(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	text := NewParagraph("This takes longer than usual. Is the server running?", Body, "")
	below := box(10, 10)
	card := NewCard(VCol(0, HRow(8, box(20, 20), Grow(VCol(0, text))), below))
	col := VCol(0, Center(360, card))
	for _, c := range []struct{ width, lines float32 }{{200, 4}, {500, 2}, {130, 10}, {500, 2}} {
		height := FitHeight(col, c.width)
		col.Resize(fyne.NewSize(c.width, height))
		lines := text.Size().Height / 20
		if text.MinSize().Height != text.Size().Height || (c.width == 500 && lines != 2) {
			t.Errorf("in %v: %v lines, has %v, wants %v", c.width, lines, text.Size(), text.MinSize())
		}
		if below.Position().Y != text.Size().Height || height != text.Size().Height+10+40 {
			t.Errorf("in %v: what follows stands at %v, all is %v high", c.width, below.Position(), height)
		}
	}
}

func TestCenterPadFixed(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	a := box(20, 10)
	at := Center(0, a)
	at.Resize(fyne.NewSize(100, 50))
	stands(t, "natural", a, 40, 20, 20, 10)
	at = Center(60, a)
	at.Resize(fyne.NewSize(100, 50))
	stands(t, "at most 60", a, 20, 20, 60, 10)
	at.Resize(fyne.NewSize(40, 4))
	stands(t, "too small", a, 0, 0, 40, 4)

	at = Pad(1, 2, 3, 4, a)
	at.Resize(fyne.NewSize(100, 50))
	stands(t, "padded", a, 1, 2, 96, 44)
	if got := at.MinSize(); got != fyne.NewSize(24, 16) {
		t.Errorf("padded wants %v", got)
	}
	at.Resize(fyne.NewSize(2, 2))
	stands(t, "no room", a, 1, 2, 0, 0)

	if got := Fixed(5, 0, a).MinSize(); got != fyne.NewSize(5, 10) {
		t.Errorf("fixed width wants %v", got)
	}
	if got := Gap(7, 8).MinSize(); got != fyne.NewSize(7, 8) {
		t.Errorf("a gap wants %v", got)
	}
}

// TestScaleMovesAll: another scale of the theme is another layout, without new objects.
func TestScaleMovesAll(t *testing.T) {
	app := test.NewTempApp(t)
	app.Settings().SetTheme(NewTheme(Dark, 1))
	window := app.NewWindow("")
	defer window.Close()
	window.SetPadded(false)
	avatar, text := NewAvatar(40), NewText("Front porch", Body, "")
	window.SetContent(Pad(10, 10, 10, 10, HRow(10, avatar, text)))
	window.Resize(fyne.NewSize(300, 100))
	stands(t, "at 1", avatar, 0, 20, 40, 40)
	before := text.Size().Width
	app.Settings().SetTheme(NewTheme(Light, 1.5))
	stands(t, "at 1.5", avatar, 0, 5, 60, 60)
	if text.Position().X != 75 || text.Size().Width <= before {
		t.Errorf("text at 1.5: %v %v", text.Position(), text.Size())
	}
}
