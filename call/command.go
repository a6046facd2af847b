package call

import (
	"time"

	"parley/wire"
)

// Command is something that the user wants. Do and Ask take it; what it has done shows in the next Snapshot.
type Command interface{ command() }

// Reply is what a Command that asks for something gets back.
type Reply struct {
	Invites []Invite
	Channel Channel

	relay *wire.Turn // of enter
}

// The parts of a server's state that a Snapshot shows are the protocol's own.
type (
	// User is one person of the server.
	User = wire.User
	// Channel is a voice channel.
	Channel = wire.Channel
	// Invite is an invite as its maker sees it.
	Invite = wire.Invite
)

// The commands.
type (
	// Connect opens a session with the server of a link and keeps it; one that exists ends.
	Connect struct {
		Link   string // invite or server address
		Name   string // display name
		Status string // presence; empty: online
	}
	// Disconnect leaves the channel and ends the session.
	Disconnect struct{}
	// RetryNow makes the next try to reach the server at once, where one is waited for.
	RetryNow struct{}

	// Join enters a voice channel, leaving the one before: by its id, or by its name where that is the only one.
	Join struct{ Channel string }
	// Leave leaves the voice channel and closes all devices.
	Leave struct{}

	// Call rings somebody, by user id, or by name where that is the only one. One stays in one's channel until they answer. If they
	// ring here, it is an Accept.
	Call struct {
		User  string
		Video bool // with one's camera, from the answer on
	}
	// Accept takes the call that rings here: from now on devices open and a peer connection is made. A channel is left for it.
	Accept struct {
		Call  string // its id; empty: whichever rings
		Video bool
	}
	// Decline refuses it.
	Decline struct{ Call string }
	// HangUp ends the call one is in, or gives up the one that one is making.
	HangUp struct{}
	// ForgetMissed forgets the calls that were missed.
	ForgetMissed struct{}
	// SetCamera switches the camera in a call or a voice channel. It is off in each new one, but for a call that was made or taken with
	// video. In a channel there are at most MaxCameras.
	SetCamera struct{ On bool }
	// UseCamera chooses the camera: its id or name; empty: the first.
	UseCamera struct{ Camera string }
	// Preview opens the camera for the picture of oneself, and sends nothing.
	Preview struct{ On bool }

	// WatchScreens keeps a list of what can be shown, as long as somebody chooses.
	WatchScreens struct{ On bool }
	// ShareScreen shows a screen or a window to those in one's call or voice channel, in the place of what is shown already.
	ShareScreen struct {
		Subject string // its id, or its name where that is the only one
		FPS     int    // pictures a second while it moves, MinScreenFPS to MaxScreenFPS; zero: 15
	}
	// StopShare ends that.
	StopShare struct{}

	// SendFile offers a file to somebody whom one is connected with, by user id, or by name where that is the only one. Its answer
	// comes when the file was read from, before theirs.
	SendFile struct{ User, Path string }
	// AcceptFile takes a file that is offered; it comes into Config.Downloads.
	AcceptFile struct{ Transfer string }
	// RefuseFile does not.
	RefuseFile struct{ Transfer string }
	// CancelFile ends a transfer that is not over, in whichever direction.
	CancelFile struct{ Transfer string }
	// ForgetTransfer takes one that is over off the list; the file stays.
	ForgetTransfer struct{ Transfer string }
	// SetDownloads changes the folder that accepted files come into, from the next one on; empty: files are refused.
	SetDownloads struct{ Folder string }
	// Say sends a text to everybody in one's channel or call.
	Say struct{ Text string }

	// Mute switches the microphone. Switching it on while deafened undeafens.
	Mute struct{ On bool }
	// Deafen silences everybody and mutes; undeafening restores what the microphone was.
	Deafen struct{ On bool }
	// Talk is the push-to-talk key.
	Talk struct{ Down bool }
	// Prioritize is the key of who speaks before the others: the microphone is open, and those who hear it turn the rest down. It ends
	// with the channel or call, and with a Mute or Deafen, as a Whisper does; of a microphone that is muted before neither lets
	// anything out.
	Prioritize struct{ On bool }
	// Whisper is the key of who speaks to some alone: the microphone is open, and nothing of it goes to anybody else. To has the
	// ids of users, here or not, or names where that is the only one; with none of them it ends. What was said before it ended goes
	// to them alone: for some 200 ms nobody else hears anything.
	Whisper struct{ To []string }
	// SetVolume sets how loud a person is here: 0 to 2, 1 is as sent. It is taken, as the next two are, for everybody of the server:
	// of those who are elsewhere it is kept until they come.
	SetVolume struct {
		User   string
		Volume float32
	}
	// SetLocalMute silences a person here.
	SetLocalMute struct {
		User string
		On   bool
	}
	// Verify records that the safety number was compared, or takes that back. It lets in nobody who is held back.
	Verify struct {
		User string
		On   bool
	}
	// Trust lets sound go to a person who is held back: unknown with "known people only", or like somebody else in name.
	Trust struct{ User string }
	// SetKnownOnly holds back everybody who was never met before.
	SetKnownOnly struct{ On bool }
	// SetRelayOnly hides this machine's addresses from the others, from the next peer connection on.
	SetRelayOnly struct{ On bool }
	// SetRelayNew hides them likewise from people who are new to this machine.
	SetRelayNew struct{ On bool }
	// UseDevice chooses the microphone or the loudspeaker: a device's id or name, or empty for what the system says.
	UseDevice struct {
		Output bool
		Device string
	}
	// UseRinger chooses the loudspeaker that a call rings on: likewise; empty: the one that people are heard on.
	UseRinger struct{ Device string }
	// Tune changes how the microphone is treated.
	Tune struct{ Voice Voice }

	// Watch keeps an eye on the list of devices outside of a channel too; in one it is kept anyway.
	Watch struct{ On bool }
	// Listen opens the microphone for its meter, and sends nothing. It ends by itself when a channel is joined; in one it changes
	// nothing.
	Listen struct{ On bool }
	// Check records CheckTime of the microphone as others would get it, and plays it back. Nothing is sent to anybody until it
	// has ended, in a channel too. Where a key or a mute would keep the microphone shut it is open for the recording all the
	// same. Joining and leaving end it.
	Check struct{}
	// StopCheck ends a Check.
	StopCheck struct{}
	// EchoTest plays some seconds of noise and a sweep, and looks what the microphone hears of it before and after the echo
	// canceller. Outside of a channel or call alone; nothing is sent to anybody. Joining, a call that is taken and a Check end it.
	EchoTest struct{}
	// StopEchoTest ends an EchoTest.
	StopEchoTest struct{}
	// Play plays a sound of the program's own: 48 kHz mono, which must not be changed afterwards. It is heard while deafened,
	// and SetOutputVolume does not change it. Outside of a channel the loudspeaker opens for it.
	Play struct {
		Samples []float32
		Gain    float32 // 0 to 2
		Ring    bool    // on the ringer, which stays open until StopRing, or some seconds
	}
	// StopRing ends what Play plays on the ringer.
	StopRing struct{}
	// SetOutputVolume sets how loud people are all together: 0 to 2, 1 is as sent.
	SetOutputVolume struct{ Gain float32 }
	// SetShareSpeaking lets the server tell those outside of the channel when one speaks.
	SetShareSpeaking struct{ On bool }

	// Examine looks for what stands in the way of calls; see Snapshot.Examination. Microphone and loudspeaker open for it, and nothing of
	// them is sent. One that runs begins anew. It needs a server that was given by Connect, reached or not.
	Examine struct{}
	// StopExamine ends it.
	StopExamine struct{}

	// SetPresence tells the others how one is: online, away or dnd.
	SetPresence struct{ Status string }
	// SetName changes the display name.
	SetName struct{ Name string }

	// Claim makes oneself the owner with the server's secret.
	Claim struct{ Secret string }
	// AddChannel makes a channel and replies with it.
	AddChannel struct{ Name string }
	// RenameChannel renames one.
	RenameChannel struct{ Channel, Name string }
	// MoveChannel puts one at a place in the list, from 0.
	MoveChannel struct {
		Channel  string
		Position int
	}
	// RemoveChannel removes one.
	RemoveChannel struct{ Channel string }
	// CreateInvite makes an invite and replies with it. Zero: the server's defaults.
	CreateInvite struct {
		Uses    int
		Expires time.Duration
	}
	// ListInvites replies with the invites that work.
	ListInvites struct{}
	// RevokeInvite ends one.
	RevokeInvite struct{ Invite string }
	// KickUser ends somebody's membership.
	KickUser struct{ User string }
)

