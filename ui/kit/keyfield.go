package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

// KeyField chooses a key by pressing it: it is pressed, says "Press a key", and takes the next one. Escape keeps the one before. A
// key that whatever has the focus needs for itself is refused with a sentence, and it waits on.
type KeyField struct {
	control
	// OnRefused is called when a key was refused and when another was taken since: the field is wider or as it was. It may be nil.
	OnRefused func()

	key     string
	waiting bool
	refused fyne.KeyName // the last key, which can't be had
	taken   fyne.KeyName // went down here and has yet to go up: its other events mean nothing
	changed func(key string)

	fill, over *canvas.Rectangle
	label      *Text
	mark       *Icon
}

var _ fyne.Tabbable = (*KeyField)(nil)

// NewKeyField returns a field that shows a key by Fyne's name for it; empty means that none is chosen. Changed may be nil.
func NewKeyField(key string, changed func(key string)) *KeyField {
	k := &KeyField{key: key, changed: changed, fill: canvas.NewRectangle(nil), over: canvas.NewRectangle(nil),
		label: NewText("", BodyBold, theme.ColorNameForeground), mark: NewIcon("keyboard", 18, theme.ColorNamePlaceHolder)}
	k.extend(k)
	return k
}

// Key is Fyne's name of the key that is chosen.
func (k *KeyField) Key() string { return k.key }

// SetKey shows another key and tells nobody.
func (k *KeyField) SetKey(key string) {
	if k.key != key {
		k.key = key
		k.Refresh()
	}
}

func (k *KeyField) wait(on bool) {
	if k.waiting != on {
		k.waiting = on
		k.refuse("")
		k.Refresh()
	}
}

// refuse says why a key was not taken; none ends that.
func (k *KeyField) refuse(key fyne.KeyName) {
	if k.refused == key {
		return
	}
	k.refused = key
	k.Refresh()
	if k.OnRefused != nil {
		k.OnRefused()
	}
}

func (k *KeyField) sentence() string {
	return KeyName(string(k.refused)) + " is used by the window: choose another key"
}

// isWindows says whether a key presses, or leads from one thing to the next: held to talk, it would do that all the while.
func isWindows(key fyne.KeyName) bool {
	switch key {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyTab, fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight:
		return true
	}
	return false
}

// Tapped implements fyne.Tappable. A second click gives up.
func (k *KeyField) Tapped(*fyne.PointEvent) {
	if k.Disabled() {
		return
	}
	k.focusQuietly()
	k.wait(!k.waiting)
}

// KeyDown implements desktop.Keyable: it comes before TypedKey and for modifiers too.
func (k *KeyField) KeyDown(ev *fyne.KeyEvent) {
	if !k.waiting {
		k.control.KeyDown(ev)
		return
	}
	if ev.Name == fyne.KeyUnknown {
		return
	}
	if isWindows(ev.Name) {
		k.refuse(ev.Name)
		return
	}
	k.taken = ev.Name
	k.waiting = false
	k.refuse("")
	changed := ev.Name != fyne.KeyEscape && string(ev.Name) != k.key
	if changed {
		k.key = string(ev.Name)
	}
	k.Refresh()
	if changed && k.changed != nil {
		k.changed(k.key)
	}
}

// KeyUp implements desktop.Keyable.
func (k *KeyField) KeyUp(ev *fyne.KeyEvent) {
	k.taken = ""
	k.control.KeyUp(ev)
}

// TypedKey implements fyne.Focusable.
func (k *KeyField) TypedKey(ev *fyne.KeyEvent) {
	if k.waiting || ev.Name == k.taken {
		return
	}
	k.typed(ev, func() { k.wait(true) })
}

// AcceptsTab implements fyne.Tabbable: while it waits, Tab is told that it can't be had and does not move the focus.
func (k *KeyField) AcceptsTab() bool { return k.waiting }

// FocusLost implements fyne.Focusable.
func (k *KeyField) FocusLost() {
	k.waiting, k.taken = false, ""
	k.refuse("")
	k.control.FocusLost()
}

// CreateRenderer implements fyne.Widget.
func (k *KeyField) CreateRenderer() fyne.WidgetRenderer {
	return newDrawing(k, k.fill, k.over, k.mark, k.label, k.ring.Rectangle)
}

func (k *KeyField) paint() {
	text, fg, line := KeyName(k.key), theme.ColorNameForeground, theme.ColorNameInputBorder
	style := BodyBold
	switch {
	case k.Disabled():
		fg, line = theme.ColorNameDisabled, theme.ColorNameSeparator
	case k.refused != "":
		text, fg, line, style = k.sentence(), theme.ColorNameWarning, theme.ColorNamePrimary, Caption
	case k.waiting:
		text, fg, line = "Press a key", theme.ColorNamePrimary, theme.ColorNamePrimary
	}
	k.fill.FillColor, k.fill.StrokeColor = Color(theme.ColorNameInputBackground), Color(line)
	k.over.FillColor = Color(k.cover())
	k.label.SetStyle(style)
	k.label.SetText(text)
	k.label.SetColor(fg)
	k.mark.SetColor(fg)
	k.ring.show(k.ringShown())
}

func (k *KeyField) natural() fyne.Size {
	wide := Px(160)
	if k.refused != "" {
		wide = max(wide, Px(12)+k.mark.MinSize().Width+Px(10)+Caption.Width(k.sentence())+Px(12))
	}
	return fyne.NewSize(wide, Px(40))
}

func (k *KeyField) arrange(size fyne.Size) {
	for _, r := range []*canvas.Rectangle{k.fill, k.over} {
		r.CornerRadius = Px(8)
		place(r, 0, 0, size.Width, size.Height)
	}
	k.fill.StrokeWidth = 1
	icon := k.mark.MinSize().Width
	place(k.mark, Px(12), (size.Height-icon)/2, icon, icon)
	x := Px(12) + icon + Px(10)
	placeText(k.label, x, 0, size.Width-x-Px(12), size.Height)
	k.ring.around(fyne.Position{}, size, Px(8))
}

// KeyName is what a person calls a key that Fyne names so.
func KeyName(key string) string {
	if n, ok := keyNames[key]; ok {
		return n
	}
	return key
}

// keyNames are the keys that Fyne names as programs do.
var keyNames = map[string]string{
	"":                              "No key",
	string(desktop.KeyShiftLeft):    "Left Shift",
	string(desktop.KeyShiftRight):   "Right Shift",
	string(desktop.KeyControlLeft):  "Left Ctrl",
	string(desktop.KeyControlRight): "Right Ctrl",
	string(desktop.KeyAltLeft):      "Left Alt",
	string(desktop.KeyAltRight):     "Right Alt",
	string(desktop.KeySuperLeft):    "Left Super",
	string(desktop.KeySuperRight):   "Right Super",
	string(desktop.KeyCapsLock):     "Caps Lock",
	string(desktop.KeyPrintScreen):  "Print Screen",
	string(fyne.KeyPageUp):          "Page Up",
	string(fyne.KeyPageDown):        "Page Down",
	string(fyne.KeyReturn):          "Enter",
	string(fyne.KeyEnter):           "Keypad Enter",
	string(fyne.KeyBackspace):       "Backspace",
	string(fyne.KeyUp):              "Up Arrow",
	string(fyne.KeyDown):            "Down Arrow",
	string(fyne.KeyLeft):            "Left Arrow",
	string(fyne.KeyRight):           "Right Arrow",
}
