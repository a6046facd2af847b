package profile

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestCleanName(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "Anna", "Anna"},
		{"empty", "", ""},
		{"only spaces", " \t\u00a0\u3000\n", ""},
		{"spaces", "  Anna \t\n of\u2003\u3000York ", "Anna of York"},
		{"controls", "An\x00n\x1b[31ma\x7f\u0085", "Ann[31ma"},
		{"bidi", "\u202eannA\u202c\u2066x\u2069\u200f\u061c", "annAx"},
		{"zero width", "A\u200bn\u200c\u200dn\ufeffa\u2060\u00ad\u034f\u180e", "Anna"},
		{"blank letters", "\u115f\u1160\u3164\uffa0\u2800", ""},
		{"variation selectors", "A\ufe0f\U000e0100", "A"},
		{"tags", "A\U000e0041\U000e007f", "A"},
		{"line separators", "A\u2028B\u2029C", "A B C"},
		{"not UTF-8", "A\xff\xfeB\xc3", "AB"},
		{"private and unassigned", "A\ue000\u0378\U0010ffffB", "AB"},
		{"composed", "Ame\u0301lie", "Am\u00e9lie"},
		{"composed over a joiner", "Ame\u200b\u0301lie", "Am\u00e9lie"},
		{"two marks stay", "a\u0323\u0302x\u0306\u0301", "\u1eadx\u0306\u0301"},
		{"marks climb", "x" + strings.Repeat("\u0301", 300) + "y", "x\u0301\u0301y"},
		{"marks on nothing", "\u0301\u0301Anna \u0301Bea", "Anna Bea"},
		{"long", strings.Repeat("ä", 40), strings.Repeat("ä", 32)},
		{"cut after a space", strings.Repeat("a", 31) + " bc", strings.Repeat("a", 31)},
		{"megabytes", strings.Repeat("a", 1<<20), strings.Repeat("a", 32)},
		{"picture", "Anna 🎤", "Anna 🎤"},
		{"other scripts", "राम Ωμέγα 김 محمد", "राम Ωμέγα 김 محمد"},
	}
	for _, tt := range tests {
		if got := CleanName(tt.in); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"Anna", "\u0301a \u0301", "x\u0301\u0302\u0303", "\u1100\u1161\u11a8", "\u09c7\u09be",
		strings.Repeat("\u0301", 100), strings.Repeat("a", 31) + " e\u0301\u0301\u0301", "\u0958\u0340", "a\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := CleanName(s)
		if !utf8.ValidString(name) || utf8.RuneCountInString(name) > MaxName || !norm.NFC.IsNormalString(name) {
			t.Fatalf("%q becomes %q: too long or not in NFC", s, name)
		}
		if again := CleanName(name); again != name {
			t.Fatalf("%q becomes %q and then %q", s, name, again)
		}
		if name != strings.TrimSpace(name) || strings.Contains(name, "  ") {
			t.Fatalf("%q becomes %q: spaces", s, name)
		}
		marks := 0
		for _, r := range name {
			if marks++; !unicode.Is(unicode.M, r) {
				marks = 0
			}
			if marks > maxMarks || !unicode.IsGraphic(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%q becomes %q: %U, %d marks", s, name, r, marks)
			}
		}
		looksOf(s)
	})
}

func TestLooks(t *testing.T) {
	alike := [][2]string{
		{"Anna", "anna"}, {"Anna", "ANNA"}, {"Anna", " A n.n-a_"}, {"Anna", "Ànñä"}, {"Anna", "An\u200bna"},
		{"Anna", "Аnnа"},   // Cyrillic А and а
		{"Anna", "𝐀𝓷𝓃𝖆"},   // mathematical letters
		{"Anna", "Ａｎｎａ"},   // full width
		{"Bob", "B0b"},     // digit
		{"Bob", "Воb"},     // Cyrillic В and о
		{"Paul", "Paui"},   // l and i
		{"Paul", "PauI"},   // l and capital i
		{"Paul", "Pau1"},   // l and 1
		{"Paul", "Pau|"},   // l and a bar
		{"Paul", "Раul"},   // Cyrillic Р and а
		{"Marc", "rnarc"},  // m and rn
		{"Will", "VVill"},  // w and vv
		{"Will", "vviii"},  // both
		{"HENRY", "ΗΕΝRΥ"}, // Greek capitals
		{"ΜΑΡΙΑ", "μαρία"}, // case and accent in Greek
		{"Алёна", "алена"}, // and in Cyrillic
		{"Größe", "GROSSE"}, {"Ψ", "ψ"}, {"σς", "ΣΣ"}, {"...", "..."},
	}
	for _, pair := range alike {
		if a, b := looksOf(pair[0]), looksOf(pair[1]); !a.like(b) || !b.like(a) {
			t.Errorf("%q %v and %q %v do not look alike", pair[0], a, pair[1], b)
		}
	}
	different := [][2]string{
		{"Anna", "Hanna"}, {"Anna", "Ana"}, {"Anna", "Anna 2"}, {"Bob", "Rob"}, {"Дима", "Дина"}, {"Tim", "Tom"},
		{"🎤", "🎸"}, {"...", "!!!"}, {"राम", "रमा"}, {"Max", "Maxi"}, {"王", "玉"}, {"Jan", "Jon"}, {"", "Anna"},
	}
	for _, pair := range different {
		if a, b := looksOf(pair[0]), looksOf(pair[1]); a.like(b) {
			t.Errorf("%q %v and %q %v look alike", pair[0], a, pair[1], b)
		}
	}
}
