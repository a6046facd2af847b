package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// numbers of a Chip, in units.
const (
	chipHeight = 22
	chipPad    = 8
	chipGap    = 5
	chipIcon   = 14
)

// Chip is a rounded word with an icon. It is as wide as its word and is cut to what it gets.
type Chip struct {
	widget.BaseWidget
	tone Tone
	icon *Icon
	text *Text
}

// NewChip makes an empty chip.
func NewChip() *Chip {
	fg, _ := Plain.Colors()
	c := &Chip{icon: NewIcon("", chipIcon, fg), text: NewText("", CaptionBold, fg)}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows an icon (empty: none) and a word in a tone.
func (c *Chip) Set(icon, text string, t Tone) {
	if c.icon.name == icon && c.text.text == text && c.tone == t {
		return
	}
	fg, _ := t.Colors()
	c.tone = t
	c.icon.SetIcon(icon)
	c.icon.SetColor(fg)
	c.text.SetText(text)
	c.text.SetColor(fg)
	c.Refresh()
}

// Natural returns the width at which the word is not cut.
func (c *Chip) Natural() float32 { return c.before() + c.text.Natural() + Px(chipPad) }

// before is what stands left of the word.
func (c *Chip) before() float32 {
	if c.icon.name == "" {
		return Px(chipPad)
	}
	return Px(chipPad) + Px(chipIcon) + Px(chipGap)
}

// CreateRenderer implements fyne.Widget.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer {
	r := &chipRenderer{chip: c, ground: &canvas.Rectangle{}}
	r.show()
	return r
}

type chipRenderer struct {
	chip   *Chip
	ground *canvas.Rectangle
}

func (r *chipRenderer) MinSize() fyne.Size {
	c := r.chip
	return fyne.NewSize(c.before()+c.text.MinSize().Width+Px(chipPad), Px(chipHeight))
}

func (r *chipRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.chip.icon, r.chip.text}
}

func (r *chipRenderer) Destroy() {}

func (r *chipRenderer) Layout(size fyne.Size) {
	c, height := r.chip, Px(chipHeight)
	width := min(size.Width, c.Natural())
	at := middle(size, width, height)
	place(r.ground, at.X, at.Y, width, height)
	r.ground.CornerRadius = height / 2
	place(c.icon, at.X+Px(chipPad), at.Y, Px(chipIcon), height)
	place(c.text, at.X+c.before(), at.Y, max(0, width-c.before()-Px(chipPad)), height)
}

func (r *chipRenderer) Refresh() {
	r.show()
	r.Layout(r.chip.Size())
	canvas.Refresh(r.chip)
}

func (r *chipRenderer) show() {
	_, bg := r.chip.tone.Colors()
	r.ground.FillColor = Color(bg)
}
