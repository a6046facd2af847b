package kit

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

func TestTabNeverLeavesWhatCanBeSeen(t *testing.T) {
	var fields []fyne.CanvasObject
	for i := range 12 {
		fields = append(fields, NewCard(NewButton(fmt.Sprint(i), "", PlainButton, nil)), NewEntry("name"))
	}
	page := container.NewVScroll(VCol(8, fields...))
	_, w := shown(t, 300, 200, Grow(page))
	d := fyne.CurrentApp().Driver()
	seen := func() {
		t.Helper()
		o := w.Canvas().Focused().(fyne.CanvasObject)
		if y := d.AbsolutePositionForObject(o).Y; y < 0 || y+o.Size().Height > 200 {
			t.Fatalf("%T is focused at %v of a window 200 high", o, y)
		}
	}
	for range 24 {
		test.FocusNext(w.Canvas())
		seen()
	}
	if page.Offset.Y == 0 {
		t.Error("the page never moved")
	}
	for range 25 {
		test.FocusPrevious(w.Canvas())
		seen()
	}
}
