package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/call"
	"parley/profile"
)

// toldNote writes a note as it is read.
func toldNote(s Stage) string {
	n := s.Message
	out := [...]string{"", "(busy) ", "(tiles) "}[s.Kind] + n.Heading
	if n.Text != "" {
		out += " " + n.Text
	}
	if n.Button != "" {
		out += fmt.Sprintf(" [%s:%d]", n.Button, n.Action)
	}
	if n.Second != "" {
		out += fmt.Sprintf(" [%s:%d]", n.Second, n.SecondA)
	}
	if n.Third != "" {
		out += fmt.Sprintf(" [%s:%d]", n.Third, n.ThirdA)
	}
	return out
}

func TestMessages(t *testing.T) {
	const pick = "Pick a channel to talk. Your microphone stays off until you do."
	retry := func(r *rig, code string) {
		r.in.Snapshot.Retry = call.Retry{Attempts: 2, At: r.in.Now.Add(time.Second)}
		r.happens(call.Notice{Kind: call.NoticeRetry, Code: code})
	}
	ended := func(code, text string) func(r *rig) {
		return func(r *rig) {
			r.in.Snapshot.Link, r.in.Snapshot.Ended = call.Offline, call.Ended{Code: code, Text: text}
		}
	}
	for _, c := range []struct {
		name   string
		change func(r *rig)
		wait   time.Duration
		want   string
	}{
		{"online", func(*rig) {}, 0, pick},
		{"no channels", func(r *rig) { r.directory(func(d *call.Directory) { d.Channels = nil }) }, 0, "There are no channels yet. Its owner can add some."},
		{"no channels, owner", func(r *rig) {
			r.in.Snapshot.Self.Role = "owner"
			r.directory(func(d *call.Directory) { d.Channels = nil })
		}, 0, "There are no channels yet. Add the first one with the plus in the list."},
		{"the directory comes in", func(r *rig) { r.directory(func(d *call.Directory) { d.Channels, d.Complete = nil, false }) }, 0, pick},
		{"no server", func(r *rig) { r.in.Snapshot, r.in.Servers = &call.Snapshot{}, nil }, 0,
			"No servers yet. Paste an invite, or host one here. [Add a server:1]"},
		{"own server starting", func(r *rig) { r.in.Snapshot, r.in.Servers, r.in.Starting = &call.Snapshot{}, nil, true }, 0, "(busy) Starting your server. [Cancel:3]"},
		{"none chosen", func(r *rig) { r.in.Snapshot = &call.Snapshot{} }, 0, "Not connected. Pick a server on the left."},
		{"left", func(r *rig) { r.in.Snapshot.Link = call.Offline }, 0, "Not connected. You left Harbour Crew. [Connect again:6]"},
		{"connecting", func(r *rig) { r.in.Snapshot.Link = call.Dialing }, 7900 * time.Millisecond, "(busy) Connecting to harbour.example. [Cancel:3]"},
		{"connecting for long", func(r *rig) { r.in.Snapshot.Link = call.Dialing }, 8 * time.Second,
			"(busy) Connecting to harbour.example. This takes longer than usual. Is the server running? [Cancel:3] [Check connection:11]"},
		{"an address of nothing", func(r *rig) { r.in.Snapshot.Link, r.in.Snapshot.Address = call.Dialing, "::\u202e" }, 0, "(busy) Connecting to The server. [Cancel:3]"},
		{"nobody answers", func(r *rig) { r.in.Snapshot.Link = call.Dialing; retry(r, "network") }, 0,
			"harbour.example does not answer. Ask whoever runs it, or wait: Parley keeps trying. [Try now:2] [Check connection:11] [Cancel:3]"},
		{"just lost", func(r *rig) { r.in.Snapshot.Link = call.Lost }, time.Second, pick},
		{"server gone", func(r *rig) { r.in.Snapshot.Link = call.Lost }, 2 * time.Second,
			"harbour.example does not answer. Ask whoever runs it, or wait: Parley keeps trying. [Try now:2] [Check connection:11] [Cancel:3]"},
		{"another key", func(r *rig) { r.in.Snapshot.Link = call.Lost; retry(r, call.CodeServerKey) }, 0,
			"This server's key is not the one in your invite. Do not join before you asked its owner. [Try now:2]"},
		{"another server's trouble", func(r *rig) {
			retry(r, call.CodeServerKey)
			r.in.Snapshot.Link, r.in.Snapshot.Retry = call.Dialing, call.Retry{}
		}, 0, "(busy) Connecting to harbour.example. [Cancel:3]"},
		{"wrong key", ended(call.CodeServerKey, "x"), 0, "This server's key is not the one in your invite. Do not join before you asked its owner. [Try again:6]"},
		{"kicked", ended("kicked", "x"), 0, "You were removed by the owner of Harbour Crew. To come back you need a new invite. [Forget this server:7]"},
		{"replaced", ended("replaced", ""), 0, "You are connected from somewhere else. One session at a time: the newer one has taken over. [Connect here:6]"},
		{"version", ended("bad_version", "This server speaks\nversion 2."), 0,
			"This server needs another version of Parley. This server speaks version 2. Get the update. [Try again:6]"},
		{"version, without a word", ended("bad_version", ""), 0, "This server needs another version of Parley. Get the update. [Try again:6]"},
		{"protocol", ended(call.CodeProtocol, ""), 0, "This is no Parley server. Something else answers at harbour.example. Check the invite. [Try again:6]"},
		{"no invite", ended("invite_needed", ""), 0, "Harbour Crew lets in whoever has an invite. Ask its owner for a new one. [Use another invite:1]"},
		{"bad invite", ended("invite_invalid", ""), 0, "This invite does not work any more. Ask its owner for a new one. [Use another invite:1]"},
		{"old invite", ended("invite_expired", ""), 0, "This invite has expired. Ask its owner for a new one. [Use another invite:1]"},
		{"used invite", ended("invite_used_up", ""), 0, "This invite was used up. Ask its owner for a new one. [Use another invite:1]"},
		{"whatever else", ended("not_allowed", "Go\u202e away."), 0, "The connection to Harbour Crew has ended. Go away. [Try again:6]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.now()
			c.change(r)
			r.now()
			equal(t, "message", toldNote(r.after(c.wait).Stage), c.want)
		})
	}
}

