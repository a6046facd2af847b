package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// drawn is a widget that knows how to draw itself with parts that it keeps: where they stand and which colours they have now.
type drawn interface {
	fyne.Widget
	arrange(size fyne.Size)
	natural() fyne.Size
	paint()
}

// drawing is the renderer of every control: the parts belong to the widget, so that setters work before and after it exists.
type drawing struct {
	of    drawn
	parts []fyne.CanvasObject
}

func newDrawing(of drawn, parts ...fyne.CanvasObject) *drawing {
	of.paint()
	return &drawing{of: of, parts: parts}
}

func (d *drawing) Destroy()                     {}
func (d *drawing) Layout(size fyne.Size)        { d.of.arrange(size) }
func (d *drawing) MinSize() fyne.Size           { return d.of.natural() }
func (d *drawing) Objects() []fyne.CanvasObject { return d.parts }

// Refresh repaints the bare shapes; parts that are widgets repaint themselves when their own setters change something, so that a
// hover does not upload every text anew.
func (d *drawing) Refresh() {
	d.of.paint()
	d.of.arrange(d.of.Size())
	for _, p := range d.parts {
		switch p.(type) {
		case *canvas.Rectangle, *canvas.Circle, *canvas.Arc:
			canvas.Refresh(p)
		}
	}
}

// control is what every control has: hover, press, focus, and keys that do not get lost.
//
// A ring is drawn around what was focused by key. Focus that came with a click or with a layer that opened is quiet, until a key is
// pressed: who uses the mouse sees no rings.
type control struct {
	widget.DisableableWidget
	self                      drawn
	hovered, pressed, focused bool
	quiet                     bool
	// keyDown and keyUsed keep a held Space or Enter from pressing again with each repeat of the keyboard.
	keyDown, keyUsed bool
	ring             *focusRing
	tip              tip
}

func (c *control) extend(self drawn) {
	c.self = self
	c.ring = newFocusRing()
	c.ExtendBaseWidget(self)
}

// ringShown says whether the focus should be seen.
func (c *control) ringShown() bool { return c.focused && !c.quiet && !c.Disabled() }

// FocusGained implements fyne.Focusable.
func (c *control) FocusGained() {
	c.focused = true
	c.self.Refresh()
	if !c.quiet {
		Reveal(c.self)
	}
}

// FocusLost implements fyne.Focusable.
func (c *control) FocusLost() {
	c.focused, c.quiet, c.keyDown, c.keyUsed = false, false, false, false
	c.self.Refresh()
}

// TypedRune implements fyne.Focusable: controls have no use for text.
func (c *control) TypedRune(rune) {}

// MouseIn implements desktop.Hoverable.
func (c *control) MouseIn(*desktop.MouseEvent) {
	c.setHovered(true)
	c.tip.start(c.self)
}

// MouseMoved implements desktop.Hoverable.
func (c *control) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *control) MouseOut() {
	c.tip.stop()
	c.pressed = false
	c.setHovered(false)
}

// MouseDown implements desktop.Mouseable.
func (c *control) MouseDown(*desktop.MouseEvent) {
	c.tip.stop()
	c.setPressed(true)
}

// MouseUp implements desktop.Mouseable.
func (c *control) MouseUp(*desktop.MouseEvent) { c.setPressed(false) }

func (c *control) setHovered(on bool) {
	if c.hovered != on {
		c.hovered = on
		c.self.Refresh()
	}
}

func (c *control) setPressed(on bool) {
	on = on && !c.Disabled()
	if c.pressed != on {
		c.pressed = on
		c.self.Refresh()
	}
}

// cover is the colour of what lies over the fill: a step of lightness while the mouse is over it or down.
func (c *control) cover() fyne.ThemeColorName {
	switch {
	case c.Disabled():
		return ""
	case c.pressed:
		return theme.ColorNamePressed
	case c.hovered:
		return theme.ColorNameHover
	}
	return ""
}

// focusQuietly focuses the control as a click does.
func (c *control) focusQuietly() {
	cv := fyne.CurrentApp().Driver().CanvasForObject(c.self)
	f, ok := c.self.(fyne.Focusable)
	if cv == nil || !ok || c.Disabled() || cv.Focused() == f {
		return
	}
	c.quiet = true
	cv.Focus(f)
}

// hush makes a focus that the person did not ask for quiet.
func (c *control) hush() {
	c.quiet = true
	c.self.Refresh()
}

// loud says whether the focus of this control is one that is seen.
func (c *control) loud() bool { return c.focused && !c.quiet }

// sawKey makes quiet focus visible: from now on the person uses the keyboard.
func (c *control) sawKey() {
	if c.quiet {
		c.quiet = false
		c.self.Refresh()
	}
}

// typed handles a key for what can be pressed: act at Space and Enter, once however long they are held; all else is passed on.
func (c *control) typed(ev *fyne.KeyEvent, act func()) {
	if !isPress(ev.Name) {
		PassKey(c.self, ev)
		return
	}
	c.sawKey()
	used := c.keyUsed || !c.keyDown && tellsDown(fyne.CurrentApp().Driver().CanvasForObject(c.self))
	c.keyUsed = c.keyDown
	if !used && !c.Disabled() {
		act()
	}
}

// tellsDown says whether a canvas tells of keys that go down. Then a typed key that never went down here is a repeat of one that
// went down elsewhere: an Enter that is held shall not press what the dialog focuses that it has just opened.
func tellsDown(c fyne.Canvas) bool {
	_, ok := c.(desktop.Canvas)
	return ok
}

// KeyDown implements desktop.Keyable. What does not press this control is for the window, which may wait for a push-to-talk key.
func (c *control) KeyDown(ev *fyne.KeyEvent) {
	if isPress(ev.Name) {
		c.keyDown = true
		return
	}
	PassDown(c.self, ev)
}

// KeyUp implements desktop.Keyable. The window hears of every key that goes up, so that push-to-talk never sticks.
func (c *control) KeyUp(ev *fyne.KeyEvent) {
	if isPress(ev.Name) {
		c.keyDown, c.keyUsed = false, false
	}
	PassUp(c.self, ev)
}

func isPress(k fyne.KeyName) bool {
	return k == fyne.KeySpace || k == fyne.KeyReturn || k == fyne.KeyEnter
}

// PassKey hands on a key that the focused widget has no use for: to what floats on top, then to the window. Fyne itself gives a key
// to the focused widget only, and so a focused button would swallow Escape and F1.
func PassKey(o fyne.CanvasObject, ev *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil || (&Layers{canvas: c}).TypedKey(ev) {
		return
	}
	if f := c.OnTypedKey(); f != nil {
		f(ev)
	}
}

// PassDown hands a key that went down on to the window: its shortcuts and the key to talk work whatever has the focus.
func PassDown(o fyne.CanvasObject, ev *fyne.KeyEvent) {
	if c, ok := fyne.CurrentApp().Driver().CanvasForObject(o).(desktop.Canvas); ok {
		if f := c.OnKeyDown(); f != nil {
			f(ev)
		}
	}
}

// PassUp is PassDown for a key that came up.
func PassUp(o fyne.CanvasObject, ev *fyne.KeyEvent) {
	if c, ok := fyne.CurrentApp().Driver().CanvasForObject(o).(desktop.Canvas); ok {
		if f := c.OnKeyUp(); f != nil {
			f(ev)
		}
	}
}
