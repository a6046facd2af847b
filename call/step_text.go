package call

import (
	"slices"
	"time"
	"unicode/utf8"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// sentText is one's own text on its way to a peer.
type sentText struct {
	seq  uint64 // its number, too
	text string
	at   time.Duration
}

const (
	keptTexts = 200

	// Of one's own texts; what of others is taken lies above.
	sayBurst, sayRate   = 8, 1
	takeBurst, takeRate = 24, 2
	unheardFor          = 20 * time.Second // then it did not come
	maxUnheard          = 32
)

// say sends a text to everybody who is connected. Who is being connected with anew gets it when that has come about soon.
func (t *turn) say(text string) error {
	text = CleanText(text)
	switch {
	case t.place.phase != Joined || len(t.peers) == 0:
		return wire.Errorf(wire.NoPeer, "There is nobody here to read it.")
	case text == "":
		return wire.Errorf(wire.BadMessage, "There is nothing in it.")
	case utf8.RuneCountInString(text) > MaxText:
		return wire.Errorf(wire.BadMessage, "That is too long: a text has at most %d characters.", MaxText)
	case !t.writing.take(t.now, sayBurst, sayRate):
		return wire.Errorf(wire.RateLimited, "That was too much at once. Wait a second.")
	}
	seq := t.addText(Text{User: identity.UserID(t.me), Name: t.self.name, Mine: true, Text: text})
	s := sentText{seq, text, t.now}
	for id, p := range t.peers {
		switch {
		case p.phase != Connected && p.phase != Reconnecting, len(p.unheard) >= maxUnheard:
			t.notReached(p, seq)
			continue
		case p.phase == Connected:
			t.tellText(id, s)
		}
		p.unheard = append(p.unheard, s)
	}
	return nil
}

func (t *turn) addText(x Text) uint64 {
	t.written++
	x.Seq, x.AtMS = t.written, t.now.Milliseconds()
	kept := t.texts[max(len(t.texts)-keptTexts+1, 0):]
	t.texts = append(slices.Clip(kept), x) // a copy: a Snapshot holds the old one
	return x.Seq
}

func (t *turn) tellText(id mesh.Peer, s sentText) {
	t.do(tellPeer{id, word{Type: wordText, Number: s.seq, Text: s.text}.bytes()})
}

// toldText takes a text. Its number grows, so that one that is sent again because nobody had confirmed it shows once.
func (t *turn) toldText(id mesh.Peer, p *peer, w word) {
	if len(w.Text) > maxTextBytes || w.Number == 0 || w.Number > p.last && !p.wrote.take(t.now, takeBurst, takeRate) {
		t.refuse()
		return
	}
	t.do(tellPeer{id, word{Type: wordArrived, Number: w.Number}.bytes()})
	text := CleanText(w.Text)
	if w.Number <= p.last || text == "" || utf8.RuneCountInString(text) > MaxText || t.place.phase != Joined {
		return
	}
	p.last = w.Number
	t.addText(Text{User: id.User, Name: p.member.Name, Text: text})
	t.notify(Notice{Kind: NoticeText, User: id.User, Name: p.member.Name, Text: text})
}

// arrived: the other one has this text.
func (p *peer) arrived(number uint64) {
	p.unheard = slices.DeleteFunc(p.unheard, func(s sentText) bool { return s.seq == number })
}

// tellUnheard says once more what a connection that broke may have swallowed.
func (t *turn) tellUnheard(id mesh.Peer, p *peer) {
	for _, s := range p.unheard {
		t.tellText(id, s)
	}
}

func (t *turn) tickTexts() {
	for _, p := range t.peers {
		t.unreached(p, t.now-unheardFor)
	}
}

// unreached: what was said until then, and not confirmed, did not come.
func (t *turn) unreached(p *peer, until time.Duration) {
	for len(p.unheard) > 0 && p.unheard[0].at <= until {
		t.notReached(p, p.unheard[0].seq)
		p.unheard = p.unheard[1:]
	}
}

func (t *turn) notReached(p *peer, seq uint64) {
	for i := range t.texts {
		if t.texts[i].Seq == seq {
			t.texts = slices.Clone(t.texts)
			t.texts[i].Missed = append(slices.Clip(t.texts[i].Missed), p.member.Name)
		}
	}
}