func TestHeadings(t *testing.T) {
	since := start
	for d, want := range map[time.Duration]string{
		0: "5 people", 59 * time.Second: "5 people", time.Minute: "5 people, 1 min", 12*time.Minute + 59*time.Second: "5 people, 12 min",
		59 * time.Minute: "5 people, 59 min", 72 * time.Minute: "5 people, 1 h 12 min", -time.Hour: "5 people",
	} {
		equal(t, d.String(), subtitle(5, since.Add(d), since), want)
	}
	equal(t, "one", subtitle(1, since.Add(time.Minute), since), "1 person, 1 min")
	equal(t, "not known", subtitle(2, since, time.Time{}), "2 people")
}

func TestChip(t *testing.T) {
	trusted, held, guest := peer("a", "A"), peer("h", "H"), peer("g", "G")
	trusted.Verified, held.Phase, held.Verified, guest.Web = true, call.Held, true, true
	for _, c := range []struct {
		name  string
		peers []call.Peer
		want  Chip
	}{
		{"nobody", nil, Chip{}},
		{"held only", []call.Peer{held}, Chip{}},
		{"none verified", []call.Peer{peer("b", "B"), held}, Chip{"shield", "Encrypted, identity not verified", Warn, "Not verified"}},
		{"some", []call.Peer{trusted, peer("b", "B"), held}, Chip{"lock-verified", "Encrypted, 1 of 2 verified", Good, "1 of 2 verified"}},
		{"a browser", []call.Peer{trusted, guest}, Chip{"globe", "Browser guest: the server could listen there", Warn, "Browser guest"}},
		{"all", []call.Peer{trusted}, Chip{"lock-verified", "Encrypted, 1 of 1 verified", Good, "1 of 1 verified"}},
	} {
		got := chipOf(c.peers)
		if got == nil {
			got = &Chip{}
		}
		equal(t, c.name, *got, c.want)
	}
}

