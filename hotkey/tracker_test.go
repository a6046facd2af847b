package hotkey

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// bindings reads "talk=Mouse4 mute=Ctrl+M".
func bindings(t testing.TB, s string) (all []Binding) {
	t.Helper()
	for _, word := range strings.Fields(s) {
		id, chord, _ := strings.Cut(word, "=")
		c, err := ParseChord(chord)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Binding{ID: id, Chord: c})
	}
	return all
}

// In scripts +key presses, -key lets go, ! is Release, and & binds anew. In what is wanted +id is down and -id is up.
func TestTracker(t *testing.T) {
	for name, c := range map[string]struct{ bind, script, want string }{
		"a key":                     {"talk=F13", "+F13 -F13", "+talk -talk"},
		"another key":               {"talk=F13", "+F14 -F14", ""},
		"repeats":                   {"talk=F13", "+F13 +F13 +F13 -F13 -F13", "+talk -talk"},
		"a button":                  {"talk=Mouse4", "+Mouse1 +Mouse4 -Mouse1 -Mouse4", "+talk -talk"},
		"a chord":                   {"mute=Ctrl+M", "+ControlLeft +KeyM -KeyM -ControlLeft", "+mute -mute"},
		"without its modifier":      {"mute=Ctrl+M", "+KeyM -KeyM", ""},
		"modifier too late":         {"mute=Ctrl+M", "+KeyM +ControlLeft -KeyM", ""},
		"modifier first up":         {"mute=Ctrl+M", "+ControlLeft +KeyM -ControlLeft -KeyM", "+mute -mute"},
		"not again by the modifier": {"mute=Ctrl+M", "+ControlLeft +KeyM -ControlLeft +ControlLeft", "+mute -mute"},
		"the other modifier":        {"mute=Ctrl+M", "+ControlRight +KeyM +ControlLeft -ControlRight -KeyM", "+mute -mute"},
		"both modifiers up":         {"mute=Ctrl+M", "+ControlRight +ControlLeft +KeyM -ControlRight -ControlLeft", "+mute -mute"},
		"more modifiers":            {"talk=V", "+ControlLeft +ShiftLeft +KeyV -ControlLeft -KeyV", "+talk -talk"},
		"crouching while talking":   {"talk=V", "+KeyV +ControlLeft -ControlLeft -KeyV", "+talk -talk"},
		"the closer chord":          {"a=M b=Ctrl+M c=Ctrl+Shift+M", "+ControlLeft +KeyM -KeyM +ShiftLeft +KeyM -KeyM", "+b -b +c -c"},
		"two that are as close":     {"a=Ctrl+M b=Shift+M", "+ControlLeft +ShiftLeft +KeyM -ShiftLeft -KeyM", "+a +b -b -a"},
		"a modifier as the key":     {"talk=ControlLeft", "+ControlLeft +KeyC -ControlLeft", "+talk -talk"},
		"a chord of modifiers":      {"talk=Ctrl+ShiftLeft", "+ControlLeft +ShiftLeft -ControlLeft -ShiftLeft", "+talk -talk"},
		"one ID, two keys":          {"talk=V talk=Mouse4", "+KeyV +Mouse4 -KeyV -Mouse4", "+talk -talk"},
		"one key, two IDs":          {"talk=V loud=V", "+KeyV -KeyV", "+talk +loud -talk -loud"},
		"release":                   {"talk=V mute=Mouse4", "+KeyV +Mouse4 ! -KeyV -Mouse4", "+talk +mute -talk -mute"},
		"release, told again":       {"talk=V", "+KeyV ! +KeyV -KeyV", "+talk -talk +talk -talk"},
		"release forgets modifiers": {"mute=Ctrl+M", "+ControlLeft ! +KeyM", ""},
		"release of nothing":        {"talk=V", "! !", ""},
		"bound anew":                {"talk=V", "+KeyV & -KeyV +KeyV", "+talk -talk +talk"},
		"repeats after binding":     {"talk=V", "+KeyV & +KeyV", "+talk -talk"},
		"modifier over binding":     {"mute=Ctrl+M", "+ControlLeft & +KeyM", "+mute"},
		"up before down":            {"talk=V", "-KeyV +KeyV", "+talk"},
		"a key without a name":      {"talk=V", "+ - +KeyV", "+talk"},
	} {
		var got []string
		now := time.Unix(0, 0)
		emit := func(e Event) {
			if e.Down {
				got = append(got, "+"+e.ID)
			} else {
				got = append(got, "-"+e.ID)
			}
			if !e.At.Equal(now) && !e.At.IsZero() {
				t.Errorf("%s: at %v, want %v", name, e.At, now)
			}
		}
		tr := NewTracker()
		tr.Bind(bindings(t, c.bind), emit)
		for _, word := range strings.Fields(c.script) {
			now = now.Add(time.Millisecond)
			switch word[0] {
			case '!':
				tr.Release(now, emit)
			case '&':
				tr.Bind(bindings(t, c.bind), emit)
			default:
				tr.Key(Key(word[1:]), word[0] == '+', now, emit)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", name, s, c.want)
		}
	}
}

func TestTrackerHeld(t *testing.T) {
	tr := NewTracker()
	ignore := func(Event) {}
	tr.Bind(append(bindings(t, "talk=V talk=Mouse4 mute=M"), Binding{ID: "none"}), ignore)
	for _, k := range []Key{"KeyM", "KeyV", "Mouse4", ""} {
		tr.Key(k, true, time.Time{}, ignore)
	}
	if got := tr.Held(); !slices.Equal(got, []string{"talk", "mute"}) {
		t.Errorf("%q", got)
	}
	tr.Release(time.Time{}, ignore)
	if got := tr.Held(); got != nil {
		t.Errorf("%q", got)
	}
}

// A keyboard that claims to have everything pressed costs nothing, and what it lets go of is up.
func TestTrackerManyKeys(t *testing.T) {
	tr := NewTracker()
	downs, ups := 0, 0
	emit := func(e Event) {
		if e.Down {
			downs++
		} else {
			ups++
		}
	}
	tr.Bind(bindings(t, "talk=V"), emit)
	for i := range 10 * maxKeys {
		tr.Key(Key(strings.Repeat("x", i)), true, time.Time{}, emit)
	}
	tr.Key("KeyV", true, time.Time{}, emit)
	tr.Key("KeyV", false, time.Time{}, emit)
	for i := range 10 * maxKeys {
		tr.Key(Key(strings.Repeat("x", i)), false, time.Time{}, emit)
	}
	if len(tr.keys) != 0 || downs != ups {
		t.Errorf("%d keys, %d down, %d up", len(tr.keys), downs, ups)
	}
	if tr.Key("KeyV", true, time.Time{}, emit); downs != ups+1 {
		t.Error("no key is heard any more")
	}
}

// Whatever keys do, an ID's events come by turns, and with all keys up nothing is held.
func TestTrackerTurns(t *testing.T) {
	keys := []Key{"ControlLeft", "ControlRight", "ShiftLeft", "KeyM", "KeyV", "Mouse4"}
	all := bindings(t, "a=M b=Ctrl+M c=Ctrl+Shift+M d=V d=Mouse4 e=ControlLeft e=Shift+V")
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		down := map[string]bool{}
		emit := func(e Event) {
			if down[e.ID] == e.Down {
				t.Fatalf("seed %d: %+v twice", seed, e)
			}
			down[e.ID] = e.Down
		}
		tr := NewTracker()
		tr.Bind(all, emit)
		for range 200 {
			switch n := r.IntN(100); n {
			case 0:
				tr.Release(time.Time{}, emit)
			case 1:
				tr.Bind(all, emit)
			default:
				tr.Key(keys[r.IntN(len(keys))], n%2 == 0, time.Time{}, emit)
			}
			for _, id := range tr.Held() {
				if !down[id] {
					t.Fatalf("seed %d: %s is held and was not told of", seed, id)
				}
			}
		}
		for _, k := range keys {
			tr.Key(k, false, time.Time{}, emit)
		}
		for id, d := range down {
			if d {
				t.Fatalf("seed %d: %s is stuck", seed, id)
			}
		}
	}
}

func TestTrackerAllocates(t *testing.T) {
	tr := NewTracker()
	ignore := func(Event) {}
	tr.Bind(bindings(t, "a=M b=Ctrl+M d=V d=Mouse4"), ignore)
	if n := testing.AllocsPerRun(100, func() {
		for _, k := range []Key{"ControlLeft", "KeyM", "Mouse4"} {
			tr.Key(k, true, time.Time{}, ignore)
		}
		tr.Key("KeyM", false, time.Time{}, ignore)
		tr.Release(time.Time{}, ignore)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
