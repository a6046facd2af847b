//go:build !linux && !windows && !darwin

package hotkey

import (
	"fmt"
	"log/slog"
	"runtime"
)

// Open gives this system's source: there is none. The error wraps ErrUnsupported.
func Open(*slog.Logger) (Source, error) {
	return nil, fmt.Errorf("%w: %s", ErrUnsupported, runtime.GOOS)
}
