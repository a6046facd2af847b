package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"parley/ui/kit"
	"parley/ui/model"
)

// drawings counts what asks to be drawn again while a function runs.
func drawings(t *testing.T, w *Window, run func()) (drawn []string) {
	t.Helper()
	app := fyne.CurrentApp()
	c := &drawnCanvas{Canvas: w.win.Canvas()}
	fyne.SetCurrentApp(&drawnApp{app, &drawnDriver{app.Driver(), c}})
	defer fyne.SetCurrentApp(app)
	run()
	return c.drawn
}

type drawnApp struct {
	fyne.App
	driver fyne.Driver
}

func (a *drawnApp) Driver() fyne.Driver { return a.driver }

type drawnDriver struct {
	fyne.Driver
	canvas fyne.Canvas
}

func (d *drawnDriver) CanvasForObject(fyne.CanvasObject) fyne.Canvas { return d.canvas }

type drawnCanvas struct {
	fyne.Canvas
	drawn []string
}

func (c *drawnCanvas) Refresh(o fyne.CanvasObject) { c.drawn = append(c.drawn, fmt.Sprintf("%T", o)) }
func (c *drawnCanvas) SetDirty()                   { c.drawn = append(c.drawn, "dirty") }

// A window where nothing changes is not drawn again: neither by a view that is the same nor by one that says the same.
func TestStillWindow(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	w.apply(harbour())
	if drawn := drawings(t, w, func() { w.apply(w.view) }); len(drawn) > 0 {
		t.Errorf("the same view: %v", drawn)
	}
	if drawn := drawings(t, w, func() { w.apply(harbour()) }); len(drawn) > 0 {
		t.Errorf("a view that says the same: %v", drawn)
	}
	next := harbour()
	next.Rings = map[string]uint8{"Mara Lind": 3, "Kofi": 2}
	if drawn := drawings(t, w, func() { w.apply(next) }); len(drawn) == 0 || len(drawn) > 12 {
		t.Errorf("a ring: %v", drawn)
	}
	moved := harbour()
	moved.Rings = next.Rings
	moved.Dock.Mic, moved.Dock.Open = 3, true
	if drawn := drawings(t, w, func() { w.apply(moved) }); len(drawn) == 0 || len(drawn) > 12 {
		t.Errorf("the meter: %v", drawn)
	}
}

// The tones are told twice, because neither of the packages knows the other; they are the same ones.
func TestTonesAgree(t *testing.T) {
	for a, b := range map[model.Tone]kit.Tone{
		model.Plain: kit.Plain, model.Good: kit.Good, model.Warn: kit.Warn, model.Bad: kit.Bad, model.Fresh: kit.Fresh, model.Muted: kit.Muted, model.Voice: kit.Voice,
	} {
		if kit.Tone(a) != b {
			t.Errorf("the model's tone %d is the kit's %d", a, b)
		}
	}
}
