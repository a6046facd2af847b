//go:build linux && cgo

package camera

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/driver/camera"
)

// present names the system's cameras as it does itself. The links, from which their ids come, appear a little after them.
func present() string {
	var all []string
	for _, pattern := range []string{"/dev/video*", "/dev/v4l/by-id/*", "/dev/v4l/by-path/*"} {
		names, _ := filepath.Glob(pattern)
		all = append(all, names...)
	}
	return strings.Join(all, "\n")
}

// lookAround registers what is there now and forgets what was; what is open stays so.
func lookAround() { camera.Initialize() }

// gives asks a camera whether it has any pictures, which switches nothing on. One that can't be asked, because it is in use or
// because of its permissions, is one all the same, and will say so when it is opened.
func gives(d driver.Driver) bool {
	if d.Status() != driver.StateClosed {
		return true
	}
	if err := d.Open(); err != nil {
		return errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM)
	}
	offers := d.Properties()
	_ = d.Close()
	return len(offers) > 0
}
