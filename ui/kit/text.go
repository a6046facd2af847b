package kit

import (
	"math"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const (
	foreground = theme.ColorNameForeground
	ellipsis   = "…"

	// maxLine is the most runes that a Text measures: more than any window is wide, few enough that a name of ten thousand costs nothing.
	maxLine = 300
	// leastText is how narrow a text may get before it says nothing.
	leastText = 24
	// hint is how much of its natural width an object adds to its MinSize. Fyne lays a parent out again only if a child's MinSize has
	// changed, and the MinSize of what can be cut would not.
	hint = 1.0 / 4096
	// roundOff is what a width may lose on its way through the layouts before text is cut for it.
	roundOff = 0.1
)

// Style is a size and weight of text.
type Style uint8

// The styles, with their size in units at scale 1.
const (
	Body        Style = iota // 14
	BodyBold                 // 14
	Caption                  // 12
	CaptionBold              // 12
	Header                   // 16, bold: headers, names on tiles
	Section                  // 18, bold
	Page                     // 22, bold
	Welcome                  // 28, bold
	Mono                     // 16, safety numbers
)

var styles = [...]struct {
	size, line float32
	bold, mono bool
}{
	Body:        {size: 14, line: 20},
	BodyBold:    {size: 14, line: 20, bold: true},
	Caption:     {size: 12, line: 16},
	CaptionBold: {size: 12, line: 16, bold: true},
	Header:      {size: 16, line: 22, bold: true},
	Section:     {size: 18, line: 24, bold: true},
	Page:        {size: 22, line: 30, bold: true},
	Welcome:     {size: 28, line: 38, bold: true},
	Mono:        {size: 16, line: 26, mono: true},
}

// Size returns the size of its letters at the theme's scale.
func (s Style) Size() float32 { return styles[s].size * Current().scale }

// LineHeight returns how high one line is at the theme's scale.
func (s Style) LineHeight() float32 { return Px(styles[s].line) }

// TextStyle returns what Fyne calls it.
func (s Style) TextStyle() fyne.TextStyle {
	return fyne.TextStyle{Bold: styles[s].bold, Monospace: styles[s].mono}
}

// Width measures one line of text, rounded up.
func (s Style) Width(text string) float32 {
	if text == "" {
		return 0
	}
	style := s.TextStyle()
	size, _ := fyne.CurrentApp().Driver().RenderedTextSize(text, s.Size(), style, fontOf(text, style))
	return float32(math.Ceil(float64(size.Width)))
}

// Text is one line, cut with an ellipsis to the width it has got. What it says may come from anybody: it is bounded before it is
// measured, and control characters are not drawn.
type Text struct {
	widget.BaseWidget
	Align fyne.TextAlign // set before it is shown

	text  string // as it was set
	clean []rune // what there is to draw, at most maxLine
	style Style
	color fyne.ThemeColorName

	natural   float32 // width of clean at scale; below 0: to be measured
	scale     float32
	cut       string // what fits cutWidth
	cutWidth  float32
	truncated bool // clean is not all of text
}

// NewText makes a line of text. No colour is the foreground's.
func NewText(s string, st Style, color fyne.ThemeColorName) *Text {
	t := &Text{style: st, color: color}
	t.ExtendBaseWidget(t)
	t.set(s)
	return t
}

// SetText says something else.
func (t *Text) SetText(s string) {
	if t.text != s {
		t.set(s)
		t.Refresh()
	}
}

// SetColor draws it in another colour.
func (t *Text) SetColor(c fyne.ThemeColorName) {
	if t.color != c {
		t.color = c
		t.Refresh()
	}
}

// SetStyle draws it in another size and weight.
func (t *Text) SetStyle(st Style) {
	if t.style != st {
		t.style, t.natural = st, -1
		t.Refresh()
	}
}

// Text returns what was set.
func (t *Text) Text() string { return t.text }

// Natural returns the width at which nothing is cut.
func (t *Text) Natural() float32 {
	if scale := Current().scale; t.natural < 0 || t.scale != scale {
		t.scale, t.cutWidth = scale, -1
		t.natural = t.style.Width(t.whole())
	}
	return t.natural
}

func (t *Text) set(s string) {
	t.text, t.natural, t.cutWidth = s, -1, -1
	t.clean, t.truncated = inertLine(s, maxLine)
}

func (t *Text) whole() string {
	if t.truncated {
		return string(t.clean) + ellipsis
	}
	return string(t.clean)
}

// shown is what fits a width.
func (t *Text) shown(width float32) string {
	if width+roundOff >= t.Natural() {
		return t.whole()
	}
	if t.cutWidth != width {
		t.cut, t.cutWidth = cut(t.clean, t.style, width), width
	}
	return t.cut
}

// CreateRenderer implements fyne.Widget.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	r := &textRenderer{text: t, line: &canvas.Text{}}
	r.show()
	return r
}

