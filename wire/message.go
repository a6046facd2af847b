// Package wire is what client and server share: the messages, their limits, and the websocket that carries them.
// PROTOCOL.md at the top of the tree describes it for people; a test holds the two together.
//
// A message is a JSON object in one websocket text frame of at most MaxMessage bytes. Everything that is decoded here comes
// from a stranger: Decode bounds size and depth before it parses, and each message checks its own fields, so that whoever
// receives a Message never sees an id of the wrong form, a name that is too long, or a missing body.
package wire

import (
	"maps"
	"slices"
)

// Version of the protocol. A server that does not speak the client's version says so in error{bad_version}.
const Version = 1

// Message is one of the types of this package; the interface is sealed. A nil error of check means that every field is
// within its limits.
type Message interface {
	kind() string
	check() error
}

// Envelope carries a Message.
type Envelope struct {
	ID   uint32  // of a request; its reply carries it in Re. Zero: not a request
	Re   uint32  // the request that this answers. Zero: not a reply
	Seq  uint64  // of an event within its session, from 1; zero on replies and on what a resume need not repeat
	Body Message // never nil after Decode
}

// blanks makes an empty message of each type. It is the one list of what exists; PROTOCOL.md must have each of them.
var blanks = map[string]func() Message{}

func register[M any, P interface {
	*M
	Message
}]() string {
	name := P(new(M)).kind()
	blanks[name] = func() Message { return P(new(M)) }
	return name
}

// The types by direction. Requests are answered by what the comment says, or by Error.
var (
	_ = register[Hello]()       // ServerHello
	_ = register[ServerHello]() //
	_ = register[Login]()       // Welcome, then Snapshot parts
	_ = register[Resume]()      // Welcome with Resumed, then what was missed
	_ = register[Welcome]()     //
	_ = register[Snapshot]()    //
	_ = register[OK]()          //
	_ = register[Error]()       //
	_ = register[Goaway]()      //
	_ = register[Heartbeat]()   // Heartbeat
	_ = register[SnapshotGet]() // OK, then Snapshot parts

	_ = register[PresenceSet]()    // OK
	_ = register[NameSet]()        // OK
	_ = register[UserChanged]()    //
	_ = register[UserRemoved]()    //
	_ = register[ChannelChanged]() //
	_ = register[ChannelRemoved]() //

	_ = register[VoiceJoin]()      // Roster
	_ = register[VoiceLeave]()     // OK
	_ = register[VoiceState]()     // OK
	_ = register[VoiceSpeaking]()  // OK, or nothing
	_ = register[RosterGet]()      // Roster
	_ = register[Roster]()         //
	_ = register[MemberJoined]()   //
	_ = register[MemberChanged]()  //
	_ = register[MemberLeft]()     //
	_ = register[MemberSpeaking]() //
	_ = register[TurnGet]()        // Turn
	_ = register[Turn]()           //

	_ = register[CallRing]()     // CallPlaced
	_ = register[CallPlaced]()   //
	_ = register[CallIncoming]() //
	_ = register[CallAccept]()   // CallPlaced
	_ = register[CallAnswered]() //
	_ = register[CallHere]()     // CallPlaced
	_ = register[CallEnd]()      // OK
	_ = register[CallEnded]()    //
	_ = register[CallMissed]()   //
	_ = register[CallSeen]()     // OK

	_ = register[NeedOffer]() // relayed
	_ = register[Offer]()     // relayed
	_ = register[Answer]()    // relayed
	_ = register[Candidate]() // relayed
	_ = register[Findings]()  // relayed

	_ = register[Claim]()         // OK
	_ = register[ChannelAdd]()    // ChannelChanged
	_ = register[ChannelRename]() // OK
	_ = register[ChannelMove]()   // OK
	_ = register[ChannelRemove]() // OK
	_ = register[InviteCreate]()  // Invites, with the one made
	_ = register[InviteList]()    // Invites
	_ = register[InviteRevoke]()  // OK
	_ = register[Invites]()       //
	_ = register[Kick]()          // OK
)

// Kinds lists the names of all types, in order: for tests that hold something else against the whole of them.
func Kinds() []string { return slices.Sorted(maps.Keys(blanks)) }

// Kind is the message's name on the wire, as PROTOCOL.md lists it.
func Kind(m Message) string { return m.kind() }
