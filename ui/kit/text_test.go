package kit

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// hostile is what somebody may write where a name is asked for.
func hostile() map[string]string {
	return map[string]string{
		"nothing":       "",
		"long":          strings.Repeat("x", 10_000),
		"no glyphs":     strings.Repeat("𒐫", 10_000),
		"invalid UTF-8": strings.Repeat("\xff\xfe\x80", 3_000),
		"accents":       "Z" + strings.Repeat("\u0301\u0329", 5_000),
		"controls":      strings.Repeat("\x00\x1b\r\a", 2_500),
		"turned":        "\u202e\u2066gnp.exe\u2069" + strings.Repeat("\u202e", 5_000),
		"lines":         strings.Repeat("line\n", 2_000),
		"tabs":          strings.Repeat("\t", 10_000),
		"joined":        strings.Repeat("👩\u200d", 3_000),
		"right to left": strings.Repeat("שלום ", 2_000),
		"spaces":        strings.Repeat(" ", 10_000),
	}
}

func TestHostileText(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	for name, s := range hostile() {
		text := NewText(s, Body, "")
		line := test.WidgetRenderer(text).(*textRenderer).line
		for _, width := range []float32{0, 1, 13, 120, 5_000} {
			text.Resize(fyne.NewSize(width, 20))
			if n := utf8.RuneCountInString(line.Text); n > maxLine+1 {
				t.Errorf("%s: %d runes are drawn", name, n)
			}
			if i := strings.IndexFunc(line.Text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }); i >= 0 {
				t.Errorf("%s: control characters are drawn", name)
			}
			if got := line.MinSize().Width; got > width+roundOff && line.Text != "" {
				t.Errorf("%s: %v wide in %v", name, got, width)
			}
		}
		if least := text.MinSize(); least.Width > 2*leastText || least.Height != 20 {
			t.Errorf("%s: would make its window %v", name, least)
		}
	}
}

func TestHostileParagraph(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	for name, s := range hostile() {
		p := NewParagraph(s, Body, "")
		for _, width := range []float32{0, 1, 120, 700} {
			p.Resize(fyne.NewSize(width, 20))
			lines := test.WidgetRenderer(p).Objects()
			if len(lines) == 0 || len(lines) > maxLines {
				t.Errorf("%s: %d lines", name, len(lines))
			}
			if least := p.MinSize(); least.Width > 2*leastText+maxParagraph*hint*20 || least.Height != float32(len(lines))*20 {
				t.Errorf("%s: %d lines, wants %v", name, len(lines), least)
			}
		}
	}
}

func TestHostileElsewhere(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	for name, s := range hostile() {
		chip, banner, avatar := NewChip(), NewBanner(), NewAvatar(92)
		chip.Set("mic", s, Tone(200))
		banner.Set(s, s, Warn, "Try now", nil)
		avatar.SetFace(Face{Letters: s, Hue: 65535, Shade: 255})
		avatar.SetDot(Dot(99), ColorCard)
		avatar.SetStep(255)
		for _, o := range []fyne.CanvasObject{chip, banner, avatar} {
			o.Resize(fyne.NewSize(200, FitHeight(o, 200)))
			if least := o.MinSize(); least.Width > 260 || least.Height > maxLines*20+16 {
				t.Errorf("%s: %T would be %v", name, o, least)
			}
		}
	}
}

func FuzzInertLine(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s, 12)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = max(0, min(n, maxLine))
		line, more := inertLine(s, n)
		if len(line) > n {
			t.Fatalf("%d runes of at most %d", len(line), n)
		}
		if !more && n >= utf8.RuneCountInString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) < 0 && string(line) != s {
			t.Fatalf("%q became %q", s, string(line))
		}
		for _, r := range line {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' {
				t.Fatalf("%U is left of %q", r, s)
			}
		}
	})
}

func TestCut(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	letters := []rune("abc WMi.é—")
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		line := make([]rune, 1+random.IntN(60))
		for i := range line {
			line[i] = letters[random.IntN(len(letters))]
		}
		width := Body.Width(string(line)) * random.Float32()
		got := cut(line, Body, width)
		if got == "" {
			if width >= Body.Width(ellipsis) {
				t.Errorf("%q in %v: nothing is left", string(line), width)
			}
			continue
		}
		kept := strings.TrimSuffix(got, ellipsis)
		if got == kept || !strings.HasPrefix(string(line), kept) || Body.Width(got) > width+1 {
			t.Errorf("%q in %v: %q, %v wide", string(line), width, got, Body.Width(got))
		}
	}
}

