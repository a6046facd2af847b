package call

import (
	"fmt"
	"testing"

	"parley/wire"
)

// listed has the server tell of somebody.
func (r *rig) listed(p someone, status string) {
	r.on(received{&wire.UserChanged{User: wire.User{ID: p.member.User, Key: p.member.Key, Name: p.member.Name, Status: status}}})
}

// about is what a Snapshot would say is known of somebody.
func (r *rig) about(p someone) Person { return r.s.directory(&Directory{}).Person(p.member.User) }

// comes has somebody sit down in the hall; found is what this machine finds out about them.
func (r *rig) comes(seq uint64, p someone, found Person) []effect {
	r.t.Helper()
	var did []effect
	r.s, did = step(r.s, r.now, received{&wire.MemberJoined{Channel: hall, Seq: seq, Member: p.member}})
	if count[lookUp](did) != 1 {
		r.t.Fatalf("did %v", kinds(did))
	}
	return r.on(met{p.member, found})
}

// What is kept about a person can be set for everybody of the server, and for nobody else; to let somebody in there has to be
// somebody who waits.
func TestPeopleElsewhere(t *testing.T) {
	ana, bob, eve := person(t, "Ana", '1'), person(t, "Bob", '2'), person(t, "Eve", '3')
	for i, c := range []struct {
		cmd  Command
		want Person // what is known then; zero: it is refused
	}{
		{SetVolume{ana.member.User, 0.35}, Person{New: true, Volume: 0.35}},
		{SetVolume{bob.member.User, 9}, Person{New: true, Volume: 2}},
		{SetLocalMute{ana.member.User, true}, Person{New: true, Volume: 1, Muted: true}},
		{Verify{bob.member.User, true}, Person{New: true, Volume: 1, Verified: true}},
		{cmd: Trust{ana.member.User}},
		{cmd: SetVolume{eve.member.User, 0.35}},
		{cmd: SetLocalMute{eve.member.User, true}},
		{cmd: Verify{eve.member.User, true}},
		{cmd: Trust{eve.member.User}},
		{cmd: SetVolume{"nobody", 0.35}},
		{cmd: Verify{"", true}},
		{cmd: SetVolume{person(t, "Me", '5').member.User, 0.35}},
	} {
		r := newRig(t)
		r.listed(ana, wire.Online)
		r.listed(bob, "offline")
		r.listed(r.me, wire.Online)
		r.on(received{&wire.UserChanged{User: wire.User{ID: eve.member.User, Key: ana.member.Key, Name: "Eve"}}}) // her id, and another's key
		version := r.s.version
		did := r.on(commanded{cmd: c.cmd, made: 1})
		err := first[finish](t, did).err
		if c.want == (Person{}) {
			if wire.CodeOf(err) != wire.NotFound || len(did) != 1 || r.s.version != version {
				t.Errorf("%d, %T: %v, did %v", i, c.cmd, err, kinds(did))
			}
			continue
		}
		of := ana
		if personOf(c.cmd) == bob.member.User {
			of = bob
		}
		f := first[remember](t, did)
		if err != nil || f.person != c.want || f.name != "" || f.user != of.member.User || f.key.String() != of.member.Key.String() || count[openPeer](did) != 0 {
			t.Errorf("%d, %T: %v, kept %+v, did %v", i, c.cmd, err, f, kinds(did))
		}
		if r.about(of) != c.want || r.s.version == version {
			t.Errorf("%d, %T: shown as %+v, want %+v", i, c.cmd, r.about(of), c.want)
		}
	}
}

// What was set for somebody elsewhere holds from their first sound on, also before it is written down.
func TestSetBeforeTheyCome(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '1')
	r.listed(ana, "offline")
	r.on(commanded{cmd: SetVolume{ana.member.User, 0.35}})
	r.on(commanded{cmd: SetLocalMute{ana.member.User, true}})
	r.on(commanded{cmd: Verify{ana.member.User, true}})
	r.join()
	did := r.comes(2, ana, Person{New: true, Volume: 1})
	if o := first[openPeer](t, did); o.gain != 0 {
		t.Errorf("she is heard at %v", o.gain)
	}
	if f := first[remember](t, did); f.name != "Ana" || f.person != (Person{Volume: 0.35, Muted: true, Verified: true}) {
		t.Errorf("kept %+v", f)
	}
	if p := r.s.peers[ana.peer()].person; !p.New || !p.Verified {
		t.Errorf("shown as %+v", p)
	}
	if g := first[setGain](t, r.on(commanded{cmd: SetLocalMute{ana.member.User, false}})); g.gain != 0.35 {
		t.Errorf("unmuted she is heard at %v", g.gain)
	}
	r.on(received{&wire.MemberLeft{Channel: hall, Seq: 3, Member: ana.member.Address, Reason: wire.LeftSelf}})
	if got := r.about(ana); got != (Person{Volume: 0.35, Verified: true}) {
		t.Errorf("gone, she is shown as %+v", got)
	}
	if f := first[remember](t, r.on(commanded{cmd: SetVolume{ana.member.User, 1}})); f.person.New {
		t.Error("who was met is a stranger again")
	}
}

