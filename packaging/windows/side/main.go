// Command side draws what is left of the text when the setup for Windows is done: an icon on its own colour, as a BMP, the only
// kind that NSIS takes.
//
//	side ICON.png >side.bmp
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"os"
)

// The size that NSIS wants, in pixels, and where the icon's middle is, from above: a bit higher than half looks like half.
const width, height, middle = 164, 314, 130

// ground is the icon's own, app/*.png.
var ground = color.RGBA{0x12, 0x34, 0x3b, 0xff}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "side:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("side ICON.png >side.bmp")
	}
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	icon, err := png.Decode(f)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	_, err = out.Write(bmp(picture(icon)))
	return err
}

func picture(icon image.Image) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(p, p.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	size := icon.Bounds().Size()
	draw.Draw(p, p.Rect.Add(image.Pt((width-size.X)/2, middle-size.Y/2)), icon, icon.Bounds().Min, draw.Over)
	return p
}

// bmp writes a picture as Windows 3 did: BITMAPFILEHEADER, BITMAPINFOHEADER, then the lines from the lowest up, as blue, green and
// red, each filled up to four octets.
func bmp(p *image.RGBA) []byte {
	const headers = 14 + 40
	w, h := p.Rect.Dx(), p.Rect.Dy()
	line := (3*w + 3) / 4 * 4
	var b bytes.Buffer
	b.WriteString("BM")
	for _, field := range []any{
		uint32(headers + line*h), uint32(0), uint32(headers),
		uint32(40), int32(w), int32(h), uint16(1), uint16(24), uint32(0), uint32(line * h), int32(0), int32(0), uint32(0), uint32(0),
	} {
		_ = binary.Write(&b, binary.LittleEndian, field) // a Buffer takes everything
	}
	for y := h - 1; y >= 0; y-- {
		for x := range w {
			c := p.RGBAAt(x, y)
			b.Write([]byte{c.B, c.G, c.R})
		}
		b.Write(make([]byte, line-3*w))
	}
	return b.Bytes()
}