func toldTile(tile Tile) string {
	chip := ""
	if tile.Chip != nil {
		chip = fmt.Sprintf(" <%s %s %d>", tile.Chip.Icon, tile.Chip.Text, tile.Chip.Tone)
	}
	return tile.Name + ": " + tile.Line + chip + flag(tile.Self, " self") + flag(tile.Verified, " verified") + flag(tile.Dim, " dim") + flag(tile.Held, " held") + flag(tile.New, " new")
}

func TestTiles(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(p *call.Peer, me *call.Self)
		peer   string
		self   string
	}{
		{"quiet", func(*call.Peer, *call.Self) {}, "Mara: Listening", "Sam Reyes: You self"},
		{"verified", func(p *call.Peer, _ *call.Self) { p.Verified = true }, "Mara: Listening verified", ""},
		{"connecting", func(p *call.Peer, _ *call.Self) { p.Phase = call.Connecting }, "Mara: Connecting", ""},
		{"reconnecting", func(p *call.Peer, _ *call.Self) { p.Phase, p.Muted = call.Reconnecting, true }, "Mara: Reconnecting <warning Reconnecting 2> dim", ""},
		{"new", func(p *call.Peer, _ *call.Self) { p.New = true }, "Mara: Listening <new-person New to you 4>", ""},
		{"a browser guest", func(p *call.Peer, _ *call.Self) { p.New, p.Web = true, true }, "Mara: Listening <globe Browser guest 2> new", ""},
		{"new and muted", func(p *call.Peer, _ *call.Self) { p.New, p.Muted = true, true }, "Mara: Listening <mic-off Muted 0> new", ""},
		{"deafened", func(p *call.Peer, _ *call.Self) { p.Muted, p.Deafened = true, true }, "Mara: Listening <headphones-off Deafened 0>", ""},
		{"muted", func(p *call.Peer, _ *call.Self) { p.Muted = true }, "Mara: Listening <mic-off Muted 0>", ""},
		{"muted here", func(p *call.Peer, _ *call.Self) { p.LocalMuted = true }, "Mara: Listening <mic-off Muted for you 0>", ""},
		{"whispers", func(p *call.Peer, _ *call.Self) { p.Whispers, p.Priority, p.New = true, true, true }, "Mara: Listening <people Whispers to you 0> new", ""},
		{"whispers, and is muted", func(p *call.Peer, _ *call.Self) { p.Whispers, p.Muted = true, true }, "Mara: Listening <mic-off Muted 0>", ""},
		{"has priority", func(p *call.Peer, _ *call.Self) { p.Priority = true }, "Mara: Listening <arrow-up Priority 0>", ""},
		{"own whisper", func(_ *call.Peer, me *call.Self) { me.Whisper, me.Priority = []string{"mara"}, true }, "", "Sam Reyes: You <people You whisper 0> self"},
		{"own priority", func(_ *call.Peer, me *call.Self) { me.Priority = true }, "", "Sam Reyes: You <arrow-up You, priority 0> self"},
		{"own whisper to nobody", func(_ *call.Peer, me *call.Self) { me.Whisper, me.Unheard = []string{"bo"}, true }, "", "Sam Reyes: You <mic-off Nobody hears you 2> self"},
		{"looks like another", func(p *call.Peer, _ *call.Self) {
			p.Phase, p.HeldFor, p.Verified = call.Held, call.HeldLookalike, true
		}, "Mara: named like somebody you know <shield Held back 4> held", ""},
		{"unknown", func(p *call.Peer, _ *call.Self) { p.Phase, p.HeldFor = call.Held, call.HeldUnknown }, "Mara: not known to you <shield Held back 4> held", ""},
		{"held for what is not known here", func(p *call.Peer, _ *call.Self) { p.Phase = call.Held }, "Mara: not let in yet <shield Held back 4> held", ""},
		{"own mute", func(_ *call.Peer, me *call.Self) { me.Muted = true }, "", "Sam Reyes: You <mic-off You, muted 5> self"},
		{"own deafness", func(_ *call.Peer, me *call.Self) { me.Muted, me.Deafened = true, true }, "", "Sam Reyes: You <headphones-off You, deafened 5> self"},
	} {
		r := newRig(t).join(peer("mara", "Mara"))
		c.change(&r.in.Snapshot.Place.Peers[0], &r.in.Snapshot.Self)
		tiles := r.now().Stage.Tiles
		equal(t, c.name+": tiles", len(tiles), 2)
		if c.peer != "" {
			equal(t, c.name, toldTile(tiles[0]), c.peer)
		}
		if c.self != "" {
			equal(t, c.name, toldTile(tiles[1]), c.self)
		}
	}
	r := newRig(t)
	r.in.Snapshot.Place = call.Place{Phase: call.Joining, Channel: "porch"}
	v := r.now()
	equal(t, "joining", toldTile(v.Stage.Tiles[0]), "Sam Reyes: Joining self")
	equal(t, "joining: title", v.Stage.Title, "Front porch")
}

