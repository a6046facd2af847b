package wire

import (
	"errors"
	"fmt"
)

// Code is a stable name for what went wrong. Programs decide by it; people read Text.
type Code string

// The codes. PROTOCOL.md says when each is sent.
const (
	BadMessage    Code = "bad_message"    // not JSON, over a limit, a field of the wrong form
	UnknownType   Code = "unknown_type"   // a type that this version does not know
	BadVersion    Code = "bad_version"    // protocol versions differ
	BadOrder      Code = "bad_order"      // a message that does not belong here, such as a request before the login
	BadSignature  Code = "bad_signature"  // the signature is not by this key over this connection
	InviteNeeded  Code = "invite_needed"  // no member yet, and no invite was given
	InviteInvalid Code = "invite_invalid" // unknown or revoked
	InviteExpired Code = "invite_expired"
	InviteUsedUp  Code = "invite_used_up"
	SessionGone   Code = "session_gone" // too old to resume: log in
	NotAllowed    Code = "not_allowed"  // the owner may, you may not
	NotFound      Code = "not_found"    // no such channel, user or invite
	ChannelFull   Code = "channel_full"
	MemberTaken   Code = "member_taken"   // one has that member id already, in another channel or with another nonce
	NotInChannel  Code = "not_in_channel" // join first
	NoPeer        Code = "no_peer"        // the addressee is not in the channel or the call
	InCall        Code = "in_call"        // one is in a call, or rings somebody, already
	UserOffline   Code = "user_offline"   // whom one calls is not here; they see it as missed, as with the next two
	UserBusy      Code = "user_busy"      // is in a call
	UserDND       Code = "user_dnd"       // does not want to be disturbed
	CallGone      Code = "call_gone"      // there is no such call any more
	RateLimited   Code = "rate_limited"   // slower, please
	NameTaken     Code = "name_taken"     // a channel has that name
	LimitReached  Code = "limit_reached"  // as many channels, users or invites as there may be
	ClaimInvalid  Code = "claim_invalid"  // wrong, or used already
	Internal      Code = "internal"       // the server's fault
)

// Error answers a request that failed. It is a Go error too.
type Error struct {
	Code Code   `json:"code"`
	Text string `json:"text"` // a sentence for people
}

func (e *Error) Error() string { return fmt.Sprintf("%s (%s)", e.Text, e.Code) }

// Errorf makes an Error.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// CodeOf finds the code in a chain of errors; empty where there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func (*Error) kind() string { return "error" }

func (e *Error) check() error {
	return errors.Join(checkText("code", string(e.Code), 1, 32), checkText("text", e.Text, 0, MaxText))
}
