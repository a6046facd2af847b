package call

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"parley/identity"
	"parley/video"
	"parley/wire"
)

// Snapshot is what there is to show, at one moment. It is never changed after it is published and may be kept.
type Snapshot struct {
	Link        Link
	Server      string // its name
	Address     string // its link, without a secret
	ServerKey   string // its public key, as profile.Server.Key writes it; kept until the next Connect
	Retry       Retry
	Ended       Ended
	Sound       SoundState
	Self        Self
	Directory   *Directory
	Place       Place
	Ring        *Ring    // a call that is not answered yet; nil: none
	Missed      []Missed // calls, the newest first; the same slice until it changes
	Camera      CameraState
	Screen      ScreenState
	Transfers   []Transfer // the oldest first; the same slice until one of them changes
	Texts       []Text     // of the present place, the oldest first, at most keptTexts; likewise
	Examination Examination
	Refused     uint64   // messages that did not belong to this channel, role or peer
	Notices     []Notice // the latest, oldest first
	LastNotice  uint64   // Seq of the last one
}

// Missed is a call that was not taken.
type Missed = wire.Missed

// Ring is a call that rings, there or here.
type Ring struct {
	Call       string
	Out        bool // made here; else it rings here
	Placed     bool // Out: it rings there; before, the server is still asked
	User, Name string
	Key        identity.PublicKey
	Video      bool
	Since      time.Time
	New        bool   // a key never met before
	Verified   bool   // the safety number was compared
	Web        bool   // see Peer
	Like       string // the name of a known person with another key that this one's name looks like
}

// CameraState is what there is of cameras.
type CameraState struct {
	Cameras       []Camera // as last seen in a call, or while a Preview or a Watch was on; the same slice until it changes
	On            bool     // it is to be seen by those in one's call or channel
	Preview       bool
	Open          bool    // it gives pictures
	Name          string  // of the one in use
	Width, Height int     // as it has agreed to
	FPS           float64 // likewise
	Failed        string  // a sentence: why it gives none
}

// Camera is where pictures can come from.
type Camera = video.Camera

// MaxCameras is how many may be on in a voice channel, one's own too: each is sent to everybody by who has it.
const MaxCameras = 4

// ScreenState is what there is of screens and windows that can be shown to others.
type ScreenState struct {
	Subjects      []Subject // as last seen while a WatchScreens was on; the same slice until it changes
	Unavailable   string    // a sentence: why there are none, as last seen; empty: there are, or nobody has looked
	Sharing       bool      // Subject is to be seen by those in one's call or channel
	Subject       Subject   // what is shared; ID alone until it was found
	Open          bool      // it gives pictures
	Hidden        bool      // it stands still, because its window is minimised
	Width, Height int       // of what is sent
	FPS           float64   // pictures a second while it moves, at most
	Failed        string    // a sentence: why the last share came to nothing, or has ended by itself; until the next
}

// Subject is a screen or a window that can be shown.
type Subject = video.Subject

// Retry tells of the next try to reach the server. It is zero while Offline or Online.
type Retry struct {
	At       time.Time // when it begins, or has begun; zero: the first try is under way
	Attempts int       // that have failed since the last connection
}

// Ended says why the Link is Offline: a server's code or reason, or one of ours (CodeServerKey, CodeProtocol, CodeNetwork), and a
// sentence. It is empty until a session has ended by itself, and again after Connect or Disconnect.
type Ended struct{ Code, Text string }

// SoundState is what there is of sound devices.
type SoundState struct {
	Devices      []Device // as last seen in a channel, or while a Watch was on; the same slice until it changes
	Mic, Speaker string   // the names of those in use; empty: none is open
	Listening    bool     // a Listen is on: the microphone is open for its meter; it ends with a Join
	Check        CheckState
	EchoTest     EchoTestState
}

// Device is a microphone or a loudspeaker.
type Device struct {
	Output   bool
	ID, Name string
	Default  bool // what "follow the system" means now
	Monitor  bool // a microphone that hears what a loudspeaker plays
}

