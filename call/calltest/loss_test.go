package calltest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"parley/audio"
	"parley/call"
)

// tally is what became of a talker's sound at a listener, in samples.
type tally struct{ own, red, nack, concealed uint64 }

func (p *Person) tally(of *Person) (t tally, s call.PeerStats) {
	for _, q := range p.Stats().Peers {
		if q.User == of.Key.ID() {
			s = q
		}
	}
	// The codec here has no redundancy of its own, so that what it recovers is concealed.
	return tally{s.Stream.Received, s.Stream.Redundant, s.Stream.Resent, s.Stream.Concealed + s.Stream.Recovered}, s
}

func (t tally) since(u tally) tally {
	return tally{t.own - u.own, t.red - u.red, t.nack - u.nack, t.concealed - u.concealed}
}

// heard is the share that was decoded, from whatever packet.
func (t tally) heard() float64 {
	good := float64(t.own + t.red + t.nack)
	return good / (good + float64(t.concealed))
}

func (t tally) String() string {
	packets := func(samples uint64) string { return fmt.Sprintf("%.1f", float64(samples)/(2*audio.FrameSize)) }
	return fmt.Sprintf("%.3f %%: packets %s, RED %s, NACK %s, concealed %s",
		100*t.heard(), packets(t.own), packets(t.red), packets(t.nack), packets(t.concealed))
}

// TestSoundUnderLoss: Cy hears Ana, whose packets have copies, and beside her Ben, whose have none.
func TestSoundUnderLoss(t *testing.T) {
	measured := 20 * time.Second
	if os.Getenv("PARLEY_SOAK") != "" {
		measured = time.Minute
	}
	for _, c := range []struct {
		loss, heard float64
		delay       time.Duration // one way
	}{
		{0, 1, 10 * time.Millisecond},
		{0.05, 0.999, 10 * time.Millisecond},
		{0.10, 0.995, 10 * time.Millisecond},
		{0.20, 0.99, 10 * time.Millisecond},
		{0.30, 0.90, 10 * time.Millisecond},
		{0.20, 0.99, 100 * time.Millisecond}, // too far to ask
	} {
		t.Run(fmt.Sprintf("%v%% at %v", 100*c.loss, c.delay), func(t *testing.T) {
			t.Parallel()
			w := NewFar(t, c.delay)
			w.Equip = func(name string, config *call.Config) {
				config.Sound.Voice.RED, config.Sound.Voice.NACK = name == "Ana", name == "Ana"
			}
			p := w.Add("Ana", "Ben", "Cy")
			ana, ben, cy := p[0], p[1], p[2]
			joinAll(p)
			w.Scatter(c.loss, uint64(1000*c.loss)+1)
			<-time.After(5 * time.Second) // for the reports that tell of it
			with, _ := cy.tally(ana)
			without, _ := cy.tally(ben)
			<-time.After(measured)
			withNow, s := cy.tally(ana)
			withoutNow, plain := cy.tally(ben)
			with, without = withNow.since(with), withoutNow.since(without)
			_, sent := ana.tally(cy)
			t.Logf("with %v, buffer %.0f ms of %.0f; without %v, %.0f ms; %d copies, %d bytes of them to %d of its own, %d asked for, %d sent again; round trip %.1f ms",
				with, s.Stream.DelayMS, s.Stream.TargetMS, without, plain.Stream.DelayMS, sent.Link.Copies, sent.Link.BytesCopied, sent.Link.BytesSent,
				s.Link.Asked, sent.Link.Resent, s.Link.RTT)
			if with.heard() < c.heard {
				t.Errorf("%v, want %.1f %%", with, 100*c.heard)
			}
			if lost := 1 - without.heard(); c.loss > 0 && (lost < 0.5*c.loss || lost > 1.5*c.loss) {
				t.Errorf("without copies %v", without)
			}
			if c.loss == 0 && sent.Link.BytesCopied+sent.Link.Resent > 0 {
				t.Errorf("%d bytes of copies with nothing lost", sent.Link.BytesCopied)
			}
		})
	}
}
