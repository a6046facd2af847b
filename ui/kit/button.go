package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

// Kind says how much a button matters.
type Kind uint8

// The kinds of button. A DangerButton ends or silences something; a TextButton has no fill and stands within a sentence.
const (
	PlainButton Kind = iota
	PrimaryButton
	DangerButton
	TextButton
)

func (k Kind) colors() (fg, bg fyne.ThemeColorName) {
	switch k {
	case PrimaryButton:
		return theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary
	case DangerButton:
		return theme.ColorNameForegroundOnError, theme.ColorNameError
	case TextButton:
		return theme.ColorNamePrimary, ""
	}
	return theme.ColorNameForeground, theme.ColorNameButton
}

var (
	_ fyne.Tappable     = (*Button)(nil)
	_ fyne.Disableable  = (*Button)(nil)
	_ desktop.Keyable   = (*Button)(nil)
	_ desktop.Hoverable = (*Button)(nil)
	_ desktop.Mouseable = (*Button)(nil)
)

// Button is an icon and a word to press, 36 high; given 44 or more it has the corners and icon of the dock's.
type Button struct {
	control
	text, icon string
	kind       Kind
	tall       bool
	tapped     func()

	fill, over *canvas.Rectangle
	label      *Text
	mark       *Icon
}

// NewButton returns a button. An empty icon means none; tapped may be nil.
func NewButton(text, icon string, k Kind, tapped func()) *Button {
	b := &Button{text: text, icon: icon, kind: k, tapped: tapped, fill: canvas.NewRectangle(nil), over: canvas.NewRectangle(nil)}
	fg, _ := k.colors()
	b.label = NewText(text, BodyBold, fg)
	b.mark = NewIcon(icon, 20, fg) // drawn as large as it is placed
	b.extend(b)
	return b
}

// SetText changes the word.
func (b *Button) SetText(text string) {
	if b.text != text {
		b.text = text
		b.Refresh()
	}
}

// SetIcon changes the icon; empty takes it away.
func (b *Button) SetIcon(icon string) {
	if b.icon != icon {
		b.icon = icon
		b.Refresh()
	}
}

// SetKind changes how much the button matters.
func (b *Button) SetKind(k Kind) {
	if b.kind != k {
		b.kind = k
		b.Refresh()
	}
}

// SetTall makes the button 44 high, as in the dock and where a call is answered.
func (b *Button) SetTall(tall bool) {
	if b.tall != tall {
		b.tall = tall
		b.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (b *Button) Tapped(*fyne.PointEvent) {
	if !b.Disabled() && b.tapped != nil {
		b.tapped()
	}
}

// TypedKey implements fyne.Focusable.
func (b *Button) TypedKey(ev *fyne.KeyEvent) { b.typed(ev, func() { b.Tapped(nil) }) }

// CreateRenderer implements fyne.Widget.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	return newDrawing(b, b.fill, b.over, b.mark, b.label, b.ring.Rectangle)
}

func (b *Button) paint() {
	fg, bg := b.kind.colors()
	if b.Disabled() {
		fg = theme.ColorNameDisabled
		if b.kind != TextButton {
			bg = theme.ColorNameDisabledButton
		}
	}
	b.fill.FillColor, b.over.FillColor = Color(bg), Color(b.cover())
	b.label.SetText(b.text)
	b.label.SetColor(fg)
	if b.icon != "" {
		b.mark.SetIcon(b.icon)
		b.mark.SetColor(fg)
	}
	setShown(b.mark, b.icon != "")
	b.ring.show(b.ringShown())
}

func (b *Button) pad() float32 {
	if b.kind == TextButton {
		return Px(8)
	}
	return Px(14)
}

// iconSpace is the width of the icon and the gap after it, in a button that is so high.
func (b *Button) iconSpace(height float32) (icon, gap float32) {
	if b.icon == "" {
		return 0, 0
	}
	icon = Px(18)
	if height >= Px(44) {
		icon = Px(20)
	}
	if b.text != "" {
		gap = Px(8)
	}
	return icon, gap
}

func (b *Button) natural() fyne.Size {
	h := Px(36)
	if b.tall {
		h = Px(44)
	}
	icon, gap := b.iconSpace(h)
	return fyne.NewSize(2*b.pad()+icon+gap+b.label.Natural(), h)
}

func (b *Button) arrange(size fyne.Size) {
	radius := Px(8)
	if size.Height >= Px(44) {
		radius = Px(12)
	}
	for _, r := range []*canvas.Rectangle{b.fill, b.over} {
		r.CornerRadius = radius
		place(r, 0, 0, size.Width, size.Height)
	}
	icon, gap := b.iconSpace(size.Height)
	text := min(b.label.Natural(), size.Width-icon-gap-Px(8))
	x := (size.Width - icon - gap - text) / 2
	place(b.mark, x, (size.Height-icon)/2, icon, icon)
	placeText(b.label, x+icon+gap, 0, text, size.Height)
	b.ring.around(fyne.Position{}, size, radius)
}
