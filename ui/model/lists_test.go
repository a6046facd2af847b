package model

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"parley/call"
	"parley/profile"
)

// told writes rows as the list shows them.
func told(rows []Row) string {
	var out []string
	for _, r := range rows {
		switch {
		case r.User == "":
			out = append(out, fmt.Sprintf("#%s %d%s%s", r.Name, r.Count, flag(r.Full, " full"), flag(r.Current, " current")))
		default:
			out = append(out, r.Name+flag(r.Self, " self")+flag(r.Muted, " muted")+flag(r.Deafened, " deafened")+flag(r.New, " new"))
		}
	}
	return strings.Join(out, "; ")
}

func flag(on bool, s string) string {
	if on {
		return s
	}
	return ""
}

func toldPeople(rows []PersonRow) string {
	var out []string
	for _, r := range rows {
		if r.Heading != "" {
			out = append(out, "["+r.Heading+"]")
			continue
		}
		out = append(out, r.Name+": "+r.Line+flag(r.Self, " self")+flag(r.New, " new")+flag(r.Verified, " verified")+flag(r.Owner, " owner"))
	}
	return strings.Join(out, "; ")
}

// What is known of a key is marked wherever its owner is, and as soon as that changes; that it is new, where one hears it.
func TestPeopleMarks(t *testing.T) {
	r := newRig(t)
	r.directory(func(d *call.Directory) {
		d.Users = append([]call.User{}, d.Users...)
		d.Users[1].Role = "owner"
		d.Known = map[string]call.Person{"kofi": {Volume: 1, Verified: true}, "zoe": {New: true, Volume: 0.5}, "petra": {Volume: 1}, "mara": {Volume: 1}}
	})
	v := r.now()
	equal(t, "marks", toldPeople(v.People), "[In voice, 1]; Kofi: Workshop verified owner; [Not in voice, 4]; Bo: Do not disturb; Mara Lind: Online; "+
		"Petra N: Away; Sam Reyes: You self; [Offline, 1]; zoe: Offline")
	version := v.PeopleVersion
	r.directory(func(d *call.Directory) {
		d.Known = maps.Clone(d.Known)
		d.Known["bo"] = call.Person{Volume: 1, Verified: true}
	})
	v = r.now()
	equal(t, "compared", v.People[3].Verified, true)
	equal(t, "shown anew", v.PeopleVersion > version, true)
	mara := peer("mara", "Mara Lind")
	mara.New = true
	r.join(mara)
	equal(t, "met in this very session", r.now().People[2].New, true)
}

func TestRows(t *testing.T) {
	r := newRig(t)
	equal(t, "idle", told(r.now().Rows), "#Front porch 0; #Workshop 1; Kofi; #Night shift 0")

	ghost := call.Seat{User: "bo", Name: "Bo"}
	r.directory(func(d *call.Directory) {
		d.Sitting = map[string][]call.Seat{"porch": {ghost, {User: "mara"}, {User: "sam"}}, "workshop": {{User: "kofi"}, {User: "sam"}}}
	})
	r.in.Snapshot.Place = call.Place{Phase: call.Joining, Channel: "porch"}
	equal(t, "joining: as the server says", told(r.now().Rows),
		"#Front porch 3 current; Bo; Mara Lind; Sam Reyes self; #Workshop 2; Kofi; Sam Reyes self; #Night shift 0")

	mara, zed := peer("mara", "Mara Lind"), peer("zed", "abel")
	mara.Muted, mara.Deafened, zed.New, zed.Muted = true, true, true, true
	r.join(mara, zed)
	r.in.Snapshot.Self.Muted = true
	equal(t, "joined: whom the engine sends to, and no ghost", told(r.now().Rows),
		"#Front porch 3 current; abel muted new; Mara Lind deafened; Sam Reyes self muted; #Workshop 1; Kofi; #Night shift 0")
}

