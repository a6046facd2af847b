package kit

import "fyne.io/fyne/v2"

// Layers opens what floats over one window: popovers, dialogs, menus. The stack itself is the canvas's.
type Layers struct {
	// OnTyping hears when an Entry gets the focus, and when it loses it. It may be nil.
	OnTyping func(on bool)

	canvas fyne.Canvas
}

// NewLayers returns the layers of a window's canvas, and has Escape close the top one where nothing has the focus. Who sets another
// OnTypedKey on the canvas calls TypedKey first in it.
func NewLayers(c fyne.Canvas) *Layers {
	l := &Layers{canvas: c}
	if c.OnTypedKey() == nil {
		c.SetOnTypedKey(func(ev *fyne.KeyEvent) { l.TypedKey(ev) })
	}
	return l
}

// Root wraps what goes to the window's SetContent, so that tooltips can be drawn over it.
func (l *Layers) Root(content fyne.CanvasObject) fyne.CanvasObject {
	s := newSurface(content)
	s.layers = l
	return s
}

// Tip is where a tooltip is shown over the window's content; an empty size: none is.
func (l *Layers) Tip() (fyne.Position, fyne.Size) {
	if p := planeOf(l.canvas); p != nil && p.Visible() {
		return p.box.Position(), p.box.Size()
	}
	return fyne.Position{}, fyne.Size{}
}

// TypedKey closes the layer on top at Escape where it does not stay, and says whether the key was meant for a layer.
func (l *Layers) TypedKey(ev *fyne.KeyEvent) bool {
	top := l.Top()
	if ev.Name != fyne.KeyEscape || top == nil {
		return false
	}
	if !top.Stays {
		top.Close()
	}
	return true
}

// Top is the layer on top, or nil.
func (l *Layers) Top() *Layer {
	if r, ok := l.canvas.Overlays().Top().(*layerRoot); ok {
		return r.layer
	}
	return nil
}

// CloseAll closes every layer, the top one first, down to one that stays.
func (l *Layers) CloseAll() {
	for top := l.Top(); top != nil && !top.Stays; top = l.Top() {
		top.Close()
	}
}

// Popover opens content next to an object that was pressed. A click outside or Escape closes it. The width is that of the whole, in
// units at scale 1; 0 is what the content wants.
func (l *Layers) Popover(content, near fyne.CanvasObject, width float32) *Layer {
	return l.open(&Layer{width: width, near: near, pad: 20}, content)
}

// PopoverAt opens content with its upper left corner at a place of the canvas, or as close to that as it fits.
func (l *Layers) PopoverAt(content fyne.CanvasObject, pos fyne.Position, width float32) *Layer {
	return l.open(&Layer{width: width, pos: pos, pad: 20}, content)
}

// Dialog opens content in the middle over a dimmed window.
func (l *Layers) Dialog(content fyne.CanvasObject, width float32) *Layer {
	return l.open(&Layer{width: width, dim: true, pad: 20}, content)
}

// Alert opens a dialog that the person did not ask for, such as a call coming in: it is Modal and takes no focus, so that whoever is
// typing does not answer it with a space. Tab goes into it.
func (l *Layers) Alert(content fyne.CanvasObject, width float32) *Layer {
	return l.open(&Layer{width: width, dim: true, pad: 20, Modal: true, shy: true}, content)
}

// Layer is one thing that floats.
type Layer struct {
	// Modal keeps a click outside from closing it; Escape still does.
	Modal bool
	// Stays keeps Escape and CloseAll from closing it too: only Close does.
	Stays bool
	// OnClosed is called once after it has closed, by whatever.
	OnClosed func()

	layers *Layers
	root   *layerRoot
	back   fyne.Focusable // had the focus before

	width, pad float32
	near       fyne.CanvasObject // beside this, or
	pos        fyne.Position     // here, or
	dim        bool              // in the middle over a scrim
	fitNear    bool              // at least as wide as near and over or under it
	shy        bool              // takes no focus
}

// focusable tells our controls, whose focus can be quiet, from others.
type hushable interface {
	hush()
	loud() bool
}

func (l *Layers) open(y *Layer, content fyne.CanvasObject) *Layer {
	y.layers, y.back = l, l.canvas.Focused()
	byKey := false
	if c, ok := y.back.(hushable); ok {
		byKey = c.loud()
	}
	l.canvas.Unfocus()
	if p := planeOf(l.canvas); p != nil {
		p.Hide()
	}
	y.root = newLayerRoot(y, content)
	y.root.Resize(l.canvas.Size())
	l.canvas.Overlays().Add(y.root)
	y.root.arrange(l.canvas.Size())
	if y.shy {
		return y
	}
	l.canvas.FocusNext()
	if c, ok := l.canvas.Focused().(hushable); ok && !byKey {
		c.hush()
	}
	return y
}

// Close takes the layer and all above it away, and gives the focus back. Closing twice does nothing.
func (y *Layer) Close() {
	if !y.Open() {
		return
	}
	for top := y.layers.Top(); top != nil && top != y; top = y.layers.Top() {
		top.Close()
	}
	c := y.layers.canvas
	c.Unfocus()
	c.Overlays().Remove(y.root)
	y.refocus(c)
	if y.OnClosed != nil {
		y.OnClosed()
	}
}

func (y *Layer) refocus(c fyne.Canvas) {
	o, ok := y.back.(fyne.CanvasObject)
	if !ok || fyne.CurrentApp().Driver().CanvasForObject(o) != c {
		return
	}
	c.Focus(y.back)
}

// Open says whether the layer is shown.
func (y *Layer) Open() bool {
	for _, o := range y.layers.canvas.Overlays().List() {
		if o == fyne.CanvasObject(y.root) {
			return true
		}
	}
	return false
}

// Relayout measures the content again at once. The window's driver finds by itself before the next frame that something in it grew
// or shrank.
func (y *Layer) Relayout() { y.root.arrange(y.root.Size()) }
