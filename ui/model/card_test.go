package model

import (
	"fmt"
	"testing"

	"parley/call"
)

func TestCard(t *testing.T) {
	r := newRig(t)
	r.in.Snapshot.Self.Role = "owner"
	kofi, ok := CardOf(r.in.Snapshot, "kofi")
	equal(t, "found", ok, true)
	equal(t, "elsewhere", fmt.Sprintf("%+v", kofi), fmt.Sprintf("%+v", Card{
		User: "kofi", Name: "Kofi", Face: FaceOf(keyOf("kofi"), "Kofi", "kofi"), Presence: Online, Line: "Workshop", Key: keyOf("kofi"), Volume: 100, CanKick: true,
	}))
	bo, _ := CardOf(r.in.Snapshot, "bo")
	equal(t, "in no channel", bo.Line, "Do not disturb")

	mara := peer("mara", "Mara\u202e L")
	mara.Volume, mara.LocalMuted, mara.New, mara.Verified = 1.3, true, true, true
	r.join(mara)
	card, _ := CardOf(r.in.Snapshot, "mara")
	equal(t, "a peer", fmt.Sprintf("%+v", card), fmt.Sprintf("%+v", Card{
		User: "mara", Name: "Mara L", Face: FaceOf(keyOf("mara"), "Mara L", "mara"), Presence: Online, Line: "Front porch", Key: keyOf("mara"),
		Connected: true, Volume: 130, LocalMuted: true, New: true, Verified: true, CanKick: true,
	}))
	sam, _ := CardOf(r.in.Snapshot, "sam")
	equal(t, "oneself", fmt.Sprintf("%v %v %s", sam.Self, sam.CanKick, sam.Line), "true false Front porch")
	if _, ok := CardOf(r.in.Snapshot, "nobody"); ok {
		t.Error("nobody has a card")
	}
	if _, ok := CardOf(&call.Snapshot{}, ""); ok {
		t.Error("nobody of no id has a card")
	}
}

// Whom the server does not list, or calls offline, is there while one is connected to them.
func TestCardOfAnUnlistedPeer(t *testing.T) {
	r := newRig(t).join(peer("ghost", "Ghost"), peer("zoe", "zoe"))
	for _, id := range []string{"ghost", "zoe"} {
		card, ok := CardOf(r.in.Snapshot, id)
		equal(t, id, fmt.Sprintf("%v %d %v %s %v", ok, card.Presence, card.Connected, card.Line, card.CanKick), "true 1 true Front porch false")
	}
	for why, want := range map[string]string{
		call.HeldLookalike: "This name looks like that of somebody you know, but the key is another one. Nothing is sent to them before you let them in.",
		call.HeldUnknown:   "You talk to known people only, and have not met this key before. Nothing is sent to them before you let them in.",
		"":                 "Nothing is sent to them before you let them in.",
	} {
		held := peer("ghost", "Ghost")
		held.Phase, held.HeldFor = call.Held, why
		card, _ := CardOf(r.join(held).in.Snapshot, "ghost")
		equal(t, "held", fmt.Sprint(card.Held, card.HeldFor), fmt.Sprint(true, want))
	}
}

// What was decided about somebody stands in the card wherever they are; of one whom nothing is known of, that they are new.
func TestCardOfSomebodyElsewhere(t *testing.T) {
	r := newRig(t)
	r.directory(func(d *call.Directory) {
		d.Known = map[string]call.Person{"bo": {Volume: 0.35, Muted: true, Verified: true}, "zoe": {New: true, Volume: 2}}
	})
	for user, want := range map[string]string{
		"bo": "35 true false true false", "zoe": "200 false true false false", "kofi": "100 false true false false", "sam": "100 false false false false",
	} {
		c, _ := CardOf(r.in.Snapshot, user)
		equal(t, user, fmt.Sprint(c.Volume, c.LocalMuted, c.New, c.Verified, c.Connected), want)
	}
	mara := peer("mara", "Mara Lind")
	mara.New, mara.Volume = true, 1.5
	r.directory(func(d *call.Directory) { d.Known = map[string]call.Person{"mara": {Volume: 1}} })
	c, _ := CardOf(r.join(mara).in.Snapshot, "mara")
	equal(t, "of a peer the engine knows better", fmt.Sprint(c.Volume, c.New), "150 true")
}

func TestSafety(t *testing.T) {
	for _, c := range []struct {
		card     Card
		verified bool
		want     string
	}{
		{Card{New: true}, false, "Only the server says whose key this is. Compare these on paper, or aloud in a call."},
		{Card{New: true, Held: true}, false, "Only the server says whose key this is. Compare these on paper, or aloud in a call."},
		{Card{}, false, "Met before, identity not verified. Compare these on paper, or aloud in a call."},
		{Card{New: true, Connected: true}, false, "Encrypted, identity not verified. Read these aloud to each other, or compare them on paper."},
		{Card{New: true}, true, "You compared these: the key is theirs."},
	} {
		equal(t, fmt.Sprintf("%+v", c.card), c.card.Safety(c.verified), c.want)
	}
}

func TestCanKick(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		role string
		link call.Link
		user string
		want bool
	}{
		{"owner", call.Online, "bo", true}, {"member", call.Online, "bo", false}, {"owner", call.Lost, "bo", false},
		{"owner", call.Online, "sam", false}, {"owner", call.Online, "kofi", false},
	} {
		r.directory(func(d *call.Directory) {
			d.Users = append([]call.User{}, d.Users...)
			d.Users[1].Role = "owner" // Kofi
		})
		r.in.Snapshot.Self.Role, r.in.Snapshot.Link = c.role, c.link
		card, _ := CardOf(r.in.Snapshot, c.user)
		equal(t, fmt.Sprint(c), card.CanKick, c.want)
	}
}
