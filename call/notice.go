package call

// Notice is something that happened and may want to be told: as a sound, a line, a JSON event. Kind is stable, Code says
// more where there is more, Text is a sentence for people and may hold what other people wrote: it is shown inert.
type Notice struct {
	Seq     uint64 `json:"-"` // counts all notices of an engine, from 1
	Kind    string `json:"event"`
	User    string `json:"user,omitempty"`
	Name    string `json:"name,omitempty"`
	Channel string `json:"channel,omitempty"`
	Device  string `json:"device,omitempty"`
	Code    string `json:"code,omitempty"`
	New     bool   `json:"new_to_you,omitempty"`
	Web     bool   `json:"web,omitempty"` // of who comes or rings: see Peer
	Text    string `json:"text,omitempty"`
	AtMS    int64  `json:"at_ms"` // since the engine's start
}

// The kinds of Notice.
const (
	NoticeOnline  = "online"  // logged in
	NoticeRetry   = "retry"   // a first connection failed and is tried again
	NoticeLost    = "lost"    // the connection broke and is being made again
	NoticeOffline = "offline" // it is over; Code and Text say why
	NoticeJoined  = "joined"  // oneself, a channel
	NoticeLeft    = "left"    // oneself; Code says by whose will

	NoticePeerJoined       = "peer_joined"
	NoticeHeld             = "peer_held" // nothing is sent to it before Trust; Code says why
	NoticePeerConnected    = "peer_connected"
	NoticePeerReconnecting = "peer_reconnecting"
	NoticePeerFailed       = "peer_failed"
	NoticePeerLeft         = "peer_left"
	NoticeFirstSound       = "first_sound" // of a peer, out of the decoder
	NoticeWhisper          = "whisper"     // a peer speaks to oneself and not to everybody; Code is CodeOn or CodeOff
	NoticePriority         = "priority"    // a peer is to be heard before the others; likewise
	NoticeNoPath           = "no_path"     // to a peer; Code is the step that failed (package doctor), Text says what to do

	NoticeCallIncoming = "call_incoming" // Channel is the call's id, here and below
	NoticeCallRinging  = "call_ringing"  // there
	NoticeCallJoined   = "call_joined"   // both have said yes
	NoticeCallEnded    = "call_ended"    // Code says why: a reason of the server's, or CodeFailed; User is who ended it, oneself too, or the other one
	NoticeCallMissed   = "call_missed"   // Code says why
	NoticeFirstPicture = "first_picture" // of a peer, out of the decoder; Code is CodeScreen where it is of a screen
	NoticeCamera       = "camera"        // it opened, vanished, came back; Code says which
	NoticeScreen       = "screen"        // one's own is shown, or not any more by itself; Code says which, Device is its name

	NoticeFileOffered  = "file_offered"  // to oneself; Channel is the transfer's id, here and below, and Text the file's name
	NoticeFileAccepted = "file_accepted" // by the other one
	NoticeFileDone     = "file_done"
	NoticeFileFailed   = "file_failed" // or was refused or cancelled by the other one: Code says which; Text is a sentence
	NoticeText         = "text"        // somebody else has written Text

	NoticeDevice = "device" // a microphone or loudspeaker opened, vanished, came back; Code says which
	NoticeError  = "error"  // a command failed
)

// Codes of NoticeOffline that are the client's own words, beside the server's codes and goodbye reasons.
const (
	CodeServerKey = "server_key"
	CodeProtocol  = "protocol"
	CodeNetwork   = "network"
)

// CodeFailed is why a call ended that did not come about: no answer of the server, or no path between the two.
const CodeFailed = "failed"

// CodeScreen tells the first picture of a screen from that of a camera.
const CodeScreen = "screen"

// Codes of what begins and ends.
const (
	CodeOn  = "on"
	CodeOff = "off"
)

// keptNotices is how many a Snapshot holds: whoever looks less often than this many happen misses some, and sees that by Seq.
const keptNotices = 128
