package videotest

import (
	"image"
	"math"

	"parley/video"
)

// The counter is a grid of squares, eight by four, white for 1: 24 bits of the number, the highest first, and 8 bits that
// check it. It stands in the upper half of the picture, each square a sixteenth of its width (or a ninth of its height, if
// that is less), within a dark frame: a codec at a low rate and a picture a quarter as large leave enough of the squares.
const (
	columns, rows = 8, 4
	dark, bright  = 24, 228
	margin        = 30 // how far from the middle a square's mean must be to count

	// How much of a square's side is dark at each edge. Where squares touch, libvpx takes one for another that has moved, and for
	// about one number in a thousand shows a wrong one for a picture; 583196 is such a number.
	gap = 0.125
)

// grid gives the left upper corner of the counter and the side of a square, for a picture of that size.
func grid(width, height float64) (left, top, side float64) {
	side = min(width/16, height/9)
	return (width - columns*side) / 2, side, side
}

// code is the number with its check bits.
func code(n uint32) uint32 {
	n &= 1<<24 - 1
	// CRC-8 with the polynomial x^8+x^2+x+1, begun with ones: an even picture is no number.
	crc := uint32(0xff)
	for shift := 16; shift >= 0; shift -= 8 {
		crc ^= n >> shift & 0xff
		for range 8 {
			crc <<= 1
			if crc&0x100 != 0 {
				crc ^= 0x107
			}
		}
	}
	return n<<8 | crc
}

func drawCounter(f *video.Frame, n uint32) {
	left, top, side := grid(float64(f.Width), float64(f.Height))
	edge := side / 4
	frame := fill(f, left-edge, top-edge, columns*side+2*edge, rows*side+2*edge, dark)
	for y := frame.Min.Y / 2; y < (frame.Max.Y+1)/2; y++ { // and without colour
		at := y * f.CStride
		paint(f.U[at+frame.Min.X/2:at+(frame.Max.X+1)/2], 128)
		paint(f.V[at+frame.Min.X/2:at+(frame.Max.X+1)/2], 128)
	}
	bits := code(n)
	for i := range columns * rows {
		if bits>>(31-i)&1 == 1 {
			fill(f, left+(float64(i%columns)+gap)*side, top+(float64(i/columns)+gap)*side, (1-2*gap)*side, (1-2*gap)*side, bright)
		}
	}
}

// fill paints a rectangle, and returns it.
func fill(f *video.Frame, left, top, width, height float64, luma byte) image.Rectangle {
	r := image.Rect(round(left), round(top), round(left+width), round(top+height)).Intersect(image.Rect(0, 0, f.Width, f.Height))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		paint(f.Y[y*f.YStride:][r.Min.X:r.Max.X], luma)
	}
	return r
}

// paint makes all bytes the same, and is some times faster than a loop over them.
func paint(row []byte, v byte) {
	if len(row) == 0 {
		return
	}
	row[0] = v
	for n := 1; n < len(row); n *= 2 {
		copy(row[n:], row[:n])
	}
}

func round(v float64) int { return int(math.Round(v)) }

// ReadCounter reads the number out of a picture of the pattern, whatever its size is now.
func ReadCounter(f *video.Frame) (n uint32, ok bool) {
	if f.Check() != nil {
		return 0, false
	}
	return read(float64(f.Width), float64(f.Height), func(x, y int) int { return int(f.Y[y*f.YStride+x]) })
}

// ReadCounterImage reads it out of a part of an image, as of a screenshot: area is where the picture is, without the bars
// around it. A mirrored one does not read.
func ReadCounterImage(m image.Image, area image.Rectangle) (n uint32, ok bool) {
	if area.Empty() || !area.In(m.Bounds()) {
		return 0, false
	}
	return read(float64(area.Dx()), float64(area.Dy()), func(x, y int) int {
		r, g, b, _ := m.At(area.Min.X+x, area.Min.Y+y).RGBA()
		return int((299*r + 587*g + 114*b) / 1000 >> 8)
	})
}

func read(width, height float64, luma func(x, y int) int) (uint32, bool) {
	left, top, side := grid(width, height)
	var bits uint32
	for i := range columns * rows {
		// The middle of the square: its edges are blurred.
		x := left + (float64(i%columns)+0.5)*side
		y := top + (float64(i/columns)+0.5)*side
		v := mean(x, y, side/4, luma)
		if v > 126-margin && v < 126+margin {
			return 0, false
		}
		bits <<= 1
		if v > 126 {
			bits |= 1
		}
	}
	n := bits >> 8
	return n, code(n) == bits
}

// mean is that of some dozens of the pixels around a point, at least of the one that it is in. To look at more shows nothing more,
// and whoever measures a program's work reads every picture.
func mean(x, y, reach float64, luma func(x, y int) int) float64 {
	sum, count := 0, 0
	step := max(1, int(reach/4))
	for py := int(y - reach); py <= int(y+reach-1e-9); py += step {
		for px := int(x - reach); px <= int(x+reach-1e-9); px += step {
			sum, count = sum+luma(px, py), count+1
		}
	}
	return float64(sum) / float64(max(count, 1))
}

// PSNR compares the luma of two pictures of the same size, in dB; equal ones have 99. It is NaN if the sizes differ.
func PSNR(a, b *video.Frame) float64 {
	if a.Width != b.Width || a.Height != b.Height || a.Check() != nil || b.Check() != nil {
		return math.NaN()
	}
	sum := 0
	for y := range a.Height {
		row := b.Y[y*b.YStride:][:a.Width]
		for x, v := range a.Y[y*a.YStride:][:a.Width] {
			d := int(v) - int(row[x])
			sum += d * d
		}
	}
	if sum == 0 {
		return 99
	}
	return min(99, 10*math.Log10(255*255*float64(a.Width*a.Height)/float64(sum)))
}
