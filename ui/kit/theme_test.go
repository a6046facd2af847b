package kit

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// Grounds on which things stand. A colour that is not opaque stands on each of these.
var (
	grounds    = []fyne.ThemeColorName{theme.ColorNameHeaderBackground, theme.ColorNameBackground, ColorCard}
	everywhere = append([]fyne.ThemeColorName{theme.ColorNameButton, ColorRaised}, grounds...)
)

const (
	textContrast = 4.5 // WCAG 2.2, 1.4.3
	markContrast = 3   // WCAG 2.2, 1.4.11
)

// TestContrast recomputes what the palette promises: text on its ground has 4.5 or more, marks have 3.
func TestContrast(t *testing.T) {
	for _, c := range []struct {
		name  string
		fg    fyne.ThemeColorName
		on    []fyne.ThemeColorName
		least [2]float64 // dark, light; 0: not a pair that is used
	}{
		{"text", theme.ColorNameForeground, everywhere, [2]float64{10, 11}},
		{"second text", theme.ColorNamePlaceHolder, grounds, [2]float64{5.4, 5.8}},
		{"second text on a button", theme.ColorNamePlaceHolder, everywhere, [2]float64{5.4, textContrast}},
		{"primary", theme.ColorNamePrimary, grounds, [2]float64{5.7, 4.8}},
		{"error", theme.ColorNameError, grounds, [2]float64{4.6, 5.1}},
		{"success", theme.ColorNameSuccess, grounds, [2]float64{6.5, 5.2}},
		{"warning", theme.ColorNameWarning, grounds, [2]float64{5.5, 5.4}},
		{"voice as text", ColorVoice, []fyne.ThemeColorName{theme.ColorNameBackground, ColorCard}, [2]float64{7.2, 4.6}},
		{"voice as a ring", ColorVoice, grounds, [2]float64{7.2, 4.1}},
		{"new to you", ColorNewToYou, grounds, [2]float64{5.7, textContrast}},
		{"muted", ColorMuted, grounds, [2]float64{textContrast, textContrast}},
		{"dark button", theme.ColorNamePrimary, []fyne.ThemeColorName{theme.ColorNameButton}, [2]float64{5.7, 0}},
		{"icon on a button", theme.ColorNamePrimary, everywhere, [2]float64{markContrast, markContrast}},
		{"icon on a button", theme.ColorNameError, everywhere, [2]float64{markContrast, markContrast}},
		{"icon on a button", ColorVoice, everywhere, [2]float64{markContrast, markContrast}},
		{"on primary", theme.ColorNameForegroundOnPrimary, []fyne.ThemeColorName{theme.ColorNamePrimary}, [2]float64{7.4, 5.7}},
		{"on error", theme.ColorNameForegroundOnError, []fyne.ThemeColorName{theme.ColorNameError}, [2]float64{7.4, 5.7}},
		{"on success", theme.ColorNameForegroundOnSuccess, []fyne.ThemeColorName{theme.ColorNameSuccess}, [2]float64{7.4, 5.7}},
		{"on warning", theme.ColorNameForegroundOnWarning, []fyne.ThemeColorName{theme.ColorNameWarning}, [2]float64{7.4, 5.7}},
		{"rail", ColorRailText, []fyne.ThemeColorName{ColorRail, ColorRailTile}, [2]float64{5.4, textContrast}},
		{"rail, active", ColorOnRailActive, []fyne.ThemeColorName{ColorRailActive}, [2]float64{7.4, 7.4}},
		{"field's border", theme.ColorNameInputBorder, append([]fyne.ThemeColorName{ColorRaised}, grounds...), [2]float64{3, 3}},
	} {
		for i, mode := range []Mode{Dark, Light} {
			for _, ground := range c.on {
				if c.least[i] > 0 {
					check(t, mode, fmt.Sprintf("%s (%s on %s)", c.name, c.fg, ground), c.least[i], c.fg, ground)
				}
			}
		}
	}
}

// TestContrastOfTones looks at chips, and at rows that lie in the selection's colour.
func TestContrastOfTones(t *testing.T) {
	for _, mode := range []Mode{Dark, Light} {
		for _, ground := range []fyne.ThemeColorName{theme.ColorNameBackground, ColorCard, ColorRaised} {
			for tone := Plain; tone <= Voice; tone++ {
				fg, bg := tone.Colors()
				least := 4.5
				if tone == Voice {
					least = 4.1 // its chip is a mark: LOOK lets voice be text only on stage and card
				}
				check(t, mode, fmt.Sprintf("chip %d on %s", tone, ground), least, fg, ground, bg)
			}
		}
		check(t, mode, "active row", textContrast, theme.ColorNamePlaceHolder, theme.ColorNameHeaderBackground, theme.ColorNameSelection)
	}
}

// TestContrastOfBadge: what stands on a badge can be read whatever the picture under it shows.
func TestContrastOfBadge(t *testing.T) {
	for _, mode := range []Mode{Dark, Light} {
		look := NewTheme(mode, 1)
		fg, bg := nrgba(look.Color(ColorOnBadge, theme.VariantDark)), nrgba(look.Color(ColorBadge, theme.VariantDark))
		for _, under := range []color.NRGBA{{A: 255}, {R: 255, G: 255, B: 255, A: 255}, {R: 255, G: 255, A: 255}} {
			if got := contrast(fg, over(bg, under)); got < textContrast {
				t.Errorf("mode %v over %v: %.1f", mode, under, got)
			}
		}
	}
}

