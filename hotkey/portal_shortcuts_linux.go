package hotkey

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"
)

const (
	maxShortcuts = 60  // of one session, below what the queue is sure to shorten
	maxID        = 64  // bytes of a shortcut's ID
	maxWords     = 200 // bytes of a description
)

// shortcut is an element of BindShortcuts' array, a(sa{sv}).
type shortcut struct {
	ID    string
	Props map[string]dbus.Variant

	binding string // the ID of what it is for; not sent
}

// shortcutsOf is what to ask the portal for. Its IDs are unique and, as desktops remember by them, the same every time: of several
// bindings with one ID the second is "talk-2". Mouse buttons, and keys for which there is no name, come without a proposal: the user
// gives them a key in the desktop's settings.
func shortcutsOf(all []Binding) ([]shortcut, error) {
	if len(all) > maxShortcuts {
		return nil, fmt.Errorf("%w: more than %d", ErrUnsupported, maxShortcuts)
	}
	var list []shortcut
	taken := map[string]bool{}
	for _, b := range all {
		if b.ID == "" || len(b.ID) > maxID || !utf8.ValidString(b.ID) || strings.ContainsFunc(b.ID, unicode.IsControl) {
			return nil, fmt.Errorf("%w: %q is no name for what a key does", ErrUnsupported, cut(b.ID, maxID))
		}
		taken[b.ID] = true
	}
	for _, b := range all {
		if b.Chord.Key == "" {
			continue
		}
		id := b.ID
		if hasShortcut(list, id) {
			for n := 2; taken[id]; n++ {
				id = b.ID + "-" + strconv.Itoa(n)
			}
			taken[id] = true
		}
		props := map[string]dbus.Variant{"description": dbus.MakeVariant(cut(b.Words, maxWords))}
		if trigger := triggerOf(b.Chord); trigger != "" {
			props["preferred_trigger"] = dbus.MakeVariant(trigger)
		}
		list = append(list, shortcut{ID: id, Props: props, binding: b.ID})
	}
	return list, nil
}

func hasShortcut(list []shortcut, id string) bool {
	for _, s := range list {
		if s.ID == id {
			return true
		}
	}
	return false
}

// cut makes s fit to be sent and shown: valid, without control characters, of at most n bytes.
func cut(s string, n int) string {
	s = s[:min(len(s), 4*n)] // so that the rest costs nothing
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// given is a shortcut as the portal tells of it.
type given struct {
	ID      string
	Trigger string // for people to read, in their language; may be empty
}

// parseShortcuts reads an array a(sa{sv}) of the portal's, as far as it makes sense.
func parseShortcuts(v any) (list []given, ok bool) {
	array, ok := v.([][]any)
	if !ok {
		return nil, false
	}
	for _, element := range array[:min(len(array), maxShortcuts)] {
		if len(element) != 2 {
			return list, false
		}
		id, ok1 := element[0].(string)
		props, ok2 := element[1].(map[string]dbus.Variant)
		if !ok1 || !ok2 || len(id) > maxID+4 {
			return list, false
		}
		trigger, _ := props["trigger_description"].Value().(string)
		list = append(list, given{id, cut(trigger, maxWords)})
	}
	return list, true
}

// pathOf reads a session's path. xdg-desktop-portal sends it as a string, by mistake, and cannot change that any more.
func pathOf(v dbus.Variant) (dbus.ObjectPath, bool) {
	path, ok := v.Value().(dbus.ObjectPath)
	if s, is := v.Value().(string); is {
		path, ok = dbus.ObjectPath(s), true
	}
	return path, ok && len(path) < 512 && path.IsValid()
}

// triggerOf writes a chord as freedesktop's shortcuts specification has it, "CTRL+SHIFT+F13", or nothing where it has no name. The
// keys are xkb's names of what is printed on them on an American keyboard, as a Key is a place.
func triggerOf(c Chord) string {
	key := keysymOf(c.Key)
	if key == "" {
		return ""
	}
	var b strings.Builder
	for _, m := range []struct {
		mod  Mods
		name string
	}{{Ctrl, "CTRL"}, {Alt, "ALT"}, {Shift, "SHIFT"}, {Super, "LOGO"}} {
		if c.Mods&m.mod != 0 {
			b.WriteString(m.name + "+")
		}
	}
	return b.String() + key
}

func keysymOf(k Key) string {
	name := string(k)
	if keysym, ok := keysyms[k]; ok {
		return keysym
	}
	if rest, ok := strings.CutPrefix(name, "Key"); ok && len(rest) == 1 {
		return strings.ToLower(rest)
	}
	if rest, ok := strings.CutPrefix(name, "Digit"); ok && len(rest) == 1 {
		return rest
	}
	if rest, ok := strings.CutPrefix(name, "Numpad"); ok && len(rest) == 1 {
		return "KP_" + rest
	}
	if rest, ok := strings.CutPrefix(name, "F"); ok {
		if n, err := strconv.Atoi(rest); err == nil && n >= 1 && n <= 24 {
			return name
		}
	}
	return ""
}

// keysyms are of xkbcommon-keysyms.h. Modifiers by themselves are not in it: desktops have no shortcut of them.
var keysyms = map[Key]string{
	"Backquote": "grave", "Backslash": "backslash", "BracketLeft": "bracketleft", "BracketRight": "bracketright", "Comma": "comma",
	"Equal": "equal", "IntlBackslash": "less", "Minus": "minus", "Period": "period", "Quote": "apostrophe", "Semicolon": "semicolon",
	"Slash": "slash", "Backspace": "BackSpace", "CapsLock": "Caps_Lock", "ContextMenu": "Menu", "Enter": "Return", "Space": "space",
	"Tab": "Tab", "Delete": "Delete", "End": "End", "Help": "Help", "Home": "Home", "Insert": "Insert", "PageDown": "Page_Down",
	"PageUp": "Page_Up", "ArrowDown": "Down", "ArrowLeft": "Left", "ArrowRight": "Right", "ArrowUp": "Up", "Escape": "Escape",
	"NumLock": "Num_Lock", "PrintScreen": "Print", "ScrollLock": "Scroll_Lock", "Pause": "Pause",
	"NumpadAdd": "KP_Add", "NumpadDecimal": "KP_Decimal", "NumpadDivide": "KP_Divide", "NumpadEnter": "KP_Enter",
	"NumpadEqual": "KP_Equal", "NumpadMultiply": "KP_Multiply", "NumpadSubtract": "KP_Subtract", "NumpadComma": "KP_Separator",
	"AudioVolumeDown": "XF86AudioLowerVolume", "AudioVolumeMute": "XF86AudioMute", "AudioVolumeUp": "XF86AudioRaiseVolume",
	"MediaPlayPause": "XF86AudioPlay", "MediaStop": "XF86AudioStop", "MediaTrackNext": "XF86AudioNext",
	"MediaTrackPrevious": "XF86AudioPrev",
}
