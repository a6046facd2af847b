package video

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A picture that stands still is coded again as long as there is something to make better, and then no more than it is given; one
// that was left out is not lost.
func TestSenderSharpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStillStudio(t, &numbers{size: 5000}, true)
		s.film(1, 64, 36)
		wait(time.Second)
		if n := int(s.Stats().Pictures); n < 9 || n > 12 {
			t.Errorf("coded %d times in the first second", n)
		}
		s.codec.small.Store(true) // nothing to make better
		wait(5 * time.Second)
		before := int(s.Stats().Pictures)
		for range 5 { // as a screen that stands still is given
			s.film(1, 64, 36)
			wait(time.Second)
		}
		if n := int(s.Stats().Pictures) - before; n != 5 {
			t.Errorf("coded %d times where nothing can be made better", n)
		}
		s.codec.small.Store(false)
		s.film(1, 64, 36)
		s.film(60, 64, 36)
		if n := int(s.Stats().Pictures) - before; n < 60 || n > 75 {
			t.Errorf("coded %d times while it moves", n)
		}
		s.codec.silent.Store(true)
		s.film(1, 64, 36)
		wait(2 * time.Second)
		sent := s.Stats().Pictures
		s.codec.silent.Store(false)
		if wait(time.Second / 5); s.Stats().Pictures == sent {
			t.Error("a picture that was left out is never sent")
		}
		s.end()
		for i, ts := range s.sent[1:] {
			if d := int32(ts - s.sent[i]); d <= 0 || d > 6*ClockRate {
				t.Errorf("a step of %d", d)
			}
		}
	})
}

// Another sender begins with what stands there, at once and on the same line of time, which goes on behind what the one before coded late.
func TestSenderBeginsWithStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStillStudio(t, &numbers{size: 5000}, true)
		defer s.end()
		s.film(3, 64, 36)
		wait(700 * time.Millisecond)
		s.Sender.Close()
		last := s.sent[len(s.sent)-1]
		codec := &numbers{size: 20}
		var sent []uint32
		next, err := NewSender(SenderConfig{Codec: VP9, Encoder: codec, Kbps: 1000, Still: true, Emit: func(_ [][]byte, _ int, ts uint32, captured time.Time) {
			if age := time.Since(captured); age < 0 || age > sharpenEvery {
				t.Errorf("taken %v ago", age)
			}
			sent = append(sent, ts)
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer next.Close()
		s.feed.GiveNow(next.Slot())
		wait(time.Millisecond)
		if len(sent) != 1 || codec.coded[0] != 2 || int32(sent[0]-last) <= 0 {
			t.Fatalf("coded %v at %v, behind %d", codec.coded, sent, last)
		}
		s.film(1, 64, 36)
		if n := len(sent); codec.coded[n-1] != 3 || int32(sent[n-1]-sent[0]) <= 0 {
			t.Errorf("coded %v at %v", codec.coded, sent)
		}
		s.tape.gone <- errors.New("it ends")
		wait(time.Millisecond)
		self := NewSlot()
		if s.feed.GiveNow(self); self.Take() != nil {
			t.Error("the picture of a source that has ended")
		}
	})
}

// Who asks for a key picture of what stands still gets one at once, and not by the thousand.
func TestSenderKeyOfStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStillStudio(t, &numbers{size: 100}, true)
		defer s.end()
		s.film(1, 64, 36)
		wait(10 * time.Second)
		before := s.Stats()
		s.KeyFrame()
		wait(time.Millisecond)
		if n := s.Stats().KeyFrames - before.KeyFrames; n != 1 {
			t.Errorf("%d key pictures", n)
		}
		for range 3000 {
			s.KeyFrame()
			wait(time.Millisecond)
		}
		if n := s.Stats().KeyFrames - before.KeyFrames; n < 8 || n > 11 {
			t.Errorf("%d key pictures in three seconds", n)
		}
		if n := int(s.Stats().Pictures); n > 50 {
			t.Errorf("coded %d times", n)
		}
	})
}

// A camera's picture is coded once.
func TestSenderOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t, &numbers{size: 5000})
		defer s.end()
		s.film(1, 64, 36)
		s.KeyFrame()
		wait(10 * time.Second)
		if n := int(s.Stats().Pictures); n != 1 {
			t.Errorf("coded %d times", n)
		}
	})
}
