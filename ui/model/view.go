// Package model is what the window shows, drawn up from what the engine knows: without Fyne, without a clock of its own, so
// that every screen and sentence can be tested as a table.
//
//	engine's Snapshot and Stats, settings, time ─► Model.Update ─► View ─► the window's screens
//
// The pump calls Update on its own goroutine; a View is never changed after it was returned, and parts of it that are the same as in the
// one before carry the same version, so that the window redraws only what is new. All names in it are inert: see Inert.
package model

import (
	"time"

	"parley/call"
	"parley/profile"
)

// Input is what a View is drawn up from.
type Input struct {
	Now      time.Time
	Snapshot *call.Snapshot
	Stats    call.Stats // zero outside of a channel
	Settings profile.Settings
	Servers  []profile.Server // the last used first
	Key      []byte           // own public key, for the own face; nil: as the server says
	Hosted   string           // public key of the server that runs in this process; empty: none
	Starting bool             // a server is being started in this process, to go to
	Idle     bool             // nobody has touched this machine for ten minutes
	Read     uint64           // Seq of the last text that was in sight
	Looks    Looks            // how one wants to see the pictures of a place
}

// View is all that the main window shows at one moment.
type View struct {
	Rail   []Server
	Header Header

	Rows        []Row // of the channel list: each channel, and who sits in it under it
	RowsVersion uint64
	// Ringing is who speaks, by user id: the step of the ring, 1 to 4. Whoever is not in it is dark.
	Rings map[string]uint8

	Stage  Stage
	People []PersonRow
	// PeopleVersion changes with People.
	PeopleVersion uint64

	Ring *Ring // a call that nobody has answered yet; nil: none
	// Missed are the calls that were not taken, the newest first, and MissedVersion changes with them.
	Missed        []MissedRow
	MissedVersion uint64
	Unseen        int // of them nobody has looked at

	// Transfers are the files that come and go, the newest first, and TransfersVersion changes with them.
	Transfers        []Transfer
	TransfersVersion uint64

	Texts       Texts
	Examination Examination

	Share  Share
	Dock   Dock
	Lines  []Line  // announcements to show now, the newest last
	Sounds []Sound // to play now: each stands in one View only
	Aside  []Sound // likewise, where the window is not what the person looks at
	Rung   *Rung   // to play now, again and again while it rings: likewise
	Hush   bool    // the ringer is to be silent from now on: likewise
	Alerts []Alert // to notify the desktop of: likewise
	Status string  // what presence the engine should have, if it has another; else empty
	Name   string  // likewise the display name
}

// Face is a round avatar: what LOOK calls the disc and its letters.
type Face struct {
	Letters string // one or two
	Hue     uint16 // degrees, never amber
	Shade   uint8  // 0 or 1
}

// Server is a tile of the rail.
type Server struct {
	Key, Name, Letters string
	Active             bool // the one that the window shows
	Hosted             bool // runs in this process
}

// Header is the top of the channel list.
type Header struct {
	Name  string
	Owner bool // may add channels, make invites, kick
	Dim   bool // the server does not answer
}

// Row is one line of the channel list: a channel, or (User is not empty) somebody who sits in the channel above.
type Row struct {
	Channel string // its id
	Name    string
	Count   int  // of people in the channel
	Full    bool // nobody else can join
	Current bool // the channel that one sits in, or is joining

	User            string
	Face            Face
	Self            bool
	Muted, Deafened bool
	New             bool // a key never met before
	Web             bool // a browser guest: whatever was verified, the server's page could listen there
}

// Presence is how somebody is.
type Presence uint8

// The kinds of Presence.
const (
	Offline Presence = iota
	Online
	Away
	Busy // do not disturb
)

// PersonRow is one line of the list of people: a heading, or somebody.
type PersonRow struct {
	Heading  string // "In voice, 7"; empty: a person
	User     string
	Name     string
	Line     string // the channel's name, "You, Front porch", "Away"
	Face     Face
	Presence Presence
	Self     bool
	New      bool // a key never met before
	Verified bool // the safety number was compared
	Web      bool // see Row
	Owner    bool
}

// StageKind says what the middle of the window is.
type StageKind uint8

