package model

import (
	"slices"
	"time"

	"parley/call"
	"parley/profile"
)

// Model remembers between two Views what only time can tell: how long a voice has been silent, how long somebody has been talking
// into a muted microphone, what was announced. It is used by one goroutine.
type Model struct {
	crowd   crowd
	lists   lists
	rings   rings
	quality quality
	waits   waits
	murmur  murmur
	news    news
	ringer  ringer
	missed  missed
	files   files
	texts   texts
	doctor  examination
	light   light
	other   *person // of the call that one is in, or that rings

	servers []profile.Server // that rail was made of
	shown   railKey
	rail    []Server
	stage   Stage
}

// railKey is what the rail was made of besides the servers.
type railKey struct{ active, hosted string }

// New makes a Model that has seen nothing yet.
func New() *Model { return &Model{crowd: crowd{}} }

// Update draws up what there is to show now. It is to be called when the engine or another part of in has changed, and while
// one sits in a channel 7.5 times a second. Slices and maps that are the same as in the View before are the very same.
func (m *Model) Update(in Input) *View {
	if in.Snapshot == nil {
		in.Snapshot = &call.Snapshot{}
	}
	s := in.Snapshot
	h := m.crowd.here(in)
	m.lists.update(m.crowd, s, h)
	m.waits.update(in)
	m.quality.update(in, h)
	m.murmur.update(in)
	steps := m.rings.update(in.Now, voices(in, h, m.lists.speaking), in.Settings.LessMotion)
	if h.me.key == "" { // the directory may just have come
		h.me = m.crowd.me(in)
	}
	m.meet(s, h)
	v := &View{
		Rail: m.railOf(in), Header: headerOf(in),
		Rows: m.lists.rows, RowsVersion: m.lists.rowsVersion, People: m.lists.people, PeopleVersion: m.lists.peopleVersion,
		Rings: steps, Ring: m.ringOf(in), Stage: m.stageOf(in, h, steps), Share: shareOf(in.Snapshot), Dock: m.dock(in, h.me), Status: statusOf(in), Name: nameOf(in),
	}
	v.Missed, v.MissedVersion = m.missed.update(in, m.crowd)
	v.Unseen = unseen(v.Missed, in.Settings.MissedSeen)
	v.Transfers, v.TransfersVersion = m.files.update(in, m.crowd)
	v.Texts, v.Examination = m.texts.update(in, m.crowd, h), m.doctor.update(in, m.crowd)
	m.news.read(in, v)
	m.ringer.update(in, v)
	return v
}

func (m *Model) railOf(in Input) []Server {
	key := railKey{in.Snapshot.ServerKey, in.Hosted}
	if m.shown == key && slices.Equal(m.servers, in.Servers) {
		return m.rail
	}
	m.shown, m.servers, m.rail = key, slices.Clone(in.Servers), nil
	for _, s := range in.Servers {
		name := placeName(s.Name, "Server")
		m.rail = append(m.rail, Server{
			Key: s.Key, Name: name, Letters: Letters(name, s.Key),
			Active: key.active != "" && key.active == s.Key, Hosted: key.hosted != "" && key.hosted == s.Key,
		})
	}
	return m.rail
}

func headerOf(in Input) Header {
	s := in.Snapshot
	return Header{
		Name: serverName(in), Owner: s.Self.Role == roleOwner && s.Link == call.Online,
		Dim: s.Link != call.Online && s.Place.Phase == call.Idle,
	}
}

// serverName is what the shown server calls itself, or is known as, or where it is.
func serverName(in Input) string {
	s := in.Snapshot
	if s.Server != "" && s.Link != call.Dialing { // while dialing it is still the one before
		return placeName(s.Server, "Server")
	}
	for _, known := range in.Servers {
		if known.Key == s.ServerKey && s.ServerKey != "" {
			return placeName(known.Name, "Server")
		}
	}
	if s.Address == "" {
		return "Parley"
	}
	return hostOf(s)
}

// waits are how long something has been as it is.
type waits struct {
	link    call.Link
	linkAt  time.Time
	phase   call.Phase
	channel string    // or call
	placeAt time.Time // when it was joined, or left
	mic     bool      // there is one
	micAt   time.Time
}

func (w *waits) update(in Input) {
	s := in.Snapshot
	if w.linkAt.IsZero() || w.link != s.Link {
		w.link, w.linkAt = s.Link, in.Now
	}
	if at := s.Place.Channel + s.Place.Call; w.placeAt.IsZero() || w.phase != s.Place.Phase || w.channel != at {
		w.phase, w.channel, w.placeAt = s.Place.Phase, at, in.Now
	}
	if mic := s.Sound.Mic != ""; w.micAt.IsZero() || w.mic != mic {
		w.mic, w.micAt = mic, in.Now
	}
}

// statusOf is the presence that the engine should have where it has another: as chosen, and away while nobody is there.
func statusOf(in Input) string {
	want := statusOnline
	switch {
	case busy(in):
		want = statusBusy
	case in.Idle:
		want = statusAway
	}
	if in.Snapshot.Link != call.Online || in.Snapshot.Self.Status == want {
		return ""
	}
	return want
}

// nameOf is the display name that the engine should have where it has another: one that was chosen while there was no connection.
func nameOf(in Input) string {
	if in.Snapshot.Link != call.Online || in.Snapshot.Self.Name == in.Settings.Name {
		return ""
	}
	return in.Settings.Name
}

// busy says that nobody wants to be disturbed.
func busy(in Input) bool { return in.Settings.Status == profile.DoNotDisturb }
