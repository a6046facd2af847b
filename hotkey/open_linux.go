package hotkey

import (
	"log/slog"
	"os"
)

// Open gives X11's source where the session is one. Under Wayland an X server hears only what goes to its own programs, so there
// it is the portal's, although DISPLAY is set too.
func Open(log *slog.Logger) (Source, error) {
	if os.Getenv("DISPLAY") != "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return openX11(log)
	}
	return openPortal(log)
}
