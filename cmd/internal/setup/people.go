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
// are looked at like a stranger.
func (p People) Known(user string, _ identity.PublicKey, name string) call.Person {
	out := call.Person{New: true, Volume: 1}
	before, met := p.Profile.Person(user)
	if met {
		out = call.Person{Verified: before.Verified, Volume: float32(before.Volume) / profile.NormalVolume, Muted: before.Muted}
	}
	if !met || before.Name != profile.CleanName(name) {
		if known, ok := p.Profile.Lookalike(name, user); ok {
			out.Like = known.Name
		}
	}
	return out
}

// Remember implements call.People.
func (p People) Remember(user string, key identity.PublicKey, name string, person call.Person) error {
	return p.Profile.Keep(profile.Person{
		ID: user, Key: key, Name: name, Verified: person.Verified, Muted: person.Muted,
		Volume: int(math.Round(float64(person.Volume) * profile.NormalVolume)),
	})
}
