package hotkey

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"
)

func TestTriggers(t *testing.T) {
	for chord, want := range map[string]string{
		"Ctrl+Shift+F13": "CTRL+SHIFT+F13", "Ctrl+Alt+Shift+Super+KeyA": "CTRL+ALT+SHIFT+LOGO+a", "Digit1": "1", "Numpad1": "KP_1",
		"Space": "space", "F24": "F24", "Backquote": "grave", "CapsLock": "Caps_Lock", "Alt+ArrowUp": "ALT+Up",
		"Mouse4": "", "Ctrl+Mouse5": "", "ControlRight": "", "Fn": "",
	} {
		c, err := ParseChord(chord)
		if got := triggerOf(c); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", chord, got, err, want)
		}
	}
	for _, k := range []Key{"", "F", "F0", "F25", "F-1", "Key", "KeyAB", "Digit", "Find", "F1x"} {
		if got := triggerOf(Chord{Key: k}); got != "" {
			t.Errorf("%q is %q", k, got)
		}
	}
	for k := range keysyms {
		if known[strings.ToLower(string(k))] != k {
			t.Errorf("there is no key %s", k)
		}
	}
}

func TestShortcutsOf(t *testing.T) {
	f13 := Chord{Key: "F13"}
	list, err := shortcutsOf([]Binding{
		{"talk", "Words\nwith a \xff\x00" + strings.Repeat("ä", 1000), f13},
		{"talk", "", f13}, {"talk-2", "", f13}, {"mute", "", Chord{}}, {"talk", "", f13},
	})
	if err != nil {
		t.Fatal(err)
	}
	ids, seen := "", map[string]bool{}
	for _, s := range list {
		ids += s.ID + "=" + s.binding + " "
		if seen[s.ID] {
			t.Errorf("%s comes twice", s.ID)
		}
		seen[s.ID] = true
		words := s.Props["description"].Value().(string)
		if len(words) > maxWords || !utf8.ValidString(words) || strings.ContainsAny(words, "\n\x00") {
			t.Errorf("words: %q", words)
		}
	}
	if want := "talk=talk talk-3=talk talk-2=talk-2 talk-4=talk "; ids != want {
		t.Errorf("%s, want %s", ids, want)
	}
	for _, id := range []string{"", "\xff", "a\x00b", strings.Repeat("x", maxID+1)} {
		if _, err := shortcutsOf([]Binding{{id, "", f13}}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := shortcutsOf(make([]Binding, maxShortcuts+1)); !errors.Is(err, ErrUnsupported) {
		t.Errorf("too many: %v", err)
	}
}

func TestTimeOf(t *testing.T) {
	now := time.Unix(1_800_000_000, 123_456_000)
	micro, milli := uint64(now.UnixMicro()), uint64(now.UnixMilli())
	for stamp, want := range map[uint64]time.Duration{
		micro: 0, micro - 1500: 1500 * time.Microsecond, milli - 100: 100*time.Millisecond + 456*time.Microsecond,
		micro - 3_000_000: 0, micro + 1: 0, 0: 0, 1: 0, 1<<64 - 1: 0, 1 << 63: 0, 123_456: 0,
	} {
		if got := now.Sub(timeOf(stamp, now)); got != want {
			t.Errorf("%d is %v ago, want %v", stamp, got, want)
		}
	}
}

// FuzzSignals sends a link what a bus could bring. Whatever it is, presses and releases come by turns, and what is down is released
// when the session is left.
func FuzzSignals(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, "talk", uint64(1))
	f.Add([]byte{8, 8, 9, 9, 8, 12}, "mute", uint64(1<<63))
	f.Add([]byte{8, 0, 8, 5, 8, 10, 8}, "", uint64(0))
	f.Fuzz(func(t *testing.T, steps []byte, text string, n uint64) {
		const session = sessionPath + "/1_7/x"
		q := newQueue()
		defer q.close()
		l := &link{
			log: slog.New(slog.DiscardHandler), events: q, lost: make(chan struct{}, 1), back: make(chan struct{}, 1), owner: ":1.9",
			session: session, ids: map[string]string{"talk": "talk", "talk-2": "talk", "mute": "mute"}, down: map[string]bool{},
			request: requestPath + "/1_7/y", answer: make(chan response, 1),
		}
		props := map[string]dbus.Variant{"trigger_description": dbus.MakeVariant(text), text: dbus.MakeVariant(n)}
		bodies := [][]any{
			nil, {text}, {dbus.ObjectPath(text), text, n, props}, {uint32(n), props}, {portalName, text, ""}, {portalName, "", text},
			{backends + "." + text, text, text}, {dbus.ObjectPath(session), text, n, props}, {dbus.ObjectPath(session), "talk", n, props},
			{dbus.ObjectPath(session), "talk-2", n, props}, {dbus.ObjectPath(session), [][]any{{text, props}, {"talk", props}, {n}}},
			{dbus.ObjectPath(session), [][]any{{"talk", props}}}, {n, n, n, n},
		}
		for i, step := range steps[:min(len(steps), 200)] {
			body := bodies[int(step)%len(bodies)]
			for _, name := range []string{
				shortcutsFace + ".Activated", shortcutsFace + ".Deactivated", shortcutsFace + ".ShortcutsChanged", requestFace + ".Response",
				sessionFace + ".Closed", busName + ".NameOwnerChanged", shortcutsFace + "." + text,
			}[i%3:] {
				dot := strings.LastIndexByte(name, '.')
				for _, s := range []dbus.Signal{
					{Sender: l.owner, Path: portalPath}, {Sender: busName, Path: "/"}, {Sender: text, Path: dbus.ObjectPath(text)},
					{Sender: l.owner, Path: requestPath + "/1_7/y"},
				} {
					s.Name, s.Body = name, body
					l.DeliverSignal(name[:dot], name[dot+1:], &s)
				}
			}
		}
		l.forget()
		if len(l.down) != 0 || len(q.down) != 0 {
			t.Errorf("%v and %v are down", l.down, q.down)
		}
	})
}
