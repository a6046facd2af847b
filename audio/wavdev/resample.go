package wavdev

import (
	"math"

	"parley/audio"
)

// resampler brings mono sound of any rate to 48 kHz with a windowed sinc (Smith, "Digital Audio Resampling"), whose values
// are interpolated from a table. A sample comes out at the time at which it went in.
type resampler struct {
	rate  int
	table []float32 // the right half of the kernel
	step  float64   // table positions for one input sample
	reach int       // input samples that the kernel reaches to either side
	gain  float32

	in    []float32 // from sample first on; silence before the sound's beginning
	first int64
	next  int64 // index of the next sample at 48 kHz
}

const (
	crossings  = 32  // zero crossings of the sinc on either side
	resolution = 512 // table values between two of them; with interpolation, errors are below -100 dB
	kaiser     = 9   // shape of the window: 90 dB down
	passband   = 0.94
)

func newResampler(rate int) *resampler {
	// Below the lower of both Nyquist frequencies, by what the window needs to fall.
	cutoff := passband * min(1, audio.SampleRate/float64(rate))
	r := &resampler{rate: rate, gain: float32(cutoff), step: cutoff * resolution}
	r.reach = int(math.Ceil(crossings/cutoff)) + 1
	r.table = make([]float32, crossings*resolution+2)
	for i := range r.table[:crossings*resolution+1] {
		x := float64(i) / resolution
		w := x / crossings
		r.table[i] = float32(sinc(x) * bessel(kaiser*math.Sqrt(1-w*w)) / bessel(kaiser))
	}
	r.reset()
	return r
}

// another resampler for the same rate.
func (r *resampler) another() *resampler {
	o := *r
	o.in = nil
	o.reset()
	return &o
}

// reset begins a new sound.
func (r *resampler) reset() {
	r.in = append(r.in[:0], make([]float32, r.reach)...)
	r.first, r.next = -int64(r.reach), 0
}

// write takes more input.
func (r *resampler) write(in []float32) { r.in = append(r.in, in...) }

// read fills out as far as the input reaches and returns how much that was.
func (r *resampler) read(out []float32) (n int) {
	for n < len(out) {
		center := r.next * int64(r.rate) / audio.SampleRate
		if center+int64(r.reach) >= r.first+int64(len(r.in)) {
			break
		}
		part := float64(r.next*int64(r.rate)%audio.SampleRate) / audio.SampleRate
		out[n] = r.at(int(center-r.first), part)
		r.next++
		n++
	}
	r.forget()
	return n
}

// skip leaves out n samples that the input reaches.
func (r *resampler) skip(n int) {
	r.next += int64(n)
	r.forget()
}

// forget drops input that is not needed any more.
func (r *resampler) forget() {
	if old := int(r.next*int64(r.rate)/audio.SampleRate-r.first) - r.reach; old > 4096 {
		r.in = r.in[:copy(r.in, r.in[old:])]
		r.first += int64(old)
	}
}

// at is the value between input samples i and i+1.
func (r *resampler) at(i int, part float64) float32 {
	sum := float32(0)
	for k := 1 - r.reach; k <= r.reach; k++ {
		x := math.Abs(float64(k)-part) * r.step
		j := int(x)
		if j >= len(r.table)-1 {
			continue
		}
		f := float32(x - float64(j))
		sum += r.in[i+k] * (r.table[j] + f*(r.table[j+1]-r.table[j]))
	}
	return sum * r.gain
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel is the modified Bessel function of the first kind, order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}
