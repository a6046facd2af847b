package audio

// Before records what the canceller is given.
func (t *EchoTape) Before(frame []float32) { t.before(frame) }

// After records what it makes of that.
func (t *EchoTape) After(frame []float32) { t.after(frame) }

// Recorded is what there is.
func (t *EchoTape) Recorded() (dry, wet []float32) {
	n := t.filled.Load()
	return t.dry[:n], t.wet[:n]
}

// Read takes the oldest frame.
func (f *FarEnd) Read(frame []float32) bool { return f.read(frame) }

// Missed is how many samples found the loudspeaker's ring full, and how many it was not given in time.
func (p *Playout) Missed() (dropped, missed uint64) { return p.ring.Lost() }