func TestFullChannel(t *testing.T) {
	r := newRig(t)
	var seats []call.Seat
	for i := range 8 {
		seats = append(seats, call.Seat{User: fmt.Sprint("u", 9-i), Name: "same"})
	}
	r.directory(func(d *call.Directory) { d.Sitting = map[string][]call.Seat{"porch": seats} })
	v := r.now()
	equal(t, "full", v.Rows[0].Full, true)
	equal(t, "equal names by id", v.Rows[1].User, "u2")
	var peers []call.Peer
	for i := range 7 {
		peers = append(peers, peer(fmt.Sprint("u", i), "same"))
	}
	v = r.join(peers...).now()
	equal(t, "the own one is not: there is a place for oneself", fmt.Sprint(v.Rows[0].Count, v.Rows[0].Full), "8 false")
}

func TestPeople(t *testing.T) {
	r := newRig(t)
	equal(t, "idle", toldPeople(r.now().People),
		"[In voice, 1]; Kofi: Workshop; [Not in voice, 4]; Bo: Do not disturb; Mara Lind: Online; Petra N: Away; Sam Reyes: You self; [Offline, 1]; zoe: Offline")
	fresh := peer("mara", "Mara Lind")
	fresh.New = true
	unlisted := peer("ghost", "Abel")
	r.directory(func(d *call.Directory) {
		d.Users = append([]call.User{}, d.Users...)
		d.Users[0].Role = "owner"
	})
	equal(t, "in a channel; whom the server does not list is there all the same", toldPeople(r.join(fresh, unlisted).now().People),
		"[In voice, 4]; Abel: Front porch; Kofi: Workshop; Mara Lind: Front porch new; Sam Reyes: You, Front porch self; "+
			"[Not in voice, 2]; Bo: Do not disturb owner; Petra N: Away; [Offline, 1]; zoe: Offline")
}

// A browser guest is marked in the list of people although the server does not list them.
func TestUnlistedBrowserGuest(t *testing.T) {
	guest := peer("ghost", "Abel")
	guest.Web = true
	marked := false
	for _, row := range newRig(t).join(guest).now().People {
		equal(t, "the line of "+row.User, row.Web, row.User == "ghost")
		marked = marked || row.Web
	}
	equal(t, "anybody is marked", marked, true)
}

func TestNobodyElse(t *testing.T) {
	r := newRig(t)
	r.directory(func(d *call.Directory) {
		d.Users, d.Sitting = []call.User{user("sam", "Sam Reyes", "online")}, nil
	})
	equal(t, "alone", toldPeople(r.now().People), "[Not in voice, 1]; Sam Reyes: You self; [Nobody else is here yet.]")
	r.directory(func(d *call.Directory) { d.Complete = false })
	equal(t, "while they come in", toldPeople(r.now().People), "[Not in voice, 1]; Sam Reyes: You self")
}

// A list is a new one exactly when it differs.
func TestVersions(t *testing.T) {
	r := newRig(t)
	before := r.join(peer("mara", "Mara Lind")).now()
	for _, c := range []struct {
		name         string
		change       func()
		rows, people bool
	}{
		{"nothing", func() {}, false, false},
		{"a new directory of the same", func() { r.directory(func(*call.Directory) {}) }, false, false},
		{"somebody speaks elsewhere", func() {
			r.directory(func(d *call.Directory) {
				d.Sitting = map[string][]call.Seat{"workshop": {{User: "kofi", Name: "Kofi", Speaking: true}}}
			})
		}, false, false},
		{"somebody elsewhere mutes", func() {
			r.directory(func(d *call.Directory) {
				d.Sitting = map[string][]call.Seat{"workshop": {{User: "kofi", Name: "Kofi", Muted: true}}}
			})
		}, true, false},
		{"somebody goes away", func() {
			r.directory(func(d *call.Directory) {
				d.Users = append([]call.User{}, d.Users...)
				d.Users[0].Status = "away"
			})
		}, false, true},
		{"a rename", func() {
			r.directory(func(d *call.Directory) {
				d.Users = append([]call.User{}, d.Users...)
				d.Users[1].Name = "Kofi A"
			})
		}, true, true},
		{"somebody is gone", func() { r.directory(func(d *call.Directory) { d.Users = d.Users[1:] }) }, false, true},
		{"a peer mutes", func() { r.in.Snapshot.Place.Peers = mutedPeer() }, true, false},
		{"one mutes", func() { r.in.Snapshot.Self.Muted = true }, true, false},
		{"a channel is renamed", func() {
			r.directory(func(d *call.Directory) {
				d.Channels = append([]call.Channel{}, d.Channels...)
				d.Channels[0].Name = "Back porch"
			})
		}, true, true},
		{"one leaves", func() { r.in.Snapshot.Place = call.Place{} }, true, true},
	} {
		c.change()
		kept := fmt.Sprint(before.Rows, before.People)
		beforeCopy := *before
		v := r.after(time.Second)
		equal(t, c.name+": rows", v.RowsVersion != before.RowsVersion, c.rows)
		equal(t, c.name+": people", v.PeopleVersion != before.PeopleVersion, c.people)
		equal(t, c.name+": what was given out stays", fmt.Sprint(beforeCopy.Rows, beforeCopy.People), kept)
		before = v
	}
	equal(t, "the crowd forgets", len(r.crowd), 5)
}

