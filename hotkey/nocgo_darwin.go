//go:build !cgo

package hotkey

import (
	"fmt"
	"log/slog"
)

// Open gives nothing: macOS tells of keys by C alone, and this program was built without. The error wraps ErrUnsupported.
func Open(*slog.Logger) (Source, error) {
	return nil, fmt.Errorf("%w: built without cgo", ErrUnsupported)
}
