package kit

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Face is what an Avatar shows: letters on a disc, whose colour comes from a key.
type Face struct {
	Letters string // one or two
	Hue     uint16 // degrees
	Shade   uint8  // 0 or 1
}

// Dot is the mark of presence at the lower right of an Avatar.
type Dot uint8

// The dots: full, hollow, with a bar, and grey.
const (
	NoDot Dot = iota
	DotOnline
	DotAway
	DotBusy
	DotOffline
)

// maxStep is the brightest step of a ring.
const maxStep = 4

// ringWidths are parts of the disc's diameter, by step.
var ringWidths = [maxStep + 1]float32{0, .022, .036, .05, .064}

// Avatar is a round face. Its size is the disc's; ring, halo and dot stand out over it.
type Avatar struct {
	widget.BaseWidget
	diameter float32
	face     Face
	dot      Dot
	ground   fyne.ThemeColorName
	dim      bool
	ringing  bool
	step     uint8
}

// NewAvatar makes an avatar whose disc is d units wide at scale 1. It stands on a card until SetDot says otherwise.
func NewAvatar(d float32) *Avatar {
	a := &Avatar{diameter: d, ground: ColorCard}
	a.ExtendBaseWidget(a)
	return a
}

// SetFace shows somebody.
func (a *Avatar) SetFace(f Face) {
	if a.face != f {
		a.face = f
		a.Refresh()
	}
}

// SetDot shows a presence. Ground is the colour that the avatar stands on: the gaps at the dot and in the ring are of it.
func (a *Avatar) SetDot(d Dot, ground fyne.ThemeColorName) {
	if a.dot != d || a.ground != ground {
		a.dot, a.ground = d, ground
		a.Refresh()
	}
}

// SetDim takes the colour away: whoever it is can't be reached right now.
func (a *Avatar) SetDim(dim bool) {
	if a.dim != dim {
		a.dim = dim
		a.Refresh()
	}
}

// SetRinging lights the ring in the primary colour instead of that of a voice: nobody speaks yet.
func (a *Avatar) SetRinging(ringing bool) {
	if a.ringing != ringing {
		a.ringing = ringing
		a.Refresh()
	}
}

