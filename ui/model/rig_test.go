package model

import (
	"fmt"
	"testing"
	"time"

	"parley/call"
	"parley/profile"
)

var start = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

// rig is a Model with a clock of its own, and what it is shown: Sam, logged in to Harbour Crew, in no channel, who has met everybody.
type rig struct {
	*Model
	t  *testing.T
	in Input
}

func newRig(t *testing.T) *rig {
	settings := profile.DefaultSettings()
	settings.Name = "Sam Reyes"
	return &rig{New(), t, Input{
		Now: start, Settings: settings, Key: keyOf("sam"),
		Servers: []profile.Server{{Key: "server-key", Name: "Harbour Crew"}, {Key: "other-key", Name: "Lantern"}},
		Snapshot: &call.Snapshot{
			Link: call.Online, Server: "Harbour Crew", Address: "parley://harbour.example:7443/?key=x", ServerKey: "server-key",
			Self: call.Self{User: "sam", Name: "Sam Reyes", Status: "online", Role: "member"},
			Directory: &call.Directory{
				Complete: true,
				Channels: []call.Channel{{ID: "porch", Name: "Front porch"}, {ID: "workshop", Name: "Workshop"}, {ID: "night", Name: "Night shift"}},
				Users: []call.User{
					user("bo", "Bo", "dnd"), user("kofi", "Kofi", "online"), user("mara", "Mara Lind", "online"),
					user("petra", "Petra N", "away"), user("sam", "Sam Reyes", "online"), user("zoe", "zoe", "offline"),
				},
				Known:   map[string]call.Person{"bo": {Volume: 1}, "kofi": {Volume: 1}, "mara": {Volume: 1}, "petra": {Volume: 1}, "zoe": {Volume: 1}},
				Sitting: map[string][]call.Seat{"workshop": {{User: "kofi", Name: "Kofi"}}},
			},
			Sound: call.SoundState{Mic: "Yeti", Speaker: "Headset"},
		},
	}}
}

func keyOf(user string) []byte { return []byte(fmt.Sprintf("%-32s", "key of "+user)) }

func user(id, name, status string) call.User {
	return call.User{ID: id, Key: keyOf(id), Name: name, Role: "member", Status: status}
}

func peer(id, name string) call.Peer {
	return call.Peer{User: id, Member: "m-" + id, Name: name, Phase: call.Connected, Volume: 1, Key: keyOf(id)}
}

// join sits down in the front porch, with peers.
func (r *rig) join(peers ...call.Peer) *rig {
	r.in.Snapshot.Place = call.Place{Phase: call.Joined, Channel: "porch", Since: r.in.Now, Peers: peers}
	r.in.Stats = call.Stats{Sound: true}
	for _, p := range peers {
		r.in.Stats.Peers = append(r.in.Stats.Peers, call.PeerStats{User: p.User, Member: p.Member})
	}
	return r
}

// now draws up a View; the snapshot is another one each time, as the engine's is.
func (r *rig) now() *View {
	s := *r.in.Snapshot
	r.in.Snapshot = &s
	return r.Update(r.in)
}

// after lets time pass.
func (r *rig) after(d time.Duration) *View {
	r.in.Now = r.in.Now.Add(d)
	return r.now()
}

// happens adds a notice.
func (r *rig) happens(n call.Notice) {
	s := r.in.Snapshot
	s.LastNotice++
	n.Seq, n.AtMS = s.LastNotice, r.in.Now.Sub(start).Milliseconds()
	s.Notices = append(s.Notices[:len(s.Notices):len(s.Notices)], n)
}

// directory has the engine make a new directory.
func (r *rig) directory(change func(d *call.Directory)) {
	d := *r.in.Snapshot.Directory
	change(&d)
	r.in.Snapshot.Directory = &d
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}
