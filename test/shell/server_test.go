package shell_test

import (
	"slices"
	"testing"

	"parley/wire"
)

func TestUsage(t *testing.T) {
	w := newWorld(t)
	invite := w.server.Ready.Invite
	for _, c := range []struct {
		status int
		code   string
		args   []string
	}{
		{done, "", []string{"version"}},
		{usage, "usage", []string{"nonsense"}},
		{done, "", []string{"who", invite}},
		{usage, "usage", []string{"who", invite, "--nonsense"}},
		{usage, "usage", []string{"who", invite, "more"}},
		{usage, "usage", []string{"join", invite}},
		{usage, "usage", []string{"join", invite, "--channel"}},
		{usage, "usage", []string{"join", invite, "--channel", "General", "--mic", "none", "--speaker", "none", "--nonsense"}},
		{usage, "bad_link", []string{"who", "parley://nothing"}},
		{connect, "", []string{"who", "parley://127.0.0.1:1/?key=" + linkOf(t, invite).Key.String()}},
		{refused, "not_found", []string{"call", "Nobody", invite, "--mic", "none", "--speaker", "none"}}, // the link last
		{refused, "", []string{"join", invite, "--channel", "Nowhere", "--mic", "none", "--speaker", "none"}},
		{done, "", []string{"join", invite, "--channel", "Games", "--mic", "none", "--speaker", "none", "--duration", "100ms"}},
	} {
		w.run("ana", nil, c.args...).ends(c.status, c.code)
	}
}

func linkOf(t *testing.T, text string) wire.Link {
	t.Helper()
	link, err := wire.ParseLink(text)
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func TestWho(t *testing.T) {
	w := newWorld(t)
	w.owner("Olga")
	ben := w.joins("Ben", "--mic", "none", "--speaker", "none", "--status", "away")
	lines := w.ctl("Olga", "who").done()
	if got := find(lines, named("Ben")); got.User != ben.user || got.Role != "member" || got.Status != "away" || got.Channel != "General" || got.Key == "" {
		t.Errorf("Ben: %+v", got)
	}
	if got := find(lines, named("Olga")); got.Role != "owner" || got.Status != "online" || got.Channel != "" {
		t.Errorf("Olga: %+v", got)
	}
	ben.tell("switch Games")
	ben.tell("status dnd")
	ben.tell("name Benjamin")
	if got := find(w.ctl("Olga", "who").done(), named("Benjamin")); got.Channel != "Games" || got.Status != "dnd" || got.User != ben.user {
		t.Errorf("after a switch: %+v", got)
	}
	ben.leaves()
	if got := find(w.ctl("Olga", "who").done(), named("Benjamin")); got.Status != "offline" || got.Channel != "" {
		t.Errorf("after Ben left: %+v", got)
	}
	w.run("Carl", nil, "who", w.server.Ready.URL).ends(refused, "invite_needed")
	w.run("Carl", nil, "who", w.server.Ready.Invite).ends(done, "")
	w.run("Carl", nil, "who", w.server.Ready.URL).ends(done, "") // a member now
}

func TestChannels(t *testing.T) {
	w := newWorld(t)
	w.owner("Olga")
	w.ctl("Mia", "who").done() // a member
	names := func() (all []string) {
		t.Helper()
		for _, c := range w.ctl("Mia", "channels", "list").done() {
			all = append(all, c.Name)
		}
		return all
	}
	sitting := w.joins("Ben", "--channel", "Games", "--mic", "none", "--speaker", "none")
	if got := find(w.ctl("Mia", "channels").done(), named("Games")); !slices.Equal(got.People, []string{"Ben"}) {
		t.Errorf("Games: %+v", got)
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"add", "Music Room"}, []string{"General", "Games", "Music Room"}},
		{[]string{"rename", "Music Room", "Jazz"}, []string{"General", "Games", "Jazz"}},
		{[]string{"move", "Jazz", "0"}, []string{"Jazz", "General", "Games"}},
		{[]string{"remove", "Games"}, []string{"Jazz", "General"}},
	} {
		args, before := append([]string{"channels"}, c.args...), names()
		w.ctl("Mia", args...).ends(refused, "not_allowed")
		if got := names(); !slices.Equal(got, before) {
			t.Errorf("%v by a member: %v", args, got)
		}
		w.ctl("Olga", args...).done()
		if got := names(); !slices.Equal(got, c.want) {
			t.Errorf("%v by the owner: %v, want %v", args, got, c.want)
		}
	}
	sitting.ends(lost, "removed")
	w.ctl("Olga", "channels", "add", "jazz").ends(refused, "name_taken")
	w.ctl("Olga", "channels", "remove", "Games").ends(refused, "not_found")
	w.ctl("Olga", "channels", "move", "Jazz", "-1").ends(usage, "usage")
	w.ctl("Olga", "channels", "paint", "Jazz").ends(usage, "usage")
	made := w.ctl("Olga", "channels", "add", "Blues").done()
	if len(made) != 1 || made[0].ID == "" || made[0].Name != "Blues" {
		t.Fatalf("added: %+v", made)
	}
	w.ctl("Olga", "channels", "remove", made[0].ID).done() // by its id
	if got := names(); !slices.Equal(got, []string{"Jazz", "General"}) {
		t.Errorf("in the end: %v", got)
	}
}

