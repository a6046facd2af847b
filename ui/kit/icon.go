package kit

import (
	"bytes"
	"fmt"
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
)

// nothing is drawn in place of an icon that does not exist.
const nothing = `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"></svg>`

// IconResource returns an icon of assets/icons in a colour, to be drawn px pixels wide: real ones, not Fyne units. Its strokes fit no
// other width, as Fyne's SVG renderer does not scale them.
func IconResource(name string, c color.Color, px float32) fyne.Resource {
	return fyne.NewStaticResource(iconName(name, c, px), iconSVG(name, c, px))
}

// iconName tells icons apart in Fyne's cache of drawn SVGs, which goes by name alone.
func iconName(name string, c color.Color, px float32) string {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return fmt.Sprintf("%s-%s-%02X%02X%02X%02X.svg", name, number(px), n.R, n.G, n.B, n.A)
}

// iconSVG colours strokes and fills alike. Fyne's own NewThemedResource knows fills only, and loses rounded corners.
func iconSVG(name string, c color.Color, px float32) []byte {
	svg, err := assets.Icon(name)
	if err != nil {
		return []byte(nothing)
	}
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	svg = bytes.ReplaceAll(svg, []byte("#000000"), fmt.Appendf(nil, "#%02X%02X%02X", n.R, n.G, n.B))
	// On the icons' 24 grid a stroke is 2.
	return bytes.ReplaceAll(svg, []byte(`stroke-width="2"`), []byte(`stroke-width="`+number(px/12)+`"`))
}

func number(x float32) string { return strconv.FormatFloat(float64(x), 'f', -1, 32) }

// Icon draws one of assets/icons in a colour of the theme.
type Icon struct {
	widget.BaseWidget
	name  string
	px    float32
	color fyne.ThemeColorName
}

// NewIcon makes an icon px units wide and high at scale 1; given more room it stays in the middle. No name draws nothing, no colour
// is the foreground's.
func NewIcon(name string, px float32, color fyne.ThemeColorName) *Icon {
	i := &Icon{name: name, px: px, color: color}
	i.ExtendBaseWidget(i)
	return i
}

// SetIcon draws another icon.
func (i *Icon) SetIcon(name string) {
	if i.name != name {
		i.name = name
		i.Refresh()
	}
}

// SetColor draws it in another colour.
func (i *Icon) SetColor(c fyne.ThemeColorName) {
	if i.color != c {
		i.color = c
		i.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	r := &iconRenderer{icon: i, image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	r.show()
	return r
}

type iconRenderer struct {
	icon  *Icon
	image *canvas.Image
}

func (r *iconRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(Px(r.icon.px)) }
func (r *iconRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.image} }
func (r *iconRenderer) Destroy()                     {}

func (r *iconRenderer) Layout(size fyne.Size) {
	side := min(Px(r.icon.px), size.Width, size.Height)
	r.image.Resize(fyne.NewSquareSize(side))
	r.image.Move(middle(size, side, side))
}

func (r *iconRenderer) Refresh() {
	r.show()
	r.Layout(r.icon.Size())
	r.image.Refresh()
}

func (r *iconRenderer) show() {
	if r.icon.name == "" {
		r.image.Resource, r.image.Image = nil, nil
		return
	}
	r.image.Resource = &iconSource{name: r.icon.name, color: Color(or(r.icon.color, foreground)), image: r.image}
}

// iconSource is asked for its bytes when the image is about to be drawn: only then the canvas, and with it the width in pixels, is
// known. Fyne asks again when the image comes onto another canvas.
type iconSource struct {
	name  string
	color color.Color
	image *canvas.Image
}

func (s *iconSource) Name() string    { return iconName(s.name, s.color, s.pixels()) }
func (s *iconSource) Content() []byte { return iconSVG(s.name, s.color, s.pixels()) }

// pixels reckons as canvas.Image does, which takes two pixels a unit as long as it is on no canvas.
func (s *iconSource) pixels() float32 {
	size := s.image.Size()
	if c := fyne.CurrentApp().Driver().CanvasForObject(s.image); c != nil {
		px, _ := c.PixelCoordinateForPosition(fyne.NewPos(size.Width, size.Height))
		return float32(px)
	}
	return 2 * size.Width
}
