package kit

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// What a Paragraph draws at most, so that text of others can't keep the window busy.
const (
	maxParagraph = 2000 // runes
	maxLines     = 60
)

// Paragraph is text that wraps at the width it has got; line breaks in it are kept. Its MinSize is as high as that width wants, so
// a layout gives it a width first and asks then: see FitHeight.
type Paragraph struct {
	widget.BaseWidget
	Align fyne.TextAlign // set before it is shown

	text  string
	style Style
	color fyne.ThemeColorName

	lines    []string // at width and scale
	width    float32  // below 0: to be wrapped
	scale    float32
	natural  float32 // at the scale measured
	measured float32 // 0: not yet
}

// NewParagraph makes a paragraph. No colour is the foreground's.
func NewParagraph(s string, st Style, color fyne.ThemeColorName) *Paragraph {
	p := &Paragraph{text: s, style: st, color: color, width: -1}
	p.ExtendBaseWidget(p)
	return p
}

// SetText says something else.
func (p *Paragraph) SetText(s string) {
	if p.text != s {
		p.text, p.width, p.measured = s, -1, 0
		p.Refresh()
	}
}

// SetColor draws it in another colour.
func (p *Paragraph) SetColor(c fyne.ThemeColorName) {
	if p.color != c {
		p.color = c
		p.Refresh()
	}
}

// Text returns what was set.
func (p *Paragraph) Text() string { return p.text }

// Natural returns the width at which nothing wraps.
func (p *Paragraph) Natural() float32 {
	if scale := Current().scale; p.measured != scale {
		p.measured, p.natural = scale, 0
		for line := range p.hardLines() {
			p.natural = max(p.natural, p.style.Width(string(line[:min(len(line), maxLine)])))
		}
	}
	return p.natural
}

// hardLines are the lines as they were written, bounded all together.
func (p *Paragraph) hardLines() func(yield func([]rune) bool) {
	return func(yield func([]rune) bool) {
		left := maxParagraph
		for n, part := range strings.SplitN(p.text, "\n", maxLines) {
			line, _ := inertLine(part, left)
			left -= len(line)
			if n > 0 && left <= 0 || !yield(line) {
				return
			}
		}
	}
}

// wrapped returns the lines at the width it has got; before it has got any, nothing wraps.
func (p *Paragraph) wrapped() []string {
	width, scale := p.Size().Width, Current().scale
	if p.width == width && p.scale == scale {
		return p.lines
	}
	p.width, p.scale, p.lines = width, scale, p.lines[:0]
	for line := range p.hardLines() {
		if width <= 0 {
			p.lines = append(p.lines, string(line))
			continue
		}
		p.lines = wrap(p.lines, string(line), p.style, width)
	}
	if len(p.lines) > maxLines {
		p.lines = append(p.lines[:maxLines-1], ellipsis)
	}
	return p.lines
}

// wrap appends the lines of a text. A word that is too long for one is broken where it must be.
func wrap(lines []string, text string, st Style, width float32) []string {
	if text == "" {
		return append(lines, "")
	}
	space := st.Width(" ")
	line, used := "", float32(0)
	for _, word := range strings.Split(text, " ") {
		w := wordWidth(word, st, width)
		if line != "" && used+space+w <= width {
			line, used = line+" "+word, used+space+w
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for w > width && len(lines) <= maxLines {
			part, rest := breakWord(word, st, width)
			lines = append(lines, part)
			word, w = rest, wordWidth(rest, st, width)
		}
		line, used = word, w
	}
	return append(lines, line)
}

// wordWidth does not measure what is longer than any line: that is too wide.
func wordWidth(word string, st Style, width float32) float32 {
	if utf8.RuneCountInString(word) > maxLine {
		return width + 1
	}
	return st.Width(word)
}

// breakWord takes at least one rune.
func breakWord(word string, st Style, width float32) (part, rest string) {
	runes := []rune(word)
	n := max(1, fitting(runes[:min(len(runes), maxLine)], st, width))
	return string(runes[:n]), string(runes[n:])
}

// CreateRenderer implements fyne.Widget.
func (p *Paragraph) CreateRenderer() fyne.WidgetRenderer {
	r := &paragraphRenderer{paragraph: p}
	r.show()
	return r
}

type paragraphRenderer struct {
	paragraph *Paragraph
	lines     []fyne.CanvasObject // of *canvas.Text
}

func (r *paragraphRenderer) MinSize() fyne.Size {
	p := r.paragraph
	natural := p.Natural()
	height := float32(len(p.wrapped())) * p.style.LineHeight()
	return fyne.NewSize(min(natural, Px(leastText))+natural*hint, height)
}

func (r *paragraphRenderer) Objects() []fyne.CanvasObject { return r.lines }
func (r *paragraphRenderer) Destroy()                     {}

func (r *paragraphRenderer) Layout(fyne.Size) { r.show() }

func (r *paragraphRenderer) Refresh() {
	r.show()
	canvas.Refresh(r.paragraph)
}

func (r *paragraphRenderer) show() {
	p := r.paragraph
	wrapped := p.wrapped()
	for len(r.lines) < len(wrapped) {
		r.lines = append(r.lines, &canvas.Text{})
	}
	r.lines = r.lines[:len(wrapped)]
	size := fyne.NewSize(p.Size().Width, p.style.LineHeight())
	for n, s := range wrapped {
		line := r.lines[n].(*canvas.Text)
		line.TextSize, line.TextStyle = p.style.Size(), p.style.TextStyle()
		spell(line, s)
		line.Color, line.Alignment = Color(or(p.color, foreground)), p.Align
		line.Resize(size)
		line.Move(fyne.NewPos(0, float32(n)*size.Height))
	}
}
