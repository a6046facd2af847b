package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// IconButton is a square with an icon: 32 in headers and rows, 44 in the dock. Its label shows after a while under the mouse.
type IconButton struct {
	control
	icon   string
	side   float32
	tone   Tone
	filled bool
	open   ends // where the next button joins on
	tapped func()

	fill, over *canvas.Rectangle
	mark       *Icon
}

// NewIconButton returns a button of that side, 32 or 44. The label says in words what it does; tapped may be nil.
func NewIconButton(icon string, side float32, label string, tapped func()) *IconButton {
	b := &IconButton{icon: icon, side: side, tapped: tapped, fill: canvas.NewRectangle(nil), over: canvas.NewRectangle(nil)}
	px := float32(18)
	if side >= 44 {
		px = 22
	}
	b.mark = NewIcon(icon, px, theme.ColorNameForeground)
	b.extend(b)
	b.tip.text = label
	return b
}

// SetIcon changes the icon.
func (b *IconButton) SetIcon(icon string) {
	if b.icon != icon {
		b.icon = icon
		b.Refresh()
	}
}

// SetLabel changes the words of the tooltip.
func (b *IconButton) SetLabel(label string) { b.tip.text = label }

// SetTone changes the colours: Plain; Muted for the own mute and deafen; Good for what is switched on; Bad for what ends a call.
// Any other tone colours the icon alone.
func (b *IconButton) SetTone(t Tone) {
	if b.tone != t {
		b.tone = t
		b.Refresh()
	}
}

// SetFilled gives the button a fill, as in the dock.
func (b *IconButton) SetFilled(filled bool) {
	if b.filled != filled {
		b.filled = filled
		b.Refresh()
	}
}

// ends are sides of a button.
type ends uint8

const (
	leftEnd ends = 1 << iota
	rightEnd
)

// Join makes two buttons one of two halves: their corners are square where they meet.
func Join(left, right *IconButton) {
	left.open |= rightEnd
	right.open |= leftEnd
}

// Tapped implements fyne.Tappable.
func (b *IconButton) Tapped(*fyne.PointEvent) {
	if !b.Disabled() && b.tapped != nil {
		b.tapped()
	}
}

// TypedKey implements fyne.Focusable.
func (b *IconButton) TypedKey(ev *fyne.KeyEvent) { b.typed(ev, func() { b.Tapped(nil) }) }

// CreateRenderer implements fyne.Widget.
func (b *IconButton) CreateRenderer() fyne.WidgetRenderer {
	return newDrawing(b, b.fill, b.over, b.mark, b.ring.Rectangle)
}

func (b *IconButton) colors() (fg, bg fyne.ThemeColorName) {
	switch b.tone {
	case Muted:
		return ColorMuted, ColorMutedBg
	case Good:
		return theme.ColorNamePrimary, theme.ColorNameSelection
	case Bad:
		return theme.ColorNameForegroundOnError, theme.ColorNameError
	case Plain:
		if !b.filled && b.side < 44 {
			fg = theme.ColorNamePlaceHolder
		} else {
			fg = theme.ColorNameForeground
		}
	default:
		fg, _ = b.tone.Colors()
	}
	if b.filled {
		bg = theme.ColorNameButton
	}
	return fg, bg
}

func (b *IconButton) paint() {
	fg, bg := b.colors()
	if b.Disabled() {
		fg = theme.ColorNameDisabled
		if bg != "" {
			bg = theme.ColorNameDisabledButton
		}
	}
	b.fill.FillColor, b.over.FillColor = Color(bg), Color(b.cover())
	b.mark.SetIcon(b.icon)
	b.mark.SetColor(fg)
	b.ring.show(b.ringShown())
}

func (b *IconButton) natural() fyne.Size { return fyne.NewSquareSize(Px(b.side)) }

func (b *IconButton) arrange(size fyne.Size) {
	radius := Px(8)
	if b.side >= 44 {
		radius = Px(12)
	}
	for _, r := range []*canvas.Rectangle{b.fill, b.over} {
		b.corners(r, radius)
		place(r, 0, 0, size.Width, size.Height)
	}
	m := b.mark.MinSize()
	place(b.mark, (size.Width-m.Width)/2, (size.Height-m.Height)/2, m.Width, m.Height)
	b.ring.around(fyne.Position{}, size, radius)
}

// corners rounds a shape but for the open ends. Fyne takes a corner's 0 for "as CornerRadius says".
func (b *IconButton) corners(r *canvas.Rectangle, radius float32) {
	if b.open == 0 {
		r.CornerRadius = radius
		return
	}
	r.CornerRadius = 0
	if b.open&leftEnd == 0 {
		r.TopLeftCornerRadius, r.BottomLeftCornerRadius = radius, radius
	}
	if b.open&rightEnd == 0 {
		r.TopRightCornerRadius, r.BottomRightCornerRadius = radius, radius
	}
}
