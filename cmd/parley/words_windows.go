package main

import (
	"bytes"
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// words is where answers go, and what is to be said to people; end comes at the program's end. A program with windows of its own has no
// terminal on Windows, not even when it was started from one, unless somebody has given it files. So end shows a box with what was
// answered, and with what was said by a program that has failed: what one says that has not, such as that Parley is open already, its
// window says better.
func words() (out, people io.Writer, end func(code int)) {
	if _, err := os.Stderr.Stat(); err == nil {
		return os.Stdout, os.Stderr, func(int) {}
	}
	var answered, said bytes.Buffer
	return &answered, &said, func(code int) {
		kind := uint32(windows.MB_ICONINFORMATION)
		if code != exitDone {
			kind = windows.MB_ICONERROR
			answered.Write(said.Bytes())
		}
		if answered.Len() == 0 {
			return
		}
		text, err := windows.UTF16PtrFromString(string(bytes.ReplaceAll(answered.Bytes(), []byte{0}, nil)))
		if err != nil {
			return // nobody is left to tell
		}
		title, _ := windows.UTF16PtrFromString("Parley")
		_, _ = windows.MessageBox(0, text, title, windows.MB_OK|windows.MB_SETFOREGROUND|kind)
	}
}
