package kit

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"parley/hotkey"
)

func TestKeyField(t *testing.T) {
	var got []string
	var waits []bool
	k := NewKeyField("KeyV", func(s string) { got = append(got, s) })
	k.OnWaiting = func(on bool) { waits = append(waits, on) }
	_, w := shown(t, 300, 100, k, NewButton("next", "", PlainButton, nil))
	take := func(name fyne.KeyName) {
		test.Tap(k)
		if !k.waiting || k.label.Text() != "Press a key" {
			t.Fatalf("does not wait before %s", name)
		}
		press(k, name, 3)
		if k.waiting {
			t.Errorf("still waits after %s", name)
		}
	}
	take(desktop.KeyControlLeft)
	take(fyne.KeyF8)
	take(fyne.KeyEscape)
	take(fyne.KeyF8) // the same again is no news
	if want := []string{"ControlLeft", "F8"}; !slices.Equal(got, want) {
		t.Errorf("chose %v, want %v", got, want)
	}
	if len(waits) != 8 || !waits[0] || waits[7] {
		t.Errorf("told of waiting: %v", waits)
	}
	test.Tap(k)
	w.Canvas().Unfocus()
	if k.waiting {
		t.Error("waits without the focus")
	}
	press(k, fyne.KeySpace, 0)
	if !k.waiting {
		t.Error("Space does not press it")
	}
}

