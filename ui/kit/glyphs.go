package kit

import (
	"bytes"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/fontscan"
)

// Fyne 2.7.1 keeps a list of the fonts it has met, and puts one more on it each time that it looks for a letter which no font of
// this machine has (dynamicFontMap.ResolveFace). The list is never shortened and is walked for each such letter, so names made
// of them would slow the window down more and more. Hence such letters never reach Fyne: a replacement character is drawn instead.
const replacement = '\ufffd'

// drawable tells whether some font has a letter for a rune.
func drawable(r rune) bool {
	return plain(r) || fonts().has(r)
}

// plain tells whether Noto Sans, which Fyne carries, has a letter for a rune: it has all of Latin, and the punctuation that we write
// ourselves.
func plain(r rune) bool { return r < 0x250 || r == '…' || r == replacement || has(noto(), r) }

// fontOf is the font that has all of a text. Where that is nil Fyne gathers several, with all of what is in them: for each style its
// own and 4 MB of emoji, and one of the system's.
func fontOf(text string, style fyne.TextStyle) fyne.Resource {
	for _, r := range text {
		if !plain(r) {
			return nil
		}
	}
	return Current().Font(style)
}

// spell has a line say something, in the style it has.
func spell(line *canvas.Text, text string) {
	line.Text, line.FontSource = text, fontOf(text, line.TextStyle)
}

// Both are read at the first rune that needs them.
var (
	noto  = sync.OnceValue(func() font.Cmap { return lettersOf(theme.DefaultTextFont()) })
	fonts = sync.OnceValue(loadCoverage)
)

// lettersOf is which letters a font has, without the letters themselves; nil: none.
func lettersOf(res fyne.Resource) font.Cmap {
	if res == nil {
		return nil // a build may leave the emoji out
	}
	face, err := font.ParseTTF(bytes.NewReader(res.Content()))
	if err != nil {
		return nil
	}
	return face.Cmap
}

func has(letters font.Cmap, r rune) bool {
	if letters == nil {
		return false
	}
	_, ok := letters.Lookup(r)
	return ok
}

// coverage is which runes the fonts have that Fyne draws with, besides Noto Sans: its own and the system's.
type coverage struct {
	emoji  font.Cmap
	system []fontscan.Footprint

	lock  sync.Mutex
	known map[rune]bool // what was asked before: at most maxKnown
}

const maxKnown = 4096

func loadCoverage() *coverage {
	c := &coverage{emoji: lettersOf(theme.DefaultEmojiFont()), known: make(map[rune]bool)}
	// Fyne scans them for its first text that is not plain; this is the same list. Without one, only its own fonts are drawn with.
	if system, err := fontscan.SystemFonts(quiet{}, ""); err == nil {
		c.system = system
	}
	return c
}

// quiet drops what the scan has to say about broken fonts.
type quiet struct{}

func (quiet) Printf(string, ...any) {}

func (c *coverage) has(r rune) bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	has, ok := c.known[r]
	if !ok {
		if len(c.known) == maxKnown {
			clear(c.known)
		}
		has = c.find(r)
		c.known[r] = has
	}
	return has
}

func (c *coverage) find(r rune) bool {
	if has(c.emoji, r) {
		return true
	}
	for i := range c.system {
		if c.system[i].Runes.Contains(r) {
			return true
		}
	}
	return false
}
