package kit

import (
	"bytes"
	"sync"

	"fyne.io/fyne/v2"
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
	// Noto Sans, which Fyne carries, has all of Latin, and the punctuation that we write ourselves.
	if r < 0x250 || r == '…' || r == replacement {
		return true
	}
	return fonts().has(r)
}

// fonts is read at the first rune that is not Latin.
var fonts = sync.OnceValue(loadCoverage)

// coverage is which runes the fonts have that Fyne draws with: its own and the system's.
type coverage struct {
	own    []*font.Face
	system []fontscan.Footprint

	lock  sync.Mutex
	known map[rune]bool // what was asked before: at most maxKnown
}

const maxKnown = 4096

func loadCoverage() *coverage {
	c := &coverage{known: make(map[rune]bool)}
	for _, res := range []fyne.Resource{theme.DefaultTextFont(), theme.DefaultEmojiFont()} {
		if res == nil {
			continue // a build may leave the emoji out
		}
		if face, err := font.ParseTTF(bytes.NewReader(res.Content())); err == nil {
			c.own = append(c.own, face)
		}
	}
	// Fyne has scanned them for its first text; this is the same list. Without one, only its own fonts are drawn with.
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
	for _, face := range c.own {
		if _, ok := face.NominalGlyph(r); ok {
			return true
		}
	}
	for i := range c.system {
		if c.system[i].Runes.Contains(r) {
			return true
		}
	}
	return false
}
