package aec

import "math"

const (
	frame    = 480
	farRing  = 1 << 16 // samples kept of the far end, a power of two
	kernel   = 16      // taps of the resampler
	phases   = 512     // places between two samples it knows
	freshFor = 200     // frames over which a reserve must have been too large before it is cut
)

// farEnd holds what the speaker was given and reads it at the pace of the microphone's clock: a fractional read position
// that moves by 1+ppm/1e6 samples for each sample, and a windowed sinc between the samples (Smith, "Digital Audio
// Resampling", polyphase by table). What it gives is kernel/2 samples later than what it was given, so that nothing of
// the future is needed.
type farEnd struct {
	buf     [farRing]float32
	table   [phases + 1][kernel]float32
	written int64   // samples, ever
	lag     int64   // samples that read lay behind write at the least of late
	moved   float64 // samples by which ppm has changed it, ever
	whole   int64   // the read position
	part    float64 // and its fraction, 0 to 1
	ppm     float64
	low     int64 // the least reserve since counting began
	count   int
}

func (f *farEnd) init() {
	for p := range f.table {
		for i := range kernel {
			x := float64(i-kernel/2+1) - float64(p)/phases
			w := 0.0
			if math.Abs(x) < kernel/2 {
				w = 0.42 + 0.5*math.Cos(circle*x/kernel) + 0.08*math.Cos(2*circle*x/kernel)
			}
			if x != 0 {
				w *= math.Sin(math.Pi*x) / (math.Pi * x)
			}
			f.table[p][i] = float32(w)
		}
	}
}

// reset forgets the sound and keeps the table.
func (f *farEnd) reset() {
	clear(f.buf[:])
	f.moved = 0
	f.written, f.whole, f.part, f.ppm, f.low, f.count, f.lag = 0, 0, 0, 0, math.MaxInt64, 0, -1
}

// write adds samples. What isn't a number, or no sound, becomes one.
func (f *farEnd) write(x []float32) {
	for _, v := range x {
		f.buf[f.written&(farRing-1)] = clean(v)
		f.written++
	}
}

// clean is v without what can't be sound: not a number is silence, and the rest stays within four times full scale.
func clean(v float32) float32 {
	if v != v {
		return 0
	}
	return min(max(v, -4), 4)
}

// due tells how many frames are to be read for the next of the microphone: one as a rule, none if the speaker's side is
// late, two if for a while more than a frame has lain in reserve.
func (f *farEnd) due() int {
	reserve := f.written - f.whole
	if reserve < int64(math.Ceil(f.part+(1+f.ppm/1e6)*frame)) {
		f.low, f.count, f.lag = math.MaxInt64, 0, -1
		return 0
	}
	if reserve > farRing/2 {
		f.whole = f.written - frame - 2
	}
	if f.low = min(f.low, reserve); f.low-frame < f.lag || f.lag < 0 {
		f.lag = f.low - frame
	}
	if f.count++; f.count >= freshFor {
		low := f.low
		f.low, f.count, f.lag = math.MaxInt64, 0, low-frame
		if low > 2*frame+kernel {
			return 2
		}
	}
	return 1
}

// read fills out with the next frame.
//
//go:norace
func (f *farEnd) read(out []float32) {
	step := 1 + f.ppm/1e6
	if f.part == 0 && f.ppm == 0 {
		for i := range out {
			out[i] = f.buf[(f.whole+int64(i)-kernel/2)&(farRing-1)]
		}
	} else {
		for i := range out {
			at := f.part + float64(i)*step
			whole := math.Floor(at)
			taps := &f.table[int((at-whole)*phases+0.5)]
			from := (f.whole + int64(whole) - kernel + 1) & (farRing - 1)
			var sum float32
			if from+kernel <= farRing {
				for k, v := range f.buf[from : from+kernel] {
					sum += v * taps[k]
				}
			} else {
				for k, w := range taps {
					sum += w * f.buf[(from+int64(k))&(farRing-1)]
				}
			}
			out[i] = sum
		}
	}
	f.moved += f.ppm * frame / 1e6
	end := f.part + step*frame
	whole := math.Floor(end)
	f.whole, f.part = f.whole+int64(whole), end-whole
}
