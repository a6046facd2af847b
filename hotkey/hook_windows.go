package hotkey

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// hooks hears keys by WH_KEYBOARD_LL and buttons by WH_MOUSE_LL, which the system calls on the thread that set them, before the
// key goes on to whoever has the focus. RegisterHotKey would take the key away from all others, and tells of no release. The
// mouse has its hook only while a button is bound, as it is called a thousand times a second while the mouse moves.
//
// The thread has a window, which is never shown, to be told of locked sessions and of sleep. Such a window has to be a top-level
// one: what is broadcast does not come to others.
type hooks struct {
	log    *slog.Logger
	ear    *ear
	thread uint32
	mouse  atomic.Bool   // its hook is wanted
	input  atomic.Uint32 // when the last input was that a hook was told of, GetTickCount's ms
	ended  chan struct{}
	once   sync.Once

	// The thread's.
	window             uintptr
	keyHook, mouseHook uintptr
}

// hookThreads has the *hooks by the id of its thread: a hook procedure is not told for whom it is called, and a callback is
// there for good, so that there is one of each.
var hookThreads sync.Map

var (
	keyProc    = sync.OnceValue(func() uintptr { return windows.NewCallback(onKey) })
	mouseProc  = sync.OnceValue(func() uintptr { return windows.NewCallback(onMouse) })
	windowProc = sync.OnceValue(func() uintptr { return windows.NewCallback(onWindow) })
)

const (
	lookAgain = 5000 // ms between looks whether the hooks are there still

	vkLeft, vkRight  = 1, 2
	smSwapButton     = 23
	keyIsDown        = 1 << 15
	whKeyboardLL     = 13
	whMouseLL        = 14
	llExtended       = 1
	mapVirtualToScan = 4 // MAPVK_VK_TO_VSC_EX
	wmQuit           = 0x0012
	wmTimer          = 0x0113
	wmLook           = 0x8000 // WM_APP: what is wanted has changed
)

// openHooks starts the thread and waits until its hooks are set.
func openHooks(log *slog.Logger) (*hooks, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &hooks{log: log, ended: make(chan struct{})}
	s.ear = newEar(func(code uint32) Key { return winKey(code, placeOf) }, isDown)
	started := make(chan error)
	go s.run(started)
	if err := <-started; err != nil {
		<-s.ended
		s.ear.close()
		kind := ErrUnsupported
		if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			kind = ErrDenied
		}
		return nil, fmt.Errorf("%w: %w", kind, err)
	}
	return s, nil
}

// Bind implements Source. Nothing can be taken: other programs hear the same keys.
func (s *hooks) Bind(all []Binding) error {
	if err := s.ear.bind(all); err != nil {
		return err
	}
	s.mouse.Store(bindsMouse(all))
	postThreadMessage(s.thread, wmLook)
	return nil
}

// Events implements Source.
func (s *hooks) Events() <-chan Event { return s.ear.queue.C() }

// Close implements Source. The thread has ended when it returns.
func (s *hooks) Close() error {
	s.once.Do(func() { postThreadMessage(s.thread, wmQuit) })
	<-s.ended
	s.ear.close()
	return nil
}

// run is the thread. It ends with its goroutine, which stays locked to it: hooks end with their thread at the latest.
func (s *hooks) run(started chan<- error) {
	defer close(s.ended)
	runtime.LockOSThread()
	s.thread = windows.GetCurrentThreadId()
	hookThreads.Store(s.thread, s)
	defer hookThreads.Delete(s.thread)
	defer s.unset()
	if err := s.set(); err != nil {
		started <- err
		return
	}
	quicken()
	started <- nil
	defer s.ear.release()
	var m message
	for getMessage(&m) {
		switch {
		case m.window == 0 && m.message == wmLook:
			s.hookMouse(false)
		case m.message == wmTimer:
			if input, ok := lastInput(); ok && deaf(input, s.input.Load()) {
				s.again()
			}
		default:
			dispatchMessage(&m)
		}
	}
}

// set makes the window and sets the keyboard's hook.
func (s *hooks) set() (err error) {
	if s.window, err = createWindow(); err != nil {
		return fmt.Errorf("a window to hear of locked sessions: %w", err)
	}
	if err := registerSession(s.window); err != nil {
		s.log.Warn("hotkeys: Windows won't tell of locked sessions", "err", err)
	}
	setTimer(s.window, lookAgain)
	if s.keyHook, err = setHook(whKeyboardLL, keyProc()); err != nil {
		return fmt.Errorf("hook the keyboard: %w", err)
	}
	return nil
}

func (s *hooks) unset() {
	unhook(&s.keyHook)
	unhook(&s.mouseHook)
	if s.window != 0 {
		unregisterSession(s.window)
		destroyWindow(s.window) // and its timer
	}
}

// again sets the hooks anew, before the old ones end, so that nothing is missed. What both hear is heard once.
func (s *hooks) again() {
	fresh, err := setHook(whKeyboardLL, keyProc())
	if err != nil {
		s.log.Warn("hotkeys: the keyboard can't be hooked again", "err", err)
	} else {
		unhook(&s.keyHook)
		s.keyHook = fresh
	}
	s.hookMouse(true)
}

// hookMouse sets the mouse's hook or ends it, as it is wanted. anew: one that is there is replaced.
func (s *hooks) hookMouse(anew bool) {
	wanted := s.mouse.Load()
	if wanted == (s.mouseHook != 0) && !(wanted && anew) {
		return
	}
	var fresh uintptr
	if wanted {
		var err error
		if fresh, err = setHook(whMouseLL, mouseProc()); err != nil {
			s.log.Warn("hotkeys: the mouse can't be hooked", "err", err)
			return
		}
	}
	unhook(&s.mouseHook)
	s.mouseHook = fresh
}

// keyboardHook is KBDLLHOOKSTRUCT.
type keyboardHook struct {
	vk, scan, flags, time uint32
	extra                 uintptr
}

// mouseHook is MSLLHOOKSTRUCT.
type mouseHook struct {
	x, y              int32
	data, flags, time uint32
	extra             uintptr
}

// onKey is the hook procedure of the keyboard. h is the system's, and its own again when this returns.
func onKey(code int32, w uintptr, h *keyboardHook) uintptr {
	if s := hooksHere(); s != nil && code >= 0 {
		s.input.Store(h.time)
		if c, down, ok := winKeyboard(w, h.vk, h.scan, h.flags&llExtended != 0); ok {
			s.ear.hear(c, down, time.Now())
		}
	}
	return callNextHook(code, w, uintptr(unsafe.Pointer(h)))
}

// onMouse is that of the mouse.
func onMouse(code int32, w uintptr, h *mouseHook) uintptr {
	if s := hooksHere(); s != nil && code >= 0 {
		s.input.Store(h.time)
		if c, down, ok := winMouse(w, h.data); ok {
			s.ear.hear(c, down, time.Now())
		}
	}
	return callNextHook(code, w, uintptr(unsafe.Pointer(h)))
}

// onWindow is the window's procedure.
func onWindow(window uintptr, message uint32, w, l uintptr) uintptr {
	if s := hooksHere(); s != nil && upsets(message, w) {
		s.ear.release()
		s.again()
	}
	return defWindowProc(window, message, w, l)
}

func hooksHere() *hooks {
	s, _ := hookThreads.Load(windows.GetCurrentThreadId())
	here, _ := s.(*hooks)
	return here
}
