package audio

import (
	"testing"
	"time"
)

func TestTrial(t *testing.T) {
	dead, zeros, sound := trialSeen{others: true}, trialSeen{called: true, others: true}, trialSeen{called: true, sounds: true, others: true}
	deadOther, zerosOther := trialSeen{others: true, works: true}, trialSeen{called: true, others: true, works: true}
	type look struct {
		after time.Duration // since the trial began
		seen  trialSeen
		does  trialDoes
	}
	const second = time.Second
	tests := []struct {
		name  string
		kind  Kind
		looks []look
	}{
		{"a loudspeaker that asks", Output, []look{{100 * ms, zeros, trialKeep}, {9 * second, deadOther, trialNothing}}},
		{"a microphone that hears", Input, []look{{100 * ms, sound, trialKeep}}},
		{"a dead one alone", Output, []look{{900 * ms, trialSeen{}, trialNothing}, {second, trialSeen{}, trialKeep}}},
		{"zeros alone", Input, []look{{900 * ms, trialSeen{called: true}, trialNothing}, {second, trialSeen{called: true}, trialKeep}}},
		{"a dead one, and one that works", Output, []look{
			{900 * ms, dead, trialNothing}, {second, dead, trialProbe}, {1100 * ms, dead, trialNothing}, {1200 * ms, deadOther, trialPass},
			{1300 * ms, deadOther, trialNothing},
		}},
		{"all are dead", Output, []look{{second, dead, trialProbe}, {2900 * ms, dead, trialNothing}, {3 * second, dead, trialKeep}}},
		{"it was only slow", Output, []look{{second, dead, trialProbe}, {1500 * ms, zerosOther, trialKeep}}},
		{"zeros, and one that hears", Input, []look{
			{second, zeros, trialNothing}, {1500 * ms, zeros, trialProbe}, {1600 * ms, zerosOther, trialPass},
		}},
		{"zeros everywhere: they are quiet", Input, []look{{1500 * ms, zeros, trialProbe}, {3500 * ms, zeros, trialKeep}}},
		{"unmuted meanwhile", Input, []look{{1500 * ms, zeros, trialProbe}, {1600 * ms, trialSeen{called: true, sounds: true, others: true, works: true}, trialKeep}}},
		{"a dead microphone", Input, []look{{second, dead, trialProbe}, {1600 * ms, deadOther, trialPass}}},
	}
	start := time.Unix(1, 0)
	for _, test := range tests {
		var x trial
		if d := x.step(start, test.kind, dead); d != trialNothing {
			t.Errorf("%s: %v before it began", test.name, d)
		}
		x.begin(start)
		for _, l := range test.looks {
			if d := x.step(start.Add(l.after), test.kind, l.seen); d != l.does {
				t.Errorf("%s: after %v %v, want %v", test.name, l.after, d, l.does)
			}
		}
	}
}
