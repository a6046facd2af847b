package calltest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/transport/v4"

	"parley/audio"
	"parley/call"
)

// layered is a Codec whose packets hold the frame before as well, in still poorer sound.
type layered struct {
	Codec
	before [2 * audio.FrameSize / thin / thin]byte
}

// Encode implements audio.Encoder.
func (l *layered) Encode(pcm []float32, out []byte) ([]byte, error) {
	own, err := l.Codec.Encode(pcm, out)
	out = append(own, l.before[:len(own)/thin]...)
	for i := range l.before[:len(own)/thin] {
		l.before[i] = own[i*thin]
	}
	return out, err
}

// Decode implements audio.Decoder.
func (l *layered) Decode(packet []byte, pcm []float32) (int, error) {
	return l.Codec.Decode(packet[:len(packet)/(thin+1)*thin], pcm)
}

// Recover implements audio.Decoder.
func (l *layered) Recover(packet []byte, pcm []float32) (int, error) {
	before := packet[len(packet)/(thin+1)*thin:]
	for i := range pcm {
		pcm[i] = float32(int8(before[min(i/thin/thin, len(before)-1)])) / 127
	}
	return len(pcm), nil
}

// tally is what became of a talker's sound at a listener, in samples.
type tally struct{ own, red, nack, fec, concealed uint64 }

func (p *Person) tally(of *Person) (t tally, s call.PeerStats) {
	for _, q := range p.Stats().Peers {
		if q.User == of.Key.ID() {
			s = q
		}
	}
	return tally{s.Stream.Received, s.Stream.Redundant, s.Stream.Resent, s.Stream.Recovered, s.Stream.Concealed}, s
}

func (t tally) since(u tally) tally {
	return tally{t.own - u.own, t.red - u.red, t.nack - u.nack, t.fec - u.fec, t.concealed - u.concealed}
}

// heard is the share that was decoded or repaired.
func (t tally) heard() float64 {
	good := float64(t.own + t.red + t.nack + t.fec)
	return good / (good + float64(t.concealed))
}

func (t tally) String() string {
	packets := func(samples uint64) string { return fmt.Sprintf("%.1f", float64(samples)/(2*audio.FrameSize)) }
	return fmt.Sprintf("%.3f %%: packets %s, RED %s, NACK %s, FEC %s, concealed %s",
		100*t.heard(), packets(t.own), packets(t.red), packets(t.nack), packets(t.fec), packets(t.concealed))
}

// addApart is Add for a time of its own. Before the people close nothing gets through any more: who closes says so to the others, and where
// both close at one moment pion's SCTPTransport.Stop waits for a time with a lock held that the end of the association waits for, too,
// so that time stands still.
func (w *World) addApart(names ...string) []*Person {
	people := w.Add(names...)
	w.t.Cleanup(func() { w.Part(true) })
	return people
}

// TestSoundUnderLoss, in a time of its own: Ben hears Ana, whose packets have copies, and she hears him, whose have none.
func TestSoundUnderLoss(t *testing.T) {
	const measured = time.Minute
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
			synctest.Test(t, func(t *testing.T) {
				w := NewFar(t, c.delay)
				w.Equip = func(name string, config *call.Config) {
					config.Sound.Voice.RED, config.Sound.Voice.NACK = name == "Ana", name == "Ana"
					config.Sound.NewEncoder = func() (audio.Encoder, error) { return &layered{}, nil }
					config.Sound.NewDecoder = func() (audio.Decoder, error) { return &layered{}, nil }
				}
				p := w.addApart("Ana", "Ben")
				ana, ben := p[0], p[1]
				joinAll(p)
				w.Scatter(c.loss, uint64(1000*c.loss)+1)
				<-time.After(5 * time.Second) // for the reports that tell of it
				with, _ := ben.tally(ana)
				without, _ := ana.tally(ben)
				<-time.After(measured)
				withNow, s := ben.tally(ana)
				withoutNow, r := ana.tally(ben)
				with, without = withNow.since(with), withoutNow.since(without)
				t.Logf("with %v, buffer %.0f ms; without %v, %.0f ms; %d copies, %d bytes of them to %d; %d asked for, %d sent again; round trip %.1f ms",
					with, s.Stream.DelayMS, without, r.Stream.DelayMS, r.Link.Copies, r.Link.BytesCopied, r.Link.BytesSent, s.Link.Asked, r.Link.Resent, s.Link.RTT)
				if with.heard() < c.heard {
					t.Errorf("%v, want %.1f %%", with, 100*c.heard)
				}
				if c.loss == 0 && r.Link.BytesCopied+r.Link.Resent > 0 {
					t.Errorf("%d bytes of copies with nothing lost", r.Link.BytesCopied)
				}
				own := float64(without.own) / (2 * audio.FrameSize * measured.Seconds() * 50)
				if c.loss > 0 && (own < 1-1.5*c.loss || own > 1-0.5*c.loss) || without.red+without.nack > 0 {
					t.Errorf("without copies %v", without)
				}
				if c.loss >= 0.1 && without.heard() >= with.heard() {
					t.Errorf("as much is heard without copies: %v", without)
				}
			})
		})
	}
}

// rough is a network that holds each packet back for up to so long, so that they overtake each other, and brings some twice.
type rough struct {
	transport.Net
	upTo  time.Duration
	twice float64

	mu   sync.Mutex
	dice *rand.Rand
}

func (r *rough) ListenUDP(network string, a *net.UDPAddr) (transport.UDPConn, error) {
	c, err := r.Net.ListenUDP(network, a)
	return &roughConn{c, r}, err
}

func (r *rough) wait() (time.Duration, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Duration(r.dice.Float64() * float64(r.upTo)), r.dice.Float64() < r.twice
}

type roughConn struct {
	transport.UDPConn
	r *rough
}

func (c *roughConn) WriteTo(b []byte, to net.Addr) (int, error) {
	later := slices.Clone(b)
	for again := true; again; {
		var wait time.Duration
		wait, again = c.r.wait()
		time.AfterFunc(wait, func() { c.UDPConn.WriteTo(later, to) }) //nolint:errcheck // as a network
	}
	return len(b), nil
}

// TestSoundUnderJitter: packets up to 200 ms late, which overtake each other and come twice, are heard.
func TestSoundUnderJitter(t *testing.T) {
	for _, red := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := New(t)
			w.Equip = func(name string, config *call.Config) {
				config.Net = &rough{Net: config.Net, upTo: 200 * time.Millisecond, twice: 0.03, dice: rand.New(rand.NewPCG(7, uint64(len(name))))}
				config.Sound.Voice.RED, config.Sound.Voice.NACK = red, red
			}
			p := w.addApart("Ana", "Ben")
			joinAll(p)
			<-time.After(5 * time.Second)
			before, from := p[1].tally(p[0])
			<-time.After(time.Minute)
			after, s := p[1].tally(p[0])
			late := float64(s.Stream.Late-from.Stream.Late) / float64(s.Stream.Packets-from.Stream.Packets)
			heard := after.since(before)
			t.Logf("RED %v: %.2f %% late, %v, buffer %.0f ms of %.0f; %d overtaken, %d copies, %d asked for; %+v",
				red, 100*late, heard, s.Stream.DelayMS, s.Stream.TargetMS, s.Stream.Overtaken, s.Link.Copies, s.Link.Asked, s.Stream)
			if late >= 0.02 || heard.heard() < 0.98 {
				t.Errorf("RED %v: %.2f %% late, %v", red, 100*late, heard)
			}
		})
	}
}
