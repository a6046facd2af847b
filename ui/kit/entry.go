package kit

import (
	"slices"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Entry is a field for one line of text, 40 high: Fyne's, with a limit, our focus, and keys that it has no use for handed on.
type Entry struct {
	widget.Entry
	// MaxRunes is the longest text that can be typed or pasted; zero is 4096.
	MaxRunes int
	// OnChanged hears of each change, OnSubmitted of Enter. Both may be nil.
	OnChanged, OnSubmitted func(string)
	// OnKey is asked first of each key; what it says yes to does nothing else. May be nil.
	OnKey func(ev *fyne.KeyEvent) bool

	ring   *focusRing
	window *Layers // that was told of the focus, and not of its end yet
}

// defaultMaxRunes bounds what a paste can do to the layout of a field.
const defaultMaxRunes = 4096

// NewEntry returns an empty field with words in it that say what belongs there.
func NewEntry(placeholder string) *Entry {
	e := &Entry{ring: newFocusRing()}
	e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	e.PlaceHolder = placeholder
	e.Entry.OnChanged = e.textChanged
	e.Entry.OnSubmitted = func(s string) {
		if e.OnSubmitted != nil {
			e.OnSubmitted(s)
		}
	}
	e.ExtendBaseWidget(e)
	return e
}

// NewPassword returns a field that hides what is typed, with Fyne's button to show it.
func NewPassword(placeholder string) *Entry {
	e := NewEntry(placeholder)
	e.Password = true
	return e
}

func (e *Entry) limit() int {
	if e.MaxRunes > 0 {
		return e.MaxRunes
	}
	return defaultMaxRunes
}

// textChanged cuts what is too long, whichever way it came; cutting comes back here.
func (e *Entry) textChanged(s string) {
	if cut := firstRunes(s, e.limit()); cut != s {
		e.Entry.SetText(cut)
		return
	}
	if e.OnChanged != nil {
		e.OnChanged(s)
	}
}

// SetText sets the text, cut to the limit. OnChanged hears of it if it is another one.
func (e *Entry) SetText(s string) {
	if s = firstRunes(s, e.limit()); s != e.Text {
		e.Entry.SetText(s)
	}
}

// firstRunes is the first n runes of s.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// TypedRune implements fyne.Focusable.
func (e *Entry) TypedRune(r rune) {
	if utf8.RuneCountInString(e.Text) >= e.limit() && e.SelectedText() == "" {
		return
	}
	e.Entry.TypedRune(r)
}

// TypedKey implements fyne.Focusable.
func (e *Entry) TypedKey(ev *fyne.KeyEvent) {
	switch {
	case e.OnKey != nil && e.OnKey(ev):
	case ev.Name == fyne.KeyEscape, writesNothing(ev.Name):
		PassKey(e, ev)
	default:
		e.Entry.TypedKey(ev)
	}
}

// TypedShortcut implements fyne.Shortcutable. What is pasted is cut before Fyne lays it out; shortcuts of the window work while one
// types.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutPaste:
		e.Entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: &cutClipboard{s.Clipboard, e.limit()}})
	case *desktop.CustomShortcut:
		e.Entry.TypedShortcut(s)
		if c, ok := fyne.CurrentApp().Driver().CanvasForObject(e).(fyne.Shortcutable); ok {
			c.TypedShortcut(s)
		}
	default:
		e.Entry.TypedShortcut(s)
	}
}

// writesNothing tells the keys that neither write nor edit: those of functions, and modifiers.
func writesNothing(k fyne.KeyName) bool {
	switch k {
	case desktop.KeyShiftLeft, desktop.KeyShiftRight, desktop.KeyControlLeft, desktop.KeyControlRight, desktop.KeyAltLeft, desktop.KeyAltRight,
		desktop.KeySuperLeft, desktop.KeySuperRight, desktop.KeyMenu, desktop.KeyPrintScreen, desktop.KeyCapsLock:
		return true
	}
	return len(k) > 1 && k[0] == 'F' && k[1] >= '1' && k[1] <= '9'
}

