// Package transfer is what sending a file takes besides a connection: the frames, a name that is safe here, the file that is read
// and the one that is written. It knows no network and no clock.
//
//	Source ─► Piece … End ─► (a data channel) ─► Sink: the name's part ─► checksum ─► the name
//	          ◄──── Ack ────
//
// Nothing of a stranger's is trusted: not a byte more is written than was announced, nothing that exists is written over, and a file
// gets its name when its checksum was right.
package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Window is how many bytes may be under way beyond what the receiver has written. It keeps so much of what comes out of turn.
const Window = 1 << 20

// What can be wrong with a file, or with who sends it.
var (
	ErrNotFile  = errors.New("only a plain file can be sent: no folder, link or device")
	ErrTooLarge = errors.New("the file is too large")
	ErrChanged  = errors.New("the file has changed while it was sent")
	ErrSpace    = errors.New("there is not enough room on the disk")
	ErrBeyond   = errors.New("more came than was announced")
	ErrTurn     = errors.New("parts of the file came that can't be")
	ErrHash     = errors.New("what came is not what was sent")
	ErrNoName   = errors.New("there are too many files of that name")
)

// failed says what could not be done. Where a disk is full it is that; a path is nothing that the user does not know.
func failed(what string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, diskFull) {
		return ErrSpace
	}
	return fmt.Errorf("%s: %w", what, bare(err))
}

// bare is an error without the paths and names that the system's come with.
func bare(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	var call *os.SyscallError
	switch {
	case errors.As(err, &path):
		return bare(path.Err)
	case errors.As(err, &link):
		return bare(link.Err)
	case errors.As(err, &call):
		return bare(call.Err)
	}
	return err
}

// Key tells files apart whose sending may go on where it broke off: by who sends whom what.
func Key(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// hashPart is how much of a file is hashed at a time: some milliseconds' work.
const hashPart = 1 << 20

// hashOf reads the first n bytes, whose hash goes on in h. That takes minutes where there are many, so it ends early with ctx.
func hashOf(ctx context.Context, h io.Writer, r io.ReaderAt, n int64) error {
	part, buffer := io.NewSectionReader(r, 0, n), make([]byte, readAhead)
	for n > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		got, err := io.CopyBuffer(h, io.LimitReader(part, hashPart), buffer)
		if err != nil {
			return err
		}
		if got == 0 {
			return io.ErrUnexpectedEOF
		}
		n -= got
	}
	return nil
}
