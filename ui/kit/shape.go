package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// focusRing is the line around what has the focus: 2 of primary, 2 outside of it.
type focusRing struct{ *canvas.Rectangle }

func newFocusRing() *focusRing {
	r := &focusRing{canvas.NewRectangle(color.Transparent)}
	r.Hide()
	return r
}

// around lays the ring around a shape with corners of that radius.
func (r *focusRing) around(pos fyne.Position, size fyne.Size, radius float32) {
	d := Px(4)
	r.StrokeWidth, r.CornerRadius = Px(2), radius+d
	place(r, pos.X-d, pos.Y-d, size.Width+2*d, size.Height+2*d)
}

// within lays it inside of a shape: for rows, which touch their neighbours and the edge that cuts them.
func (r *focusRing) within(size fyne.Size, inset, radius float32) {
	r.StrokeWidth, r.CornerRadius = Px(2), radius
	place(r, inset, inset, size.Width-2*inset, size.Height-2*inset)
}

func (r *focusRing) show(on bool) {
	r.StrokeColor = Color(theme.ColorNamePrimary)
	setShown(r, on)
}

// setShown shows or hides what is not so already.
func setShown(o fyne.CanvasObject, on bool) {
	switch {
	case o.Visible() == on:
	case on:
		o.Show()
	default:
		o.Hide()
	}
}

// place puts an object where it should be, without a repaint if it is there.
func place(o fyne.CanvasObject, x, y, w, h float32) {
	if p := fyne.NewPos(x, y); o.Position() != p {
		o.Move(p)
	}
	if s := fyne.NewSize(w, h); o.Size() != s {
		o.Resize(s)
	}
}

// placeText centres a line of text on the height given, at the height that it wants.
func placeText(t *Text, x, y, w, h float32) {
	th := t.MinSize().Height
	place(t, x, y+(h-th)/2, w, th)
}

// faded is a colour at a part of its own opacity.
func faded(c color.Color, part float32) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = uint8(float32(n.A) * part)
	return n
}
