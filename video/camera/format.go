package camera

import (
	"math"

	"github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/prop"

	"parley/video"
)

// usable are the formats that can be made I420 of, and what each costs besides: a JPEG has to be decoded, which is a third of
// a core at 720p, and is blurred by it.
var usable = map[frame.Format]float64{
	frame.FormatI420: 0, frame.FormatNV12: 0.01, frame.FormatNV21: 0.01, frame.FormatYUYV: 0.01, frame.FormatYUY2: 0.01, frame.FormatUYVY: 0.01,
	frame.FormatMJPEG: 0.1,
}

// nearest is what of all that a camera offers comes nearest to the size and rate wanted; none: nothing can be used. What the
// drivers make of odd sizes can't be.
func nearest(offers []prop.Media, want video.Format) (best prop.Media, ok bool) {
	if want.Width < 1 || want.Height < 1 {
		want.Width, want.Height = standard.Width, standard.Height
	}
	if !(want.FPS > 0) {
		want.FPS = standard.FPS
	}
	least := math.Inf(1)
	for _, p := range offers {
		price, known := usable[p.FrameFormat]
		if !known || video.CheckSize(p.Width, p.Height) != nil || p.Width%2 != 0 || p.Height%2 != 0 {
			continue
		}
		if d := price + distance(p, want); d < least {
			best, least, ok = p, d, true
		}
	}
	return best, ok
}

// distance weighs by ratios: half the width is as far as twice. A rate that is too low stutters, and counts a little more; one
// that is too high costs nothing but work. A camera that tells no rate is believed.
func distance(p prop.Media, want video.Format) float64 {
	d := math.Abs(math.Log(float64(p.Width)/float64(want.Width))) + math.Abs(math.Log(float64(p.Height)/float64(want.Height)))
	switch rate := float64(p.FrameRate); {
	case !(rate > 0):
	case rate < want.FPS:
		d += 1.2 * math.Log(want.FPS/rate)
	default:
		d += 0.2 * math.Log(rate/want.FPS)
	}
	return d
}
