//go:build !windows

package main

import (
	"io"
	"os"
)

// words is where answers go, and what is to be said to people; end comes at the program's end.
func words() (out, people io.Writer, end func(code int)) {
	return os.Stdout, os.Stderr, func(int) {}
}
