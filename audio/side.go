package audio

import (
	"parley/audio/jitter"
	"parley/audio/mix"
)

// sides is a Stream's second channel: beside pcm, spare, rest and the frame, which hold (L+R)/2, it has (L-R)/2, sample by sample at
// the same places. What is empty is silent, so packets of one channel cost nothing.
type sides struct {
	decoder StereoDecoder // nil: there is never a second channel
	pcm     []float32     // as long as the stream's, or empty
	spare   []float32
	rest    []float32
	past    [stretchMin]float32 // the last that was played
	block   []float32           // what is lengthened: some of past, and pcm
	tail    float32
	frame   []float32 // of the last pull
	sound   bool      // there is something in it
}

func newSides(d Decoder) sides {
	stereo, ok := d.(StereoDecoder)
	if !ok {
		return sides{}
	}
	return sides{
		decoder: stereo,
		pcm:     make([]float32, 0, 2*MaxPacketSamples),
		spare:   make([]float32, stretchMax+stretchMax/2),
		block:   make([]float32, 0, stretchMax),
		frame:   make([]float32, FrameSize),
	}
}

// add takes what belongs to the n samples that the decoder has just made. The stream has them at a place in its pcm, as so many:
// where they were joined to what was before, some of the first were left out or put before them. They are faded over the first
// so many samples; from zero, the last that was played falls to zero meanwhile.
func (s *sides) add(at, n, made, fade int, from, to float32) {
	if s.decoder == nil {
		return
	}
	side := s.decoder.Side()
	if len(side) != n {
		side = nil
	}
	falls := from == 0 && at == 0 && s.tail != 0
	if len(side) == 0 && len(s.pcm) == 0 && !falls {
		return
	}
	begun := len(s.pcm) // shorter than at where all before is silent
	s.pcm = s.pcm[:at+made]
	clear(s.pcm[begun:])
	if len(side) > 0 {
		side = side[max(n-made, 0):]
		at += max(made-n, 0)
	}
	mix.Scale(s.pcm[at:at+min(fade, copy(s.pcm[at:], side))], from, to)
	if falls {
		for i := range min(edge, made) {
			s.pcm[i] += s.tail * (1 - float32(i+1)/edge)
		}
	}
}

// keep and stretch have played what pcm holds, as it is or as the stream's was stretched last.
func (s *sides) keep() { s.rest = s.pcm }

func (s *sides) stretch(by *jitter.Stretcher) {
	s.rest = nil
	if len(s.pcm) > 0 {
		s.rest = s.spare[:by.Again(s.pcm, s.spare)]
	}
}

// expand is stretch where so many samples that were heard already stood before pcm.
func (s *sides) expand(by *jitter.Stretcher, heard int) {
	s.rest = nil
	if len(s.pcm) > 0 {
		s.block = append(append(s.block[:0], s.past[len(s.past)-heard:]...), s.pcm...)
		s.rest = s.spare[heard:by.Again(s.block, s.spare)]
	}
}

// remember keeps the last of what is played.
func (s *sides) remember(pcm []float32) {
	pcm = pcm[max(len(pcm)-len(s.past), 0):]
	copy(s.past[copy(s.past[:], s.past[len(pcm):]):], pcm)
}

// play makes the next k samples of the frame, from a place on.
func (s *sides) play(at, k int) {
	if s.decoder == nil {
		return
	}
	if at == 0 {
		s.sound = false
	}
	out := s.frame[at : at+k]
	if len(s.rest) == 0 {
		clear(out)
		s.tail = 0
	} else {
		s.rest = s.rest[copy(out, s.rest):]
		s.tail, s.sound = out[k-1], true
	}
	s.remember(out)
}

// silence ends the frame as Stream.silence does: its last n samples.
func (s *sides) silence(n int) {
	if s.decoder == nil {
		return
	}
	if n == len(s.frame) {
		s.sound = false
	}
	out := s.frame[len(s.frame)-n:]
	clear(out)
	s.sound = s.sound || s.tail != 0
	for i := range min(edge, n) {
		out[i] = s.tail * (1 - float32(i+1)/edge)
	}
	s.tail = 0
	s.remember(out)
}

// drop forgets what waits.
func (s *sides) drop() { s.rest = nil }
