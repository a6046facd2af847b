package call

import (
	"context"
	"errors"
	"net"
	"time"

	"parley/probe"
	"parley/wire"
)

// goneAway is the server's goodbye as an error.
type goneAway struct{ wire.Goaway }

func (g *goneAway) Error() string {
	if g.Text != "" {
		return g.Text
	}
	return "The server closed the connection (" + g.Reason + ")."
}

var (
	// ErrServerKey says that whoever answered could not prove to hold the key of the link: another server, or somebody in
	// the middle. Nothing was sent to it.
	ErrServerKey = errors.New("the server could not prove that it is the one of the invite: this may be another server at its address, or somebody in between. Ask for a new invite")
	errSilent    = errors.New("the connection to the server is dead")
	errProtocol  = errors.New("the server does not speak Parley's protocol")
)

// unreachable is a failed dial, in words for people.
type unreachable struct{ err error }

func (u *unreachable) Unwrap() error { return u.err }

func (u *unreachable) Error() string {
	var name *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(u.err, probe.ECONNREFUSED):
		return "Nobody answers at the server's address: it is not running, or the address has changed."
	case errors.As(u.err, &name):
		return "The server's name can't be found: check the network, and the link."
	case errors.Is(u.err, context.DeadlineExceeded), errors.As(u.err, &timeout) && timeout.Timeout():
		return "The server does not answer: check the network, or whether a firewall is in the way."
	}
	return "The server can't be reached: " + u.err.Error()
}

// isFinal tells what trying again can't mend. Whoever was a member keeps trying in all cases but where the server has put them
// out: a call may be going on without it, and who answers at its address now, with another key or in a later version, may be
// gone tomorrow.
func isFinal(err error, member bool) bool {
	if away := (*goneAway)(nil); errors.As(err, &away) {
		return away.Reason == wire.ReasonKicked || away.Reason == wire.ReasonReplaced
	}
	switch wire.CodeOf(err) {
	case wire.InviteNeeded, wire.InviteInvalid, wire.InviteExpired, wire.InviteUsedUp, wire.NotAllowed:
		return true
	case wire.BadVersion, wire.BadSignature, wire.BadMessage, wire.BadOrder:
		return !member
	}
	return !member && (errors.Is(err, ErrServerKey) || errors.Is(err, errProtocol))
}

// retryAfter is how long the server wants to be left alone, within reason.
func retryAfter(err error) time.Duration {
	if away := (*goneAway)(nil); errors.As(err, &away) {
		return min(time.Duration(away.RetryMS)*time.Millisecond, lastBackoff)
	}
	return 0
}

func errGone() *wire.Error {
	return wire.Errorf(wire.SessionGone, "The connection was lost before the server answered.")
}

// failureCode names in one word what ended a session: the server's error code or reason, or a code of our own.
func failureCode(err error) string {
	if code := wire.CodeOf(err); code != "" {
		return string(code)
	}
	away := (*goneAway)(nil)
	switch {
	case errors.As(err, &away):
		return away.Reason
	case errors.Is(err, ErrServerKey):
		return CodeServerKey
	case errors.Is(err, errProtocol):
		return CodeProtocol
	}
	return CodeNetwork
}
