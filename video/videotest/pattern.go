// Package videotest makes pictures that measure: a moving pattern with a number in it that can be read back after a codec,
// a small picture or a screenshot, and a beep that belongs to some of the numbers. It is the camera of machines that have
// none, too.
package videotest

import (
	"math"
	"time"

	"parley/video"
)

// period is after how many pixels the background repeats, and after how many pictures its movement does, at a pixel each.
const period = 512

// Pattern draws the pictures of one size: a textured background that drifts, a box that crosses it, and the number. It
// takes a tenth of a millisecond at 1280x720. Safe for concurrent use once made.
type Pattern struct {
	width, height int
	luma          []byte // rows of width+period
	chroma        []byte // one row, as long
	chequers      []byte // a row of the box, and from the eighth on the other row
	beeps         int
}

// NewPattern makes one whose pictures have that size. At every number that beeps divides there is a white bar at the
// lower edge, and Beep sounds; 0 is never.
func NewPattern(width, height, beeps int) (*Pattern, error) {
	if err := video.CheckSize(width, height); err != nil {
		return nil, err
	}
	p := &Pattern{width: width, height: height, beeps: max(beeps, 0), luma: make([]byte, (width+period)*height)}
	grain := make([]byte, period)
	noise := uint32(1)
	for y := range height {
		for x := range grain {
			noise = noise*1664525 + 1013904223
			grain[x] = byte(noise >> 29)
		}
		slow := 30 * math.Sin(float64(y)/25)
		row := p.luma[y*(width+period):][:width+period]
		for x := range row {
			row[x] = byte(120+slow+50*math.Sin(2*math.Pi*float64(x*8)/period)) + grain[x%period]
		}
	}
	for x := range width + period {
		p.chroma = append(p.chroma, byte(128+20*math.Sin(2*math.Pi*float64(x)/period)))
	}
	for x := range height + 8 {
		p.chequers = append(p.chequers, 60+byte(x/8%2)*120)
	}
	return p, nil
}

// Size is that of the pictures.
func (p *Pattern) Size() (width, height int) { return p.width, p.height }

// Draw draws picture n, of which the lowest 24 bits can be read back, into a frame of the pattern's size; its times are
// left as they are.
func (p *Pattern) Draw(f *video.Frame, n uint32) error {
	if err := f.Check(); err != nil {
		return err
	}
	if f.Width != p.width || f.Height != p.height {
		return video.ErrSize
	}
	at := int(n % period)
	for y := range p.height {
		copy(f.Y[y*f.YStride:][:p.width], p.luma[y*(p.width+period)+at:])
	}
	cw, ch := f.ChromaSize()
	for y := range ch {
		copy(f.U[y*f.CStride:][:cw], p.chroma[at/2:])
		copy(f.V[y*f.CStride:][:cw], p.chroma[(period-at)/2:])
	}
	p.box(f, int(n))
	drawCounter(f, n)
	if p.Flash(n) {
		p.bar(f)
	}
	return nil
}

// box draws a chequered square that bounces below the counter.
func (p *Pattern) box(f *video.Frame, n int) {
	side := min(p.height/5, p.width)
	top := p.height - side - p.height/12
	left := bounce(n*max(p.width/160, 1), p.width-side)
	for y := range side {
		copy(f.Y[(top+y)*f.YStride+left:][:side], p.chequers[(y/8)%2*8:])
	}
}

// bounce goes from 0 to most and back.
func bounce(n, most int) int {
	if most < 1 {
		return 0
	}
	n %= 2 * most
	return min(n, 2*most-n)
}

func (p *Pattern) bar(f *video.Frame) {
	for y := p.height - p.height/16; y < p.height; y++ {
		paint(f.Y[y*f.YStride:][:p.width], 235)
	}
}

// Flash says whether picture n has the white bar, and a beep begins with it.
func (p *Pattern) Flash(n uint32) bool { return p.beeps > 0 && n%uint32(p.beeps) == 0 }

// The beep: 1 kHz, and as long as people need to hear it.
const (
	beepLength = 60 * time.Millisecond
	beepPitch  = 1000
)

// Beep fills out with the sound of a pattern that beeps every so often, which is its beeps in pictures times their
// interval: mono, full scale is 1, beginning at time from since picture 0 was shown.
func Beep(out []float32, rate int, from, every time.Duration) {
	for i := range out {
		t := (from + time.Duration(i)*time.Second/time.Duration(rate)) % every
		out[i] = 0
		if t >= 0 && t < beepLength {
			out[i] = 0.5 * float32(math.Sin(2*math.Pi*beepPitch*t.Seconds()))
		}
	}
}

// Onsets finds where beeps begin, in samples: where a millisecond is loud after 20 that were not. A beep that sounds
// already at the beginning counts.
func Onsets(samples []float32, rate int) []int {
	const loud = 0.05
	block, quiet := max(rate/1000, 1), math.MaxInt/2
	var found []int
	for i := 0; i+block <= len(samples); i += block {
		peak := float32(0)
		for _, v := range samples[i : i+block] {
			peak = max(peak, v, -v)
		}
		if peak < loud {
			quiet++
			continue
		}
		if quiet >= 20 {
			found = append(found, i)
		}
		quiet = 0
	}
	return found
}
