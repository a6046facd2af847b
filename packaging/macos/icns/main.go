// Command icns makes an icon for macOS of PNG files.
//
//	icns -o FILE.icns FILE.png...
//
// The pictures are square, and each has one of the sizes that macOS knows; one that has another, such as 24 or 48, is left out. No picture
// is scaled.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"image/color"
	"image/png"
	"os"
)

// types are those of an icon's entries that hold PNG, by the picture's width in pixels: first for a usual screen, then for one with twice
// the pixels, where the same picture stands for half the size.
var types = map[int][]string{
	32:   {"ic11"},
	64:   {"ic12"},
	128:  {"ic07"},
	256:  {"ic08", "ic13"},
	512:  {"ic09", "ic14"},
	1024: {"ic10"},
}

// raw are the types of the two smallest sizes, colours and mask. There are types of PNG for these, too (icp4, icp5), but they are known for
// not being shown right as an app's icon.
var raw = map[int][2]string{16: {"is32", "s8mk"}, 32: {"il32", "l8mk"}}

// maxFile is more than any picture of ours: the format's lengths have 32 bits.
const maxFile = 16 << 20

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "icns: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	f := flag.NewFlagSet("icns", flag.ContinueOnError)
	to := f.String("o", "", "the icon")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *to == "" || f.NArg() == 0 {
		return errors.New("icns -o FILE.icns FILE.png...")
	}
	var pictures [][]byte
	for _, name := range f.Args() {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		pictures = append(pictures, data)
	}
	icon, err := pack(pictures)
	if err != nil {
		return err
	}
	return os.WriteFile(*to, icon, 0o644)
}

// pack makes an icon: "icns" and its length, then for each entry its type, its length with these eight bytes, and a PNG file as it is or
// what planes makes of it. All lengths are big-endian. The order is that of the sizes, whatever the order of the pictures.
func pack(pictures [][]byte) ([]byte, error) {
	bySize := map[int][]byte{}
	for _, data := range pictures {
		c, err := png.DecodeConfig(bytes.NewReader(data))
		switch {
		case err != nil:
			return nil, err
		case len(data) > maxFile:
			return nil, fmt.Errorf("a picture of %d bytes, and %d is enough", len(data), maxFile)
		case c.Width != c.Height:
			return nil, fmt.Errorf("a picture of %d×%d is not square", c.Width, c.Height)
		case bySize[c.Width] != nil:
			return nil, fmt.Errorf("two pictures of %d pixels", c.Width)
		}
		bySize[c.Width] = data
	}
	var entries []byte
	for size := 16; size <= 1024; size *= 2 {
		data := bySize[size]
		if data == nil {
			continue
		}
		if kinds, ok := raw[size]; ok {
			colours, mask, err := planes(data)
			if err != nil {
				return nil, err
			}
			entries = append(entries, entry(kinds[0], colours)...)
			entries = append(entries, entry(kinds[1], mask)...)
		}
		for _, kind := range types[size] {
			entries = append(entries, entry(kind, data)...)
		}
	}
	if len(entries) == 0 {
		return nil, errors.New("no picture has a size that macOS knows")
	}
	return entry("icns", entries), nil
}

// planes takes a PNG file apart: all of red, then green, then blue, each packed; and how opaque each pixel is, a byte for each.
func planes(data []byte) (colours, mask []byte, err error) {
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, nil, err
	}
	b := m.Bounds()
	var channels [4][]byte
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			for i, v := range [4]byte{c.R, c.G, c.B, c.A} {
				channels[i] = append(channels[i], v)
			}
		}
	}
	for _, c := range channels[:3] {
		colours = append(colours, runs(c)...)
	}
	return colours, channels[3], nil
}

// runs packs bytes: n < 128 stands before n+1 bytes as they are, n >= 128 before one that is there n-125 times.
func runs(data []byte) (out []byte) {
	const (
		least, most = 3, 130 // of a run
		literal     = 128
	)
	length := func(i int) int {
		n := 1
		for n < most && i+n < len(data) && data[i+n] == data[i] {
			n++
		}
		return n
	}
	for i := 0; i < len(data); {
		if n := length(i); n >= least {
			out = append(out, byte(n+125), data[i])
			i += n
			continue
		}
		start := i
		for i < len(data) && i-start < literal && length(i) < least {
			i++
		}
		out = append(out, byte(i-start-1))
		out = append(out, data[start:i]...)
	}
	return out
}

func entry(kind string, data []byte) []byte {
	out := append([]byte(kind), 0, 0, 0, 0)
	binary.BigEndian.PutUint32(out[4:], uint32(8+len(data)))
	return append(out, data...)
}
