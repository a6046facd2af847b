package hotkey

// macButton is added to the number of a mouse button, so that keys and buttons have one number.
const macButton = 0x1000

// macKeys are the virtual key codes of HIToolbox/Events.h, which are of places, whatever is printed there, and of mouse buttons
// as CGEventTypes.h numbers them. A Mac knows no PrintScreen, ScrollLock and Pause: those keys of a PC's keyboard are F13 to F15.
// Keyboards of ISO shape have IntlBackslash and Backquote swapped.
var macKeys = keyTable(
	span{0x00, "KeyA KeyS KeyD KeyF KeyH KeyG KeyZ KeyX KeyC KeyV IntlBackslash KeyB KeyQ KeyW KeyE KeyR"},
	span{0x10, "KeyY KeyT Digit1 Digit2 Digit3 Digit4 Digit6 Digit5 Equal Digit9 Digit7 Minus Digit8 Digit0 BracketRight KeyO"},
	span{0x20, "KeyU BracketLeft KeyI KeyP Enter KeyL KeyJ Quote KeyK Semicolon Backslash Comma Slash KeyN KeyM Period"},
	span{0x30, "Tab Space Backquote Backspace - Escape MetaRight MetaLeft ShiftLeft CapsLock AltLeft ControlLeft ShiftRight AltRight"},
	span{0x3e, "ControlRight Fn F17 NumpadDecimal - NumpadMultiply - NumpadAdd - NumLock AudioVolumeUp AudioVolumeDown AudioVolumeMute"},
	span{0x4b, "NumpadDivide NumpadEnter - NumpadSubtract F18 F19 NumpadEqual Numpad0 Numpad1 Numpad2 Numpad3 Numpad4 Numpad5 Numpad6"},
	span{0x59, "Numpad7 F20 Numpad8 Numpad9 IntlYen IntlRo NumpadComma F5 F6 F7 F3 F8 F9 Lang2 F11 Lang1 F13 F16 F14 - F10 ContextMenu"},
	span{0x6f, "F12 - F15 Insert Home PageUp Delete F4 End F2 PageDown F1 ArrowLeft ArrowRight ArrowDown ArrowUp"},
	span{macButton, "Mouse1 Mouse3 Mouse2 Mouse4 Mouse5 Mouse6 Mouse7 Mouse8 Mouse9"},
)

// The types of events that are heard, from CGEventTypes.h.
const (
	macLeftDown     = 1
	macLeftUp       = 2
	macRightDown    = 3
	macRightUp      = 4
	macKeyDown      = 10
	macKeyUp        = 11
	macFlagsChanged = 12
	macOtherDown    = 25
	macOtherUp      = 26
	macSlow         = 0xfffffffe // the tap was disabled: it took too long
	macByUser       = 0xffffffff // or it was asked for
)

// macFlags says of a modifier which bits of an event's flags are its own, and which it shares with its twin: NX_DEVICE…KEYMASK
// of IOLLEvent.h and kCGEventFlagMask… of CGEventTypes.h. both are the own bits of it and its twin.
type macFlags struct{ own, both, shared uint64 }

var macModifiers = map[uint32]macFlags{
	0x3b: {0x0001, 0x2001, 1 << 18}, // ControlLeft
	0x3e: {0x2000, 0x2001, 1 << 18},
	0x38: {0x0002, 0x0006, 1 << 17}, // ShiftLeft
	0x3c: {0x0004, 0x0006, 1 << 17},
	0x37: {0x0008, 0x0018, 1 << 20}, // MetaLeft
	0x36: {0x0010, 0x0018, 1 << 20},
	0x3a: {0x0020, 0x0060, 1 << 19}, // AltLeft
	0x3d: {0x0040, 0x0060, 1 << 19},
	0x3f: {0, 0, 1 << 23}, // Fn
}

// macCapsLock tells of its light and not of the key: on or off is one press.
const macCapsLock = 0x39

// macIsDown says whether a modifier is down by an event's flags. ok: it is a modifier. What a program pressed has no side; then
// either is down.
func macIsDown(code uint32, flags uint64) (down, ok bool) {
	m, ok := macModifiers[code]
	if flags&m.both != 0 {
		return flags&m.own != 0, ok
	}
	return flags&m.shared != 0, ok
}

// macHeard is what an event comes to.
type macHeard struct {
	code       uint32
	down, up   bool // a key that tells of both at once was pressed
	interfered bool // the tap does not run, and has to be enabled
}

// macEvent reads an event: its type, the key code or the number of the button, and its flags.
func macEvent(kind, code uint32, flags uint64) macHeard {
	switch kind {
	case macSlow, macByUser:
		return macHeard{interfered: true}
	case macKeyDown:
		return macHeard{code: code, down: true}
	case macKeyUp:
		return macHeard{code: code, up: true}
	case macLeftDown, macRightDown, macOtherDown:
		return macHeard{code: macButton + code, down: true}
	case macLeftUp, macRightUp, macOtherUp:
		return macHeard{code: macButton + code, up: true}
	case macFlagsChanged:
		if code == macCapsLock {
			return macHeard{code: code, down: true, up: true}
		}
		if down, ok := macIsDown(code, flags); ok {
			return macHeard{code: code, down: down, up: !down}
		}
	}
	return macHeard{}
}