// KeyDown implements desktop.Keyable. The window hears of it: the key to talk works while one types, unless it writes, which the
// window knows by Layers.OnTyping.
func (e *Entry) KeyDown(ev *fyne.KeyEvent) {
	e.Entry.KeyDown(ev)
	PassDown(e, ev)
}

// KeyUp implements desktop.Keyable. The window hears of it, so that a push-to-talk key that was held when the field got the focus
// does not stick.
func (e *Entry) KeyUp(ev *fyne.KeyEvent) {
	e.Entry.KeyUp(ev)
	PassUp(e, ev)
}

// cutClipboard is a clipboard that may hold a novel, of which only a part is read.
type cutClipboard struct {
	fyne.Clipboard
	runes int
}

func (c *cutClipboard) Content() string { return firstRunes(c.Clipboard.Content(), c.runes) }

// MinSize implements fyne.CanvasObject.
func (e *Entry) MinSize() fyne.Size {
	m := e.Entry.MinSize()
	return fyne.NewSize(max(m.Width, Px(60)), max(m.Height, Px(40)))
}

// FocusGained implements fyne.Focusable.
func (e *Entry) FocusGained() {
	e.Entry.FocusGained()
	e.ring.show(!e.Disabled())
	Reveal(e)
	e.tellTyping(true)
}

// FocusLost implements fyne.Focusable.
func (e *Entry) FocusLost() {
	e.Entry.FocusLost()
	e.ring.show(false)
	e.tellTyping(false)
}

// tellTyping tells the window. One that is taken out of it tells the window that it was in.
func (e *Entry) tellTyping(on bool) {
	if on {
		c := fyne.CurrentApp().Driver().CanvasForObject(e)
		if c == nil {
			return
		}
		if s, ok := c.Content().(*surface); ok {
			e.window = s.layers
		}
	}
	if e.window != nil && e.window.OnTyping != nil {
		e.window.OnTyping(on)
	}
	if !on {
		e.window = nil
	}
}

// CreateRenderer implements fyne.Widget.
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	return &entryDrawing{WidgetRenderer: e.Entry.CreateRenderer(), of: e}
}

// MouseDown implements desktop.Mouseable.
func (e *Entry) MouseDown(ev *desktop.MouseEvent) {
	moved := *ev
	moved.Position.X -= e.indent()
	e.Entry.MouseDown(&moved)
}

// Dragged implements fyne.Draggable.
func (e *Entry) Dragged(ev *fyne.DragEvent) {
	moved := *ev
	moved.Position.X -= e.indent()
	e.Entry.Dragged(&moved)
}

// indent is how much further right than Fyne's our text begins: at 12. Several lines stay where Fyne lays them.
func (e *Entry) indent() float32 {
	if e.MultiLine {
		return 0
	}
	return Px(4)
}

// entryDrawing is Fyne's drawing with its text in the middle of the height, and the line of the focus over its border.
type entryDrawing struct {
	fyne.WidgetRenderer
	of *Entry
}

func (d *entryDrawing) Objects() []fyne.CanvasObject {
	return append(slices.Clip(d.WidgetRenderer.Objects()), d.of.ring.Rectangle)
}

// Layout moves what scrolls, the third of Fyne's objects after its box and border: Fyne itself lays the text along the top.
func (d *entryDrawing) Layout(size fyne.Size) {
	d.WidgetRenderer.Layout(size)
	d.of.ring.within(size, 0, Px(8))
	text := d.WidgetRenderer.Objects()[2]
	high := d.WidgetRenderer.MinSize().Height
	if in := d.of.indent(); in > 0 {
		high = min(high, size.Height)
		place(text, in, (size.Height-high)/2, text.Size().Width-in, high)
	}
}

func (d *entryDrawing) Refresh() {
	d.of.ring.StrokeColor = Color(theme.ColorNamePrimary)
	d.WidgetRenderer.Refresh()
	canvas.Refresh(d.of.ring.Rectangle)
}
