//go:build !windows

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// words is where answers go, and what is to be said to people; end comes at the program's end. Who has started it from a menu sees no
// standard error: why it has failed is shown by what the desktop has for that, if it has anything.
func words() (out, people io.Writer, end func(code int)) {
	_, err := unix.IoctlGetWinsize(int(os.Stderr.Fd()), unix.TIOCGWINSZ)
	if err == nil || os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return os.Stdout, os.Stderr, func(int) {}
	}
	var said bytes.Buffer
	return os.Stdout, io.MultiWriter(os.Stderr, &said), func(code int) {
		if command := shows(said.String()); code == exitFailed && command != nil {
			_ = command.Start() // its words are in standard error all the same
		}
	}
}

// maxSaid is how much of what was said is shown, in bytes: the last of it, which is why the program ends.
const maxSaid = 1000

// shows is a command that shows text to people; nil: there is none.
func shows(text string) *exec.Cmd {
	text = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(text[max(0, len(text)-maxSaid):], "\x00", ""), ""))
	if text == "" {
		return nil
	}
	for _, c := range [][]string{
		{"zenity", "--error", "--no-markup", "--title=Parley", "--text=" + text},
		{"kdialog", "--title", "Parley", "--error", text},
		{"notify-send", "--icon=dialog-error", "Parley", text},
	} {
		if path, err := exec.LookPath(c[0]); err == nil {
			return exec.Command(path, c[1:]...)
		}
	}
	return nil
}
