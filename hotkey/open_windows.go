package hotkey

import "log/slog"

// Open gives the source of Windows: hooks, which every desktop program may set. While a program that runs as administrator has
// the focus, Windows tells them nothing. The error wraps ErrUnsupported or ErrDenied. log may be nil.
func Open(log *slog.Logger) (Source, error) { return openHooks(log) }
