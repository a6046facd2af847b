// Package lab gives tests and benchmarks a sound card, a screen, voices and running programs on a machine that has none
// of them.
//
//   - Pulse: a private PulseAudio server with a microphone and a loudspeaker for each person, on one clock
//   - Room: a room in which a microphone hears a loudspeaker of that
//   - Display: a screen with a window manager, keyboard, mouse and clipboard, and what is to be seen on it
//   - Speech, Voices: recorded human speech from Debian packages, at 48 kHz
//   - Server, Client: parleyd and parleyctl as real processes
//   - Chromium, Firefox: a browser with one page
//   - Imposter, Crowd: servers that are none
//
// Nothing here knows the testing package: the benchmark is an ordinary program. What is started is stopped by Close,
// by process group, and nothing outside of it is touched.
package lab

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
	"time"
)

// SampleRate is that of every sample slice in this package, in Hz. All of them are mono unless said otherwise.
const SampleRate = 48000

// Nobody is the unprivileged account that root's tests use to run sound and clients as a user.
func Nobody() (*syscall.Credential, error) {
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("look up nobody: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("parse uid: %w", err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("parse gid: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// TempDir makes a scratch folder that belongs to cred (nil: to this process).
func TempDir(cred *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp("", "parley-lab-")
	if err != nil {
		return "", fmt.Errorf("make scratch folder: %w", err)
	}
	if cred != nil {
		if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
			return "", fmt.Errorf("hand over scratch folder: %w", err)
		}
	}
	return dir, nil
}

// poll calls ok every few milliseconds until it is true or ctx ends.
func poll(ctx context.Context, ok func() bool) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
