package kit

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

// keyFieldMost is how wide the longest sentence may make it: what is beside it has to have room in the smallest window.
const keyFieldMost = 300

// KeyField chooses a chord: a key, or a button of the mouse, with the modifiers that are held before it. It is pressed, says "Press
// a key", and takes the next one; a modifier by itself when it is let go of. Escape keeps the one before. A key that whatever has the
// focus needs for itself is refused with a sentence, and it waits on.
type KeyField struct {
	control
	// OnResized is called when the field is wider than before, or less wide. OnWaiting is called when it begins to wait for a key and
	// when that ends. Refuse says why a chord can't be had, or nothing. All may be nil.
	OnResized func()
	OnWaiting func(bool)
	Refuse    func(chord string) string

	key     string
	waiting bool
	held    []string // modifiers that went down while it waits, by their codes
	refused string   // why the last chord can't be had
	taken   string   // the key that went down here and has yet to go up: its other events mean nothing
	wide    float32  // as it was last; 0: it was never shown
	changed func(chord string)

	fill, over *canvas.Rectangle
	label      *Text
	mark       *Icon
}

var (
	_ fyne.Tabbable     = (*KeyField)(nil)
	_ fyne.Shortcutable = (*KeyField)(nil)
)

// NewKeyField returns a field that shows a chord, as Chord writes it; empty means that none is chosen. Changed may be nil.
func NewKeyField(chord string, changed func(chord string)) *KeyField {
	k := &KeyField{key: chord, changed: changed, fill: canvas.NewRectangle(nil), over: canvas.NewRectangle(nil),
		label: NewText("", BodyBold, theme.ColorNameForeground), mark: NewIcon("keyboard", 18, theme.ColorNamePlaceHolder)}
	k.extend(k)
	return k
}

// Key is the chord that is chosen.
func (k *KeyField) Key() string { return k.key }

// SetKey shows another chord and tells nobody.
func (k *KeyField) SetKey(chord string) {
	if k.key != chord {
		k.key = chord
		k.show()
	}
}

func (k *KeyField) wait(on bool) {
	if k.waiting == on {
		return
	}
	k.waiting, k.held, k.refused = on, nil, ""
	k.show()
	if k.OnWaiting != nil {
		k.OnWaiting(on)
	}
}

// show draws it as it is now, and tells where it has another width.
func (k *KeyField) show() {
	k.Refresh()
	was, now := k.wide, k.natural().Width
	k.wide = now
	if was != now && was != 0 && k.OnResized != nil {
		k.OnResized()
	}
}

// take chooses a chord, unless it can't be had.
func (k *KeyField) take(chord string) {
	if k.refused = k.problem(chord); k.refused != "" {
		k.show()
		return
	}
	changed := chord != k.key
	k.key = chord
	k.wait(false)
	if changed && k.changed != nil {
		k.changed(chord)
	}
}

// problem is why a chord can't be had.
func (k *KeyField) problem(chord string) string {
	switch strings.TrimPrefix(chord, "Shift+") {
	case "Space", "Enter", "NumpadEnter", "Tab", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight":
		// they press, or lead from one thing to the next: held to talk, they would do that all the while
		return ChordName(chord) + " is used by the window"
	}
	if k.Refuse != nil {
		return k.Refuse(chord)
	}
	return ""
}

// Tapped implements fyne.Tappable. A second click gives up.
func (k *KeyField) Tapped(*fyne.PointEvent) {
	if k.Disabled() {
		return
	}
	k.focusQuietly()
	k.wait(!k.waiting)
}

// MouseDown implements desktop.Mouseable. Fyne tells the left, middle and right button from the others, and those not from one
// another, so that a menu has to ask which it was.
func (k *KeyField) MouseDown(ev *desktop.MouseEvent) {
	k.control.MouseDown(ev)
	switch {
	case !k.waiting:
	case ev.Button == desktop.MouseButtonTertiary:
		k.take(Chord(k.held, "Mouse2"))
	case ev.Button == 0:
		k.askButton(k.held)
	}
}

// buttonNames are the buttons of a mouse that are not told apart.
var buttonNames = []struct{ code, name string }{
	{"Mouse4", "Mouse 4 (back)"}, {"Mouse5", "Mouse 5 (forward)"}, {"Mouse6", "Mouse 6"}, {"Mouse7", "Mouse 7"}, {"Mouse8", "Mouse 8"}, {"Mouse9", "Mouse 9"},
}

