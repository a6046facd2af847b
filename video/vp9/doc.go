// Package vp9 codes and decodes pictures by libvpx: VP9 (profile 0) and, for who has no VP9, VP8. It needs libvpx 1.12.0 in
// Debian's revision deb12u5, or later: earlier ones lack fixes against hostile streams. Without cgo only the readers of
// headers are there. On Linux its archive is linked into the program, which so runs where another libvpx is installed, or
// none, and which gives it its memory (memory.c); whoever has no libvpx.a builds with the tag sharedvpx. What Debian mends in
// libvpx reaches a program when it is built again.
//
// What libvpx does not do, and is done here:
//
//   - It allocates what a header asks for, 65536x65536 too. Every header is read here first, key frames', inter frames' and
//     each one's of a superframe, and what is larger than video.MaxWidth x video.MaxHeight never reaches it.
//   - After about a dozen corrupt packets in a row it refuses even a good key frame. So a decoder is made anew after each
//     error, and waits for a key frame.
//   - A frame that is lost gives no error, only a picture that is 7 dB worse. Who feeds a decoder finds loss from RTP
//     (video.Assembler) and keeps what depends on it away.
package vp9

import (
	"errors"

	"parley/video"
)

// The errors that are not libvpx' own.
var (
	ErrClosed    = errors.New("vp9: closed")
	ErrRange     = errors.New("vp9: out of range")
	ErrNoPicture = video.ErrNoPicture
	ErrNeedKey   = errors.New("vp9: a key frame has to come first")
	ErrHeader    = errors.New("vp9: no frame header")
)