func TestInvite(t *testing.T) {
	w := newWorld(t)
	w.owner("Olga")
	w.ctl("Mia", "who").done()
	invited := func(args ...string) line {
		t.Helper()
		lines := w.ctl("Olga", append([]string{"invite"}, args...)...).done()
		if len(lines) != 1 || lines[0].ID == "" || linkOf(t, lines[0].URL).Secret == "" {
			t.Fatalf("invite %v: %+v", args, lines)
		}
		return lines[0]
	}
	old, fresh := invited("create"), invited("--uses", "1", "--expires", "1h")
	listed := func(id string) bool {
		t.Helper()
		lines := w.ctl("Olga", "invite", "list").done()
		return find(lines, func(l line) bool { return l.ID == id }).ID != ""
	}
	for _, args := range [][]string{{"invite"}, {"invite", "list"}, {"invite", "revoke", old.ID}} {
		w.ctl("Mia", args...).ends(refused, "not_allowed")
	}
	if !listed(old.ID) || !listed(fresh.ID) {
		t.Error("an invite is not listed")
	}
	w.run("guest", nil, "who", old.URL).ends(done, "")
	w.ctl("Olga", "invite", "revoke", old.ID).done()
	if listed(old.ID) || !listed(fresh.ID) {
		t.Error("the list has what is revoked, or lacks what is not")
	}
	w.run("stranger", nil, "who", old.URL).ends(refused, "invite_invalid")
	w.run("stranger", nil, "who", fresh.URL).ends(done, "")
	w.run("another", nil, "who", fresh.URL).ends(refused, "invite_used_up")
	w.ctl("Olga", "invite", "revoke", old.ID).ends(refused, "not_found")
	w.ctl("Olga", "invite", "create", "--uses", "-1").ends(usage, "usage")
	w.ctl("Olga", "invite", "nonsense").ends(usage, "usage")
}

func TestClaim(t *testing.T) {
	w := newWorld(t)
	secret := w.server.Ready.OwnerClaim
	wrong := "A" + secret[1:]
	if secret == wrong {
		wrong = "B" + secret[1:]
	}
	w.ctl("Mallory", "claim", wrong).ends(refused, "claim_invalid")
	w.ctl("Mallory", "channels", "add", "Mine").ends(refused, "not_allowed")
	w.ctl("Olga", "claim", secret).done()
	w.ctl("Mallory", "claim", secret).ends(refused, "claim_invalid")
	lines := w.ctl("Olga", "who").done()
	if o, m := find(lines, named("Olga")), find(lines, named("Mallory")); o.Role != "owner" || m.Role != "member" {
		t.Errorf("roles: %+v, %+v", o, m)
	}
	w.ctl("Olga", "channels", "add", "Mine").done()
	w.ctl("Olga", "claim").ends(usage, "usage")
}

// Whoever is kicked hears so at once, and the invites of before don't bring them back.
func TestKick(t *testing.T) {
	w := newWorld(t)
	w.owner("Olga")
	w.ctl("Mia", "who").done()
	ben := w.joins("Ben", "--mic", "none", "--speaker", "none")
	w.ctl("Mia", "kick", "Ben").ends(refused, "not_allowed")
	if got := find(w.ctl("Mia", "who").done(), named("Ben")); got.Channel != "General" {
		t.Errorf("Ben after a member tried: %+v", got)
	}
	w.ctl("Olga", "kick", "Nobody").ends(refused, "not_found")
	w.ctl("Olga", "kick", "Olga").ends(refused, "not_allowed")
	w.ctl("Olga", "kick", "Ben").done()
	ben.ends(lost, "kicked")
	if got := find(w.ctl("Mia", "who").done(), named("Ben")); got.Name != "" {
		t.Errorf("still there: %+v", got)
	}
	w.run("Ben", nil, "who").ends(refused, "invite_needed")
	w.run("Ben", nil, "who", w.server.Ready.Invite).ends(refused, "invite_invalid")
	fresh := w.ctl("Olga", "invite").done()[0]
	w.run("Ben", nil, "who", fresh.URL).ends(done, "")
	w.run("Ben", nil, "who").ends(done, "")
}