func TestAlone(t *testing.T) {
	r := newRig(t).join()
	equal(t, "at first", toldNote(r.now().Stage), "(tiles) ")
	equal(t, "after a moment", toldNote(r.after(grace).Stage), "(tiles) It's just you. Whoever joins this channel hears you.")
	r.in.Snapshot.Self.Role = "owner"
	v := r.now()
	equal(t, "owner", toldNote(v.Stage), "(tiles) It's just you. Send someone the invite. [Copy invite:5]")
	r.in.Snapshot.Place.Peers = []call.Peer{peer("mara", "Mara")}
	equal(t, "not any more", toldNote(r.now().Stage), "(tiles) ")
}

func toldBanner(b *Banner) string {
	if b == nil {
		return ""
	}
	return b.Text + flag(b.Button != "", fmt.Sprintf(" [%s:%d]", b.Button, b.Action))
}

func TestBanners(t *testing.T) {
	r := newRig(t).join(peer("mara", "Mara"))
	equal(t, "none", toldBanner(r.now().Stage.Banner), "")
	r.in.Snapshot.Link, r.in.Snapshot.Retry = call.Lost, call.Retry{At: r.in.Now.Add(3200 * time.Millisecond), Attempts: 1}
	equal(t, "lost", toldBanner(r.now().Stage.Banner), "Server connection lost. Your call goes on. Trying again in 4 s. [Try now:2]")
	equal(t, "counts", toldBanner(r.after(1200*time.Millisecond).Stage.Banner), "Server connection lost. Your call goes on. Trying again in 2 s. [Try now:2]")
	v := r.after(2 * time.Second)
	equal(t, "now", toldBanner(v.Stage.Banner), "Server connection lost. Your call goes on. Trying again now. [Try now:2]")
	equal(t, "tiles stay", len(v.Stage.Tiles), 2)
	r.happens(call.Notice{Kind: call.NoticeRetry, Code: call.CodeServerKey})
	equal(t, "somebody else answers", toldBanner(r.now().Stage.Banner), "Another server than yours answers now. Your call goes on; nothing was sent there. [Try now:2]")
	r.in.Snapshot.Link, r.in.Snapshot.Sound.Mic = call.Online, ""
	equal(t, "the microphone has just gone", toldBanner(r.now().Stage.Banner), "")
	equal(t, "there is none", toldBanner(r.after(grace).Stage.Banner), "No microphone found. You can join and listen; plug one in at any time.")
	r.in.Snapshot.Sound.Mic = "Yeti"
	equal(t, "there is again", toldBanner(r.now().Stage.Banner), "")
}

