package hotkey

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// board is what a keyboard of 105 keys has.
const board = `Escape F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12
Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace
Tab KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter
CapsLock KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash
ShiftLeft IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight
ControlLeft MetaLeft AltLeft Space AltRight MetaRight ContextMenu ControlRight
PrintScreen ScrollLock Pause Insert Home PageUp Delete End PageDown ArrowUp ArrowLeft ArrowDown ArrowRight
NumLock NumpadDivide NumpadMultiply NumpadSubtract Numpad7 Numpad8 Numpad9 NumpadAdd Numpad4 Numpad5 Numpad6
Numpad1 Numpad2 Numpad3 NumpadEnter Numpad0 NumpadDecimal`

func TestTablesAreComplete(t *testing.T) {
	keys := strings.Fields(board)
	if len(keys) != 105 {
		t.Fatalf("%d keys", len(keys))
	}
	mouse := strings.Fields("Mouse1 Mouse2 Mouse3 Mouse4 Mouse5")
	for _, system := range []struct {
		name    string
		table   map[uint32]Key
		has     []string
		without []string // these it does not have
		twice   []Key    // these have two codes, for a reason that the table gives
	}{
		{"scan codes", scanKeys, keys, mouse, []Key{"Pause", "PrintScreen", "ShiftRight"}},
		{"virtual keys", virtualKeys, mouse, []string{"KeyA", "Semicolon"}, []Key{"AltLeft", "ControlLeft", "ShiftLeft"}},
		{"macOS", macKeys, slices.Concat(keys, mouse), []string{"PrintScreen", "ScrollLock", "Pause"}, nil},
	} {
		times := map[Key]int{}
		for code, k := range system.table {
			times[k]++
			if known[strings.ToLower(string(k))] != k {
				t.Errorf("%s: %#x is %q, which is no key", system.name, code, k)
			}
		}
		for _, k := range system.has {
			if want := !slices.Contains(system.without, k); (times[Key(k)] > 0) != want {
				t.Errorf("%s: %s: %d", system.name, k, times[Key(k)])
			}
		}
		for _, k := range system.without {
			if times[Key(k)] != 0 {
				t.Errorf("%s has %s", system.name, k)
			}
		}
		for k, n := range times {
			if want := 1 + len(slices.DeleteFunc(slices.Clone(system.twice), func(o Key) bool { return o != k })); n != want {
				t.Errorf("%s: %s has %d codes", system.name, k, n)
			}
		}
	}
}

