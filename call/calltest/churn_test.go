package calltest

import (
	"fmt"
	"testing"
	"time"

	"parley/call"
	"parley/identity"
	"parley/wire"
)

// A server that renames everybody as fast as it can is shown at most twenty times a second, and one's own commands are seen to
// at once all the same.
func TestChurn(t *testing.T) {
	w := New(t)
	ana := w.Add("Ana")[0]
	users := make([]wire.User, 1000)
	for i := range users {
		key, err := identity.Generate(nil)
		if err != nil {
			t.Fatal(err)
		}
		users[i] = wire.User{ID: key.ID(), Key: wire.Bytes(key.Public()), Name: fmt.Sprint("P", i), Role: wire.RoleMember, Status: wire.Online}
	}
	rename := func(round int) {
		for _, u := range users {
			u.Name = fmt.Sprintf("%s of %d", u.Name, round)
			w.Hub.Say(ana.Key.ID(), &wire.UserChanged{User: u})
		}
	}
	drawn, last := 0, ana.Snapshot().Directory
	look := func() {
		if d := ana.Snapshot().Directory; d != last {
			drawn, last = drawn+1, d
		}
	}
	begin := time.Now()
	const rounds = 8
	for round := range rounds {
		rename(round)
		for range 100 {
			look()
		}
	}
	final := fmt.Sprintf("P999 of %d", rounds-1)
	w.Until("all have their last names", func() bool {
		look()
		for _, u := range last.Users {
			if u.Name == final {
				return len(last.Users) >= len(users)
			}
		}
		return false
	})
	took := time.Since(begin)
	if most := int(took/(50*time.Millisecond)) + 2; drawn > most {
		t.Errorf("drawn up %d times in %v", drawn, took)
	}
	t.Logf("%d changes in %v, drawn up %d times", rounds*len(users), took, drawn)
	people := last.Users
	w.Hub.Say(ana.Key.ID(), &wire.ChannelChanged{Channel: wire.Channel{ID: "new", Name: "New", Position: 9}})
	ana.Until("a channel", func(s *call.Snapshot) bool { return len(s.Directory.Channels) == 3 })
	if &ana.Snapshot().Directory.Users[0] != &people[0] {
		t.Error("people are sorted anew for a channel")
	}
}
