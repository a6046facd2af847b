//go:build !linux

package screen

import (
	"fmt"
	"runtime"

	"parley/video"
)

// connect: nothing is built yet for other systems.
func connect(Config) (system, error) {
	return nil, fmt.Errorf("%w: Parley can't show screens on %s yet", video.ErrNoScreen, runtime.GOOS)
}
