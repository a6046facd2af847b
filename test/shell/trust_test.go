package shell_test

import "testing"

// held waits until p holds somebody back, and wants the reason.
func (p *person) held(mark int, other *person, code string) {
	p.w.Helper()
	if l := p.awaits(mark, "peer_held", func(l line) bool { return l.User == other.user }); l.Code != code {
		p.w.Errorf("%s is held for %q, want %q", other.name, l.Code, code)
	}
}

func TestKnownOnly(t *testing.T) {
	w := newWorld(t)
	ana := w.sits("Ana", 400)
	carl := w.sits("Carl", 1100)
	ben := w.sits("Ben", 700) // meets both
	ben.connected(ana, carl)
	ben.leaves()
	ben = w.sits("Ben", 700, "--known-only")
	dora := w.sits("Dora", 1700) // whom Ben never met
	ben.connected(ana, carl)
	dora.connected(ana, carl)
	ben.held(0, dora, "unknown")
	people := func(p ...*person) []*person { return p }
	heard := hear(ben, dora)
	w.hears("a stranger", ben, heard[0], people(ana, carl), people(dora))
	w.hears("to a stranger", dora, heard[1], people(ana, carl), people(ben))
	ben.tell("volume Dora 90") // which is no trust
	ben.tell("volume Dora 100")
	ben.leaves()
	ben = w.sits("Ben", 700, "--known-only")
	ben.held(0, dora, "unknown")
	ben.untold("trust Nobody")
	ben.tell("trust Dora")
	ben.connected(dora)
	heard = hear(ben, dora)
	w.hears("trusted", ben, heard[0], people(ana, carl, dora), nil)
	w.hears("by whom she is trusted", dora, heard[1], people(ana, carl, ben), nil)
	ben.leaves()
	ben = w.sits("Ben", 700, "--known-only")
	ben.connected(ana, carl, dora) // nobody is a stranger any more
}

// A name that looks like a known person's, under another key, is held until a click, however often one meets it and
// whatever else one does about it.
func TestLookalike(t *testing.T) {
	w := newWorld(t)
	ana, ben := w.both()
	people := func(p ...*person) []*person { return p }
	const false = "Аna" // the first letter is Cyrillic
	mark := ben.Mark()
	fake := w.sits(false, 1100)
	ben.held(mark, fake, "looks_like_another")
	fake.connected(ana) // she never met Ana
	heard := hear(ben, fake)
	w.hears("held", ben, heard[0], people(ana), people(fake))
	w.hears("held", fake, heard[1], people(ana), people(ben))
	ben.tell("localmute " + fake.user + " on")
	ben.tell("volume " + fake.user + " 90")
	ben.leaves()

	ben = w.sits("Ben", 700)
	ben.connected(ana)
	ben.held(0, fake, "looks_like_another")
	ben.tell("localmute " + false + " off")
	ben.tell("volume " + false + " 100")
	w.hears("held again", ben, hear(ben)[0], people(ana), people(fake))
	ben.tell("trust " + false)
	ben.connected(fake)
	heard = hear(ben, fake)
	w.hears("trusted", ben, heard[0], people(ana, fake), nil)
	w.hears("trusted", fake, heard[1], people(ana, ben), nil)
	ben.leaves()
	w.sits("Ben", 700).connected(ana, fake)
}