func (Connect) command()          {}
func (Disconnect) command()       {}
func (RetryNow) command()         {}
func (Join) command()             {}
func (Leave) command()            {}
func (Call) command()             {}
func (Accept) command()           {}
func (Decline) command()          {}
func (HangUp) command()           {}
func (ForgetMissed) command()     {}
func (SetCamera) command()        {}
func (UseCamera) command()        {}
func (Preview) command()          {}
func (WatchScreens) command()     {}
func (ShareScreen) command()      {}
func (StopShare) command()        {}
func (UseRinger) command()        {}
func (StopRing) command()         {}
func (SendFile) command()         {}
func (AcceptFile) command()       {}
func (RefuseFile) command()       {}
func (CancelFile) command()       {}
func (ForgetTransfer) command()   {}
func (SetDownloads) command()     {}
func (Say) command()              {}
func (Mute) command()             {}
func (Deafen) command()           {}
func (Talk) command()             {}
func (Prioritize) command()       {}
func (Whisper) command()          {}
func (SetVolume) command()        {}
func (SetLocalMute) command()     {}
func (Trust) command()            {}
func (Verify) command()           {}
func (SetKnownOnly) command()     {}
func (SetRelayOnly) command()     {}
func (SetRelayNew) command()      {}
func (UseDevice) command()        {}
func (Tune) command()             {}
func (Watch) command()            {}
func (Listen) command()           {}
func (Check) command()            {}
func (StopCheck) command()        {}
func (EchoTest) command()         {}
func (StopEchoTest) command()     {}
func (Play) command()             {}
func (SetOutputVolume) command()  {}
func (SetShareSpeaking) command() {}
func (Examine) command()          {}
func (StopExamine) command()      {}
func (SetPresence) command()      {}
func (SetName) command()          {}
func (Claim) command()            {}
func (AddChannel) command()       {}
func (RenameChannel) command()    {}
func (MoveChannel) command()      {}
func (RemoveChannel) command()    {}
func (CreateInvite) command()     {}
func (ListInvites) command()      {}
func (RevokeInvite) command()     {}
func (KickUser) command()         {}
