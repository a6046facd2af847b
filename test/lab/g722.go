package lab

// A decoder for G.722 at 64 kbit/s (ITU-T Recommendation G.722, 2012): two sub-bands of 8 kHz, each an adaptive
// predictor with two poles and six zeros, joined by a quadrature mirror filter to 16 kHz. Debian's recorded voices come
// in it, and the programs that read it are far larger than these pages.
// Names in comments (RECONS, UPZERO, ...) are those of the Recommendation's blocks, whose integer arithmetic is normative.

// decodeG722 returns 16 kHz samples in [-1, 1], two for each byte.
func decodeG722(data []byte) []float32 {
	low, high := band{step: 32}, band{step: 8}
	var history [24]int
	out := make([]float32, 0, 2*len(data))
	for _, code := range data {
		l := low.decodeLow(int(code & 0x3f))
		h := high.decodeHigh(int(code >> 6))
		copy(history[:], history[2:])
		history[22], history[23] = l+h, l-h
		var even, odd int
		for i, c := range mirror {
			odd += history[2*i] * c
			even += history[2*i+1] * mirror[len(mirror)-1-i]
		}
		out = append(out, float32(clamp(even>>11))/32768, float32(clamp(odd>>11))/32768)
	}
	return out
}

// band is one sub-band's predictor and step size.
type band struct {
	step   int    // quantizer step, DET
	log    int    // its logarithm, NB
	signal int    // predicted sample, S
	zeros  int    // the zeros' share of it, SZ
	r      [3]int // reconstructed samples, newest first
	p      [3]int // partially reconstructed samples
	a      [3]int // pole coefficients, a[1] and a[2]
	b      [7]int // zero coefficients, b[1] to b[6]
	d      [7]int // quantized differences
}

// decodeLow: six bits of which the upper four adapt the predictor.
func (s *band) decodeLow(code int) int {
	out := max(-16384, min(16383, s.signal+s.step*level6[code]>>15))
	difference := s.step * level4[code>>2] >> 15
	s.log = max(0, min(18432, s.log*127>>7+growth4[code>>2]))
	s.step = stepSize(s.log, 8)
	s.adapt(difference)
	return out
}

// decodeHigh: two bits.
func (s *band) decodeHigh(code int) int {
	difference := s.step * level2[code] >> 15
	out := max(-16384, min(16383, s.signal+difference))
	s.log = max(0, min(22528, s.log*127>>7+growth2[code]))
	s.step = stepSize(s.log, 10)
	s.adapt(difference)
	return out
}

// stepSize turns the logarithm back into a step (SCALEL, SCALEH).
func stepSize(log, shift int) int {
	v := mantissa[log>>6&31]
	if n := shift - log>>11; n >= 0 {
		return v >> n << 2
	} else {
		return v << -n << 2
	}
}

// adapt moves the predictor on by one quantized difference.
func (s *band) adapt(difference int) {
	s.d[0] = difference
	s.r[0] = clamp(s.signal + difference) // RECONS
	s.p[0] = clamp(s.zeros + difference)  // PARREC
	a1, a2 := s.poles()
	b := s.zeroCoefficients()

	copy(s.d[1:], s.d[:6]) // DELAYA
	copy(s.r[1:], s.r[:2])
	copy(s.p[1:], s.p[:2])
	s.a[1], s.a[2], s.b = a1, a2, b

	poles := clamp(s.a[1]*clamp(2*s.r[1])>>15 + s.a[2]*clamp(2*s.r[2])>>15) // FILTEP
	s.zeros = 0
	for i := 1; i <= 6; i++ { // FILTEZ
		s.zeros += s.b[i] * clamp(2*s.d[i]) >> 15
	}
	s.zeros = clamp(s.zeros)
	s.signal = clamp(poles + s.zeros) // PREDIC
}

// poles is UPPOL2 and UPPOL1.
func (s *band) poles() (a1, a2 int) {
	same1, same2 := s.p[0] < 0 == (s.p[1] < 0), s.p[0] < 0 == (s.p[2] < 0)
	slope := clamp(4 * s.a[1])
	if same1 {
		slope = min(-slope, 32767)
	}
	a2 = slope >> 7
	if same2 {
		a2 += 128
	} else {
		a2 -= 128
	}
	a2 = max(-12288, min(12288, a2+s.a[2]*32512>>15))
	a1 = -192
	if same1 {
		a1 = 192
	}
	limit := clamp(15360 - a2)
	return max(-limit, min(limit, clamp(a1+s.a[1]*32640>>15))), a2
}

// zeroCoefficients is UPZERO.
func (s *band) zeroCoefficients() (b [7]int) {
	for i := 1; i <= 6; i++ {
		step := 0
		if s.d[0] != 0 {
			step = 128
		}
		if s.d[i] < 0 != (s.d[0] < 0) {
			step = -step
		}
		b[i] = clamp(step + s.b[i]*32640>>15)
	}
	return b
}

// clamp saturates to 16 bits.
func clamp(v int) int { return max(-32768, min(32767, v)) }

// Tables 14, 17, 18, 20, 21 and 11 of the Recommendation.
var (
	level6 = [64]int{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
	level4 = [16]int{0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0}
	level2 = [4]int{-7408, -1616, 7408, 1616}
	// growth is what a code adds to the logarithm of the step.
	growth4 = [16]int{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}
	growth2 = [4]int{798, -214, 798, -214}
	// mantissa is 2048 * 2^(i/32).
	mantissa = [32]int{
		2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
	}
	// mirror is half of the quadrature mirror filter, which is symmetric.
	mirror = [12]int{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}
)