// CheckPhase is how far a Check has come.
//
//	CheckIdle → CheckRecording → CheckPlaying → CheckIdle
type CheckPhase uint8

// The states of CheckPhase.
const (
	CheckIdle CheckPhase = iota
	CheckRecording
	CheckPlaying
)

func (p CheckPhase) String() string { return checkNames[p] }

// CheckTime is how long a Check records.
const CheckTime = 5 * time.Second

// CheckState is a Check, or how the last one went.
type CheckState struct {
	Phase  CheckPhase
	Heard  float32 // peak of what was recorded, dBFS; from CheckPlaying on
	Failed string  // a sentence: why the last one came to nothing
}

// EchoTestPhase is how far an EchoTest has come.
type EchoTestPhase uint8

// The states of EchoTestPhase.
const (
	EchoTestIdle EchoTestPhase = iota
	EchoTestRunning
)

func (p EchoTestPhase) String() string { return echoNames[p] }

// EchoTestState is an EchoTest, or how the last one went.
type EchoTestState struct {
	Phase    EchoTestPhase
	Done     bool    // the last one has come to its end, and the figures are its
	LeftDB   float32 // what is left of the echo lies by so many decibels below what came into the microphone; about 0: nothing was taken away
	EchoDBFS float32 // what came into it
	DelayMS  float64 // of the echo, as the canceller knows it; 0: it doesn't, or is off
	Failed   string  // a sentence: why the last one came to nothing
}

// Self is oneself.
type Self struct {
	User, Name, Status, Role string
	Muted, Deafened          bool     // as chosen; the microphone is silent with either
	Priority                 bool     // a Prioritize is on
	Whisper                  []string // a Whisper is: the ids of those chosen, here or not
	Unheard                  bool     // one of the two is, and nobody hears it: muted, or of those none is connected
}

// Directory is who and what a server has. It is the same pointer until something in it changes.
type Directory struct {
	Channels []Channel // in their order
	Users    []User    // by name; the same slice until one of them changes
	Sitting  map[string][]Seat
	Known    map[string]Person // see Person; the same map until somebody in it changes
	Complete bool              // nothing of the server's first account is missing
	version  uint64
	people   uint64 // version of Users
	facts    uint64 // version of Known
}

// Person is what this machine knows of somebody by their id. Whether they look like another is not looked at before they are met.
func (d *Directory) Person(user string) Person { return personIn(d.Known, user) }

func personIn(known map[string]Person, user string) Person {
	if p, ok := known[user]; ok {
		return p
	}
	return Person{New: true, Volume: 1}
}

// Seat is one person in a voice channel, as the server says.
type Seat struct {
	User, Name      string
	Muted, Deafened bool
	Speaking        bool // as the server was told, and late by up to half a second; in one's own channel Stats knows better
	Web             bool // see Peer
}

// Place is the voice channel that one sits in, or the call. Peers is whom the engine sends to, or would after a click: not what the server
// says.
type Place struct {
	Phase   Phase
	Channel string    // empty in a call
	Call    string    // a call's id; empty in a channel
	With    string    // the other one's user id, in a call
	Since   time.Time // when it was Joined; zero before
	Peers   []Peer    // by name
}

// Peer is another member of the channel.
type Peer struct {
	User, Member, Name string
	Phase              PeerPhase
	HeldFor            string // why it is Held
	Absent             bool   // the server does not list it, or can't be asked; its media live
	New, Verified      bool
	Web                bool    // it is a browser, the server says, whose page that server has served: whatever was verified, it could listen there
	Muted, Deafened    bool    // its own switches
	Camera, Screen     bool    // it says that it shows them
	Priority           bool    // it says that it is to be heard before the others, who are turned down while it speaks
	Whispers           bool    // it says that not everybody hears it, but oneself does
	Volume             float32 // here, 0 to 2
	LocalMuted         bool
	Since              time.Duration // on the engine's clock
	Key                identity.PublicKey
}

