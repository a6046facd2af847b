package screen

import (
	"cmp"
	"fmt"
	"os"

	"parley/video"
)

// connect connects to the X server. In a Wayland session there may be one too, for old programs, which knows these only; who names a
// display wants that one.
func connect(c Config) (system, error) {
	wayland := c.Display == "" && (os.Getenv("WAYLAND_DISPLAY") != "" || os.Getenv("XDG_SESSION_TYPE") == "wayland")
	name := cmp.Or(c.Display, os.Getenv("DISPLAY"))
	if name == "" && !wayland {
		return nil, fmt.Errorf("%w: there is no display", video.ErrNoScreen)
	}
	d, err := dial(name)
	switch {
	case err != nil && wayland:
		return nil, fmt.Errorf("%w: %w", video.ErrNoScreen, video.ErrWayland)
	case err != nil:
		return nil, fmt.Errorf("%w: connect to the display: %w", video.ErrNoScreen, err)
	}
	d.rootless = wayland || d.isXwayland()
	return d, nil
}
