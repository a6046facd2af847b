package screen

import "syscall"

// Check has nothing to look for: whoever starts a program on Windows has a display.
func Check() error { return nil }

const minimize = 6 // SW_MINIMIZE

// Minimize makes an icon of the window with a handle (HWND).
func Minimize(window uintptr) bool {
	show := syscall.NewLazyDLL("user32.dll").NewProc("ShowWindow")
	if window == 0 || show.Find() != nil {
		return false
	}
	_, _, _ = show.Call(window, minimize) // it returns whether the window was visible before
	return true
}
