package audio

// WriteSides is Write for both channels of a stereo Ring. The two slices have the same length. Producer only.
func (r *Ring) WriteSides(mid, side []float32) {
	w := r.written.Load()
	n := min(len(mid), len(r.buf)-int(w-r.read.Load()))
	start := int(w & r.mask)
	first := copy(r.buf[start:], mid[:n])
	copy(r.buf, mid[first:n])
	copy(r.side[start:], side[:first])
	copy(r.side, side[first:n])
	r.wrote(w, n, len(mid))
}

// ReadSides is Read for both channels. Consumer only.
func (r *Ring) ReadSides(mid, side []float32) {
	p := r.read.Load()
	n := min(len(mid), int(r.written.Load()-p))
	start := int(p & r.mask)
	first := copy(side[:n], r.side[start:])
	copy(side[first:n], r.side)
	clear(side[n:])
	first = copy(mid[:n], r.buf[start:])
	copy(mid[first:n], r.buf)
	clear(mid[n:])
	r.took(p, n, len(mid))
}

// WriteStereo is Write for pairs of left and right. Producer only.
func (r *Ring) WriteStereo(in []float32) {
	w := r.written.Load()
	pairs := len(in) / 2
	n := min(pairs, len(r.buf)-int(w-r.read.Load()))
	for i := range n {
		at := (w + uint64(i)) & r.mask
		left, right := in[2*i]/2, in[2*i+1]/2
		r.buf[at], r.side[at] = left+right, left-right
	}
	r.wrote(w, n, pairs)
}

// ReadStereo is Read for pairs of left and right. Consumer only.
func (r *Ring) ReadStereo(out []float32) {
	p := r.read.Load()
	pairs := len(out) / 2
	n := min(pairs, int(r.written.Load()-p))
	for i := range n {
		at := (p + uint64(i)) & r.mask
		mid, side := r.buf[at], r.side[at]
		out[2*i], out[2*i+1] = mid+side, mid-side
	}
	clear(out[2*n:])
	r.took(p, n, pairs)
}

func (r *Ring) wrote(w uint64, n, of int) {
	r.written.Store(w + uint64(n))
	if n < of {
		r.dropped.Add(uint64(of - n))
	}
}

func (r *Ring) took(p uint64, n, of int) {
	r.read.Store(p + uint64(n))
	if n < of {
		r.missed.Add(uint64(of - n))
	}
}
