// Command icns makes an icon for macOS of PNG files.
//
//	icns -o FILE.icns FILE.png...
//
// The pictures are square, and each has one of the sizes that macOS knows; one that has another, such as 24 or 48, is left out. No picture is scaled.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"os"
)

// types are those of an icon's entries that hold PNG, by the picture's width in pixels: first for a usual screen, then for one with twice
// the pixels, where the same picture stands for half the size.
var types = map[int][]string{
	16:   {"icp4"},
	32:   {"icp5", "ic11"},
	64:   {"ic12"},
	128:  {"ic07"},
	256:  {"ic08", "ic13"},
	512:  {"ic09", "ic14"},
	1024: {"ic10"},
}

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

// pack makes an icon: "icns" and its length, then for each entry its type, its length with these eight bytes, and a PNG file as it is. All
// lengths are big-endian. The order is that of the sizes, whatever the order of the pictures.
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
		for _, kind := range types[size] {
			if data := bySize[size]; data != nil {
				entries = append(entries, entry(kind, data)...)
			}
		}
	}
	if len(entries) == 0 {
		return nil, errors.New("no picture has a size that macOS knows")
	}
	return entry("icns", entries), nil
}

func entry(kind string, data []byte) []byte {
	out := append([]byte(kind), 0, 0, 0, 0)
	binary.BigEndian.PutUint32(out[4:], uint32(8+len(data)))
	return append(out, data...)
}
