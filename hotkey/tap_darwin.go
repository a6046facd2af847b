//go:build cgo

package hotkey

/*
#cgo LDFLAGS: -framework CoreGraphics -framework CoreFoundation
#include <CoreGraphics/CoreGraphics.h>
#include <stdint.h>

extern void parleyHeard(uintptr_t source, uint32_t kind, uint32_t code, uint64_t flags);

static CGEventRef parley_event(CGEventTapProxy proxy, CGEventType kind, CGEventRef event, void *source) {
	uint32_t code = 0;
	uint64_t flags = 0;
	(void)proxy;
	if (kind != kCGEventTapDisabledByTimeout && kind != kCGEventTapDisabledByUserInput) {
		int key = kind == kCGEventKeyDown || kind == kCGEventKeyUp || kind == kCGEventFlagsChanged;
		code = (uint32_t)CGEventGetIntegerValueField(event, key ? kCGKeyboardEventKeycode : kCGMouseEventButtonNumber);
		flags = CGEventGetFlags(event);
	}
	parleyHeard((uintptr_t)source, kind, code, flags);
	return event;
}

// Go has the system's objects as numbers.
static uintptr_t parley_tap(uint64_t kinds, uintptr_t source) {
	return (uintptr_t)CGEventTapCreate(
		kCGSessionEventTap, kCGHeadInsertEventTap, kCGEventTapOptionListenOnly, kinds, parley_event, (void *)source);
}

static uintptr_t parley_loop(uintptr_t tap) {
	CFRunLoopSourceRef source = CFMachPortCreateRunLoopSource(kCFAllocatorDefault, (CFMachPortRef)tap, 0);
	if (source == NULL) {
		return 0;
	}
	CFRunLoopAddSource(CFRunLoopGetCurrent(), source, kCFRunLoopDefaultMode);
	CFRelease(source);
	return (uintptr_t)CFRetain(CFRunLoopGetCurrent());
}

static void parley_run(double seconds) { CFRunLoopRunInMode(kCFRunLoopDefaultMode, seconds, false); }

static void parley_stop(uintptr_t loop) {
	CFRunLoopStop((CFRunLoopRef)loop);
	CFRelease((CFRunLoopRef)loop);
}

static void parley_enable(uintptr_t tap) { CGEventTapEnable((CFMachPortRef)tap, true); }

static void parley_end(uintptr_t tap) {
	CFMachPortInvalidate((CFMachPortRef)tap);
	CFRelease((CFMachPortRef)tap);
}

static uint64_t parley_flags(void) { return CGEventSourceFlagsState(kCGEventSourceStateCombinedSessionState); }

static int parley_key(uint32_t code) {
	return CGEventSourceKeyState(kCGEventSourceStateCombinedSessionState, (CGKeyCode)code);
}

static int parley_button(uint32_t n) {
	return CGEventSourceButtonState(kCGEventSourceStateCombinedSessionState, (CGMouseButton)n);
}

static int parley_allowed(void) { return CGPreflightListenEventAccess(); }

static void parley_ask(void) { CGRequestListenEventAccess(); }
*/
import "C"

import (
	"fmt"
	"log/slog"
	"runtime"
	"runtime/cgo"
	"sync"
	"sync/atomic"
	"time"
)

// tap hears keys by an event tap that only listens: the window server calls it on the thread whose run loop has it, and does not
// wait for it. One that is slow all the same is disabled, and says so.
type tap struct {
	log   *slog.Logger
	ear   *ear
	end   atomic.Bool
	ended chan struct{}
	port  C.uintptr_t // set before the first event
	loop  C.uintptr_t // set before openTap returns
	once  sync.Once
}

// tapLook is how long a run of the loop lasts, in seconds: how late it sees the end, should that come between two runs.
const tapLook = 1

// howToAllow says where.
const howToAllow = "allow Parley in System Settings, Privacy & Security, Input Monitoring, and start it again"

func openTap(log *slog.Logger) (*tap, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if C.parley_allowed() == 0 {
		C.parley_ask() // it is in the list then
		return nil, fmt.Errorf("%w: %s", ErrDenied, howToAllow)
	}
	s := &tap{log: log, ended: make(chan struct{})}
	s.ear = newEar(func(code uint32) Key { return macKeys[code] }, tapTruth)
	started := make(chan error)
	go s.run(started)
	if err := <-started; err != nil {
		<-s.ended
		s.ear.close()
		return nil, err
	}
	return s, nil
}

// Bind implements Source. Nothing can be taken: other programs hear the same keys.
func (s *tap) Bind(all []Binding) error { return s.ear.bind(all) }

// Events implements Source.
func (s *tap) Events() <-chan Event { return s.ear.queue.C() }

// Close implements Source. The thread has ended when it returns.
func (s *tap) Close() error {
	s.once.Do(func() {
		s.end.Store(true)
		C.parley_stop(s.loop)
		<-s.ended
		s.ear.close()
	})
	<-s.ended
	return nil
}

// run is the thread. It ends with its goroutine, which stays locked to it.
func (s *tap) run(started chan<- error) {
	defer close(s.ended)
	runtime.LockOSThread()
	me := cgo.NewHandle(s)
	defer me.Delete()
	kinds := uint64(0)
	for _, kind := range []uint{
		macKeyDown, macKeyUp, macFlagsChanged, macLeftDown, macLeftUp, macRightDown, macRightUp, macOtherDown, macOtherUp,
	} {
		kinds |= 1 << kind
	}
	s.port = C.parley_tap(C.uint64_t(kinds), C.uintptr_t(me))
	if s.port == 0 {
		started <- fmt.Errorf("%w: %s", ErrDenied, howToAllow)
		return
	}
	defer C.parley_end(s.port)
	if s.loop = C.parley_loop(s.port); s.loop == 0 {
		started <- fmt.Errorf("%w: no run loop for the event tap", ErrUnsupported)
		return
	}
	started <- nil
	for !s.end.Load() {
		C.parley_run(tapLook)
	}
}

// hear is called on the thread, from within parley_run.
func (s *tap) hear(kind, code uint32, flags uint64) {
	h := macEvent(kind, code, flags)
	now := time.Now()
	if h.interfered {
		C.parley_enable(s.port)
		s.ear.release()
	}
	if h.down {
		s.ear.hear(h.code, true, now)
	}
	if h.up {
		s.ear.hear(h.code, false, now)
	}
}

// tapTruth asks whether a key is down in truth.
func tapTruth(code uint32) bool {
	if down, ok := macIsDown(code, uint64(C.parley_flags())); ok {
		return down
	}
	if code >= macButton {
		return C.parley_button(C.uint32_t(code-macButton)) != 0
	}
	return C.parley_key(C.uint32_t(code)) != 0
}