// TestCutKeepsAccents: a letter is not shown without the accents that follow it.
func TestCutKeepsAccents(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	line := []rune(strings.Repeat("e\u0301", 30))
	for width := float32(20); width < 200; width++ {
		kept := []rune(strings.TrimSuffix(cut(line, Body, width), ellipsis))
		if len(kept)%2 != 0 {
			t.Fatalf("%v: %q", width, string(kept))
		}
	}
}

// TestTextGrows: what was cut comes back when there is room, and another text is cut anew.
func TestTextGrows(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	text := NewText("Harbour Crew", Body, "")
	line := test.WidgetRenderer(text).(*textRenderer).line
	shows := func(width float32, want string) {
		t.Helper()
		if text.Resize(fyne.NewSize(width, 20)); line.Text != want {
			t.Errorf("in %v: %q, want %q", width, line.Text, want)
		}
	}
	shows(60, "Harbo…")
	shows(text.Natural(), "Harbour Crew")
	shows(5, "")
	shows(60, "Harbo…")
	least := text.MinSize()
	text.SetText("Lantern and others")
	if line.Text != "Lanter…" {
		t.Errorf("%q", line.Text)
	}
	if text.MinSize() == least {
		t.Error("a parent would not learn that another width is wanted")
	}
	text.SetStyle(Caption)
	if line.Text != "Lantern…" || line.TextSize != 12 {
		t.Errorf("%q at %v", line.Text, line.TextSize)
	}
}

func TestWrap(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	text := "Until you accept, nothing leaves this computer: no sound, no picture, noaddressthatsomebodycouldpossiblywritedownandkeep."
	for width := float32(40); width < 900; width += 13 {
		lines := wrap(nil, text, Body, width)
		joined := strings.ReplaceAll(strings.Join(lines, ""), " ", "")
		if joined != strings.ReplaceAll(text, " ", "") {
			t.Fatalf("%v: letters are lost: %q", width, lines)
		}
		for _, line := range lines {
			if got := Body.Width(line); got > width {
				t.Errorf("%v: %q is %v wide", width, line, got)
			}
		}
	}
	if got := wrap(nil, "", Body, 100); len(got) != 1 {
		t.Errorf("an empty line is %d lines", len(got))
	}
}

// TestDrawable: letters that no font has never reach Fyne, which would remember each of them for ever.
func TestDrawable(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	for _, c := range []struct{ text, want string }{
		{"Mara Lind, Łódź — Ζωή, Юрий", "Mara Lind, Łódź — Ζωή, Юрий"},
		{"a\U000E0FF0b\U00050000c", "a\ufffdb\ufffdc"}, // not assigned, never a letter
		{"👩\u200d🚀", "👩\u200d🚀"},
	} {
		if line, _ := inertLine(c.text, maxLine); string(line) != c.want {
			t.Errorf("%q became %q", c.text, string(line))
		}
	}
	empty := &coverage{known: make(map[rune]bool)}
	for r := range rune(3 * maxKnown) {
		if empty.has(r) || len(empty.known) > maxKnown {
			t.Fatalf("no font has %U, and %d are remembered", r, len(empty.known))
		}
	}
}

// TestFontOf: what Noto Sans has is drawn with it alone, in every weight, and the rest with all fonts that there are. The ones that
// draw do have it: what they lack Fyne would look for, and remember.
func TestFontOf(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	bold, mono := Header.TextStyle(), Mono.TextStyle()
	for _, c := range []struct {
		text  string
		style fyne.TextStyle
		want  fyne.Resource
	}{
		{"Łódź — Юрий", fyne.TextStyle{}, theme.DefaultTextFont()},
		{"Ζωή…", bold, theme.DefaultTextBoldFont()},
		{"40718", mono, theme.DefaultTextMonospaceFont()},
		{"Mara 👩", bold, nil},
	} {
		if got := fontOf(c.text, c.style); got != c.want {
			t.Errorf("%q is drawn with %v", c.text, got)
		}
	}
	letters := lettersOf(theme.DefaultTextBoldFont())
	for all := noto().Iter(); all.Next(); {
		if r, _ := all.Char(); !has(letters, r) {
			t.Errorf("the bold font lacks %U", r)
		}
	}
	for _, r := range "0123456789 …" {
		if !has(lettersOf(theme.DefaultTextMonospaceFont()), r) {
			t.Errorf("the font of safety numbers lacks %q", r)
		}
	}
}

// BenchmarkHostileText is the cost of a name of ten thousand letters, from the setter to what is drawn.
func BenchmarkHostileText(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(NewTheme(Dark, 1))
	names := []string{strings.Repeat("x", 10_000), strings.Repeat("y", 10_000)}
	text := NewText("", Body, "")
	text.Resize(fyne.NewSize(120, 20))
	test.WidgetRenderer(text)
	for n := 0; b.Loop(); n++ {
		text.SetText(names[n%2])
	}
}
