package kit

import "fyne.io/fyne/v2"

// Banner says in one sentence what is wrong or new, with a button that does something about it. A long sentence wraps.
type Banner struct {
	Panel
	tone   Tone
	icon   *Icon
	text   *Paragraph
	second *Button
	button *Button
	margin fyne.CanvasObject // to the right of the sentence, where no button is
	tapped func()
	other  func()
}

// NewBanner makes an empty banner.
func NewBanner() *Banner {
	b := &Banner{icon: NewIcon("", 20, ""), text: NewParagraph("", Body, ""), margin: Gap(0, 0)}
	b.button = NewButton("", "", PrimaryButton, func() {
		if b.tapped != nil {
			b.tapped()
		}
	})
	b.second = NewButton("", "", PlainButton, func() {
		if b.other != nil {
			b.other()
		}
	})
	b.fill, b.radius = ColorCard, 12
	b.content = Stack(Gap(0, 44), Pad(16, 4, 4, 4, HRow(12, b.icon, Grow(b.text), b.margin, HRow(8, b.second, b.button))))
	setShown(b.second, false)
	b.ExtendBaseWidget(b)
	b.show(Plain, "")
	return b
}

// Set shows an icon (empty: none) and a sentence in a tone, and a button (empty: none) that calls tapped.
func (b *Banner) Set(icon, text string, t Tone, button string, tapped func()) {
	b.tapped = tapped
	if b.icon.name == icon && b.text.text == text && b.tone == t && b.button.text == button {
		return
	}
	b.icon.SetIcon(icon)
	setShown(b.icon, icon != "")
	b.text.SetText(text)
	b.button.SetText(button)
	b.show(t, button)
	b.content.Refresh()
}

// SetSecond shows a second, plain button (empty: none) that calls tapped.
func (b *Banner) SetSecond(button string, tapped func()) {
	b.other = tapped
	if b.second.text != button {
		b.second.SetText(button)
		setShown(b.second, button != "")
		b.content.Refresh()
	}
}

func (b *Banner) show(t Tone, button string) {
	fg, bg := t.Colors()
	if t == Plain {
		bg = ColorCard
	}
	b.tone = t
	b.icon.SetColor(fg)
	b.SetFill(bg)
	setShown(b.button, button != "")
	setShown(b.margin, button == "")
}
