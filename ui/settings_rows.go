package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
)

// What the pages are built of: cards, and in them rows of words at the left and something to set at the right.

// controlWidth is that of selects and sliders with their number.
const controlWidth = 320

// pageOf puts cards under each other.
func pageOf(cards ...fyne.CanvasObject) *fyne.Container { return kit.VCol(16, cards...) }

// cardOf is a card with a heading, or without one where the page's says enough.
func cardOf(title string, rows ...fyne.CanvasObject) fyne.CanvasObject {
	if title != "" {
		rows = append([]fyne.CanvasObject{kit.NewText(title, kit.Section, theme.ColorNameForeground), kit.Gap(0, 8)}, rows...)
	}
	panel := kit.NewPanel(kit.ColorCard, 16, kit.Pad(21, 17, 21, 17, kit.VCol(0, rows...)))
	panel.SetLine(theme.ColorNameSeparator, 1)
	return panel
}

// field is a row: what is set, a line that explains it (may be empty), and the control.
type field struct {
	root       *fyne.Container
	label, sub *kit.Paragraph
}

func newField(label, sub string, control fyne.CanvasObject) *field {
	f := &field{label: kit.NewParagraph(label, kit.Body, theme.ColorNameForeground), sub: kit.NewParagraph(sub, kit.Caption, theme.ColorNamePlaceHolder)}
	f.sub.Hidden = sub == ""
	words := kit.VCol(0, f.label, f.sub)
	f.root = kit.Stack(kit.Gap(0, 48), kit.HRow(24, kit.Grow(kit.Pad(0, 6, 0, 6, words)), control))
	return f
}

// explain sets the line under the label, and tells whether it is another.
func (f *field) explain(text string, color fyne.ThemeColorName) bool {
	f.sub.SetColor(color)
	if f.sub.Text() == text {
		return false
	}
	f.sub.Hidden = text == ""
	f.sub.SetText(text)
	return true
}

// toggleField is a row with a switch.
func toggleField(label, sub string, on bool, changed func(bool)) fyne.CanvasObject {
	return newField(label, sub, kit.NewToggle(on, changed)).root
}

// cardNote is a sentence within a card.
func cardNote(text string) *kit.Paragraph {
	return kit.NewParagraph(text, kit.Caption, theme.ColorNamePlaceHolder)
}

// percent is a slider with its number beside it. changed hears of each step, released of where it was let go; either may be nil.
func percent(low, high, step, value int, changed, released func(int)) fyne.CanvasObject {
	row, slider := numbered(low, high, step, value, 48, func(v int) string { return strconv.Itoa(v) + " %" }, changed)
	if released != nil {
		slider.OnReleased = func(v float64) { released(int(v)) }
	}
	slider.SetMark(100)
	return row
}

// numbered is a slider with what its number means beside it, in so much room. changed hears of each step and may be nil.
func numbered(low, high, step, value int, room float32, words func(int) string, changed func(int)) (fyne.CanvasObject, *kit.Slider) {
	number := kit.NewText(words(value), kit.Body, theme.ColorNameForeground)
	number.Align = fyne.TextAlignTrailing
	slider := kit.NewSlider(float64(low), float64(high), float64(step), float64(value), func(v float64) {
		number.SetText(words(int(v)))
		if changed != nil {
			changed(int(v))
		}
	})
	return kit.Fixed(controlWidth, 0, kit.HRow(12, kit.Grow(slider), kit.Fixed(room, 0, number))), slider
}

// seconds says a time in milliseconds.
func seconds(ms int) string { return strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64) + " s" }

// kilobits says a rate in bit/s.
func kilobits(rate int) string { return strconv.Itoa(rate/1000) + " kbit/s" }
