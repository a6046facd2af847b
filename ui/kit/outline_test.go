package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

func TestOutlineGolden(t *testing.T) {
	test.NewTempApp(t)
	row := HRow(12)
	for _, o := range []*Outline{
		NewOutline(ColorVoice, 16, 3), NewOutline(theme.ColorNameSeparator, 16, 1), NewOutline(theme.ColorNameBackground, 12, 2), NewOutline(ColorVoice, 0, 3),
	} {
		row.Add(Fixed(96, 54, Stack(NewPanel(theme.ColorNameButton, 12, nil), o)))
	}
	golden(t, "outline", Pad(12, 8, 12, 8, row), 444, 70)
}

// What an outline paints is its line: the inside of something large would cost more than all else in the window.
func TestOutlinePaintsItsLineAlone(t *testing.T) {
	test.NewTempApp(t)
	o := NewOutline(ColorVoice, 16, 3)
	w := test.NewTempWindow(t, o)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(1152, 648))
	area := float32(0)
	for _, part := range test.WidgetRenderer(o).Objects() {
		if part.Visible() {
			area += part.Size().Width * part.Size().Height
		}
		switch part := part.(type) {
		case *canvas.Rectangle:
			if part.CornerRadius != 0 || part.StrokeWidth != 0 {
				t.Error("a strip is more than a plain rectangle")
			}
		case *canvas.Arc:
			if s := part.Size(); s.Width != 32 || s.Height != 32 {
				t.Errorf("a corner is %v", s)
			}
		}
	}
	if most := float32(2*3*(1152+648) + 4*32*32); area > most {
		t.Errorf("%v pixels are painted, want at most %v", area, most)
	}
	o.SetRadius(0)
	for _, part := range test.WidgetRenderer(o).Objects() {
		if _, corner := part.(*canvas.Arc); corner && part.Visible() {
			t.Error("there are corners without a radius")
		}
	}
}

// Two joined buttons are square where they meet.
func TestJoinedButtonsGolden(t *testing.T) {
	test.NewTempApp(t)
	left, right := NewIconButton("camera", 44, "", nil), NewIconButton("chevron-down", 24, "", nil)
	left.SetFilled(true)
	right.SetFilled(true)
	left.SetTone(Good)
	Join(left, right)
	golden(t, "joined", Pad(12, 8, 12, 8, HRow(1, left, Fixed(24, 44, right))), 93, 60)
}
