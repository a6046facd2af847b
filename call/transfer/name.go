package transfer

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the longest name of a file that is written, in bytes. What is put behind it (a number, the mark of a part) still fits
// into the 255 of common file systems.
const MaxName = 200

// maxExtension is the longest ending that a cut leaves in place, with its dot.
const maxExtension = 20

// Safe makes a name for a file here out of what a stranger calls theirs: the last part of a path in anybody's notation, of nothing
// but characters that can be shown and that every file system takes, hidden nowhere, and not the name of a device of Windows.
func Safe(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(visible, strings.ToValidUTF8(name, "_"))
	name = strings.TrimLeft(name, ". ")
	name = shorten(strings.TrimRight(name, ". "), MaxName-1) // one is for the mark of a reserved name
	if isReserved(name) {
		name = "_" + name
	}
	if name == "" {
		return "file"
	}
	return name
}

// visible keeps what can be shown and takes part in no trick: characters that turn the direction of writing, have no width, or stand
// for others in some system's paths are left out or become harmless.
func visible(r rune) rune {
	switch {
	case unicode.Is(unicode.Zs, r), r == '\t', r == '\n':
		return ' '
	case strings.ContainsRune(`<>:"|?*`, r), r == utf8.RuneError:
		return '_'
	case !unicode.IsGraphic(r), unicode.Is(unicode.Bidi_Control, r), isBlank(r):
		return -1
	}
	return r
}

// isBlank says that nothing is seen of a character that counts as graphic.
func isBlank(r rune) bool {
	return r == 0x2800 || unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// shorten cuts between characters, and before the ending.
func shorten(name string, most int) string {
	if len(name) <= most {
		return name
	}
	extension := filepath.Ext(name)
	if len(extension) > maxExtension {
		extension = ""
	}
	stem := name[:most-len(extension)]
	for len(stem) > 0 && !utf8.RuneStart(name[len(stem)]) {
		stem = stem[:len(stem)-1]
	}
	return strings.TrimRight(stem, ". ") + extension
}

// reserved are devices on Windows, in every folder and with every ending.
var reserved = []string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"}

func isReserved(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	if slices.Contains(reserved, stem) {
		return true
	}
	for _, port := range []string{"COM", "LPT"} {
		if rest, ok := strings.CutPrefix(stem, port); ok && utf8.RuneCountInString(rest) == 1 && strings.Contains("0123456789¹²³", rest) {
			return true
		}
	}
	return false
}

// Numbered is the nth name to try, from 1, where the ones before it are taken: "name.ext", "name (2).ext".
func Numbered(name string, n int) string {
	if n <= 1 {
		return name
	}
	extension := filepath.Ext(name)
	if extension == name || len(extension) > maxExtension {
		extension = ""
	}
	return strings.TrimSuffix(name, extension) + " (" + strconv.Itoa(n) + ")" + extension
}