// SetStep lights the ring: 0 is dark, 4 the brightest. Only ring and halo are drawn anew.
func (a *Avatar) SetStep(step uint8) {
	if step = min(step, maxStep); a.step != step {
		a.step = step
		a.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (a *Avatar) CreateRenderer() fyne.WidgetRenderer {
	r := &avatarRenderer{avatar: a,
		halo: &canvas.Circle{}, ring: &canvas.Circle{}, gap: &canvas.Circle{}, disc: &canvas.Circle{},
		dotGap: &canvas.Circle{}, dot: &canvas.Circle{}, hole: &canvas.Circle{}, bar: &canvas.Rectangle{},
		letters: &canvas.Text{Alignment: fyne.TextAlignCenter, TextStyle: fyne.TextStyle{Bold: true}},
	}
	r.show()
	return r
}

// avatarRenderer draws with filled circles alone, one on another: a stroke is centred on its edge by one of Fyne's painters and lies
// within it in the other.
type avatarRenderer struct {
	avatar                *Avatar
	halo, ring, gap, disc *canvas.Circle
	letters               *canvas.Text
	dotGap, dot, hole     *canvas.Circle
	bar                   *canvas.Rectangle
	shown                 avatarLook
}

// avatarLook is all that the drawing follows from; what did not change is not drawn again.
type avatarLook struct {
	ring ringLook
	face faceLook
	dot  dotLook
}

type ringLook struct {
	step       uint8
	size       fyne.Size
	scale      float32
	ring, halo color.Color
	ground     color.Color
}

type faceLook struct {
	size          fyne.Size
	scale         float32
	text          string
	disc, letters color.Color
}

type dotLook struct {
	dot           Dot
	size          fyne.Size
	scale         float32
	color, ground color.Color
}

func (r *avatarRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(Px(r.avatar.diameter)) }
func (r *avatarRenderer) Layout(fyne.Size)   { r.show() }
func (r *avatarRenderer) Refresh()           { r.show() }
func (r *avatarRenderer) Destroy()           {}

func (r *avatarRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.halo, r.ring, r.gap, r.disc, r.letters, r.dotGap, r.dot, r.hole, r.bar}
}

func (r *avatarRenderer) show() {
	a := r.avatar
	size, scale, ground := a.Size(), Current().scale, Color(a.ground)
	ring, halo := Color(ColorVoice), Color(ColorVoiceHalo)
	if a.ringing {
		ring, halo = Color(theme.ColorNamePrimary), Color(theme.ColorNameSelection)
	}
	if look := (ringLook{a.step, size, scale, ring, halo, ground}); r.shown.ring != look {
		r.shown.ring = look
		r.showRing(look)
	}
	disc, letters := faceColors(a.face, Current().Dark())
	if a.dim {
		disc, letters = Color(theme.ColorNameButton), Color(theme.ColorNameDisabled)
	}
	if look := (faceLook{size, scale, lettersAt(a.face.Letters, a.diameter), disc, letters}); r.shown.face != look {
		r.shown.face = look
		r.showFace(look)
	}
	if look := (dotLook{a.dot, size, scale, Color(dotColors[min(a.dot, DotOffline)]), ground}); r.shown.dot != look {
		r.shown.dot = look
		r.showDot(look)
	}
}

func (r *avatarRenderer) showRing(look ringLook) {
	lit := look.step > 0
	d := r.avatar.diameter
	setShown(r.halo, lit && d > 30)
	setShown(r.ring, lit)
	setShown(r.gap, lit)
	if !lit {
		return
	}
	// Whole units, so that the ring is as wide on the left as on the right; 1.5 at least becomes 2.
	gap := max(Px(2), Px(d/22))
	width := max(Px(1.5), Px(d*ringWidths[look.step]))
	at := middle(look.size, 0, 0)
	radius := look.size.Width / 2
	disc(r.gap, at, radius+gap, look.ground)
	disc(r.ring, at, radius+gap+width, look.ring)
	disc(r.halo, at, radius+gap+width+Px(.032*d*float32(look.step)), look.halo)
}

func (r *avatarRenderer) showFace(look faceLook) {
	at := middle(look.size, 0, 0)
	disc(r.disc, at, look.size.Width/2, look.disc)
	d := r.avatar.diameter
	part := float32(.38)
	switch {
	case d <= 26:
		part = .48
	case d <= 32:
		part = .36
	}
	r.letters.Color, r.letters.TextSize = look.letters, part*d*look.scale
	spell(r.letters, look.text)
	// Capitals stand a little under the middle of their line.
	place(r.letters, 0, -.03*r.letters.TextSize, look.size.Width, look.size.Height)
	r.letters.Refresh()
}

func (r *avatarRenderer) showDot(look dotLook) {
	on := look.dot != NoDot
	setShown(r.dotGap, on)
	setShown(r.dot, on)
	setShown(r.hole, look.dot == DotAway)
	setShown(r.bar, look.dot == DotBusy)
	if !on {
		return
	}
	d := min(Px(12), Px(.28*r.avatar.diameter))
	edge := d/2 + Px(2)
	// The gap's edge stands 4 out to the right, 3 below.
	at := fyne.NewPos(look.size.Width+Px(4)-edge, look.size.Height+Px(3)-edge)
	disc(r.dotGap, at, edge, look.ground)
	disc(r.dot, at, d/2, look.color)
	disc(r.hole, at, d/2-Px(2), look.ground)
	width, height := max(Px(4), Px(d/2/look.scale)), Px(2)
	r.bar.FillColor = look.ground
	place(r.bar, at.X-width/2, at.Y-height/2, width, height)
	r.bar.Refresh()
}

var dotColors = [...]fyne.ThemeColorName{
	DotOnline:  theme.ColorNameSuccess,
	DotAway:    theme.ColorNameWarning,
	DotBusy:    theme.ColorNameError,
	DotOffline: theme.ColorNameDisabled,
}

// disc draws a circle around a place.
func disc(c *canvas.Circle, at fyne.Position, radius float32, fill color.Color) {
	c.FillColor = fill
	place(c, at.X-radius, at.Y-radius, 2*radius, 2*radius)
	c.Refresh()
}

// lettersAt bounds what others may have written: two letters, one where there is no room for two.
func lettersAt(s string, d float32) string {
	n := 2
	if d <= 26 {
		n = 1
	}
	line, _ := inertLine(s, n)
	return string(line)
}

// faceColors are chosen so that letters can be read on each of the hues that a key can have.
func faceColors(f Face, dark bool) (disc, letters color.Color) {
	shade := float64(min(f.Shade, 1))
	hue := float64(f.Hue % 360)
	if dark {
		return hsl(hue, .42, .26+.04*shade), hsl(hue, .70, .88)
	}
	return hsl(hue, .50, .84-.06*shade), hsl(hue, .70, .22)
}

// hsl converts a hue in degrees, saturation and lightness in 0..1 (CSS Color 3, 4.2.4).
func hsl(h, s, l float64) color.NRGBA {
	part := func(n float64) uint8 {
		k := math.Mod(n+h/30, 12)
		return uint8(math.Round(255 * (l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1)))))
	}
	return color.NRGBA{R: part(0), G: part(8), B: part(4), A: 255}
}