func TestMutedButTalking(t *testing.T) {
	const said = "You are muted, but talking. Nobody hears you. [Unmute:4]"
	r := newRig(t).join(peer("mara", "Mara"))
	r.in.Snapshot.Self.Muted = true
	r.now()
	shown := func(talks bool, for_ time.Duration) (from, to time.Duration) {
		r.in.Stats.Capture.MutedTalking = talks
		begin := r.in.Now
		from = -1
		for at := time.Duration(0); at <= for_; at = r.in.Now.Sub(begin) {
			on := toldBanner(r.now().Stage.Banner) == said
			if on && from < 0 {
				from = at
			}
			if on {
				to = at
			}
			r.in.Now = r.in.Now.Add(100 * time.Millisecond)
		}
		return from, to
	}
	from, _ := shown(true, 500*time.Millisecond)
	equal(t, "a cough", from, -1)
	shown(false, 200*time.Millisecond)
	from, to := shown(true, 30*time.Second)
	equal(t, "after 0.6 s of speech", from, 600*time.Millisecond)
	equal(t, "for 4 s", to, 4500*time.Millisecond)
	from, _ = shown(true, 35*time.Second)
	equal(t, "a minute after the first, of which 29.5 s have gone by", from, 30500*time.Millisecond)
	r.in.Snapshot.Self.Muted = false
	equal(t, "unmuted", toldBanner(r.now().Stage.Banner), "")

	r = newRig(t).join(peer("mara", "Mara"))
	r.in.Snapshot.Self.Muted, r.in.Snapshot.Self.Deafened, r.in.Stats.Capture.MutedTalking = true, true, true
	r.now()
	equal(t, "deafened", toldBanner(r.after(murmurAfter).Stage.Banner), "You are deafened, but talking. Nobody hears you. [Undeafen:8]")
}

func TestStageVersion(t *testing.T) {
	r := newRig(t).join(peer("mara", "Mara"))
	first := r.now()
	again := r.after(tick)
	equal(t, "the same", again.Stage.Version, first.Stage.Version)
	equal(t, "the very same tiles", &again.Stage.Tiles[0] == &first.Stage.Tiles[0], true)
	r.voiceOf(true, 0)
	lit := r.after(tick)
	equal(t, "another", lit.Stage.Version != first.Stage.Version, true)
	equal(t, "what was given out stays", first.Stage.Tiles[0].Line, "Listening")
}

func TestDock(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(r *rig)
		want   string
	}{
		{"online", func(*rig) {}, "Not in a channel, 1"},
		{"offline", func(r *rig) { r.in.Snapshot.Link = call.Offline }, "Offline, 0"},
		{"connecting", func(r *rig) { r.in.Snapshot.Link = call.Dialing }, "Connecting, 0"},
		{"lost", func(r *rig) { r.in.Snapshot.Link = call.Lost }, "Reconnecting, 0"},
		{"joining", func(r *rig) { r.join().in.Snapshot.Place.Phase = call.Joining }, "Joining Front porch, 1"},
		{"live", func(r *rig) { r.join() }, "Live in Front porch, 1"},
		{"live, server lost", func(r *rig) { r.join().in.Snapshot.Link = call.Lost }, "Live in Front porch, 0"},
		{"muted", func(r *rig) { r.join().in.Snapshot.Self.Muted = true }, "Muted in Front porch, 1"},
		{"deafened", func(r *rig) { s := r.join().in.Snapshot; s.Self.Muted, s.Self.Deafened = true, true }, "Deafened in Front porch, 1"},
		{"in a channel that is gone", func(r *rig) { r.join().in.Snapshot.Place.Channel = "gone" }, "Live in Channel, 1"},
		{"do not disturb", func(r *rig) { r.in.Snapshot.Self.Status = "dnd" }, "Not in a channel, 3"},
	} {
		r := newRig(t)
		c.change(r)
		d := r.now().Dock
		equal(t, c.name, fmt.Sprintf("%s, %d", d.Line, d.Presence), c.want)
		equal(t, c.name+": name and face", fmt.Sprint(d.Name, d.Face), fmt.Sprint("Sam Reyes", FaceOf(keyOf("sam"), "Sam Reyes", "sam")))
	}
}

