package ui

import (
	"image"
	"math"

	"parley/video"
)

// zoom is which part of a picture is looked at, and how large. The zero zoom is all of it, as large as it goes.
type zoom struct {
	scale float64 // pixels of the window for one of the picture; 0: as many as show all of it
	x, y  float64 // which point of the picture is in the middle, 0 to 1
}

const (
	zoomMost  = 8.0  // pixels for one
	zoomStep  = 1.25 // of a turn of the wheel, or a key
	zoomSharp = 2.0  // from here on pixels have edges: to smooth them would hide what one looks closer for
)

// fitScale is the scale at which all of a picture is seen in a box.
func fitScale(src, box image.Point) float64 {
	if src.X < 1 || src.Y < 1 {
		return 1
	}
	return max(min(float64(box.X)/float64(src.X), float64(box.Y)/float64(src.Y)), 1e-4)
}

// of is the scale in a box.
func (z zoom) of(src, box image.Point) float64 {
	if z.scale > 0 {
		return z.scale
	}
	return fitScale(src, box)
}

// part is what is seen in a box of a picture, from an even column and row on, as its colours are half as many, and which size that
// has there.
func (z zoom) part(src, box image.Point) (part image.Rectangle, size image.Point) {
	all := image.Rectangle{Max: src}
	if z.scale <= 0 || box.X < 1 || box.Y < 1 {
		return all, largest(src, image.Pt(max(box.X, 1), max(box.Y, 1)))
	}
	z = z.within(src, box)
	part.Min.X, part.Max.X = side(src.X, box.X, z.scale, z.x)
	part.Min.Y, part.Max.Y = side(src.Y, box.Y, z.scale, z.y)
	size.X = min(max(int(math.Round(float64(part.Dx())*z.scale)), 1), box.X)
	size.Y = min(max(int(math.Round(float64(part.Dy())*z.scale)), 1), box.Y)
	return part, size
}

// side is part for one direction.
func side(src, box int, scale, middle float64) (from, to int) {
	seen := min(int(math.Ceil(float64(box)/scale-1e-6)), src)
	from = int(math.Round(middle*float64(src)-float64(seen)/2)) &^ 1
	from = max(min(from, src-seen), 0) &^ 1
	return from, min(from+max(seen, 1), src)
}

// within keeps what is seen inside of the picture.
func (z zoom) within(src, box image.Point) zoom {
	if z.scale <= 0 {
		return zoom{}
	}
	keep := func(at float64, src, box int) float64 {
		half := float64(box) / (2 * z.scale * float64(max(src, 1)))
		if half >= 0.5 {
			return 0.5
		}
		return max(min(at, 1-half), half)
	}
	z.x, z.y = keep(z.x, src.X, box.X), keep(z.y, src.Y, box.Y)
	return z
}

// by makes it so many times larger. What is at a place, in pixels from the middle of the box, stays there. On the way it stops where
// all of the picture is seen, and where a pixel is a pixel.
func (z zoom) by(factor float64, at, src, box image.Point) zoom {
	fits, before := fitScale(src, box), z.of(src, box)
	after := min(max(before*factor, min(fits, 1)), max(zoomMost, fits))
	for _, stop := range []float64{1, fits} {
		if before < stop*0.999 && after > stop || before > stop*1.001 && after < stop {
			after = stop
		}
	}
	return z.to(after, at, src, box)
}

// to is by, to a scale.
func (z zoom) to(scale float64, at, src, box image.Point) zoom {
	fits, before := fitScale(src, box), z.of(src, box)
	if math.Abs(scale-fits) < fits*1e-3 && scale != 1 || scale == fits {
		return zoom{}
	}
	if z.scale <= 0 {
		z.x, z.y = 0.5, 0.5
	}
	z.x += float64(at.X) * (1/before - 1/scale) / float64(max(src.X, 1))
	z.y += float64(at.Y) * (1/before - 1/scale) / float64(max(src.Y, 1))
	z.scale = scale
	return z.within(src, box)
}

// moved drags the picture by so many pixels.
func (z zoom) moved(by, src, box image.Point) zoom {
	if z.scale <= 0 {
		return z
	}
	z.x -= float64(by.X) / (z.scale * float64(max(src.X, 1)))
	z.y -= float64(by.Y) / (z.scale * float64(max(src.Y, 1)))
	return z.within(src, box)
}

// cut is a part of a picture, from an even column and row on, in the picture's own memory.
func cut(out, f *video.Frame, part image.Rectangle) *video.Frame {
	if part == image.Rect(0, 0, f.Width, f.Height) {
		return f
	}
	x, y := part.Min.X, part.Min.Y
	out.Y, out.YStride, out.CStride = f.Y[y*f.YStride+x:], f.YStride, f.CStride
	out.U, out.V = f.U[y/2*f.CStride+x/2:], f.V[y/2*f.CStride+x/2:]
	out.Width, out.Height = part.Dx(), part.Dy()
	return out
}
