package model

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestInert(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "The channel is full: 8 people.", "The channel is full: 8 people."},
		{"lines are one", "one\ntwo\r\n\tthree", "one two three"},
		{"direction", "pay \u202egnp.exe", "pay gnp.exe"},
		{"zero width", "a\u200bb\u2060c\ufeff", "abc"},
		{"markup stays text", "**x** [a](http://b) <b>", "**x** [a](http://b) <b>"},
		{"marks", "Z" + strings.Repeat("\u0335", 50) + "!", "Z\u0335\u0335!"},
		{"escape", "\x1b[31mred\x00", "[31mred"},
		{"broken bytes", "a\xff\xfeb", "ab"},
		{"nothing to see", "\u200b\u2800\u3164", ""},
		{"empty", "", ""},
		{"a long word is whole", strings.Repeat("x", 60), strings.Repeat("x", 60)},
		{"too long", strings.Repeat("a b ", 500), strings.TrimRight(strings.Repeat("a b ", 500)[:199], " ") + "…"},
	} {
		if got := Inert(c.in); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

func TestLetters(t *testing.T) {
	for _, c := range []struct{ name, user, want string }{
		{"Mara Lind", "x", "ML"}, {"Juniper", "x", "J"}, {"ana maria de souza", "x", "AS"}, {"-- 7 up!", "x", "7U"},
		{"élan Ötzi", "x", "ÉÖ"}, {"李 小龙", "x", "李小"}, {"ß", "x", "ß"}, {"…!", "k3f9", "K3"}, {"", "k", "K"}, {"", "", ""},
		{"\u202ebob\u200b", "x", "B"}, {"(Kofi)", "x", "K"},
	} {
		if got := Letters(c.name, c.user); got != c.want {
			t.Errorf("Letters(%q, %q) = %q, not %q", c.name, c.user, got, c.want)
		}
	}
}

func TestFaces(t *testing.T) {
	hues, shades := map[uint16]bool{}, map[uint8]bool{}
	for i := range 2000 {
		f := FaceOf([]byte{byte(i), byte(i >> 8)}, "Mara Lind", "u")
		hues[f.Hue], shades[f.Shade] = true, true
		if f.Hue > 14 && f.Hue < 70 {
			t.Fatalf("hue %d is amber", f.Hue)
		}
	}
	equal(t, "hues", len(hues), 20)
	equal(t, "shades", len(shades), 2)
	equal(t, "another name, the same colour", FaceOf([]byte("k"), "A", "u").Hue, FaceOf([]byte("k"), "B", "v").Hue)
}

func TestSomebodyWithoutAName(t *testing.T) {
	equal(t, "invisible", personName("\u200b\u2800", "k3f9aaaa"), "Somebody K3F9")
	equal(t, "without an id too", personName("", ""), "Somebody ")
	equal(t, "channel", placeName("\u200b", "Channel"), "Channel")
}

func FuzzInert(f *testing.F) {
	for _, s := range []string{"", "plain words", "a\u202eb\u0301\u0301\u0301\u0301", "\xff\xfe", strings.Repeat("\U0001d160", 300), "\u1100\u1161\u11a8 x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for what, got := range map[string]string{"Inert": Inert(s), "Letters": Letters(s, "user"), "personName": personName(s, "user")} {
			if !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxText {
				t.Fatalf("%s(%q) = %q", what, s, got)
			}
			for _, r := range got {
				if !unicode.IsGraphic(r) {
					t.Fatalf("%s(%q) holds %U", what, s, r)
				}
			}
		}
		if n := utf8.RuneCountInString(Letters(s, "user")); n < 1 || n > 6 {
			t.Fatalf("%d letters of %q", n, s)
		}
	})
}