// The kinds of Stage. In StageTiles the people of the own channel stand, in StageCall the other one of a call, and in StageCalling
// whom View.Ring is about, until they answer. In StagePictures stands whoever is in the channel, or in a call in which the other one
// shares a screen, with their pictures. Else Message says what to do, and StageBusy has a ring of three steps above that.
const (
	StageMessage StageKind = iota
	StageBusy
	StageTiles
	StageCalling
	StageCall
	StagePictures
)

// Stage is the middle of the window.
type Stage struct {
	Kind     StageKind
	Title    string // the channel's name, or that of the other one
	Subtitle string // "5 people, 12 min", "Video call, 4:12"
	Chip     *Chip  // what is encrypted
	Banner   *Banner
	Tiles    []Tile
	Large    int    // of StagePictures: which of Tiles is large, and the others small; -1: all are alike
	Call     *Call  // of a call; nil in a channel
	Version  uint64 // changes with anything but Subtitle, which may be a clock
	Message  Note   // with StageTiles it stands under them, or is empty
}

// Call is the other one of a call, and oneself: what StageCall shows, the one large, the other small.
type Call struct {
	User, Name      string
	Face            Face
	Verified, New   bool
	Muted, Deafened bool
	Camera          bool   // there is a picture of them in the place of the face
	Dim             bool   // reconnecting
	Line            string // "Connecting", "Reconnecting"; empty: connected
	Bars            Bars
	OwnCamera       bool   // one's own is on
	OwnLine         string // why it gives no picture; empty: it does
	Own             Face
}

// Ring is a call that is not answered yet: one that rings here, or (Out) at somebody else.
type Ring struct {
	Call, User, Name string
	Face             Face
	Out, Video       bool
	Line             string // "calls you with video", "Ringing…"
	Chip             Chip   // what is known of the key; without text: nothing
	Warning          string // that this may be somebody else than the name says
	Note             string // what accepting does
	Step             uint8  // of the ring around the face
}

// MissedRow is a call that was not taken.
type MissedRow struct {
	Call, User, Name string
	Face             Face
	Video            bool
	Line             string // "Video call, 14:05, you were offline"
	At               int64  // Unix time in seconds, as the server says
}

// Transfer is a file on its way to somebody or from them, or what has become of it.
type Transfer struct {
	ID, File string
	Line     string // "Mara Lind wants to send you this, 2.4 MB", "3.1 of 40 MB, 5.2 MB/s, 8 s left"
	Tone     Tone   // of the line
	New      bool   // it is offered by a key never met before
	Offer    bool   // to oneself: to be accepted or refused
	Over     bool   // nothing comes any more; else it can be cancelled
	Bar      bool   // Share is to be shown
	Share    float32
	Still    bool   // it does not go on at the moment
	Path     string // where it is, of one that has come
}

// Texts is what was written in one's place.
type Texts struct {
	Rows    []TextRow // the oldest first
	Version uint64    // changes with Rows
	Unread  int       // of others, since Input.Read
	Open    bool      // one can write: one is in a channel or a call
	Readers string    // who gets what one writes, in a sentence
}

// TextRow is one text.
type TextRow struct {
	Seq    uint64
	User   string
	Name   string // empty: it goes on under the row above
	Face   Face
	Text   string // lines, inert
	At     string // "14:05"
	Missed string // who did not get it, in a sentence; empty: nobody
}

// Examination is what was found of the connection, in steps.
type Examination struct {
	Known   bool // there was one; else nothing else is set
	Running bool
	Line    string // what came of it, in a sentence
	Tone    Tone
	Steps   []ExaminationStep
	With    string            // whom no path leads to; empty: it was asked for
	Theirs  []ExaminationStep // what their computer has found
	Version uint64            // changes with all of it
}

// ExaminationStep is one line of an Examination.
type ExaminationStep struct {
	Icon, Name string
	Tone       Tone
	Text       string // a sentence
	Took       string // "12 ms"; empty: it is not over, or took no time
}

// Action is what a button does.
type Action uint8

