package model

import "parley/call"

// Model remembers between two Views what only time can tell. It is used by one goroutine.
type Model struct {
	version uint64
}

// New makes a Model that has seen nothing yet.
func New() *Model { return &Model{} }

// Update draws up what there is to show now.
func (m *Model) Update(in Input) *View {
	s := in.Snapshot
	m.version++
	v := &View{
		Rail:        railOf(in),
		Header:      Header{Name: placeName(s.Server, "Parley"), Owner: s.Self.Role == roleOwner},
		RowsVersion: m.version, PeopleVersion: m.version,
	}
	for _, c := range directoryOf(s).Channels {
		seats := directoryOf(s).Sitting[c.ID]
		current := s.Place.Phase != call.Idle && s.Place.Channel == c.ID
		v.Rows = append(v.Rows, Row{Channel: c.ID, Name: placeName(c.Name, "Channel"), Count: len(seats), Full: len(seats) >= perChannel, Current: current})
		for _, p := range seats {
			v.Rows = append(v.Rows, Row{Channel: c.ID, User: p.User, Name: personName(p.Name, p.User), Face: FaceOf([]byte(p.User), p.Name, p.User),
				Self: p.User == s.Self.User, Muted: p.Muted, Deafened: p.Deafened})
		}
	}
	for _, u := range directoryOf(s).Users {
		v.People = append(v.People, PersonRow{User: u.ID, Name: personName(u.Name, u.ID), Line: presenceLine(presenceOf(u.Status)),
			Face: FaceOf(u.Key, u.Name, u.ID), Presence: presenceOf(u.Status), Self: u.ID == s.Self.User, Owner: u.Role == roleOwner})
	}
	v.Stage = Stage{Kind: StageMessage, Version: m.version, Message: Note{Icon: "speaker-channel", Heading: "Pick a channel to talk.", Text: "Your microphone stays off until you do."}}
	if s.Place.Phase == call.Joined {
		v.Stage = Stage{Kind: StageTiles, Title: channelName(s, s.Place.Channel), Version: m.version}
		for _, p := range s.Place.Peers {
			v.Stage.Tiles = append(v.Stage.Tiles, Tile{User: p.User, Name: personName(p.Name, p.User), Face: FaceOf(p.Key, p.Name, p.User),
				Verified: p.Verified, Line: "Listening", Held: p.Phase == call.Held})
		}
		v.Stage.Tiles = append(v.Stage.Tiles, Tile{User: s.Self.User, Name: personName(s.Self.Name, s.Self.User), Self: true, Line: "You"})
	}
	v.Dock = Dock{Name: personName(s.Self.Name, s.Self.User), Line: "Not in a channel", Presence: presenceOf(s.Self.Status),
		InChannel: s.Place.Phase != call.Idle, Muted: s.Self.Muted, Deafened: s.Self.Deafened}
	return v
}
