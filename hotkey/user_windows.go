package hotkey

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// What of user32 and wtsapi32 the hooks need, and of kernel32.
var (
	user32   = windows.NewLazySystemDLL("user32.dll")
	wtsapi32 = windows.NewLazySystemDLL("wtsapi32.dll")
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")

	procCallNextHookEx      = user32.NewProc("CallNextHookEx")
	procCreateWindowEx      = user32.NewProc("CreateWindowExW")
	procDefWindowProc       = user32.NewProc("DefWindowProcW")
	procDestroyWindow       = user32.NewProc("DestroyWindow")
	procDispatchMessage     = user32.NewProc("DispatchMessageW")
	procGetAsyncKeyState    = user32.NewProc("GetAsyncKeyState")
	procGetLastInputInfo    = user32.NewProc("GetLastInputInfo")
	procGetMessage          = user32.NewProc("GetMessageW")
	procGetSystemMetrics    = user32.NewProc("GetSystemMetrics")
	procMapVirtualKey       = user32.NewProc("MapVirtualKeyW")
	procPostThreadMessage   = user32.NewProc("PostThreadMessageW")
	procRegisterClassEx     = user32.NewProc("RegisterClassExW")
	procSetTimer            = user32.NewProc("SetTimer")
	procSetWindowsHookEx    = user32.NewProc("SetWindowsHookExW")
	procUnhookWindowsHookEx = user32.NewProc("UnhookWindowsHookEx")

	procRegisterSession   = wtsapi32.NewProc("WTSRegisterSessionNotification")
	procSetThreadPriority = kernel32.NewProc("SetThreadPriority")
	procUnregisterSession = wtsapi32.NewProc("WTSUnRegisterSessionNotification")
)

// message is MSG.
type message struct {
	window   uintptr
	message  uint32
	w, l     uintptr
	time     uint32
	x, y     int32
	reserved uint32
}

// windowClass is WNDCLASSEXW.
type windowClass struct {
	size, style                        uint32
	proc                               uintptr
	classExtra, windowExtra            int32
	instance, icon, cursor, background uintptr
	menu, name                         *uint16
	smallIcon                          uintptr
}

// className is the window's class, which is there once in a process.
var className = sync.OnceValues(func() (*uint16, error) {
	name, err := windows.UTF16PtrFromString("ParleyHotkeys")
	if err != nil {
		return nil, err
	}
	c := windowClass{proc: windowProc(), instance: module(), name: name}
	c.size = uint32(unsafe.Sizeof(c))
	if r, _, err := procRegisterClassEx.Call(uintptr(unsafe.Pointer(&c))); r == 0 {
		return nil, err
	}
	return name, nil
})

// module is this program.
func module() uintptr {
	var m windows.Handle
	_ = windows.GetModuleHandleEx(0, nil, &m) // 0 does as well
	return uintptr(m)
}

func createWindow() (uintptr, error) {
	name, err := className()
	if err != nil {
		return 0, err
	}
	w, _, err := procCreateWindowEx.Call(0, uintptr(unsafe.Pointer(name)), 0, 0, 0, 0, 0, 0, 0, 0, module(), 0)
	if w == 0 {
		return 0, err
	}
	return w, nil
}

func destroyWindow(w uintptr) { _, _, _ = procDestroyWindow.Call(w) }

func setTimer(window, ms uintptr) { _, _, _ = procSetTimer.Call(window, 1, ms, 0) }

func defWindowProc(window uintptr, message uint32, w, l uintptr) uintptr {
	r, _, _ := procDefWindowProc.Call(window, uintptr(message), w, l)
	return r
}

func registerSession(window uintptr) error {
	if err := procRegisterSession.Find(); err != nil {
		return err
	}
	if r, _, err := procRegisterSession.Call(window, 0); r == 0 { // NOTIFY_FOR_THIS_SESSION
		return err
	}
	return nil
}

func unregisterSession(window uintptr) {
	if procUnregisterSession.Find() == nil {
		_, _, _ = procUnregisterSession.Call(window)
	}
}

// quicken lets this thread go before others: until a hook is done, the key or the mouse's move waits for whoever it is for.
func quicken() { _, _, _ = procSetThreadPriority.Call(uintptr(windows.CurrentThread()), 15) } // THREAD_PRIORITY_TIME_CRITICAL

// getMessage waits for a message; hooks are called meanwhile. It is false for the last one.
func getMessage(m *message) bool {
	r, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(m)), 0, 0, 0)
	return int32(r) > 0
}

func dispatchMessage(m *message) { _, _, _ = procDispatchMessage.Call(uintptr(unsafe.Pointer(m))) }

func postThreadMessage(thread uint32, message uintptr) {
	_, _, _ = procPostThreadMessage.Call(uintptr(thread), message, 0, 0)
}

func setHook(kind, proc uintptr) (uintptr, error) {
	h, _, err := procSetWindowsHookEx.Call(kind, proc, module(), 0)
	if h == 0 {
		return 0, err
	}
	return h, nil
}

// unhook ends a hook, or one that Windows has ended.
func unhook(h *uintptr) {
	if *h != 0 {
		_, _, _ = procUnhookWindowsHookEx.Call(*h)
		*h = 0
	}
}

func callNextHook(code int32, w, l uintptr) uintptr {
	r, _, _ := procCallNextHookEx.Call(0, uintptr(code), w, l)
	return r
}

// lastInput is when the session had input, GetTickCount's ms.
func lastInput() (ms uint32, ok bool) {
	info := struct{ size, time uint32 }{size: 8}
	r, _, _ := procGetLastInputInfo.Call(uintptr(unsafe.Pointer(&info)))
	return info.time, r != 0
}

// placeOf is the scan code that a virtual key has in the layout now, with its prefix, or 0.
func placeOf(vk uint32) uint32 {
	r, _, _ := procMapVirtualKey.Call(uintptr(vk), mapVirtualToScan)
	return uint32(r)
}

// isDown asks whether a key is down in truth. On a locked desktop, and below a program with more rights, none is. For those who
// have the mouse's buttons swapped hooks and this have other opinions which is the left one, so that either will do.
func isDown(c winCode) bool {
	vk := c >> 16
	down := func(vk uint32) bool {
		r, _, _ := procGetAsyncKeyState.Call(uintptr(vk))
		return r&keyIsDown != 0
	}
	if swapped, _, _ := procGetSystemMetrics.Call(smSwapButton); swapped != 0 && (vk == vkLeft || vk == vkRight) {
		return down(vkLeft) || down(vkRight)
	}
	return down(vk)
}