// The actions that a View can offer.
const (
	None      Action = iota
	AddServer        // the dialog with "Join with an invite" and "Host here"
	TryNow
	Cancel // connecting: Disconnect
	Unmute
	CopyInvite
	Reconnect // to the server that was left
	ForgetServer
	TurnOffDeafen
	StopCalling     // whom one is calling
	ShowExamination // the page about the connection
	Examine         // the same, and look anew
	SendFile
	ShowTexts
	ShareScreen
)

// Note is a sentence in the middle of the stage, with what to do.
type Note struct {
	Icon    string // name in assets/icons
	Tone    Tone
	Heading string
	Text    string
	Button  string // empty: none
	Action  Action
	Second  string // a second, plain button; empty: none
	SecondA Action
	Third   string // likewise
	ThirdA  Action
}

// Tone is a colour's meaning.
type Tone uint8

// The tones.
const (
	Plain Tone = iota // second text
	Good              // verified, online
	Warn              // poor link, not verified
	Bad               // do not disturb, ended
	Fresh             // new to you
	Muted             // one's own mute
	Voice             // speaking
)

// Chip is a rounded word with an icon.
type Chip struct {
	Icon, Text string
	Tone       Tone
	Short      string // for narrow windows
}

// Banner is a line over the stage.
type Banner struct {
	Icon, Text string
	Tone       Tone
	Button     string
	Action     Action
	Second     string // a second, plain button; empty: none
	SecondA    Action
}

// Tile is one person of the own channel.
type Tile struct {
	User, Name string
	Face       Face
	Self       bool
	Verified   bool
	New        bool   // a key never met before, where the chip does not say it
	Web        bool   // see Row
	Dim        bool   // reconnecting: avatar at disabled
	Line       string // "Speaking", "Listening", "You": where there is no chip
	Chip       *Chip  // "Deafened", "Browser guest", "New to you", "You, muted", "Reconnecting", "Held back"
	Bars       Bars
	Held       bool   // nothing is sent to them before Trust
	Screen     bool   // not the person, but what they show of their screens
	Picture    bool   // there is one, of the camera or else the screen
	Hidden     bool   // which one does not want to see
	Failed     string // a sentence: why the own camera gives none
}

// Bars is a connection's quality: 4 best, 1 worst, 0 none.
type Bars struct {
	Level uint8
	Known bool // false: nothing was measured yet, and nothing is drawn
}

// Dock is the bar at the bottom.
type Dock struct {
	Name, Line string
	Face       Face
	Presence   Presence
	InChannel  bool // in a channel or a call, or on the way there: the microphone may be live
	InCall     bool // a call: it is hung up
	Calling    bool // somebody, and they have not answered
	Camera     bool // one's own is on
	Sharing    bool // a screen or a window of one's own
	Muted      bool
	Deafened   bool
	Mic        uint8 // lit segments of the microphone's meter, 0 to 5
	Open       bool  // the gate is open: lit segments are voice
	Bars       Bars
	Delay      string // "24 ms", the round trip, "24 ms, 720p"; empty: not known
}

// Line is an announcement: a device was plugged in, somebody could not be kicked. It is shown for some seconds.
type Line struct {
	Seq    uint64
	Text   string
	Tone   Tone
	Device bool // of a microphone, loudspeaker or camera
	Stage  bool // the stage shows it too
}

// Sound names a sound of assets/sounds.
type Sound string

// The sounds.
const (
	SoundJoin     Sound = "join"
	SoundLeave    Sound = "leave"
	SoundMute     Sound = "mute"
	SoundUnmute   Sound = "unmute"
	SoundDeafen   Sound = "deafen"
	SoundUndeafen Sound = "undeafen"
	SoundNew      Sound = "new"
	SoundEnded    Sound = "ended"
	SoundText     Sound = "text"     // a file, too
	SoundRing     Sound = "ring"     // here
	SoundRingback Sound = "ringback" // there
)

// Rung is one turn of a sound that is heard while a call rings.
type Rung struct {
	Sound  Sound
	Gain   float32 // 0 to 1: the first ones are quieter
	Ringer bool    // on the loudspeaker for calls, else on that for people
}

// Alert is a desktop notification; its texts are fixed and hold nothing that others wrote.
type Alert struct{ Title, Text string }
