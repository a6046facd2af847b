//go:build cgo

package hotkey

import "log/slog"

// Open gives the source of macOS, an event tap. Without the permission of Input Monitoring the error wraps ErrDenied and says where
// to give it; the system asks the user, once. log may be nil.
func Open(log *slog.Logger) (Source, error) { return openTap(log) }
