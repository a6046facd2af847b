package screen

import (
	"image"
	"math"
)

// maxParts is how many parts of a screen are copied one by one. Each costs a question to the display.
const maxParts = 6

// slack is how many pixels too many may be copied to save a question: about what the display copies meanwhile.
const slack = 128 * 128

// merged makes a few rectangles of many, which cover all of theirs within the bounds. They begin and end at even coordinates,
// where the bounds are even, as chroma does.
func merged(list []image.Rectangle, bounds image.Rectangle) []image.Rectangle {
	var parts []image.Rectangle
	for _, r := range list {
		r = r.Intersect(bounds)
		if r.Empty() {
			continue
		}
		r.Min.X, r.Min.Y, r.Max.X, r.Max.Y = r.Min.X&^1, r.Min.Y&^1, (r.Max.X+1)&^1, (r.Max.Y+1)&^1
		parts = joined(parts, r.Intersect(bounds))
	}
	return parts
}

// joined adds a rectangle: by itself, or as a larger one in place of another, and then of all that the larger one reaches.
func joined(parts []image.Rectangle, r image.Rectangle) []image.Rectangle {
	for {
		best, waste := -1, math.MaxInt
		for i, p := range parts {
			if w := area(p.Union(r)) - area(p) - area(r) + area(p.Intersect(r)); w < waste {
				best, waste = i, w
			}
		}
		if best < 0 || waste > slack && len(parts) < maxParts {
			return append(parts, r)
		}
		r = r.Union(parts[best])
		parts[best] = parts[len(parts)-1]
		parts = parts[:len(parts)-1]
	}
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }
