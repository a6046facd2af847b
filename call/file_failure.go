package call

import (
	"errors"
	"strings"

	"parley/call/transfer"
)

// Why a file does not come, in words between two.
const (
	whyChanged = "changed" // where it is
	whyRead    = "read"    // it can't be
	whySpace   = "space"   // there is none for it
	whyDisk    = "disk"    // it can't be written
	whyHash    = "hash"    // it is not what was sent
	whyTurn    = "turn"    // the sender does what it may not
	whyStuck   = "stuck"
	whyGone    = "gone" // the other one; said by nobody
	whyMany    = "many" // offers wait already
	whyNone    = "none" // are taken
)

// whyOf names what went wrong here.
func whyOf(err error, incoming bool) string {
	switch {
	case errors.Is(err, transfer.ErrChanged):
		return whyChanged
	case errors.Is(err, transfer.ErrSpace):
		return whySpace
	case errors.Is(err, transfer.ErrHash):
		return whyHash
	case errors.Is(err, transfer.ErrBeyond), errors.Is(err, transfer.ErrTurn), errors.Is(err, transfer.ErrTooLarge):
		return whyTurn
	case incoming:
		return whyDisk
	}
	return whyRead
}

// failure says what happened to a file, and what to do.
func failure(f *file, why string) string {
	sentences := outgoingFailures
	if f.Incoming {
		sentences = incomingFailures
	}
	text, known := sentences[why]
	if !known {
		text = sentences[""]
	}
	return strings.NewReplacer("FILE", f.File, "NAME", f.Name).Replace(text)
}

var incomingFailures = map[string]string{
	whyChanged: "FILE was changed by NAME while it came. Ask them to send it again.",
	whyRead:    "NAME's computer can't read FILE any more. Ask them to send it again.",
	whySpace:   "There is not enough room on your disk for FILE. Make room, and ask NAME to send it again.",
	whyDisk:    "FILE can't be written into your folder for files. See that the folder can be written to, and ask NAME to send it again.",
	whyHash:    "What came of FILE was damaged, and was thrown away. Ask NAME to send it again.",
	whyTurn:    "NAME's computer sent something else than it had announced. FILE was thrown away.",
	whyStuck:   "Nothing more of FILE came for two minutes. Ask NAME to send it again: it goes on where it broke off.",
	whyGone:    "NAME was gone for more than two minutes. When they send FILE again it goes on where it broke off.",
	"":         "NAME's computer gave up sending FILE.",
}

var outgoingFailures = map[string]string{
	whyChanged: "FILE was changed while it was sent. Send it again.",
	whyRead:    "FILE can't be read any more. Look whether it is still there, and send it again.",
	whySpace:   "There is not enough room on NAME's disk for FILE.",
	whyDisk:    "NAME's computer can't write FILE into the folder for files there.",
	whyHash:    "FILE came to NAME damaged, and was thrown away there. Send it again.",
	whyTurn:    "NAME's computer did not take FILE as it was sent. Send it again.",
	whyStuck:   "Nothing more of FILE came through for two minutes. Send it again: it goes on where it broke off.",
	whyGone:    "NAME was gone for more than two minutes. When they are back, send FILE again: it goes on where it broke off.",
	whyMany:    "NAME has too many files waiting already. Try again later.",
	whyNone:    "NAME takes no files.",
	"":         "NAME does not want FILE.",
}