// snapshot draws up the state; start is when the engine's clock was zero.
func (s *state) snapshot(start time.Time, d *Directory, notices []Notice, lastNotice uint64) *Snapshot {
	out := &Snapshot{
		Link: s.link, Server: s.serverName, Directory: d,
		Self:    Self{identity.UserID(s.me), s.self.name, s.self.status, s.self.role, s.self.muted, s.self.deafened, s.self.priority, s.self.whisper, s.unheard()},
		Refused: s.refused, Notices: notices, LastNotice: lastNotice,
		Place: Place{Phase: s.place.phase, Channel: s.place.channel, Call: s.place.call, With: s.place.with.User},
		Ended: s.ended, Sound: s.sound, Missed: s.missed, Camera: s.camera, Screen: s.screen, Examination: s.exam.view,
		Transfers: s.listFiles(), Texts: s.texts,
	}
	if s.address.Host != "" {
		out.Address, out.ServerKey = s.address.String(), s.address.Key.String()
	}
	out.Retry.Attempts = s.attempts
	if s.retryAt != 0 {
		out.Retry.At = start.Add(s.retryAt)
	}
	if s.place.phase == Joined {
		out.Place.Since = start.Add(s.place.since)
	}
	if r := s.ring; r != nil && r.met {
		out.Ring = &Ring{
			Call: r.call, Out: r.out, Placed: r.placed, User: r.who.User, Name: r.who.Name, Key: identity.PublicKey(r.who.Key),
			Video: r.video, Since: start.Add(r.since), New: r.person.New, Verified: r.person.Verified, Web: r.who.Web, Like: r.person.Like,
		}
	}
	for id, p := range s.peers {
		view := Peer{
			User: id.User, Member: id.Member, Name: p.member.Name, Phase: p.phase, Absent: p.absent || s.link != Online,
			New: p.person.New, Verified: p.person.Verified, Web: p.member.Web, Muted: p.member.Muted, Deafened: p.member.Deafened,
			Priority: p.speaks.priority, Whispers: p.speaks.whisper,
			Camera: p.shows[CameraTrack], Screen: p.shows[ScreenTrack],
			Volume: p.person.Volume, LocalMuted: p.person.Muted, Since: p.since, Key: identity.PublicKey(p.member.Key),
		}
		if p.phase == Held {
			view.HeldFor = s.holdReason(p.person)
		}
		out.Place.Peers = append(out.Place.Peers, view)
	}
	slices.SortFunc(out.Place.Peers, func(a, b Peer) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Member, b.Member)) })
	return out
}

func byName(a, b User) int {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// directory draws up who and what there is. Of thousands of people only a change among them is worth sorting them anew.
func (s *state) directory(old *Directory) *Directory {
	d := &Directory{Sitting: make(map[string][]Seat, len(s.rosters)), Complete: s.complete, version: s.version, people: s.people, facts: s.facts}
	for _, c := range s.channels {
		d.Channels = append(d.Channels, c)
	}
	slices.SortFunc(d.Channels, func(a, b wire.Channel) int { return cmp.Or(a.Position-b.Position, cmp.Compare(a.ID, b.ID)) })
	if d.Users = old.Users; old.people != s.people {
		d.Users = slices.AppendSeq(make([]User, 0, len(s.users)), maps.Values(s.users))
		slices.SortFunc(d.Users, byName)
	}
	if d.Known = old.Known; old.facts != s.facts || old.Known == nil {
		d.Known = maps.Clone(s.known)
	}
	for channel, members := range s.rosters {
		for _, m := range members {
			d.Sitting[channel] = append(d.Sitting[channel], Seat{User: m.User, Name: m.Name, Muted: m.Muted, Deafened: m.Deafened, Speaking: m.Speaking && !m.Muted, Web: m.Web})
		}
	}
	return d
}