// TestContrastOfFaces goes through all colours that a key can give.
func TestContrastOfFaces(t *testing.T) {
	for _, c := range []struct {
		dark  bool
		least float64
	}{{true, 5.0}, {false, 5.1}} {
		worst := 100.0
		for hue := range uint16(20) {
			for shade := range uint8(2) {
				disc, letters := faceColors(Face{Hue: (70 + 16*hue) % 360, Shade: shade}, c.dark)
				worst = min(worst, contrast(nrgba(letters), nrgba(disc)))
			}
		}
		if worst < c.least-.05 {
			t.Errorf("dark %v: contrast of letters is %.2f at worst, want %.1f", c.dark, worst, c.least)
		}
	}
}

// check lays the grounds over each other, the first at the bottom.
func check(t *testing.T, mode Mode, what string, least float64, fg fyne.ThemeColorName, grounds ...fyne.ThemeColorName) {
	t.Helper()
	look := NewTheme(mode, 1)
	named := func(n fyne.ThemeColorName) color.NRGBA { return nrgba(look.Color(n, theme.VariantDark)) }
	ground := named(grounds[0])
	for _, g := range grounds[1:] {
		ground = over(named(g), ground)
	}
	// The numbers are promised to one decimal.
	if got := contrast(over(named(fg), ground), ground); got < least-.05 {
		t.Errorf("mode %d, %s: contrast %.2f, want %.1f", mode, what, got, least)
	}
}

func nrgba(c color.Color) color.NRGBA { return color.NRGBAModel.Convert(c).(color.NRGBA) }

func over(top, ground color.NRGBA) color.NRGBA {
	mix := func(a, b uint8) uint8 {
		return uint8(math.Round((float64(a)*float64(top.A) + float64(b)*float64(255-top.A)) / 255))
	}
	return color.NRGBA{R: mix(top.R, ground.R), G: mix(top.G, ground.G), B: mix(top.B, ground.B), A: 255}
}

// contrast is WCAG 2.2's contrast ratio.
func contrast(a, b color.NRGBA) float64 {
	high, low := luminance(a), luminance(b)
	if high < low {
		high, low = low, high
	}
	return (high + .05) / (low + .05)
}

func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		if x := float64(v) / 255; x > .04045 {
			return math.Pow((x+.055)/1.055, 2.4)
		} else {
			return x / 12.92
		}
	}
	return .2126*linear(c.R) + .7152*linear(c.G) + .0722*linear(c.B)
}

func TestModes(t *testing.T) {
	for _, c := range []struct {
		mode    Mode
		variant fyne.ThemeVariant
		dark    bool
	}{
		{System, theme.VariantDark, true}, {System, theme.VariantLight, false}, {System, 2, true},
		{Dark, theme.VariantLight, true}, {Light, theme.VariantDark, false},
	} {
		want := palette[theme.ColorNameBackground].light
		if c.dark {
			want = palette[theme.ColorNameBackground].dark
		}
		if got := NewTheme(c.mode, 1).Color(theme.ColorNameBackground, c.variant); got != want {
			t.Errorf("mode %d at variant %d: %v, want %v", c.mode, c.variant, got, want)
		}
	}
}

func TestScale(t *testing.T) {
	app := test.NewTempApp(t)
	for _, c := range []struct{ scale, got, px, text float32 }{
		{0, 1, 36, 14}, {1, 1, 36, 14}, {1.25, 1.25, 45, 17.5}, {.1, .8, 29, 11.2}, {9, 1.5, 54, 21}, {float32(math.NaN()), 1, 36, 14},
	} {
		look := NewTheme(Dark, c.scale)
		app.Settings().SetTheme(look)
		if look.Scale() != c.got || Px(36) != c.px || look.Size(theme.SizeNameText) != c.text || Body.Size() != c.text {
			t.Errorf("%v: scale %v, 36 is %v, text is %v", c.scale, look.Scale(), Px(36), look.Size(theme.SizeNameText))
		}
		if Px(.4) != 1 || Px(0) != 0 || look.Size(theme.SizeNameSeparatorThickness) != 1 {
			t.Errorf("%v: thin things vanish or grow", c.scale)
		}
	}
	if Current().Scale() != 1 || !Current().Dark() {
		t.Error("Current is not the theme that was set last")
	}
}

// TestEveryColor: no colour that Fyne asks for is left to Fyne's own palette.
func TestEveryColor(t *testing.T) {
	for _, name := range []fyne.ThemeColorName{
		theme.ColorNameBackground, theme.ColorNameButton, theme.ColorNameDisabledButton, theme.ColorNameDisabled, theme.ColorNameError,
		theme.ColorNameFocus, theme.ColorNameForeground, theme.ColorNameForegroundOnError, theme.ColorNameForegroundOnPrimary,
		theme.ColorNameForegroundOnSuccess, theme.ColorNameForegroundOnWarning, theme.ColorNameHeaderBackground, theme.ColorNameHover,
		theme.ColorNameHyperlink, theme.ColorNameInputBackground, theme.ColorNameInputBorder, theme.ColorNameMenuBackground,
		theme.ColorNameOverlayBackground, theme.ColorNamePlaceHolder, theme.ColorNamePressed, theme.ColorNamePrimary,
		theme.ColorNameScrollBar, theme.ColorNameScrollBarBackground, theme.ColorNameSelection, theme.ColorNameSeparator,
		theme.ColorNameShadow, theme.ColorNameSuccess, theme.ColorNameWarning,
	} {
		if _, ok := palette[name]; !ok {
			t.Errorf("%s is not in the palette", name)
		}
	}
}
