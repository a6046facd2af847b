package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// counted is an app whose canvas counts what asks to be drawn again.
type counted struct {
	fyne.App
	driver *countedDriver
}

func (a *counted) Driver() fyne.Driver { return a.driver }

type countedDriver struct {
	fyne.Driver
	canvas *countedCanvas
}

func (d *countedDriver) CanvasForObject(fyne.CanvasObject) fyne.Canvas { return d.canvas }

type countedCanvas struct {
	fyne.Canvas
	drawn []fyne.CanvasObject
}

func (c *countedCanvas) Refresh(o fyne.CanvasObject) { c.drawn = append(c.drawn, o) }
func (c *countedCanvas) SetDirty()                   { c.drawn = append(c.drawn, nil) }

func countDrawing(t *testing.T) *countedCanvas {
	app := test.NewTempApp(t)
	app.Settings().SetTheme(NewTheme(Dark, 1))
	window := app.NewWindow("")
	c := &countedCanvas{Canvas: window.Canvas()}
	fyne.SetCurrentApp(&counted{app, &countedDriver{app.Driver(), c}})
	t.Cleanup(window.Close)
	return c
}

// TestSameValueDrawsNothing: an idle window has no repaint, though its screens set everything again and again.
func TestSameValueDrawsNothing(t *testing.T) {
	c := countDrawing(t)
	for name, w := range stills() {
		w.object.Resize(fyne.NewSize(200, FitHeight(w.object, 200)))
		w.set(1)
		w.object.Resize(fyne.NewSize(200, FitHeight(w.object, 200)))
		c.drawn = nil
		w.set(1)
		w.object.Resize(fyne.NewSize(200, FitHeight(w.object, 200)))
		if len(c.drawn) > 0 {
			t.Errorf("%s: %d objects were drawn again for the same value: %T", name, len(c.drawn), c.drawn[0])
		}
		w.set(0)
		if len(c.drawn) == 0 {
			t.Errorf("%s: another value was not drawn", name)
		}
	}
}

type still struct {
	object fyne.CanvasObject
	set    func(n int) // to one of two values
}

func stills() map[string]still {
	words, names, icons := []string{"Workshop", "Front porch"}, []fyne.ThemeColorName{theme.ColorNameError, theme.ColorNameSuccess}, []string{"mic", "mic-off"}
	icon, text, paragraph, avatar, bars, chip, banner := NewIcon("plus", 18, ""), NewText("", Body, ""), NewParagraph("", Body, ""), NewAvatar(52), NewBars(), NewChip(), NewBanner()
	panel := NewPanel(ColorCard, 8, NewText("Here", Body, ""))
	return map[string]still{
		"icon":            {icon, func(n int) { icon.SetIcon(icons[n]) }},
		"icon's colour":   {icon, func(n int) { icon.SetColor(names[n]) }},
		"text":            {text, func(n int) { text.SetText(words[n]) }},
		"text's colour":   {text, func(n int) { text.SetColor(names[n]) }},
		"text's style":    {text, func(n int) { text.SetStyle(Style(n)) }},
		"paragraph":       {paragraph, func(n int) { paragraph.SetText(words[n]) }},
		"paragraph's col": {paragraph, func(n int) { paragraph.SetColor(names[n]) }},
		"face":            {avatar, func(n int) { avatar.SetFace(faces()[n]) }},
		"dot":             {avatar, func(n int) { avatar.SetDot(Dot(n), ColorCard) }},
		"ground":          {avatar, func(n int) { avatar.SetDot(DotAway, names[n]) }},
		"dim":             {avatar, func(n int) { avatar.SetDim(n == 1) }},
		"step":            {avatar, func(n int) { avatar.SetStep(uint8(2 + n)) }},
		"ringing":         {avatar, func(n int) { avatar.SetStep(1); avatar.SetRinging(n == 1) }},
		"bars":            {bars, func(n int) { bars.Set(uint8(n), true, theme.ColorNameSuccess) }},
		"bars not known":  {bars, func(n int) { bars.Set(3, n == 1, theme.ColorNameSuccess) }},
		"chip":            {chip, func(n int) { chip.Set(icons[n], words[n], Tone(n)) }},
		"chip's tone":     {chip, func(n int) { chip.Set("mic", "Live", Tone(n)) }},
		"banner":          {banner, func(n int) { banner.Set(icons[n], words[n], Warn, words[1-n], func() {}) }},
		"banner's button": {banner, func(n int) { banner.Set("mic", "Live", Warn, words[n][:6*n], func() {}) }},
		"panel":           {panel, func(n int) { panel.SetFill(names[n]) }},
		"panel's line":    {panel, func(n int) { panel.SetLine(theme.ColorNamePrimary, float32(n)) }},
	}
}

// TestRingDrawsRingAlone: at each tick only the circles around the face are drawn, of those whose step changed.
func TestRingDrawsRingAlone(t *testing.T) {
	c := countDrawing(t)
	a := NewAvatar(92)
	a.SetFace(faces()[0])
	a.SetDot(DotOnline, ColorCard)
	a.Resize(a.MinSize())
	r := test.WidgetRenderer(a).(*avatarRenderer)
	c.drawn = nil
	a.SetStep(3)
	allowed := map[fyne.CanvasObject]bool{nil: true, r.halo: true, r.ring: true, r.gap: true}
	for _, o := range c.drawn {
		if !allowed[o] {
			t.Errorf("%T was drawn for a step", o)
		}
	}
	if len(c.drawn) == 0 {
		t.Error("nothing was drawn")
	}
}

// TestLayoutAgainDrawsNothing: laying out what stands where it should moves nothing.
func TestLayoutAgainDrawsNothing(t *testing.T) {
	c := countDrawing(t)
	box := Pad(4, 4, 4, 4, VCol(8, HRow(8, NewIcon("mic", 18, ""), Grow(NewText("Front porch", Body, "")), NewBars()), NewParagraph("Nobody else is here yet, so it is just you.", Body, ""), Center(0, NewAvatar(52)), Line(false), Logo(32)))
	box.Resize(fyne.NewSize(160, 300))
	c.drawn = nil
	box.Layout.Layout(box.Objects, box.Size())
	inner := box.Objects[0].(*fyne.Container)
	inner.Layout.Layout(inner.Objects, inner.Size())
	if len(c.drawn) > 0 {
		t.Errorf("%d objects were drawn again: %T", len(c.drawn), c.drawn[0])
	}
}