// rows have the same keys as names, scan codes and virtual key codes of a Mac, as the systems' documents list them.
var rows = []struct{ names, scan, mac string }{
	{
		"KeyA KeyB KeyC KeyD KeyE KeyF KeyG KeyH KeyI KeyJ KeyK KeyL KeyM", "1e 30 2e 20 12 21 22 23 17 24 25 26 32",
		"00 0b 08 02 0e 03 05 04 22 26 28 25 2e",
	},
	{
		"KeyN KeyO KeyP KeyQ KeyR KeyS KeyT KeyU KeyV KeyW KeyX KeyY KeyZ", "31 18 19 10 13 1f 14 16 2f 11 2d 15 2c",
		"2d 1f 23 0c 0f 01 11 20 09 0d 07 10 06",
	},
	{
		"Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0", "02 03 04 05 06 07 08 09 0a 0b",
		"12 13 14 15 17 16 1a 1c 19 1d",
	},
	{
		"F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13 F14 F15 F16 F17 F18 F19 F20",
		"3b 3c 3d 3e 3f 40 41 42 43 44 57 58 64 65 66 67 68 69 6a 6b", "7a 78 63 76 60 61 62 64 65 6d 67 6f 69 6b 71 6a 40 4f 50 5a",
	},
	{
		"Numpad0 Numpad1 Numpad2 Numpad3 Numpad4 Numpad5 Numpad6 Numpad7 Numpad8 Numpad9", "52 4f 50 51 4b 4c 4d 47 48 49",
		"52 53 54 55 56 57 58 59 5b 5c",
	},
	{
		"NumLock NumpadEnter NumpadDivide NumpadMultiply NumpadAdd NumpadSubtract NumpadDecimal NumpadEqual",
		"e045 e01c e035 37 4e 4a 53 59", "47 4c 4b 43 45 4e 41 51",
	},
	{
		"ShiftLeft ShiftRight ControlLeft ControlRight AltLeft AltRight MetaLeft MetaRight CapsLock ContextMenu",
		"2a 36 1d e01d 38 e038 e05b e05c 3a e05d", "38 3c 3b 3e 3a 3d 37 36 39 6e",
	},
	{
		"Insert Delete Home End PageUp PageDown ArrowLeft ArrowRight ArrowDown ArrowUp",
		"e052 e053 e047 e04f e049 e051 e04b e04d e050 e048", "72 75 73 77 74 79 7b 7c 7d 7e",
	},
	{
		"Minus Equal BracketLeft BracketRight Backslash Semicolon Quote Backquote Comma Period Slash IntlBackslash",
		"0c 0d 1a 1b 2b 27 28 29 33 34 35 56", "1b 18 21 1e 2a 29 27 32 2b 2f 2c 0a",
	},
	{
		"Space Enter Escape Tab Backspace AudioVolumeUp AudioVolumeDown AudioVolumeMute IntlYen IntlRo",
		"39 1c 01 0f 0e e030 e02e e020 7d 73", "31 24 35 30 33 48 49 4a 5d 5e",
	},
}

