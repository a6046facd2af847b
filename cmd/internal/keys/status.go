package keys

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"parley/hotkey"
)

// errGone is when a source has ended by itself.
var errGone = fmt.Errorf("%w: what heard them has ended", hotkey.ErrUnsupported)

// status is whether the keys work, in words for a person.
type status struct {
	changed chan struct{} // capacity 1

	mu   sync.Mutex
	text string
	ok   bool
}

func (s *status) set(text string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text == text && s.ok == ok {
		return
	}
	s.text, s.ok = text, ok
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

const (
	everywhere = "Works everywhere"
	windowOnly = "Only while Parley has the keyboard: "
)

// status says how it is with keys that a source hears, or does not because of err; neither: it is still asked.
func (c chords) status(err error, works bool) (text string, ok bool) {
	switch {
	case len(c.wrong) > 0:
		return fmt.Sprintf("%q is no key that Parley knows. Choose another one.", c.wrong[0]), false
	case len(c.bindings) == 0:
		return "", true
	case works:
		return everywhere, true
	case err == nil:
		return "The desktop is asked for keys that work everywhere.", false
	case errors.Is(err, hotkey.ErrTaken):
		return c.taken(), false
	case errors.Is(err, hotkey.ErrDenied):
		_, why, found := strings.Cut(err.Error(), hotkey.ErrDenied.Error()+": ")
		if !found {
			why = "this desktop allows no more"
		}
		if strings.Contains(why, "parleyctl") || runtime.GOOS != "linux" {
			return windowOnly + why + ".", false
		}
		return windowOnly + why + ". " + elsewhere(), false
	}
	return windowOnly + "here no program can hear keys everywhere. " + elsewhere(), false
}

func (c chords) taken() string {
	if len(c.bindings) == 1 {
		return c.written[0] + " belongs to another program. Choose another key."
	}
	return "One of these keys belongs to another program. Choose another one."
}

// elsewhere is what to do about it.
func elsewhere() string {
	return "Bind `parleyctl ptt down` and `parleyctl ptt up`, or `parleyctl ptt toggle`, to keys in your desktop's own settings."
}
