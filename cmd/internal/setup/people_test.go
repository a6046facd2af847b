package setup

import (
	"testing"

	"parley/call"
	"parley/identity"
)

// Whoever was met is who they were, with all that was decided about them; another key under their name looks like them.
func TestPeople(t *testing.T) {
	dir := t.TempDir()
	home, _, err := OpenHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	people := People{home.Profile}
	anna, other := someone(t), someone(t)
	if got := people.Known(anna.ID(), anna.Public(), "Anna"); got != (call.Person{New: true, Volume: 1}) {
		t.Errorf("before: %+v", got)
	}
	want := call.Person{Verified: true, Volume: 0.35, Muted: true}
	if err := people.Remember(anna.ID(), anna.Public(), "Anna", want); err != nil {
		t.Fatal(err)
	}
	if err := people.Remember(anna.ID(), other.Public(), "Anna", want); err == nil {
		t.Error("another's key was taken")
	}
	if err := home.Close(); err != nil {
		t.Fatal(err)
	}
	if home, _, err = OpenHome(dir); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = home.Close() }()
	people.Profile = home.Profile
	if got := people.Known(anna.ID(), anna.Public(), "Anna"); got != want {
		t.Errorf("in the next run: %+v, want %+v", got, want)
	}
	if got := people.Known(other.ID(), other.Public(), "АNNA"); got.Like != "Anna" || !got.New {
		t.Errorf("another key under a name like hers: %+v", got)
	}
	if err := people.Remember(other.ID(), other.Public(), "Ben", call.Person{Volume: 1}); err != nil {
		t.Fatal(err)
	}
	if got := people.Known(other.ID(), other.Public(), "Ben"); got != (call.Person{Volume: 1}) {
		t.Errorf("under a name of their own: %+v", got)
	}
	if got := people.Known(other.ID(), other.Public(), "anna"); got.Like != "Anna" || got.New {
		t.Errorf("known, but now under hers: %+v", got)
	}
	if got := people.Known(anna.ID(), anna.Public(), "Ben"); got.Like != "Ben" || got.Volume != want.Volume {
		t.Errorf("she under his: %+v", got)
	}
}

// What is decided about somebody who was not met is kept, and they stay a stranger by it: like others, and looked like by nobody. It
// does not come back to their name, or to that, once they were met.
func TestPeopleUnmet(t *testing.T) {
	dir := t.TempDir()
	home, _, err := OpenHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	people := People{home.Profile}
	anna, ben, other := someone(t), someone(t), someone(t)
	remember := func(who identity.Key, name string, p call.Person) {
		t.Helper()
		if err := people.Remember(who.ID(), who.Public(), name, p); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, who identity.Key, name string, want call.Person) {
		t.Helper()
		if got := people.Known(who.ID(), who.Public(), name); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
		if got, kept := people.Everybody()[who.ID()]; kept && want.Like == "" && got != want {
			t.Errorf("%s, in the list: %+v, want %+v", when, got, want)
		}
	}
	set := call.Person{New: true, Volume: 0.35, Verified: true}
	remember(anna, "Anna", call.Person{Volume: 1})
	remember(ben, "", set)
	remember(other, "Carl", call.Person{New: true, Volume: 1, Muted: true}) // whatever it is called
	if err := home.Close(); err != nil {
		t.Fatal(err)
	}
	if home, _, err = OpenHome(dir); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = home.Close() }()
	people.Profile = home.Profile
	check("in the next run", ben, "Ben", set)
	check("somebody named like a stranger", someone(t), "Carl", call.Person{New: true, Volume: 1})
	if got := people.Known(ben.ID(), ben.Public(), "Anna"); got.Like != "Anna" || !got.New {
		t.Errorf("the stranger under a known name: %+v", got)
	}
	remember(anna, "", call.Person{New: true, Volume: 2})
	check("who was met stays so, under her name", anna, "Anna", call.Person{Volume: 2})
	met := set
	met.New = false
	remember(ben, "Ben", met)
	check("met", ben, "Ben", met)
	if got := people.Known(other.ID(), other.Public(), "ben"); got.Like != "Ben" {
		t.Errorf("now somebody looks like him: %+v", got)
	}
	remember(other, "", call.Person{New: true, Volume: 1})
	if _, kept := home.Profile.Person(other.ID()); kept || len(people.Everybody()) != 2 {
		t.Errorf("nothing is decided about a stranger, who is kept: %v", people.Everybody())
	}
}

func someone(t *testing.T) identity.Key {
	t.Helper()
	key, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