func (k *KeyField) askButton(held []string) {
	c := fyne.CurrentApp().Driver().CanvasForObject(k)
	if c == nil {
		return
	}
	var items []MenuItem
	for _, b := range buttonNames {
		items = append(items, MenuItem{Text: b.name, Do: func() {
			k.focusQuietly()
			k.wait(true)
			k.take(Chord(held, b.code))
		}})
	}
	(&Layers{canvas: c}).MenuBy(items, k)
}

// KeyDown implements desktop.Keyable: it comes before TypedKey and for modifiers too.
func (k *KeyField) KeyDown(ev *fyne.KeyEvent) {
	if !k.waiting {
		k.control.KeyDown(ev)
		return
	}
	switch code := KeyCode(ev); {
	case code == "":
	case code == "Escape":
		k.taken = code
		k.wait(false)
	case ModifierOf(code) != "":
		k.held = append(k.held, code)
		k.refused = ""
		k.show()
	default:
		k.taken = code
		k.take(Chord(k.held, code))
	}
}

// KeyUp implements desktop.Keyable.
func (k *KeyField) KeyUp(ev *fyne.KeyEvent) {
	k.taken = ""
	code := KeyCode(ev)
	if at := slices.Index(k.held, code); at >= 0 {
		alone := k.refused == "" // or it belongs to the chord that was refused
		k.held = slices.Delete(k.held, at, at+1)
		if k.waiting && alone {
			k.take(Chord(k.held, code))
		}
	}
	k.control.KeyUp(ev)
}

// TypedKey implements fyne.Focusable.
func (k *KeyField) TypedKey(ev *fyne.KeyEvent) {
	if k.waiting || k.taken != "" && KeyCode(ev) == k.taken {
		return
	}
	k.typed(ev, func() { k.wait(true) })
}

// TypedShortcut implements fyne.Shortcutable: a chord that is chosen does not do what it means in the window.
func (k *KeyField) TypedShortcut(s fyne.Shortcut) {
	if k.waiting || k.taken != "" {
		return
	}
	if c, ok := fyne.CurrentApp().Driver().CanvasForObject(k).(fyne.Shortcutable); ok {
		c.TypedShortcut(s)
	}
}

// AcceptsTab implements fyne.Tabbable: while it waits, Tab is told that it can't be had and does not move the focus.
func (k *KeyField) AcceptsTab() bool { return k.waiting }

// FocusLost implements fyne.Focusable.
func (k *KeyField) FocusLost() {
	k.taken = ""
	k.wait(false)
	k.control.FocusLost()
}

// CreateRenderer implements fyne.Widget.
func (k *KeyField) CreateRenderer() fyne.WidgetRenderer {
	k.wide = k.natural().Width
	return newDrawing(k, k.fill, k.over, k.mark, k.label, k.ring.Rectangle)
}

func (k *KeyField) paint() {
	text, style := k.text()
	fg, line := theme.ColorNameForeground, theme.ColorNameInputBorder
	switch {
	case k.Disabled():
		fg, line = theme.ColorNameDisabled, theme.ColorNameSeparator
	case k.refused != "":
		fg, line = theme.ColorNameWarning, theme.ColorNamePrimary
	case k.waiting:
		fg, line = theme.ColorNamePrimary, theme.ColorNamePrimary
	}
	k.fill.FillColor, k.fill.StrokeColor = Color(theme.ColorNameInputBackground), Color(line)
	k.over.FillColor = Color(k.cover())
	k.label.SetStyle(style)
	k.label.SetText(text)
	k.label.SetColor(fg)
	k.mark.SetColor(fg)
	k.ring.show(k.ringShown())
}

// text is what stands in the field.
func (k *KeyField) text() (string, Style) {
	switch {
	case k.refused != "":
		return k.refused, Caption
	case k.waiting && len(k.held) > 0:
		return ChordName(Chord(k.held, "…")), BodyBold
	case k.waiting:
		return "Press a key", BodyBold
	}
	return ChordName(k.key), BodyBold
}

func (k *KeyField) natural() fyne.Size {
	text, style := k.text()
	wide := Px(12) + k.mark.MinSize().Width + Px(10) + style.Width(text) + Px(12)
	return fyne.NewSize(min(max(Px(160), wide), Px(keyFieldMost)), Px(40))
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
