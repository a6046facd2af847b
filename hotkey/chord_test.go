package hotkey

import (
	"errors"
	"strings"
	"testing"
)

func TestParseChord(t *testing.T) {
	for in, want := range map[string]string{
		"Ctrl+Shift+F13":            "Ctrl+Shift+F13",
		"shift + ctrl + f13":        "Ctrl+Shift+F13",
		"Mouse4":                    "Mouse4",
		"win+v":                     "Super+KeyV",
		"COMMAND+Option+5":          "Alt+Super+Digit5",
		"controlright":              "ControlRight",
		"Ctrl+ShiftLeft":            "Ctrl+ShiftLeft",
		"Ctrl+Alt+Shift+Super+F24":  "Ctrl+Alt+Shift+Super+F24",
		"numpadadd":                 "NumpadAdd",
		" Backquote ":               "Backquote",
		"":                          "",
		"Ctrl":                      "",
		"Ctrl+":                     "",
		"+":                         "",
		"Ctrl+Control+A":            "",
		"Ctrl+ControlLeft":          "",
		"A+B":                       "",
		"F25":                       "",
		"F0":                        "",
		"Mouse0":                    "",
		"Mouse10":                   "",
		"KeyÄ":                      "",
		"Ctrl+\x00A":                "",
		strings.Repeat("Ctrl+", 90): "",
	} {
		c, err := ParseChord(in)
		if want == "" {
			if !errors.Is(err, ErrChord) || c != (Chord{}) {
				t.Errorf("%q: %v, %v", in, c, err)
			}
			continue
		}
		if err != nil || c.String() != want {
			t.Errorf("%q: %v, %v, want %s", in, c, err, want)
		}
	}
}

// Every key is read back, in the longest chord too.
func TestChordRoundTrip(t *testing.T) {
	for _, key := range known {
		for mods := range Ctrl | Alt | Shift | Super + 1 {
			c := Chord{Mods: mods &^ modifiers[key], Key: key}
			if got, err := ParseChord(c.String()); err != nil || got != c {
				t.Fatalf("%v: %v, %v", c, got, err)
			}
		}
	}
	if len(known) < 200 {
		t.Errorf("%d names", len(known))
	}
}

func FuzzParseChord(f *testing.F) {
	for _, s := range []string{"Ctrl+A", "Mouse5", "+", "ſhift+K", "Super++", "control+Shift+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseChord(s)
		if err != nil {
			if !errors.Is(err, ErrChord) || len(err.Error()) > 8*maxChord {
				t.Fatal(err)
			}
			return
		}
		if again, err := ParseChord(c.String()); err != nil || again != c || c.Key == "" {
			t.Fatalf("%q: %v, then %v, %v", s, c, again, err)
		}
	})
}