func TestTablesAgainstKnownValues(t *testing.T) {
	for _, row := range rows {
		scan, mac := strings.Fields(row.scan), strings.Fields(row.mac)
		for i, name := range strings.Fields(row.names) {
			s, errS := strconv.ParseUint(scan[i], 16, 32)
			m, errM := strconv.ParseUint(mac[i], 16, 32)
			if got := [2]Key{scanKeys[uint32(s)], macKeys[uint32(m)]}; got != [2]Key{Key(name), Key(name)} || errS != nil || errM != nil {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
	for code, want := range map[uint32]Key{
		0x45: "Pause", 0x46: "ScrollLock", 0x54: "PrintScreen", 0xe037: "PrintScreen", 0xe046: "Pause", 0x36: "ShiftRight", 0xe036: "ShiftRight",
		0x76: "F24", 0x6e: "F23", 0x70: "KanaMode", 0x79: "Convert", 0x7b: "NonConvert", 0xe05e: "Power", 0xe05f: "Sleep", 0xe063: "WakeUp",
		0xe022: "MediaPlayPause", 0xe019: "MediaTrackNext", 0xe010: "MediaTrackPrevious", 0xe024: "MediaStop", 0xe06c: "LaunchMail",
		0xe06a: "BrowserBack", 0xe032: "BrowserHome", 0xe021: "LaunchApp2", 0xe06d: "MediaSelect", 0xe02c: "Eject", 0xe018: "Copy",
	} {
		if scanKeys[code] != want {
			t.Errorf("scan code %#x: %q, want %s", code, scanKeys[code], want)
		}
	}
	for code, want := range map[uint32]Key{
		1: "Mouse1", 2: "Mouse3", 4: "Mouse2", 5: "Mouse4", 6: "Mouse5", 0x0d: "Enter", 0x10: "ShiftLeft", 0x13: "Pause", 0x14: "CapsLock",
		0x20: "Space", 0x28: "ArrowDown", 0x2e: "Delete", 0x60: "Numpad0", 0x69: "Numpad9", 0x6f: "NumpadDivide", 0x70: "F1", 0x7c: "F13",
		0x87: "F24", 0x90: "NumLock", 0xa1: "ShiftRight", 0xa5: "AltRight", 0xac: "BrowserHome", 0xb3: "MediaPlayPause",
		0xb7: "LaunchApp2", 0x5f: "Sleep",
	} {
		if virtualKeys[code] != want {
			t.Errorf("virtual key %#x: %q, want %s", code, virtualKeys[code], want)
		}
	}
	for n, want := range map[uint32]Key{0: "Mouse1", 1: "Mouse3", 2: "Mouse2", 3: "Mouse4", 8: "Mouse9", 9: ""} {
		if macKeys[macButton+n] != want {
			t.Errorf("button %d of a Mac: %q, want %s", n, macKeys[macButton+n], want)
		}
	}
}

func TestWinKey(t *testing.T) {
	place := func(vk uint32) uint32 { return map[uint32]uint32{'Z': 0x15, 0xdc: 0xe05d}[vk] } // a German layout, and nonsense
	for _, c := range []struct {
		vk, scan uint32
		extended bool
		want     Key
	}{
		{'A', 0x1e, false, "KeyA"},
		{'Q', 0x1e, false, "KeyA"},         // a French layout
		{0xff, 0x1e, false, "KeyA"},        // one without
		{0xa3, 0x1d, true, "ControlRight"}, // by its place
		{0xa2, 0x21d, false, ""},           // with AltGr
		{0xa5, 0x38, true, "AltRight"},
		{0xa1, 0x36, true, "ShiftRight"},
		{0xa0, 0x22a, false, ""},      // the Shift that comes up for the keypad
		{0x6b, 0, false, "NumpadAdd"}, // by a program
		{0x7c, 0, false, "F13"},
		{0xa3, 0, true, "ControlRight"},
		{'Z', 0, false, "KeyY"},
		{'Y', 0, false, ""},
		{0xe7, 0x1e, false, ""}, // a character
		{0xe7, 0, false, ""},
		{5, 0, false, "Mouse4"},
		{0, 0, false, ""},
		{0, 0x7f, false, ""},
		{0xffff, 0xffffffff, true, ""},
	} {
		code, _, ok := winKeyboard(wmKeyDown, c.vk, c.scan, c.extended)
		if got := winKey(code, place); got != c.want || !ok {
			t.Errorf("%#x %#x %v: %q, want %q", c.vk, c.scan, c.extended, got, c.want)
		}
	}
}

func TestWinMessages(t *testing.T) {
	for message, want := range map[uintptr][2]bool{
		0x100: {true, true}, 0x101: {false, true}, 0x104: {true, true}, 0x105: {false, true}, 0x102: {}, 0: {},
	} {
		if _, down, ok := winKeyboard(message, 'A', 0x1e, false); down != want[0] || ok != want[1] {
			t.Errorf("message %#x: %v %v", message, down, ok)
		}
	}
	for _, c := range []struct {
		message uintptr
		data    uint32
		want    Key
		down    bool
	}{
		{0x201, 0, "Mouse1", true}, {0x202, 0, "Mouse1", false}, {0x204, 0, "Mouse3", true}, {0x205, 0, "Mouse3", false},
		{0x207, 0, "Mouse2", true}, {0x208, 0, "Mouse2", false}, {0x20b, 1 << 16, "Mouse4", true}, {0x20c, 1 << 16, "Mouse4", false},
		{0x20b, 2 << 16, "Mouse5", true},
		{0x20c, 2<<16 | 7, "Mouse5", false}, {0x20b, 0, "", false}, {0x20b, 3 << 16, "", false},
		{0x200, 0, "", false}, {0x20a, 120 << 16, "", false},
	} {
		code, down, ok := winMouse(c.message, c.data)
		if got := winKey(code, func(uint32) uint32 { return 0 }); got != c.want || down != c.down || ok != (c.want != "") {
			t.Errorf("message %#x %#x: %q %v %v", c.message, c.data, got, down, ok)
		}
	}
	for _, c := range []struct {
		message uint32
		w       uintptr
		want    bool
	}{
		{0x2b1, 7, true}, {0x2b1, 8, true}, {0x2b1, 2, true}, {0x218, 4, true}, {0x218, 0x12, true}, {0x218, 7, true}, {0x218, 0xa, false},
		{0x218, 0x8013, false}, {0x113, 4, false}, {0, 0, false},
	} {
		if got := upsets(c.message, c.w); got != c.want {
			t.Errorf("message %#x %#x: %v", c.message, c.w, got)
		}
	}
}

func TestDeaf(t *testing.T) {
	for _, c := range []struct {
		input, heard uint32
		want         bool
	}{
		{5000, 5000, false}, {6000, 5000, false}, {6001, 5000, true}, {5000, 9000, false}, {2000, 0xffffff00, true}, {200, 0xffffff00, false},
		{0xffffff00, 200, false},
	} {
		if got := deaf(c.input, c.heard); got != c.want {
			t.Errorf("%d %d: %v", c.input, c.heard, got)
		}
	}
}

func TestMacEvents(t *testing.T) {
	const ctrl, shift, alt, cmd, fn, lock = 1 << 18, 1 << 17, 1 << 19, 1 << 20, 1 << 23, 1 << 16
	for _, c := range []struct {
		kind, code uint32
		flags      uint64
		want       macHeard
	}{
		{10, 0x69, 0, macHeard{code: 0x69, down: true}},
		{11, 0x69, shift, macHeard{code: 0x69, up: true}},
		{1, 0, 0, macHeard{code: macButton, down: true}},
		{4, 1, 0, macHeard{code: macButton + 1, up: true}},
		{25, 4, 0, macHeard{code: macButton + 4, down: true}},
		{26, 4, 0, macHeard{code: macButton + 4, up: true}},
		{12, 0x3b, ctrl | 1, macHeard{code: 0x3b, down: true}},
		{12, 0x3b, ctrl | 0x2000, macHeard{code: 0x3b, up: true}}, // the right one is down still
		{12, 0x3e, ctrl | 0x2001, macHeard{code: 0x3e, down: true}},
		{12, 0x3e, 0, macHeard{code: 0x3e, up: true}},
		{12, 0x3c, shift | 4, macHeard{code: 0x3c, down: true}},
		{12, 0x3c, shift, macHeard{code: 0x3c, down: true}}, // by a program
		{12, 0x38, ctrl | 1, macHeard{code: 0x38, up: true}},
		{12, 0x37, cmd | 8, macHeard{code: 0x37, down: true}},
		{12, 0x36, cmd | 8, macHeard{code: 0x36, up: true}},
		{12, 0x3a, alt | 0x20, macHeard{code: 0x3a, down: true}},
		{12, 0x3d, alt | 0x20, macHeard{code: 0x3d, up: true}},
		{12, 0x3f, fn, macHeard{code: 0x3f, down: true}},
		{12, 0x3f, 0, macHeard{code: 0x3f, up: true}},
		{12, 0x39, lock, macHeard{code: 0x39, down: true, up: true}},
		{12, 0x39, 0, macHeard{code: 0x39, down: true, up: true}},
		{12, 0x00, ctrl, macHeard{}},
		{0xfffffffe, 0, 0, macHeard{interfered: true}},
		{0xffffffff, 0, 0, macHeard{interfered: true}},
		{5, 0, 0, macHeard{}}, // the mouse moved
	} {
		if got := macEvent(c.kind, c.code, c.flags); got != c.want {
			t.Errorf("%d %#x %#x: %+v", c.kind, c.code, c.flags, got)
		}
	}
	for code := range macModifiers {
		if k := macKeys[code]; modifiers[k] == 0 && k != "Fn" {
			t.Errorf("%#x, %q, is no modifier", code, k)
		}
	}
	if len(macModifiers) != 9 || macKeys[macCapsLock] != "CapsLock" || slices.Contains(slices.Collect(maps.Keys(macModifiers)), macCapsLock) {
		t.Error("not all modifiers, or Caps Lock is one")
	}
}
