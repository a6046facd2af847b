package call

import (
	"slices"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// maxWhisper is to how many one may whisper, here or not.
const maxWhisper = 64

// speech is how a peer speaks: before the others, or to some alone.
type speech struct{ priority, whisper bool }

// speechCommand is one of the two keys. Both end with the place, and when one is muted; who is muted already is not heard by them.
func (t *turn) speechCommand(cmd Command, made waiter) {
	var err error
	switch c := cmd.(type) {
	case Prioritize:
		if err = t.speakable(c.On); err == nil {
			t.setSpeech(c.On, t.self.whisper)
		}
	case Whisper:
		var to []string
		if err = t.speakable(len(c.To) > 0); err == nil {
			to, err = t.findChosen(c.To)
		}
		if err == nil {
			t.setSpeech(t.self.priority, to)
		}
	}
	t.finish(made, Reply{}, err)
}

func (t *turn) speakable(on bool) error {
	if on && t.place.phase == Idle {
		return wire.Errorf(wire.BadOrder, "You are in no channel and in no call.")
	}
	return nil
}

// findChosen makes user ids of ids and names. They may be elsewhere, and need not be of this server: they hear it when they come, and
// nobody else does meanwhile.
func (t *turn) findChosen(list []string) (users []string, err error) {
	if len(list) > maxWhisper {
		return nil, wire.Errorf(wire.BadMessage, "That are too many people: you can whisper to %d at most.", maxWhisper)
	}
	for _, want := range list {
		user := want
		if !identity.ValidUserID(want) {
			u, err := t.findListed(want)
			if err != nil {
				return nil, err
			}
			user = u.ID
		}
		if user == identity.UserID(t.me) {
			return nil, wire.Errorf(wire.NotFound, "You can't whisper to yourself.")
		}
		if _, p := t.peerOf(user); p != nil && p.phase == Held {
			return nil, wire.Errorf(wire.BadOrder, "%s is held back: let them in before you whisper to them.", p.member.Name)
		}
		users = append(users, user)
	}
	slices.Sort(users)
	return slices.Compact(users), nil
}

// letGo ends both.
func (t *turn) letGo() { t.setSpeech(false, nil) }

func (t *turn) setSpeech(priority bool, whisper []string) {
	same := slices.Equal(t.self.whisper, whisper)
	if same && t.self.priority == priority {
		return
	}
	if !same {
		t.whispers++
	}
	t.self.priority, t.self.whisper = priority, whisper
	f := setSpeech{priority: priority, users: whisper}
	if len(whisper) > 0 {
		f.whisper = t.whispers
	}
	t.do(f)
	t.tickSpeech()
}

// unheard says that nobody hears what is said with one of the keys.
func (s *state) unheard() bool {
	if !s.self.priority && len(s.self.whisper) == 0 {
		return false
	}
	for id, p := range s.peers {
		if p.phase == Connected && (len(s.self.whisper) == 0 || slices.Contains(s.self.whisper, id.User)) {
			return s.quiet()
		}
	}
	return true
}

// speechTo is how one speaks to a peer. Who is whispered past is not told of it.
func (s *state) speechTo(id mesh.Peer) speech {
	whisper := len(s.self.whisper) > 0
	if whisper && !slices.Contains(s.self.whisper, id.User) {
		return speech{}
	}
	return speech{s.self.priority, whisper}
}

// tickSpeech tells, and takes, what had to wait.
func (t *turn) tickSpeech() {
	for id, p := range t.peers {
		t.tellSpeech(id, p)
		t.meetSpeech(id, p)
	}
}

// tellSpeech lets a peer know how one speaks to it, if it does not.
func (t *turn) tellSpeech(id mesh.Peer, p *peer) {
	now := t.speechTo(id)
	if p.phase != Connected || p.spokenTo == now || !p.keys.take(t.now, wordBurst, wordRate) {
		return
	}
	p.spokenTo = now
	t.do(tellPeer{id, word{Type: wordSpeech, Priority: now.priority, Whisper: now.whisper}.bytes()})
}

// meetSpeech shows how a peer says that it speaks, and does what that means. Who presses keys all the time has to wait.
func (t *turn) meetSpeech(id mesh.Peer, p *peer) {
	if p.speaks == p.saidSpeech || !p.speeches.take(t.now, 2*wordBurst, 2*wordRate) {
		return
	}
	t.speaksAs(id, p, p.saidSpeech)
}

func (t *turn) speaksAs(id mesh.Peer, p *peer, now speech) {
	before := p.speaks
	p.speaks = now
	if before.priority != now.priority {
		t.do(setPriority{id, now.priority})
		t.notify(Notice{Kind: NoticePriority, User: id.User, Name: p.member.Name, Code: onOff(now.priority)})
	}
	if before.whisper != now.whisper {
		t.notify(Notice{Kind: NoticeWhisper, User: id.User, Name: p.member.Name, Code: onOff(now.whisper)})
	}
}

func onOff(on bool) string {
	if on {
		return CodeOn
	}
	return CodeOff
}

// freshSpeech: over a new connection both say anew how they speak. One that heals is none: the far end may not have noticed anything.
func (t *turn) freshSpeech(id mesh.Peer, p *peer) {
	p.spokenTo, p.saidSpeech = speech{}, speech{}
	t.speaksAs(id, p, speech{})
}
