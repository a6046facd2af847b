package mesh

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtp"

	"parley/audio/red"
)

// rounds gives packets to Send and has every peer write what is for it, with nothing between them that runs by itself.
type rounds struct {
	*Mesh
	peers []*peer
	at    uint32
}

// say sends a packet of the given bytes, and returns what went out to each peer: the packets as they are written.
func (r *rounds) say(audience uint32, fill byte) [][]written {
	r.at += 960
	r.Send(Sound{Payload: bytes.Repeat([]byte{fill}, 100), Timestamp: r.at, Audience: audience})
	out := make([][]written, len(r.peers))
	for i, p := range r.peers {
		b := soundOn(func(h *rtp.Header, payload []byte) error {
			out[i] = append(out[i], written{header: *h, payload: bytes.Clone(payload)})
			return nil
		})
		for len(p.out.full) > 0 {
			k := <-p.out.full
			p.writeSound(b, k)
			p.out.free <- p.out.keep(k)
		}
	}
	return out
}

func newRounds(t *testing.T, n int) *rounds {
	m, peers := sinks(t, n)
	return &rounds{Mesh: m, peers: peers}
}

// Who is left out gets the end of a talk spurt, and then nothing; no number is missing afterwards, and time has gone on.
func TestAudience(t *testing.T) {
	r := newRounds(t, 3)
	first := r.say(0, 0xf8)
	r.SetAudience(7, []string{"b"})
	for i := range 5 {
		got := r.say(7, 0xff)
		if len(got[1]) != 1 || !bytes.Equal(got[1][0].payload, bytes.Repeat([]byte{0xff}, 100)) {
			t.Fatalf("the one who is chosen got %v", got[1])
		}
		for _, k := range []int{0, 2} {
			switch {
			case i == 0 && (len(got[k]) != 1 || !bytes.Equal(got[k][0].payload, []byte{0xf8}) || got[k][0].header.Marker || got[k][0].header.Timestamp != r.at):
				t.Errorf("at its beginning the others got %+v", got[k])
			case i > 0 && len(got[k]) != 0:
				t.Errorf("packet %d of it, and the others got %+v", i, got[k])
			}
		}
	}
	if got := r.say(6, 0xff); len(got[0])+len(got[2]) != 0 || len(got[1]) != 1 || len(got[1][0].payload) > silent {
		t.Errorf("a packet for an audience that is no more: %v", got)
	}
	for k, got := range r.say(0, 0xf8) {
		want := first[k][0].header.SequenceNumber + 2
		if k == 1 {
			want += 5 // of its own, and the end of them
		}
		if len(got) != 1 || got[0].header.SequenceNumber != want || got[0].header.Timestamp != r.at {
			t.Errorf("peer %d: %+v, want number %d at %d", k, got, want, r.at)
		}
	}
	r.SetAudience(8, nil)
	r.say(8, 0xff) // the end that each is told of
	if got := r.say(8, 0xff); len(got[0])+len(got[1])+len(got[2]) != 0 {
		t.Errorf("to nobody: %v", got)
	}
}

// Whatever is asked for and however many copies go: nothing of what some hear comes to others. Each packet says in its bytes who may
// hear it, a bit for each peer.
func TestAudienceDoesNotLeak(t *testing.T) {
	const all = 1<<3 - 1
	for seed := range uint64(20) {
		dice := rand.New(rand.NewPCG(seed, 1))
		r := newRounds(t, 3)
		r.Protect(Protection{Copies: true, Repeats: true})
		number, chosen, copies, private := uint32(0), byte(0), 0, 0
		var last [3]uint16
		for turn := range 400 {
			if dice.IntN(15) == 0 {
				number, chosen = number+1, byte(dice.IntN(all+1))
				var users []string
				for k, p := range r.peers {
					if chosen>>k&1 == 1 {
						users = append(users, p.id.User)
					}
				}
				r.SetAudience(number, users)
			}
			for _, p := range r.peers {
				p.loss.depth.Store(int32(dice.IntN(maxDepth + 1)))
			}
			audience, who := uint32(0), byte(all)
			if turn > 0 && number > 0 && dice.IntN(2) == 0 {
				audience, who = number, chosen
			}
			for k, got := range r.say(audience, who) {
				for _, w := range got {
					if turn > 0 && w.header.SequenceNumber != last[k]+1 {
						t.Fatalf("seed %d: number %d after %d", seed, w.header.SequenceNumber, last[k])
					}
					last[k] = w.header.SequenceNumber
				}
				p, now := r.peers[k], time.Now()
				for range dice.IntN(3) {
					p.repeatSound(soundOn(func(h *rtp.Header, payload []byte) error {
						got = append(got, written{header: *h, payload: bytes.Clone(payload)})
						return nil
					}), last[k]-uint16(dice.IntN(kept)), now.Add(time.Second))
				}
				for _, w := range got {
					blocks := []red.Block{{Data: w.payload}}
					if w.header.PayloadType == redType {
						blocks, _ = red.Split(w.payload, nil)
						copies += len(blocks) - 1
					}
					for _, b := range blocks {
						if len(b.Data) <= silent {
							continue
						}
						if b.Data[0]>>k&1 == 0 {
							t.Fatalf("seed %d: peer %d got what was for others", seed, k)
						}
						if b.Data[0] != all {
							private++
						}
					}
				}
			}
		}
		if copies == 0 || private == 0 || r.peers[0].meters.resent.Load() == 0 {
			t.Errorf("seed %d: %d copies, %d packets for some, %d sent again: it shows nothing", seed, copies, private, r.peers[0].meters.resent.Load())
		}
	}
}

// A packet for some allocates as little as any.
func TestAudienceAllocatesNothing(t *testing.T) {
	m, peers := sinks(t, 2)
	m.SetAudience(1, []string{"a"})
	s := Sound{Payload: make([]byte, 160), Audience: 1}
	if a := testing.AllocsPerRun(200, func() {
		m.Send(s)
		o := peers[0].out
		o.free <- o.keep(<-o.full)
	}); a != 0 || len(peers[1].out.full) != 0 {
		t.Errorf("%v allocations, %d packets for the other", a, len(peers[1].out.full))
	}
}
