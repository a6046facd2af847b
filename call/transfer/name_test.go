package transfer

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// What strangers may call a file, and what it is called here.
var names = []struct{ theirs, ours string }{
	{"song.ogg", "song.ogg"},
	{"a photo of us.jpg", "a photo of us.jpg"},
	{"Überraschung für Zoë.pdf", "Überraschung für Zoë.pdf"},
	{"写真.png", "写真.png"},
	{"صورة.png", "صورة.png"},
	{"archive.tar.gz", "archive.tar.gz"},
	{"README", "README"},
	{"a+b=c [1] {2} #3 @4 ~5 !.txt", "a+b=c [1] {2} #3 @4 ~5 !.txt"},
	// Paths, of whatever system.
	{"/etc/passwd", "passwd"},
	{"../../../etc/passwd", "passwd"},
	{"..\\..\\windows\\system32\\cmd.exe", "cmd.exe"},
	{"C:\\Users\\ana\\x.txt", "x.txt"},
	{"\\\\server\\share\\x.txt", "x.txt"},
	{"//server/share/x.txt", "x.txt"},
	{"a/b\\c/d.txt", "d.txt"},
	{"x.txt/", "file"},
	{"/", "file"},
	{"\\", "file"},
	{"C:", "C_"},
	{"C:x.txt", "C_x.txt"},
	{"file:///etc/passwd", "passwd"},
	{"~/.bashrc", "bashrc"},
	{"%2e%2e%2fx", "%2e%2e%2fx"},
	// Nothing, and what hides.
	{"", "file"},
	{".", "file"},
	{"..", "file"},
	{"...", "file"},
	{" ", "file"},
	{". . .", "file"},
	{".bashrc", "bashrc"},
	{"..hidden", "hidden"},
	{" leading.txt", "leading.txt"},
	{"trailing.txt ", "trailing.txt"},
	{"trailing.txt.", "trailing.txt"},
	{"trailing.exe. . .", "trailing.exe"},
	{"\u00a0.profile", "profile"},
	// Devices of Windows.
	{"CON", "_CON"},
	{"con", "_con"},
	{"Con.txt", "_Con.txt"},
	{"PRN", "_PRN"},
	{"AUX.c", "_AUX.c"},
	{"NUL", "_NUL"},
	{"nul.tar.gz", "_nul.tar.gz"},
	{"NUL .txt", "_NUL .txt"},
	{"COM1", "_COM1"},
	{"com9.log", "_com9.log"},
	{"COM0", "_COM0"},
	{"COM¹", "_COM¹"},
	{"LPT1.txt", "_LPT1.txt"},
	{"lpt³", "_lpt³"},
	{"CONIN$", "_CONIN$"},
	{"conout$.x", "_conout$.x"},
	{"CLOCK$", "_CLOCK$"},
	{"COM10", "COM10"},
	{"COM", "COM"},
	{"CONSOLE", "CONSOLE"},
	{"a.CON", "a.CON"},
	// Characters that do something.
	{"a\x00b.txt", "ab.txt"},
	{"a\nb\tc.txt", "a b c.txt"},
	{"a\rb.txt", "ab.txt"},
	{"a\x1b[31mb.txt", "a[31mb.txt"},
	{"a\u0085b\u009bc.txt", "abc.txt"},
	{"a\x7fb.txt", "ab.txt"},
	{"photo\u202egpj.exe", "photogpj.exe"},
	{"photo\u2066x\u2069.exe", "photox.exe"},
	{"\u200ea\u200fb\u061c.txt", "ab.txt"},
	{"a\u200bb\u200cc\u200dd\u2060e\ufefff.txt", "abcdef.txt"},
	{"a\u00adb.txt", "ab.txt"},
	{"a\u2028b\u2029c", "abc"},
	{"a\u3000b\u2003c", "a b c"},
	{"\u3164\u115f\u1160\uffa0\u2800\u034f", "file"},
	{"a\ufe0f\U000e0100.txt", "a.txt"},
	{"a\U000e0061\U000e007f.txt", "a.txt"},
	{"a\ue000b", "ab"},
	{"a\xffb\xc3.txt", "a_b_.txt"},
	{"a\ufffdb", "a_b"},
	{`a<b>c:d"e|f?g*h`, "a_b_c_d_e_f_g_h"},
	{"x.txt:stream", "x.txt_stream"},
	{"x.txt::$DATA", "x.txt__$DATA"},
	// Length.
	{strings.Repeat("a", 300) + ".txt", strings.Repeat("a", 195) + ".txt"},
	{strings.Repeat("é", 150) + ".txt", strings.Repeat("é", 97) + ".txt"},
	{strings.Repeat("a", 300), strings.Repeat("a", 199)},
	{"a." + strings.Repeat("b", 300), "a." + strings.Repeat("b", 197)},
	{strings.Repeat("a", 190) + strings.Repeat(" ", 100) + ".txt", strings.Repeat("a", 190) + ".txt"},
}

func TestSafe(t *testing.T) {
	if len(names) < 60 {
		t.Fatal(len(names))
	}
	for _, n := range names {
		if got := Safe(n.theirs); got != n.ours {
			t.Errorf("%q is %q, not %q", n.theirs, got, n.ours)
		}
		checkSafe(t, n.theirs)
	}
}

// checkSafe holds for whatever somebody calls a file.
func checkSafe(t *testing.T, theirs string) {
	t.Helper()
	name := Safe(theirs)
	switch {
	case name == "", len(name) > MaxName, !utf8.ValidString(name), strings.ContainsAny(name, `/\<>:"|?*`), strings.ContainsFunc(name, hidden),
		strings.HasPrefix(name, "."), strings.HasPrefix(name, " "), strings.HasSuffix(name, "."), strings.HasSuffix(name, " "), isReserved(name):
		t.Errorf("%q is %q", theirs, name)
	case Safe(name) != name:
		t.Errorf("%q is %q, and that is %q", theirs, name, Safe(name))
	}
	if part := name + "." + Key("x") + "-" + strings.Repeat("0", 32) + ".part"; len(part) > 255 {
		t.Errorf("%q", part)
	}
	for _, n := range []int{1, 2, tries} {
		if long := Numbered(name, n); len(long) > 255 || strings.HasSuffix(long, ".") {
			t.Errorf("%q", long)
		}
	}
}

func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Variation_Selector, r)
}

func TestNumbered(t *testing.T) {
	for _, c := range []struct {
		name string
		n    int
		want string
	}{
		{"a.txt", 1, "a.txt"}, {"a.txt", 2, "a (2).txt"}, {"a.tar.gz", 3, "a.tar (3).gz"}, {"a", 2, "a (2)"},
		{"a." + strings.Repeat("b", 40), 2, "a." + strings.Repeat("b", 40) + " (2)"},
	} {
		if got := Numbered(c.name, c.n); got != c.want {
			t.Errorf("%q", got)
		}
	}
}

func FuzzSafe(f *testing.F) {
	for _, n := range names {
		f.Add(n.theirs)
	}
	f.Fuzz(checkSafe)
}