func TestOwnNameAndFace(t *testing.T) {
	r := newRig(t)
	r.in.Snapshot = &call.Snapshot{Self: call.Self{User: "sam"}}
	equal(t, "before a server", r.now().Dock.Name, "Sam Reyes")
	r.in.Settings.Name = ""
	equal(t, "at the first start", r.now().Dock.Name, "You")
	r = newRig(t)
	r.in.Key = nil
	equal(t, "as the directory has it", r.now().Dock.Face, FaceOf(keyOf("sam"), "Sam Reyes", "sam"))
}

func TestMicMeter(t *testing.T) {
	for dbfs, want := range map[float32]uint8{-90: 0, -50.5: 0, -50: 1, -40: 2, -35: 2, -30: 3, -20: 4, -10: 5, 0: 5} {
		equal(t, fmt.Sprint(dbfs), litOf(dbfs), want)
	}
	r := newRig(t).join()
	r.in.Stats.Capture.Before, r.in.Stats.Capture.Speaking = -25, true
	d := r.now().Dock
	equal(t, "open", fmt.Sprint(d.Mic, d.Open), "3 true")
	r.in.Snapshot.Self.Muted = true
	d = r.now().Dock
	equal(t, "muted", fmt.Sprint(d.Mic, d.Open, d.Muted), "0 false true")
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		chosen, has string
		idle        bool
		want        string
	}{
		{"online", "online", false, ""}, {"online", "online", true, "away"}, {"online", "away", true, ""}, {"online", "away", false, "online"},
		{"dnd", "dnd", true, ""}, {"dnd", "online", true, "dnd"}, {"dnd", "away", false, "dnd"}, {"", "online", false, ""},
	} {
		r := newRig(t)
		r.in.Settings.Status, r.in.Snapshot.Self.Status, r.in.Idle = profile.Status(c.chosen), c.has, c.idle
		equal(t, fmt.Sprint(c), r.now().Status, c.want)
		r.in.Snapshot.Link = call.Lost
		equal(t, "nobody to tell", r.now().Status, "")
	}
}

func TestName(t *testing.T) {
	for _, c := range []struct{ chosen, has, want string }{
		{"Sam Reyes", "Sam Reyes", ""}, {"Sam R", "Sam Reyes", "Sam R"}, {"", "Sam Reyes", ""},
	} {
		for _, link := range []call.Link{call.Offline, call.Dialing, call.Lost, call.Online} { // changed before, told when there is a server
			r := newRig(t)
			r.in.Settings.Name, r.in.Snapshot.Self.Name, r.in.Snapshot.Link = c.chosen, c.has, link
			want := c.want
			if link != call.Online {
				want = ""
			}
			equal(t, fmt.Sprint(c, link), r.now().Name, want)
		}
	}
}

// Somebody who comes by a browser is marked wherever one sees them, whatever else there is to say of them.
func TestBrowserGuests(t *testing.T) {
	guest := peer("mara", "Mara Lind")
	guest.Web, guest.Verified, guest.Muted = true, true, true
	r := newRig(t).join(guest, peer("bo", "Bo"))
	r.directory(func(d *call.Directory) {
		d.Users = slices.Clone(d.Users)
		for i := range d.Users {
			d.Users[i].Web = d.Users[i].ID == "mara" || d.Users[i].ID == "kofi"
		}
		d.Sitting = map[string][]call.Seat{"workshop": {{User: "kofi", Name: "Kofi", Web: true}}}
	})
	v := r.now()
	for _, tile := range v.Stage.Tiles {
		equal(t, "the tile of "+tile.User, tile.Web, tile.User == "mara")
	}
	for _, row := range v.Rows {
		equal(t, "the seat of "+row.User, row.Web, row.User == "mara" || row.User == "kofi")
	}
	for _, row := range v.People {
		equal(t, "the line of "+row.User, row.Web, row.User == "mara" || row.User == "kofi")
	}
	for _, user := range []string{"mara", "kofi", "bo", "sam"} {
		card, _ := CardOf(r.in.Snapshot, user)
		equal(t, "the card of "+user, card.Web, user == "mara" || user == "kofi")
		equal(t, "and what it says: "+user, strings.Contains(card.Safety(true), "browser"), card.Web)
	}
}
