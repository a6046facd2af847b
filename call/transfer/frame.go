package transfer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The frames of the data channel for files. All numbers are big endian; an id is the transfer's 16 bytes.
//
//	piece  1, id, offset (8), sent (4), bytes (1 to MaxPiece)   sent: microseconds on the sender's clock
//	end    2, id, size (8), SHA-256 (32)                         of the whole file, behind its last piece
//	ack    3, id, written (8), pieces (4), delay (4)           from the receiver
const (
	kindPiece = 1
	kindEnd   = 2
	kindAck   = 3

	headerSize = 1 + 16
	pieceSize  = headerSize + 8 + 4
	endSize    = headerSize + 8 + 32
	ackSize    = headerSize + 8 + 4 + 4
)

// MaxPiece is as many bytes of a file as go into one packet: so a frame takes one way, and tells how long that took.
const MaxPiece = 1120

// MaxFrame is the size of the largest frame.
const MaxFrame = pieceSize + MaxPiece

// ID names a transfer.
type ID [16]byte

// A Frame is a Piece, an End or an Ack.
type Frame interface{ Of() ID }

// Piece is a part of a file.
type Piece struct {
	ID     ID
	Offset int64
	Sent   uint32 // when, in microseconds of any clock of the sender's; it turns over
	Data   []byte
}

// End says what the file is as a whole.
type End struct {
	ID   ID
	Size int64
	Hash [32]byte // SHA-256
}

// Ack tells how far the receiver has come.
type Ack struct {
	ID      ID
	Written int64  // bytes that it has from the file's beginning on, written down
	Pieces  uint32 // that have come, altogether
	Delay   uint32 // the shortest way of a piece since the last ack: arrival by the receiver's clock less Sent; only its changes mean something
}

// Of is the transfer that it belongs to.
func (f Piece) Of() ID { return f.ID }

// Of is the transfer that it belongs to.
func (f End) Of() ID { return f.ID }

// Of is the transfer that it belongs to.
func (f Ack) Of() ID { return f.ID }

func header(kind byte, id ID, size int) []byte {
	b := make([]byte, 0, size)
	return append(append(b, kind), id[:]...)
}

// AppendTo appends the frame as it is sent to b, which may be empty.
func (f Piece) AppendTo(b []byte) []byte {
	b = append(append(b, kindPiece), f.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(f.Offset))
	b = binary.BigEndian.AppendUint32(b, f.Sent)
	return append(b, f.Data...)
}

// Bytes is the frame as it is sent.
func (f End) Bytes() []byte {
	b := binary.BigEndian.AppendUint64(header(kindEnd, f.ID, endSize), uint64(f.Size))
	return append(b, f.Hash[:]...)
}

// Bytes is the frame as it is sent.
func (f Ack) Bytes() []byte {
	b := binary.BigEndian.AppendUint64(header(kindAck, f.ID, ackSize), uint64(f.Written))
	b = binary.BigEndian.AppendUint32(b, f.Pieces)
	return binary.BigEndian.AppendUint32(b, f.Delay)
}

var errFrame = errors.New("no frame of a file")

// Read reads a frame. The data of a Piece is part of b.
func Read(b []byte) (Frame, error) {
	if len(b) < headerSize {
		return nil, errFrame
	}
	id, rest := ID(b[1:headerSize]), b[headerSize:]
	switch kind := b[0]; {
	case kind == kindPiece && len(b) > pieceSize && len(b) <= MaxFrame:
		f := Piece{ID: id, Sent: binary.BigEndian.Uint32(rest[8:]), Data: rest[12:]}
		var err error
		f.Offset, err = readOffset(rest)
		return f, err
	case kind == kindEnd && len(b) == endSize:
		f := End{ID: id, Hash: [32]byte(rest[8:])}
		var err error
		f.Size, err = readOffset(rest)
		return f, err
	case kind == kindAck && len(b) == ackSize:
		f := Ack{ID: id, Pieces: binary.BigEndian.Uint32(rest[8:]), Delay: binary.BigEndian.Uint32(rest[12:])}
		var err error
		f.Written, err = readOffset(rest)
		return f, err
	}
	return nil, errFrame
}

// MaxSize is the largest file: what fits into a number of JavaScript's, too.
const MaxSize = 1<<53 - 1

func readOffset(b []byte) (int64, error) {
	n := binary.BigEndian.Uint64(b)
	if n > math.MaxInt64 || n > MaxSize {
		return 0, fmt.Errorf("%w: an offset of %d", errFrame, n)
	}
	return int64(n), nil
}
