package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// micSegments is the length of the meter in the dock's microphone button.
const micSegments = 5

// MicButton is the dock's microphone: it mutes, and shows what others would hear.
type MicButton struct {
	control
	muted  bool
	lit    uint8
	open   bool
	tapped func()

	fill, over *canvas.Rectangle
	mark       *Icon
	bars       [micSegments]*canvas.Rectangle
}

// NewMicButton returns the button, 72 by 44.
func NewMicButton(tapped func()) *MicButton {
	b := &MicButton{tapped: tapped, fill: canvas.NewRectangle(nil), over: canvas.NewRectangle(nil)}
	b.mark = NewIcon("mic", 22, theme.ColorNameForeground)
	for i := range b.bars {
		b.bars[i] = canvas.NewRectangle(nil)
	}
	b.extend(b)
	return b
}

// Set shows whether the microphone is muted, how many of the five segments are lit, and whether the gate is open: only then are
// they amber, since amber is a live voice and nothing else.
func (b *MicButton) Set(muted bool, lit uint8, open bool) {
	if muted {
		lit, open = 0, false
	}
	if !open {
		lit = 0 // looks the same, so it shall not repaint either
	}
	lit = min(lit, micSegments)
	if b.muted == muted && b.lit == lit && b.open == open {
		return
	}
	whole := b.muted != muted
	b.muted, b.lit, b.open = muted, lit, open
	if whole {
		b.Refresh()
		return
	}
	for i, r := range b.bars {
		if c := b.barColor(i); r.FillColor != c {
			r.FillColor = c
			canvas.Refresh(r)
		}
	}
}

// SetLabel changes the words of the tooltip.
func (b *MicButton) SetLabel(label string) { b.tip.text = label }

// Tapped implements fyne.Tappable.
func (b *MicButton) Tapped(*fyne.PointEvent) {
	if !b.Disabled() && b.tapped != nil {
		b.tapped()
	}
}

// TypedKey implements fyne.Focusable.
func (b *MicButton) TypedKey(ev *fyne.KeyEvent) { b.typed(ev, func() { b.Tapped(nil) }) }

// CreateRenderer implements fyne.Widget.
func (b *MicButton) CreateRenderer() fyne.WidgetRenderer {
	parts := []fyne.CanvasObject{b.fill, b.over, b.mark}
	for _, r := range b.bars {
		parts = append(parts, r)
	}
	return newDrawing(b, append(parts, b.ring.Rectangle)...)
}

func (b *MicButton) paint() {
	fg, bg, icon := theme.ColorNameForeground, theme.ColorNameButton, "mic"
	if b.muted {
		fg, bg, icon = ColorMuted, ColorMutedBg, "mic-off"
	}
	if b.Disabled() {
		fg, bg = theme.ColorNameDisabled, theme.ColorNameDisabledButton
	}
	b.fill.FillColor, b.over.FillColor = Color(bg), Color(b.cover())
	b.mark.SetIcon(icon)
	b.mark.SetColor(fg)
	for i, r := range b.bars {
		r.FillColor = b.barColor(i)
	}
	b.ring.show(b.ringShown())
}

// barColor is a plain value of color.NRGBA or the theme's, so that two of them can be compared.
func (b *MicButton) barColor(i int) (c color.Color) {
	switch {
	case b.Disabled():
		return Color(theme.ColorNameDisabled)
	case b.muted:
		return faded(Color(ColorMuted), .35)
	case b.open && i < int(b.lit):
		return Color(ColorVoice)
	}
	return Color(theme.ColorNameInputBorder)
}

func (b *MicButton) natural() fyne.Size { return fyne.NewSize(Px(72), Px(44)) }

func (b *MicButton) arrange(size fyne.Size) {
	radius := Px(12)
	for _, r := range []*canvas.Rectangle{b.fill, b.over} {
		r.CornerRadius = radius
		place(r, 0, 0, size.Width, size.Height)
	}
	icon, w, gap := b.mark.MinSize().Width, Px(3), Px(2)
	meter := micSegments*w + (micSegments-1)*gap
	x := (size.Width - icon - Px(10) - meter) / 2
	place(b.mark, x, (size.Height-icon)/2, icon, icon)
	x += icon + Px(10)
	for _, r := range b.bars {
		r.CornerRadius = w / 2
		place(r, x, (size.Height-Px(16))/2, w, Px(16))
		x += w + gap
	}
	b.ring.around(fyne.Position{}, size, radius)
}