func mutedPeer() []call.Peer {
	p := peer("mara", "Mara Lind")
	p.Muted = true
	return []call.Peer{p}
}

func TestHostileDirectory(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("W\u0335\u0335\u0335", 400)
	r.directory(func(d *call.Directory) {
		d.Users = []call.User{user("a", long, "online"), user("a", "twice", "online"), {ID: "", Status: "\x00"}, {ID: "b"}}
		d.Channels = []call.Channel{{ID: "c", Name: "\u202e"}, {ID: "c", Name: long}, {}}
		d.Sitting = map[string][]call.Seat{"c": {{User: "a"}, {User: "a"}, {}}, "nowhere": {{User: "a"}}}
	})
	v := r.join(call.Peer{}).now()
	for _, row := range v.Rows {
		if n := len([]rune(row.Name)); n == 0 || n > 32+2*32 || strings.ContainsAny(row.Name, "\n\u202e\x00") {
			t.Errorf("a row named %q", row.Name)
		}
	}
	for _, p := range v.People {
		if p.Heading == "" && p.Name == "" {
			t.Error("a person without a name")
		}
	}
}

func TestRailAndHeader(t *testing.T) {
	r := newRig(t)
	r.in.Hosted = "other-key"
	r.in.Snapshot.Self.Role = "owner"
	v := r.now()
	equal(t, "shown", v.Rail[0], Server{Key: "server-key", Name: "Harbour Crew", Letters: "HC", Active: true})
	equal(t, "hosted", v.Rail[1], Server{Key: "other-key", Name: "Lantern", Letters: "L", Hosted: true})
	equal(t, "header", v.Header, Header{Name: "Harbour Crew", Owner: true})
	r.in.Snapshot.Link = call.Lost
	equal(t, "lost, in no channel", r.now().Header, Header{Name: "Harbour Crew", Dim: true})
	equal(t, "lost, in one", r.join().now().Header, Header{Name: "Harbour Crew"})
	r.in.Snapshot.Link, r.in.Snapshot.ServerKey, r.in.Snapshot.Place = call.Dialing, "other-key", call.Place{}
	equal(t, "dialing another", r.now().Header, Header{Name: "Lantern", Dim: true})
	r.in.Snapshot.ServerKey = "unknown"
	equal(t, "dialing a new one", r.now().Header.Name, "harbour.example")
	r.in.Snapshot, r.in.Servers = nil, nil
	v = r.Update(r.in)
	equal(t, "nothing", v.Header, Header{Name: "Parley", Dim: true})
	equal(t, "no servers", len(v.Rail), 0)
	r.in.Servers = []profile.Server{{Name: "\u202e"}}
	equal(t, "a server without a name", r.Update(r.in).Rail[0].Name, "Server")
}
