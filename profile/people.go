package profile

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"parley/identity"
)

// Person is somebody whose key this machine has met, or about whom something was decided before that.
type Person struct {
	ID        string             `json:"-"`
	Key       identity.PublicKey `json:"key"`
	Name      string             `json:"name"`       // the last one they had; see CleanName
	FirstSeen time.Time          `json:"first_seen"` // when they were met; of one who was not: when something was decided
	Unmet     bool               `json:"unmet"`      // they are a stranger still, and nobody looks like them: there is no Name
	Verified  bool               `json:"verified"`   // the safety number was compared
	Volume    int                `json:"volume"`     // how loud they are here, percent, 0 to MaxVolume
	Muted     bool               `json:"muted"`      // not heard here
	Whisper   bool               `json:"whisper"`    // the key for whispers is for them; see SetWhisper
}

// Volumes in percent.
const (
	NormalVolume = 100
	MaxVolume    = 200
)

// maxPeople is how many are kept. Above it strangers make room: see makeRoomLocked.
const maxPeople = 4096

// known is a Person in memory.
type known struct {
	keeping[Person]
	looks looks // of the name
}

func newKnown(id string) *known {
	return &known{keeping: keeping[Person]{value: Person{ID: id, Volume: NormalVolume}}}
}

// copy is what callers get: they may do with it what they like.
func (k *known) copy() Person {
	v := k.value
	v.Key = slices.Clone(v.Key)
	return v
}

// UnmarshalJSON gives what is missing its default.
func (k *known) UnmarshalJSON(data []byte) error {
	k.value.Volume = NormalVolume
	return k.keeping.UnmarshalJSON(data)
}

// clean checks and trims what stands in k.
func (k *known) clean() error {
	v := &k.value
	if err := identity.CheckKey(v.Key); err != nil {
		return fmt.Errorf("person %s: %w", v.ID, err)
	}
	if identity.UserID(v.Key) != v.ID {
		return fmt.Errorf("%w: person %s has the key of another", ErrInvalid, v.ID)
	}
	if v.Name = CleanName(v.Name); v.Unmet {
		v.Name = "" // a server said it, and nobody has heard them under it
	}
	v.Volume = min(max(v.Volume, 0), MaxVolume)
	k.looks = looksOf(v.Name)
	return nil
}

// Person returns who is known under a user id.
func (p *Profile) Person(id string) (Person, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k, ok := p.people[id]
	if !ok {
		return Person{}, false
	}
	return k.copy(), true
}

// Keep notes that the owner of a key was here, under a name, and all that was decided about them, in one write, or none
// where nothing has changed. An id that does not belong to the key is refused: then somebody lies. FirstSeen and Whisper are not taken
// from the caller, and an empty Name leaves the one that is known. Whether the name looks like somebody else's is asked
// before, with Lookalike. Who is Unmet stays so until kept without that, and never becomes it again; one about whom nothing is
// decided any more is forgotten.
func (p *Profile) Keep(v Person) error {
	k := newKnown(v.ID)
	k.value = v
	k.value.Key, k.value.Whisper = slices.Clone(v.Key), false
	if err := k.clean(); err != nil {
		return fmt.Errorf("keep person: %w", err)
	}
	return p.change(peopleFile, func() (any, error) {
		before, there := p.people[v.ID]
		if there {
			k.continues(before)
		}
		idle := k.value.Unmet && !k.value.decided()
		switch {
		case there && k.same(before), !there && idle:
			return nil, nil
		case idle:
			delete(p.people, v.ID)
			return maps.Clone(p.people), nil
		case !there || before.value.Unmet && !k.value.Unmet:
			k.value.FirstSeen = p.now().UTC()
		}
		if !there {
			if err := p.makeRoomLocked(); err != nil {
				return nil, fmt.Errorf("keep person: %w", err)
			}
		}
		p.people[v.ID] = k
		return maps.Clone(p.people), nil
	})
}

// continues takes over from what was known of the same person what Keep does not set.
func (k *known) continues(before *known) {
	k.rest, k.value.FirstSeen, k.value.Whisper = before.rest, before.value.FirstSeen, before.value.Whisper
	k.value.Unmet = k.value.Unmet && before.value.Unmet
	if k.value.Name == "" {
		k.value.Name, k.looks = before.value.Name, before.looks
	}
}

// same says that nothing has changed; both are of one id, and so of one key.
func (k *known) same(before *known) bool {
	v, w := k.value, before.value
	return v.Name == w.Name && v.Unmet == w.Unmet && v.Verified == w.Verified && v.Volume == w.Volume && v.Muted == w.Muted
}

// decided says that the person of this machine has decided something about them.
func (v *Person) decided() bool {
	return v.Verified || v.Muted || v.Whisper || v.Volume != NormalVolume
}

// SetVerified notes whether the safety number with a known person was compared and found equal.
func (p *Profile) SetVerified(id string, verified bool) error {
	return p.set(id, verified, func(v *Person) *bool { return &v.Verified })
}

// SetWhisper notes whether the key for whispers is for a known person.
func (p *Profile) SetWhisper(id string, on bool) error {
	return p.set(id, on, func(v *Person) *bool { return &v.Whisper })
}

// set changes one switch of a known person.
func (p *Profile) set(id string, on bool, of func(*Person) *bool) error {
	return p.change(peopleFile, func() (any, error) {
		before, ok := p.people[id]
		if !ok {
			return nil, fmt.Errorf("change person: %w", ErrUnknown)
		}
		k := *before
		v := of(&k.value)
		if *v == on {
			return nil, nil
		}
		*v = on
		p.people[id] = &k
		return maps.Clone(p.people), nil
	})
}

// WhisperTo returns the ids of those whom the key for whispers is for, sorted.
func (p *Profile) WhisperTo() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for id, k := range p.people {
		if k.value.Whisper {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// makeRoomLocked lets a server that shows thousands of strangers push out other strangers only: of those about whom the
// person never decided anything the one who was met last goes, so that old acquaintances outlive the flood. Whoever is
// forgotten is "new to you" again, which is the safe side.
func (p *Profile) makeRoomLocked() error {
	if len(p.people) < maxPeople {
		return nil
	}
	var last *Person
	for _, k := range p.people {
		v := &k.value
		if v.decided() {
			continue
		}
		if last == nil || v.FirstSeen.After(last.FirstSeen) || v.FirstSeen.Equal(last.FirstSeen) && v.ID > last.ID {
			last = v
		}
	}
	if last == nil {
		return ErrFull
	}
	delete(p.people, last.ID)
	return nil
}

// checkPeople throws out who is nobody and returns one of the reasons.
func (p *Profile) checkPeople() (bad error) {
	if p.people == nil { // the file said null
		p.people = map[string]*known{}
	}
	for id, k := range p.people {
		if err := checkPerson(id, k); err != nil {
			bad = err
			delete(p.people, id)
		}
	}
	return bad
}

func checkPerson(id string, k *known) error {
	if k == nil {
		return fmt.Errorf("%w: person %s is nothing", ErrInvalid, id)
	}
	k.value.ID = id
	return k.clean()
}

// People returns everybody who is known, in no order.
func (p *Profile) People() []Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Person, 0, len(p.people))
	for _, k := range p.people {
		list = append(list, k.copy())
	}
	return list
}

// Named returns the people met who were last called exactly so, the one met first before the others.
func (p *Profile) Named(name string) []Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []Person
	for _, k := range p.people {
		if k.value.Name == name {
			list = append(list, k.copy())
		}
	}
	slices.SortFunc(list, func(a, b Person) int { return a.FirstSeen.Compare(b.FirstSeen) })
	return list
}
