package hotkey

// What Windows tells of a key has two numbers. The scan code is of its place, whatever is printed on it; the virtual key is what
// the layout makes of it, by which alone one can ask whether the key is down. winCode has both.

// winCode is a virtual key times 1<<16, and a scan code of set 1 with its prefix 0xe000. A mouse button is a virtual key alone.
type winCode = uint32

// scanExtended is the prefix 0xe0 of a scan code. Windows has it as a flag.
const scanExtended = 0xe000

// scanKeys is set 1 of the scan codes, as "Keyboard Scan Code Specification" (Microsoft, 2000) and W3C UI Events code Values have
// them. Some keys come by two codes: Pause with Ctrl and PrintScreen with Alt are other keys to an old keyboard, and hooks
// have the right Shift with the prefix.
var scanKeys = keyTable(
	span{0x01, "Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace Tab"},
	span{0x10, "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter ControlLeft"},
	span{0x1e, "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote ShiftLeft Backslash"},
	span{0x2c, "KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight NumpadMultiply AltLeft Space CapsLock"},
	span{0x3b, "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 Pause ScrollLock Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6"},
	span{0x4e, "NumpadAdd Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal PrintScreen - IntlBackslash F11 F12 NumpadEqual"},
	span{0x64, "F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 - KanaMode Lang2 Lang1 IntlRo - - F24 Lang4 Lang3 Convert - NonConvert"},
	span{0x7d, "IntlYen NumpadComma"},
	span{0xe008, "Undo - Paste"},
	span{0xe010, "MediaTrackPrevious - - - - - - Cut Copy MediaTrackNext - - NumpadEnter ControlRight"},
	span{0xe020, "AudioVolumeMute LaunchApp2 MediaPlayPause - MediaStop - - - - - - - Eject - AudioVolumeDown - AudioVolumeUp"},
	span{0xe032, "BrowserHome - - NumpadDivide ShiftRight PrintScreen AltRight"},
	span{0xe045, "NumLock Pause Home ArrowUp PageUp - ArrowLeft - ArrowRight - End ArrowDown PageDown Insert Delete"},
	span{0xe05b, "MetaLeft MetaRight ContextMenu Power Sleep - - - WakeUp"},
	span{0xe065, "BrowserSearch BrowserFavorites BrowserRefresh BrowserStop BrowserForward BrowserBack LaunchApp1 LaunchMail MediaSelect"},
)

// virtualKeys are the virtual keys that are the same in every layout, from WinUser.h, for programs that press keys without a
// scan code, and the buttons of the mouse. The sides of Ctrl, Shift and Alt are told apart; without a side it is the left.
var virtualKeys = keyTable(
	span{0x01, "Mouse1 Mouse3 - Mouse2 Mouse4 Mouse5"},
	span{0x08, "Backspace Tab - - - Enter - - ShiftLeft ControlLeft AltLeft Pause CapsLock"},
	span{0x1b, "Escape"},
	span{0x20, "Space PageUp PageDown End Home ArrowLeft ArrowUp ArrowRight ArrowDown"},
	span{0x2c, "PrintScreen Insert Delete"},
	span{0x5b, "MetaLeft MetaRight ContextMenu - Sleep"},
	span{0x60, "Numpad0 Numpad1 Numpad2 Numpad3 Numpad4 Numpad5 Numpad6 Numpad7 Numpad8 Numpad9"},
	span{0x6a, "NumpadMultiply NumpadAdd - NumpadSubtract NumpadDecimal NumpadDivide"},
	span{0x70, "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24"},
	span{0x90, "NumLock ScrollLock"},
	span{0xa0, "ShiftLeft ShiftRight ControlLeft ControlRight AltLeft AltRight"},
	span{0xa6, "BrowserBack BrowserForward BrowserRefresh BrowserStop BrowserSearch BrowserFavorites BrowserHome"},
	span{0xad, "AudioVolumeMute AudioVolumeDown AudioVolumeUp MediaTrackNext MediaTrackPrevious MediaStop MediaPlayPause"},
	span{0xb4, "LaunchMail MediaSelect LaunchApp1 LaunchApp2"},
)

