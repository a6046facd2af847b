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

func someone(t *testing.T) identity.Key {
	t.Helper()
	key, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
