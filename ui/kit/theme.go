package kit

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Mode is which of the two palettes is shown.
type Mode uint8

// The modes.
const (
	System Mode = iota // what the system prefers; dark where it doesn't say
	Dark
	Light
)

// The scales that a Theme can have.
const (
	MinScale = 0.8
	MaxScale = 1.5
)

// Theme is our fyne.Theme. It is never changed: another mode or scale is another Theme, handed to the app's Settings().SetTheme.
type Theme struct {
	mode  Mode
	scale float32
}

// NewTheme makes a theme. Scale multiplies all sizes on top of the system's own scaling, since Fyne's can't change while it runs; it
// is brought into MinScale..MaxScale, and 0 means 1.
func NewTheme(mode Mode, scale float32) *Theme {
	if scale == 0 || scale != scale {
		scale = 1
	}
	return &Theme{mode: mode, scale: min(max(scale, MinScale), MaxScale)}
}

// Current returns the theme of the running app; one of the defaults if the app has none of ours.
func Current() *Theme {
	if app := fyne.CurrentApp(); app != nil {
		if t, ok := app.Settings().Theme().(*Theme); ok {
			return t
		}
	}
	return &Theme{scale: 1}
}

// Color returns a colour, ours or Fyne's, as the app's theme shows it now. No name is transparent.
func Color(name fyne.ThemeColorName) color.Color {
	if name == "" {
		return color.Transparent
	}
	return Current().Color(name, variant())
}

// Px turns one of our numbers into Fyne units at the theme's scale: whole ones, so that edges stay sharp, and never 0 for
// what was more.
func Px(x float32) float32 {
	scaled := float32(math.Round(float64(x * Current().scale)))
	if scaled == 0 && x > 0 {
		return 1
	}
	return scaled
}

// Mode returns the mode it was made with.
func (t *Theme) Mode() Mode { return t.mode }

// Scale returns the scale it was made with, within its bounds.
func (t *Theme) Scale() float32 { return t.scale }

// Dark tells whether the dark palette is shown.
func (t *Theme) Dark() bool { return t.dark(variant()) }

// Color implements fyne.Theme. The variant counts only in the mode System.
func (t *Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	p, ok := palette[name]
	switch {
	case !ok:
		return theme.DefaultTheme().Color(name, t.variantOf(v))
	case t.dark(v):
		return p.dark
	}
	return p.light
}

// Font implements fyne.Theme: Fyne's own, Noto Sans and DejaVu Sans Mono.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(style) }

// Icon implements fyne.Theme: Fyne's own. Ours go by IconResource.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

// Size implements fyne.Theme. Lines stay one unit at any scale.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNameSeparatorThickness, theme.SizeNameInputBorder:
		return 1
	}
	if size, ok := sizes[name]; ok {
		return size * t.scale
	}
	return theme.DefaultTheme().Size(name) * t.scale
}

// sizes are in Fyne units at scale 1, on a grid of 4.
var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNamePadding:         4,
	theme.SizeNameInnerPadding:    8,
	theme.SizeNameLineSpacing:     4,
	theme.SizeNameInlineIcon:      20,
	theme.SizeNameScrollBar:       8,
	theme.SizeNameScrollBarSmall:  4,
	theme.SizeNameScrollBarRadius: 4,
	theme.SizeNameInputRadius:     8,
	theme.SizeNameSelectionRadius: 8,
	theme.SizeNameText:            14,
	theme.SizeNameCaptionText:     12,
	theme.SizeNameSubHeadingText:  18,
	theme.SizeNameHeadingText:     22,
}

func (t *Theme) dark(v fyne.ThemeVariant) bool {
	return t.mode == Dark || t.mode == System && v != theme.VariantLight
}

func (t *Theme) variantOf(v fyne.ThemeVariant) fyne.ThemeVariant {
	if t.dark(v) {
		return theme.VariantDark
	}
	return theme.VariantLight
}

// variant is what the system prefers.
func variant() fyne.ThemeVariant {
	if app := fyne.CurrentApp(); app != nil {
		return app.Settings().ThemeVariant()
	}
	return theme.VariantDark
}
