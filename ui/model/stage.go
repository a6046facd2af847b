package model

import (
	"fmt"
	"slices"
	"time"

	"parley/call"
)

// grace is how long a channel may take to fill up, or a lost server to come back, before a sentence says that nobody is there.
const grace = 2 * time.Second

// stageOf gives the stage a new version where it differs from the one before.
func (m *Model) stageOf(in Input, h here, steps map[string]uint8) Stage {
	next := Stage{Kind: StageMessage}
	switch s := in.Snapshot; {
	case s.Place.Phase != call.Idle && s.Place.Call != "":
		next = m.callStage(in, h)
	case s.Place.Phase != call.Idle:
		next = m.channelStage(in, h, steps)
	case s.Ring != nil && s.Ring.Out:
		next.Kind = StageCalling
	default:
		next.Kind, next.Message = m.message(in)
	}
	if next.Kind != StagePictures {
		m.light = light{}
	}
	next.Version, next.Tiles = m.stage.Version, reuse(m.stage.Tiles, next.Tiles, sameTile)
	if m.stage.Version == 0 || !sameStage(next, m.stage) {
		next.Version++
	}
	m.stage = next
	return next
}

func (m *Model) channelStage(in Input, h here, steps map[string]uint8) Stage {
	s := in.Snapshot
	st := Stage{Kind: StageTiles, Title: m.lists.title, Chip: chipOf(h.peers), Banner: m.banner(in)}
	if s.Place.Phase == call.Joining {
		st.Tiles = []Tile{{User: s.Self.User, Name: h.me.name, Face: h.me.face, Self: true, Line: "Joining"}}
		return st
	}
	st.Subtitle = subtitle(len(h.rows), in.Now, s.Place.Since)
	for i, p := range h.peers {
		t := peerTile(p, h.people[i], steps[p.User] > 0)
		t.Bars = m.quality.peer(p.Member)
		st.Tiles = append(st.Tiles, t)
	}
	st.Tiles = append(st.Tiles, m.ownTile(s, h.me, steps))
	m.picture(in, h, &st, steps)
	if len(h.peers) == 0 && in.Now.Sub(m.waits.placeAt) >= grace {
		st.Message = alone(s)
	}
	return st
}

func alone(s *call.Snapshot) Note {
	if s.Self.Role != roleOwner {
		return Note{Icon: "people", Heading: "It's just you.", Text: "Whoever joins this channel hears you."}
	}
	return Note{
		Icon: "people", Heading: "It's just you.", Text: "Send someone the invite.",
		Button: "Copy invite", Action: CopyInvite,
	}
}

func subtitle(people int, now, since time.Time) string {
	out := fmt.Sprintf("%d people", people)
	if people == 1 {
		out = "1 person"
	}
	minutes := int(now.Sub(since) / time.Minute)
	switch {
	case since.IsZero() || minutes < 1:
		return out
	case minutes < 60:
		return fmt.Sprintf("%s, %d min", out, minutes)
	}
	return fmt.Sprintf("%s, %d h %d min", out, minutes/60, minutes%60)
}

// chipOf says what is encrypted, and with how many of the others the safety number was compared. Nothing is sent to those who
// are held back. Of a browser guest it matters little what was compared: its page came from the server.
func chipOf(peers []call.Peer) *Chip {
	all, verified, browsers := 0, 0, 0
	for _, p := range peers {
		if p.Phase == call.Held {
			continue
		}
		all++
		if p.Web {
			browsers++
		}
		if p.Verified {
			verified++
		}
	}
	switch {
	case all == 0:
		return nil
	case browsers > 0:
		return browserChip()
	case verified == 0:
		return &Chip{Icon: "shield", Text: "Encrypted, identity not verified", Short: "Not verified", Tone: Warn}
	}
	short := fmt.Sprintf("%d of %d verified", verified, all)
	return &Chip{Icon: "lock-verified", Text: "Encrypted, " + short, Short: short, Tone: Good}
}

