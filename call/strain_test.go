package call

import (
	"testing"
	"time"

	"parley/video"
)

// A machine that is too slow for a size gets the next smaller one, soon, and rarely the larger one again.
func TestStrain(t *testing.T) {
	var s strain
	size := func(lines int) video.SenderStats {
		return video.SenderStats{Width: lines * 16 / 9, Height: lines, EncodeMS: 40 * float64(lines) * float64(lines) / (1080 * 1080)}
	}
	lines, changed := 1080, []time.Duration{}
	for now := time.Duration(0); now < 10*time.Minute; now += 100 * time.Millisecond {
		next := 1080
		if most := s.look(now, size(lines), 30); most > 0 {
			next = most
		}
		if next != lines {
			changed = append(changed, now)
			if lines = next; lines != 720 && lines != 1080 {
				t.Fatalf("%d lines after %v", lines, now)
			}
		}
	}
	if len(changed) < 6 || changed[0] < slowFor || changed[0] > slowFor+time.Second || changed[1]-changed[0] != strainFirst || changed[3]-changed[2] != 2*strainFirst {
		t.Errorf("it changes after %v", changed)
	}
}

// One that is fast enough, or slow for a moment, keeps its size; the smallest is the smallest.
func TestStrainIsPatient(t *testing.T) {
	var s strain
	for i := range 1000 {
		sent := video.SenderStats{Width: 1920, Height: 1080, EncodeMS: 20}
		if i%30 < 15 {
			sent.EncodeMS = 50
		}
		if s.look(time.Duration(i)*100*time.Millisecond, sent, 30) != 0 {
			t.Fatal("it gives up")
		}
	}
	for i := range 1000 {
		if s.look(time.Hour+time.Duration(i)*100*time.Millisecond, video.SenderStats{Width: 480, Height: 270, EncodeMS: 500}, 30) != 0 {
			t.Fatal("it becomes smaller still")
		}
	}
	if below(1080) != 720 || below(600) != 540 || below(270) != strainLeast {
		t.Error("the next smaller one is another")
	}
}
