package screen

import (
	"sync"
	"syscall"
	"time"
)

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

// Watch tells whether the window with a handle (HWND) can be seen, each time that changes: an icon can't. It ends with stop.
func Watch(window uintptr, seen func(bool)) (stop func()) {
	iconic := syscall.NewLazyDLL("user32.dll").NewProc("IsIconic")
	if window == 0 || iconic.Find() != nil {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for was := true; ; {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			is, _, _ := iconic.Call(window)
			if now := is == 0; now != was {
				was = now
				seen(now)
			}
		}
	}()
	return sync.OnceFunc(func() { close(done) })
}