type textRenderer struct {
	text *Text
	line *canvas.Text
}

func (r *textRenderer) MinSize() fyne.Size {
	natural := r.text.Natural()
	return fyne.NewSize(min(natural, Px(leastText))+natural*hint, r.text.style.LineHeight())
}

func (r *textRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.line} }
func (r *textRenderer) Destroy()                     {}

func (r *textRenderer) Layout(size fyne.Size) {
	if s := r.text.shown(size.Width); r.line.Text != s {
		spell(r.line, s)
		r.line.Refresh()
	}
	r.line.Resize(size)
}

func (r *textRenderer) Refresh() {
	r.show()
	r.line.Resize(r.text.Size())
	r.line.Refresh()
}

func (r *textRenderer) show() {
	t := r.text
	r.line.TextSize, r.line.TextStyle = t.style.Size(), t.style.TextStyle()
	spell(r.line, t.shown(t.Size().Width))
	r.line.Color, r.line.Alignment = Color(or(t.color, foreground)), t.Align
}

// inertLine returns at most n runes of s, without what moves or turns other text: line breaks and tabs become spaces, other controls
// are left out, and what no font has is replaced. It tells whether there was more.
func inertLine(s string, n int) (line []rune, more bool) {
	line = make([]rune, 0, min(len(s), n))
	looked := 0
	for _, r := range s {
		// What is left out counts too, or ten thousand controls would cost as much as ten thousand letters.
		if looked++; len(line) == n || looked > 4*n {
			return line, true
		}
		switch {
		case r == '\n' || r == '\t' || r == '\u2028' || r == '\u2029':
			line = append(line, ' ')
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
		case !drawable(r) && !joins(r):
			line = append(line, replacement)
		case !drawable(r): // what joins letters is nothing by itself
		default:
			line = append(line, r)
		}
	}
	return line, false
}

// cut returns the longest start of a line that fits a width together with an ellipsis; nothing if not even that fits.
func cut(line []rune, st Style, width float32) string {
	if width < st.Width(ellipsis) {
		return ""
	}
	n := fitting(line, st, width-st.Width(ellipsis))
	return strings.TrimRightFunc(string(line[:n]), unicode.IsSpace) + ellipsis
}

// fitting returns how many runes of a line fit a width. An accent is not parted from its letter.
func fitting(line []rune, st Style, width float32) int {
	low := most(line, st, width)
	for n := low; n > 0 && n < len(line); n-- {
		if !joins(line[n]) && line[n-1] != zeroWidthJoiner {
			return n
		}
	}
	return low
}

// most returns how many runes of a line fit a width. To measure costs a tenth of a millisecond and more, so that it looks where the
// end would be if all were as wide as the ones around.
func most(line []rune, st Style, width float32) int {
	low, high := 0, len(line) // low fits, high does not
	narrow, wide := float32(0), st.Width(string(line))
	if wide <= width {
		return high
	}
	for halve := false; high-low > 1; halve = !halve {
		middle := (low + high) / 2
		if !halve { // and every other time does not trust that: hundreds of marks may stand on one letter
			middle = low + int(float32(high-low)*(width-narrow)/(wide-narrow))
		}
		middle = min(max(middle, low+1), high-1)
		if w := st.Width(string(line[:middle])); w <= width {
			low, narrow = middle, w
		} else {
			high, wide = middle, w
		}
	}
	return low
}

const zeroWidthJoiner = '\u200d'

func joins(r rune) bool {
	return r == zeroWidthJoiner || unicode.In(r, unicode.Mn, unicode.Me, unicode.Variation_Selector)
}

func or(name, otherwise fyne.ThemeColorName) fyne.ThemeColorName {
	if name == "" {
		return otherwise
	}
	return name
}