// vkPacket is a character that a program writes as if it were typed; its scan code is the character.
const vkPacket = 0xe7

// winKey names a key, or "" for one that we don't know. place gives the scan code that a virtual key has in the layout now, for
// letters and the like that were pressed by a program without one; 0 is none.
func winKey(c winCode, place func(vk uint32) uint32) Key {
	vk, scan := c>>16, c&0xffff
	switch {
	case vk == vkPacket:
		return ""
	case scan&^scanExtended != 0: // and the Ctrl that AltGr brings along, 0x21d, is no key
		return scanKeys[scan]
	}
	if k, ok := virtualKeys[vk]; ok {
		return k
	}
	return scanKeys[place(vk)]
}

// The messages that hooks are called with, from WinUser.h.
const (
	wmKeyDown    = 0x0100
	wmKeyUp      = 0x0101
	wmSysKeyDown = 0x0104 // with Alt
	wmSysKeyUp   = 0x0105
	wmLeftDown   = 0x0201
	wmLeftUp     = 0x0202
	wmRightDown  = 0x0204
	wmRightUp    = 0x0205
	wmMiddleDown = 0x0207
	wmMiddleUp   = 0x0208
	wmXDown      = 0x020b
	wmXUp        = 0x020c
)

// winKeyboard reads what the keyboard's hook is told. extended is bit 0 of its flags.
func winKeyboard(message uintptr, vk, scan uint32, extended bool) (c winCode, down, ok bool) {
	if extended {
		scan |= scanExtended
	}
	c = vk<<16 | scan&0xffff
	switch message {
	case wmKeyDown, wmSysKeyDown:
		return c, true, true
	case wmKeyUp, wmSysKeyUp:
		return c, false, true
	}
	return 0, false, false
}

// winMouse reads what the mouse's hook is told: buttons, and not that it moved. The upper half of data has the number of an
// extra button.
func winMouse(message uintptr, data uint32) (c winCode, down, ok bool) {
	vk := uint32(0)
	switch message {
	case wmLeftDown, wmLeftUp:
		vk = 1
	case wmRightDown, wmRightUp:
		vk = 2
	case wmMiddleDown, wmMiddleUp:
		vk = 4
	case wmXDown, wmXUp:
		if n := data >> 16; n == 1 || n == 2 {
			vk = 4 + n
		}
	}
	down = message == wmLeftDown || message == wmRightDown || message == wmMiddleDown || message == wmXDown
	return vk << 16, down && vk != 0, vk != 0
}

// What a window is told of the session and of power, from WinUser.h.
const (
	wmPowerBroadcast  = 0x0218
	wmSessionChange   = 0x02b1
	pbtSuspend        = 0x0004
	pbtResumeSuspend  = 0x0007
	pbtResumeCritical = 0x0006
	pbtResume         = 0x0012
)

// upsets says whether keys may have come up unseen: the session was locked, left or taken, or the machine sleeps or wakes. A
// battery that runs low is no reason.
func upsets(message uint32, w uintptr) bool {
	switch message {
	case wmSessionChange:
		return true
	case wmPowerBroadcast:
		return w == pbtSuspend || w == pbtResumeSuspend || w == pbtResumeCritical || w == pbtResume
	}
	return false
}

// deafAfter is how much newer the system's last input has to be, in ms, than the last one that the hooks heard. They are told of
// it before the system counts it, so that more than a few ms means that they are gone, that the mouse moved and has no hook,
// or that a program with more rights has the focus. To hook again is right or harmless.
const deafAfter = 1000

// deaf says whether hooks should be made anew, as Windows takes away those that were slow, and tells nobody. The times are
// GetTickCount's, which begins at 0 after 49 days.
func deaf(input, heard uint32) bool { return int32(input-heard) > deafAfter }
