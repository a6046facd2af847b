package audio

// FarEnd carries what the loudspeaker plays to the echo canceller of the microphone: from one Playout to one Capture, without a
// lock. What nobody reads is forgotten, the newest first, when it is full.
type FarEnd struct{ ring *Ring }

// NewFarEnd makes an empty one. It holds 340 ms.
func NewFarEnd() *FarEnd { return &FarEnd{NewStereoRing(ringSize)} }

// write adds what the loudspeaker was given. The device callback only.
func (f *FarEnd) write(samples []float32) { f.ring.Write(samples) }

// writeStereo is write for pairs of left and right: the microphone hears both.
func (f *FarEnd) writeStereo(pairs []float32) { f.ring.WriteStereo(pairs) }

// read takes the oldest frame; false if there is no whole one. Capture's goroutine only.
func (f *FarEnd) read(frame []float32) bool {
	if f.ring.Len() < len(frame) {
		return false
	}
	f.ring.Read(frame)
	return true
}

// drop forgets all that is there. Capture's goroutine only.
func (f *FarEnd) drop() { f.ring.Skip() }
