// Package opus is libopus (RFC 6716) by a small cgo shim: the prototypes are declared here, and the static archive of
// mediadevices' opus package (libopus 1.3.1 for linux amd64/arm64/armv7, darwin amd64/arm64, windows amd64) is linked, so
// that no system library is needed. `go build -tags dynamic` takes the system's libopus through pkg-config instead.
//
// In-band forward error correction lives in SILK and hybrid frames only (RFC 6716, section 2.1.7), and the encoder chooses
// per frame what it makes. What it takes: application Audio or VoIP (LowDelay never has it), the signal set to voice (it
// always is here), Tuning.FEC, Tuning.LossPercent above zero, and at least 24 kbit/s (there is no room at 16).
// TestForwardErrorCorrection holds that for frames of 10 and 20 ms.
//
// What it costs, in application Audio at 64 kbit/s and 20 ms on recorded speech: without reported loss the frames are CELT
// with 25.7 dB SI-SDR at 0.09 ms of encoding each; at 1 % reported, hybrid with 25.1 dB at 0.4 ms; at 10 %, 24.3 dB. So
// LossPercent says what is reported, and zero where nothing is.
package opus

// extern const char *opus_get_version_string(void);
// extern const char *opus_strerror(int);
import "C"

import (
	"errors"
	"fmt"

	"parley/audio"
)

// The errors that are not libopus' own.
var (
	ErrClosed = errors.New("opus: closed")
	ErrFrame  = errors.New("opus: not a frame length of Opus")
	ErrEmpty  = errors.New("opus: empty packet or buffer")
	ErrRange  = errors.New("opus: out of range")
)

// Version is libopus' own version string.
func Version() string { return C.GoString(C.opus_get_version_string()) }

// check makes an error of a negative libopus result. It comes before the result is used to slice anything.
func check(verb string, code C.int) error {
	if code >= 0 {
		return nil
	}
	return fmt.Errorf("opus: %s: %s", verb, C.GoString(C.opus_strerror(code)))
}

// unit is the shortest Opus frame, 2.5 ms: every length is a multiple of it (RFC 6716, section 2.1.4).
const unit = audio.SampleRate / 400

// inRange is the check of everything that comes in as a number.
func inRange(name string, v, low, high int) error {
	if v < low || v > high {
		return fmt.Errorf("%w: %s %d, not %d to %d", ErrRange, name, v, low, high)
	}
	return nil
}
