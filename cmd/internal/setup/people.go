package setup

import (
	"math"

	"parley/call"
	"parley/identity"
	"parley/profile"
)

// People is call.People on a profile.
type People struct{ Profile *profile.Profile }

var _ call.People = People{}

// Known implements call.People. Somebody who was met before under this very name is who they were; under another name they
// are looked at like a stranger, and a stranger they stay where something was decided about them, and they were not met.
func (p People) Known(user string, _ identity.PublicKey, name string) call.Person {
	out := call.Person{New: true, Volume: 1}
	before, kept := p.Profile.Person(user)
	if kept {
		out = decided(before)
	}
	if out.New || before.Name != profile.CleanName(name) {
		if known, ok := p.Profile.Lookalike(name, user); ok {
			out.Like = known.Name
		}
	}
	return out
}

func decided(p profile.Person) call.Person {
	return call.Person{New: p.Unmet, Verified: p.Verified, Volume: float32(p.Volume) / profile.NormalVolume, Muted: p.Muted}
}

// Everybody implements call.People.
func (p People) Everybody() map[string]call.Person {
	list := p.Profile.People()
	out := make(map[string]call.Person, len(list))
	for _, v := range list {
		out[v.ID] = decided(v)
	}
	return out
}

// Remember implements call.People.
func (p People) Remember(user string, key identity.PublicKey, name string, person call.Person) error {
	return p.Profile.Keep(profile.Person{
		ID: user, Key: key, Name: name, Unmet: person.New, Verified: person.Verified, Muted: person.Muted,
		Volume: int(math.Round(float64(person.Volume) * profile.NormalVolume)),
	})
}