// browserChip is about somebody whose page came from the server.
func browserChip() *Chip {
	return &Chip{Icon: "globe", Text: "Browser guest: the server could listen there", Short: "Browser guest", Tone: Warn}
}

func peerTile(p call.Peer, who *person, speaks bool) Tile {
	t := Tile{
		User: p.User, Name: who.name, Face: who.face, Line: "Listening",
		Verified: p.Verified && p.Phase != call.Held, Dim: p.Phase == call.Reconnecting, Held: p.Phase == call.Held,
		Picture: p.Camera && p.Phase != call.Held, Web: p.Web,
	}
	switch {
	case t.Held:
		t.Line, t.Chip = heldLine(p.HeldFor), &Chip{Icon: "shield", Text: "Held back", Tone: Fresh}
	case p.Phase == call.Reconnecting:
		t.Line, t.Chip = "Reconnecting", &Chip{Icon: "warning", Text: "Reconnecting", Tone: Warn}
	case p.Deafened:
		t.Chip = &Chip{Icon: "headphones-off", Text: "Deafened"}
	case p.Muted:
		t.Chip = &Chip{Icon: "mic-off", Text: "Muted"}
	case p.LocalMuted:
		t.Chip = &Chip{Icon: "mic-off", Text: "Muted for you"}
	case p.Whispers:
		t.Chip = &Chip{Icon: "people", Text: "Whispers to you"}
	case p.Priority:
		t.Chip = &Chip{Icon: "arrow-up", Text: "Priority"}
	case p.Web:
		t.Chip = &Chip{Icon: "globe", Text: "Browser guest", Tone: Warn}
	case p.New:
		t.Chip = &Chip{Icon: "new-person", Text: "New to you", Tone: Fresh}
	}
	t.New = p.New && t.Chip != nil && t.Chip.Tone != Fresh
	switch {
	case t.Held || t.Dim:
	case p.Phase == call.Connecting:
		t.Line = "Connecting"
	case speaks:
		t.Line = "Speaking"
	}
	return t
}

func (m *Model) ownTile(s *call.Snapshot, me *person, steps map[string]uint8) Tile {
	t := Tile{User: s.Self.User, Name: me.name, Face: me.face, Self: true, Line: "You", Bars: m.quality.self(), Picture: s.Camera.On}
	if t.Picture {
		t.Failed = Inert(s.Camera.Failed)
	}
	switch {
	case s.Self.Deafened:
		t.Chip = &Chip{Icon: "headphones-off", Text: "You, deafened", Tone: Muted}
	case s.Self.Muted:
		t.Chip = &Chip{Icon: "mic-off", Text: "You, muted", Tone: Muted}
	case s.Self.Unheard:
		t.Chip = &Chip{Icon: "mic-off", Text: "Nobody hears you", Tone: Warn}
	case len(s.Self.Whisper) > 0:
		t.Chip = &Chip{Icon: "people", Text: "You whisper"}
	case s.Self.Priority:
		t.Chip = &Chip{Icon: "arrow-up", Text: "You, priority"}
	}
	if steps[s.Self.User] > 0 && !s.Self.Deafened && !s.Self.Muted {
		t.Line = "Speaking"
	}
	return t
}

// sameStage compares what counts for the version.
func sameStage(a, b Stage) bool {
	return a.Kind == b.Kind && a.Title == b.Title && a.Message == b.Message && a.Large == b.Large &&
		same(a.Chip, b.Chip) && same(a.Banner, b.Banner) && same(a.Call, b.Call) && slices.EqualFunc(a.Tiles, b.Tiles, sameTile)
}

func sameTile(a, b Tile) bool {
	if !same(a.Chip, b.Chip) {
		return false
	}
	a.Chip, b.Chip = nil, nil
	return a == b
}

func same[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// reuse returns old where next is equal to it.
func reuse[T any](old, next []T, equal func(a, b T) bool) []T {
	if slices.EqualFunc(old, next, equal) {
		return old
	}
	return next
}
