package audiotest

import "math/cmplx"

// PathBlock is how many samples a Path takes at a time: 10.7 ms.
const PathBlock = 512

// Path is what Convolve does, block by block, for sound that comes as time goes: a room of seconds costs little, and delays nothing
// (uniformly partitioned overlap-save; Stockham, "High-speed convolution and correlation", AFIPS 1966).
type Path struct {
	parts [][]complex128 // spectra of the response, PathBlock samples each
	past  [][]complex128 // of the newest two blocks, and of those before; the newest at head
	head  int
	last  []float32 // the block before
}

// NewPath is one through response, which may be empty: then nothing comes of anything.
func NewPath(response []float32) *Path {
	p := &Path{last: make([]float32, PathBlock)}
	for at := 0; at < len(response); at += PathBlock {
		p.parts = append(p.parts, spectrum(response[at:min(at+PathBlock, len(response))], 2*PathBlock))
		p.past = append(p.past, make([]complex128, 2*PathBlock))
	}
	return p
}

// Process replaces a block of PathBlock samples by what comes of it, and of those before.
func (p *Path) Process(block []float32) {
	if len(p.parts) == 0 {
		clear(block)
		return
	}
	p.head = (p.head + len(p.past) - 1) % len(p.past)
	p.past[p.head] = spectrum(append(append([]float32(nil), p.last...), block...), 2*PathBlock)
	copy(p.last, block)
	// Both signals are real, and so is what comes of them: half of the spectrum says all.
	sum := make([]complex128, 2*PathBlock)
	for i, part := range p.parts {
		x := p.past[(p.head+i)%len(p.past)]
		for k := range PathBlock + 1 {
			sum[k] += part[k] * x[k]
		}
	}
	for k := 1; k < PathBlock; k++ {
		sum[2*PathBlock-k] = cmplx.Conj(sum[k])
	}
	invert(sum)
	for i := range block {
		block[i] = float32(real(sum[PathBlock+i]))
	}
}