// Nothing that is set for somebody elsewhere lets them in: not a stranger where known people only are let in, not somebody who is
// named like another, and not one who was met and has taken another's name since.
func TestSetForAStranger(t *testing.T) {
	for _, c := range []struct {
		name      string
		knownOnly bool
		met       bool
		found     Person
		held      string
	}{
		{"a stranger", false, false, Person{New: true, Volume: 1}, ""},
		{"a stranger, known only", true, false, Person{New: true, Volume: 1}, HeldUnknown},
		{"named like another", false, false, Person{New: true, Volume: 1, Like: "Аna"}, HeldLookalike},
		{"met, and now named like another", false, true, Person{Volume: 1, Like: "Bob"}, HeldLookalike},
		{"met, known only", true, true, Person{Volume: 1}, ""},
	} {
		for _, cmd := range []func(string) Command{
			func(u string) Command { return SetVolume{u, 0.5} }, func(u string) Command { return SetLocalMute{u, true} },
			func(u string) Command { return Verify{u, true} },
		} {
			r, ana := newRig(t), person(t, "Ana", '1')
			r.on(commanded{cmd: SetKnownOnly{c.knownOnly}})
			r.listed(ana, wire.Online)
			if c.met {
				r.s.known[ana.member.User] = Person{Volume: 1}
			}
			cmd := cmd(ana.member.User)
			what := fmt.Sprintf("%s, %T", c.name, cmd)
			if f := first[remember](t, r.on(commanded{cmd: cmd})); f.name != "" || f.person.New == c.met {
				t.Errorf("%s: kept %+v", what, f)
			}
			r.join()
			did := r.comes(2, ana, c.found)
			if (count[openPeer](did) == 0) != (c.held != "") {
				t.Errorf("%s: did %v", what, kinds(did))
			}
			if c.held == "" {
				continue
			}
			if f := first[remember](t, r.on(commanded{cmd: cmd})); f.name != "" || f.person.New == c.met || r.phase(ana) != "held" {
				t.Errorf("%s, in the channel: kept %+v", what, f)
			}
			if did := r.on(commanded{cmd: Trust{ana.member.User}}); count[openPeer](did) != 1 || r.about(ana).New || first[remember](t, did).name != "Ana" {
				t.Errorf("%s: let in, did %v", what, kinds(did))
			}
		}
	}
}

// A ring says at once that the number was compared.
func TestVerifiedWhileItRings(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '1')
	r.listed(ana, wire.Online)
	r.on(received{&wire.CallIncoming{Call: "c", From: ana.member}})
	r.on(commanded{cmd: Verify{ana.member.User, true}})
	if r.s.ring == nil || !r.s.ring.person.Verified {
		t.Fatalf("rings: %+v", r.s.ring)
	}
	r.on(commanded{cmd: Decline{}})
	r.on(received{&wire.CallIncoming{Call: "d", From: ana.member}})
	if !r.s.ring.person.Verified {
		t.Error("forgotten at the next ring")
	}
}

// A server that brings along ever new people does not fill the memory, nor push out whom one has decided about.
func TestKnownIsBounded(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '1')
	r.s.known[ana.member.User] = Person{Volume: 0.5}
	for i := range maxKnown - 1 {
		r.s.known[fmt.Sprint(i)] = Person{Volume: 1}
	}
	bob := person(t, "Bob", '2')
	r.join(bob)
	if len(r.s.known) != maxKnown || r.about(bob).New || r.about(ana).Volume != 0.5 {
		t.Errorf("%d known; Bob %+v, Ana %+v", len(r.s.known), r.about(bob), r.about(ana))
	}
}