// TestKeyFieldTakesChords presses keys in the order of a hand: modifiers before the key, one modifier after the other, and each side.
func TestKeyFieldTakesChords(t *testing.T) {
	k := NewKeyField("", nil)
	shown(t, 600, 100, k)
	for _, c := range []struct{ events, want, name string }{
		{"+LeftControl +LeftShift +F8 -F8 -LeftShift -LeftControl", "Ctrl+Shift+F8", "Ctrl + Shift + F8"},
		{"+RightShift +LeftControl +A", "Ctrl+Shift+KeyA", "Ctrl + Shift + A"},
		{"+LeftSuper +LeftAlt +Space", "Alt+Super+Space", "Alt + Super + Space"},
		{"+RightControl -RightControl", "ControlRight", "Right Ctrl"},
		{"+LeftControl +LeftAlt -LeftAlt -LeftControl", "Ctrl+AltLeft", "Ctrl + Left Alt"},
		{"+LeftControl +RightControl -RightControl", "ControlRight", "Right Ctrl"},
		{"+LeftShift +Prior", "Shift+PageUp", "Shift + Page Up"},
		{"+\\", "Backslash", `\`},
		{"+ +Unheard +7", "Digit7", "7"}, // keys that nobody knows are passed over
	} {
		test.Tap(k)
		for _, e := range strings.Fields(strings.ReplaceAll(c.events, "+ ", "+? ")) {
			ev := key(fyne.KeyName(strings.TrimPrefix(e[1:], "?")))
			if e[0] == '-' {
				k.KeyUp(ev)
				continue
			}
			k.KeyDown(ev)
			k.TypedKey(ev)
		}
		if k.Key() != c.want || k.waiting || k.label.Text() != c.name {
			t.Errorf("%s: %q, shown as %q; waits %v", c.events, k.Key(), k.label.Text(), k.waiting)
		}
	}
	test.Tap(k)
	k.KeyDown(key(desktop.KeyControlLeft))
	if got := k.label.Text(); got != "Ctrl + …" {
		t.Errorf("held, it says %q", got)
	}
	k.FocusLost()
	k.KeyUp(key(desktop.KeyControlLeft))
	if k.Key() != "Digit7" {
		t.Errorf("a key that goes up later was taken: %q", k.Key())
	}
}

// TestKeyFieldTakesButtons: the middle button by itself, and one of the others by a menu. The left one gives up, the right one is nothing.
func TestKeyFieldTakesButtons(t *testing.T) {
	var got []string
	k := NewKeyField("F8", func(s string) { got = append(got, s) })
	l, _ := shown(t, 600, 400, k)
	down := func(b desktop.MouseButton) {
		k.MouseDown(&desktop.MouseEvent{Button: b})
		k.MouseUp(&desktop.MouseEvent{Button: b})
	}
	down(desktop.MouseButtonTertiary)
	test.Tap(k)
	down(desktop.MouseButtonSecondary)
	if len(got) > 0 || !k.waiting {
		t.Fatalf("%v was chosen", got)
	}
	k.KeyDown(key(desktop.KeyControlLeft))
	down(desktop.MouseButtonTertiary)
	test.Tap(k)
	k.KeyDown(key(desktop.KeyShiftLeft))
	down(0)
	f := l.canvas.Focused()
	f.TypedKey(key(fyne.KeyDown))
	f.TypedKey(key(fyne.KeyReturn))
	if want := []string{"Ctrl+Mouse2", "Shift+Mouse5"}; !slices.Equal(got, want) {
		t.Errorf("chose %v, want %v", got, want)
	}
	if k.waiting || k.label.Text() != "Shift + Mouse 5" {
		t.Errorf("it says %q", k.label.Text())
	}
	test.Tap(k)
	test.Tap(k)
	if k.waiting {
		t.Error("a second click does not give up")
	}
}

// What presses things and leads from one to the next is no key to hold, and whoever has the field may have more reasons.
func TestKeyFieldRefuses(t *testing.T) {
	var got []string
	changes := 0
	k := NewKeyField("KeyV", func(s string) { got = append(got, s) })
	k.OnResized = func() { changes++ }
	shown(t, 600, 100, k)
	narrow := k.MinSize().Width
	test.Tap(k)
	for name, shown := range map[fyne.KeyName]string{
		fyne.KeySpace: "Space", fyne.KeyReturn: "Enter", fyne.KeyEnter: "Numpad Enter", fyne.KeyTab: "Tab",
		fyne.KeyUp: "Up Arrow", fyne.KeyDown: "Down Arrow", fyne.KeyLeft: "Left Arrow", fyne.KeyRight: "Right Arrow",
	} {
		press(k, name, 3)
		if want := shown + " is used by the window"; !k.waiting || !k.AcceptsTab() || k.label.Text() != want {
			t.Errorf("%s: waits %v, says %q", name, k.waiting, k.label.Text())
		}
		if room := k.MinSize().Width - k.label.Natural(); room < 40 {
			t.Errorf("%s: the sentence has no room: %v", name, room)
		}
	}
	if len(got) != 0 || k.Key() != "KeyV" || changes == 0 {
		t.Errorf("chose %v, now %q, %d times resized", got, k.Key(), changes)
	}
	changes = 0
	press(k, fyne.KeyF9, 0)
	if k.Key() != "F9" || k.label.Text() != "F9" || k.MinSize().Width != narrow || changes != 1 {
		t.Errorf("after it: %q, %q, %d times resized", k.Key(), k.label.Text(), changes)
	}
	test.Tap(k)
	press(k, fyne.KeyTab, 0)
	press(k, fyne.KeyEscape, 0)
	if k.Key() != "F9" || k.label.Text() != "F9" {
		t.Errorf("given up: %q, %q", k.Key(), k.label.Text())
	}
	k.Refuse = func(chord string) string {
		if chord == "Ctrl+KeyM" {
			return "Ctrl + M is already Mute"
		}
		return ""
	}
	test.Tap(k)
	k.KeyDown(key(desktop.KeyControlLeft))
	press(k, fyne.KeyM, 0)
	k.KeyUp(key(desktop.KeyControlLeft)) // of what was refused
	if k.Key() != "F9" || !k.waiting || k.label.Text() != "Ctrl + M is already Mute" {
		t.Errorf("clashed: %q, %q", k.Key(), k.label.Text())
	}
	press(k, fyne.KeyM, 0)
	if k.Key() != "KeyM" || k.label.Text() != "M" {
		t.Errorf("by itself: %q, %q", k.Key(), k.label.Text())
	}
}

// TestKeyFieldKeepsShortcuts: what is chosen does not happen, and all else does.
func TestKeyFieldKeepsShortcuts(t *testing.T) {
	k := NewKeyField("F8", nil)
	_, w := shown(t, 600, 100, k)
	mutes := 0
	mute := &desktop.CustomShortcut{KeyName: fyne.KeyM, Modifier: fyne.KeyModifierControl}
	w.Canvas().AddShortcut(mute, func(fyne.Shortcut) { mutes++ })
	test.Tap(k)
	k.KeyDown(key(desktop.KeyControlLeft))
	k.KeyDown(key(fyne.KeyM))
	k.TypedShortcut(mute)
	if k.Key() != "Ctrl+KeyM" || mutes > 0 {
		t.Errorf("%q was chosen, and it muted %d times", k.Key(), mutes)
	}
	k.KeyUp(key(fyne.KeyM))
	k.TypedShortcut(mute)
	if mutes != 1 {
		t.Errorf("it muted %d times", mutes)
	}
}

// TestKeyCode names keys by their place where the system tells of it, and else by Fyne's name.
func TestKeyCode(t *testing.T) {
	at := func(scan int, name fyne.KeyName) *fyne.KeyEvent {
		return &fyne.KeyEvent{Name: name, Physical: fyne.HardwareKey{ScanCode: scan}}
	}
	for _, c := range []struct {
		ev   *fyne.KeyEvent
		want string
	}{
		{key(fyne.KeyA), "KeyA"}, {key(fyne.KeyEnter), "NumpadEnter"}, {key(""), ""}, {key("Nonsense"), ""}, {at(1<<20, fyne.KeyB), "KeyB"}, {at(-1, fyne.KeyB), "KeyB"},
	} {
		if got := KeyCode(c.ev); got != c.want {
			t.Errorf("%+v: %q, want %q", c.ev, got, c.want)
		}
	}
	if runtime.GOOS == "linux" {
		for _, c := range []struct {
			ev   *fyne.KeyEvent
			want string
		}{{at(24, fyne.KeyA), "KeyQ"}, {at(191, ""), "F13"}, {at(79, fyne.Key7), "Numpad7"}, {at(67, fyne.KeyF1), "F1"}, {at(110, fyne.KeyHome), "Home"}, {at(95, fyne.KeyF11), "F11"}} {
			if got := KeyCode(c.ev); got != c.want {
				t.Errorf("%+v: %q, want %q", c.ev, got, c.want)
			}
		}
	}
	heard := func(code string) { // by what hears keys everywhere
		t.Helper()
		if c, err := hotkey.ParseChord(Chord([]string{"ControlLeft", "AltRight", "ShiftLeft", "MetaLeft"}, code)); err != nil || string(c.Key) != code {
			t.Errorf("%s is %q, %v", code, c, err)
		}
	}
	for _, code := range keyCodes {
		heard(code)
	}
	for _, b := range buttonNames {
		heard(b.code)
	}
	for _, system := range []string{"linux", "windows"} { // each key once, and by a name that a person can be told
		seen := map[string]int{}
		for scan, code := range placesOf(system) {
			if was, ok := seen[code]; ok {
				t.Errorf("%s: %s is at %d and %d", system, code, was, scan)
			}
			seen[code] = scan
			heard(code)
		}
		if len(seen) < 95 || placesOf("darwin") != nil {
			t.Errorf("%s: %d keys", system, len(seen))
		}
	}
}

func TestChordName(t *testing.T) {
	for chord, want := range map[string]string{
		"": "No key", "Mouse4": "Mouse 4", "Numpad4": "Numpad 4", "F13": "F13", "AudioVolumeUp": "Audio Volume Up", "Ctrl+BracketLeft": "Ctrl + [",
		"LeftControl": "Left Ctrl", "Prior": "Page Up", // as settings had it once
		"MetaRight": "Right Super", "x": "x", "+": " + ", "Digit": "Digit", "Key": "Key",
	} {
		if got := ChordName(chord); got != want {
			t.Errorf("%q: %q, want %q", chord, got, want)
		}
	}
}
