//go:build cgo && (windows || darwin)

package camera

import (
	"strconv"
	"time"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/driver/camera"
)

// every is how often the drivers look around: they are not told of what is plugged in, and to look costs them some time.
const every = 10 * time.Second

// present changes when it is time to look around.
func present() string { return strconv.FormatInt(time.Now().Unix()/int64(every.Seconds()), 10) }

// lookAround registers what is there now. The drivers add to what they have registered before, which has to go first. While one
// is open nothing is done: that one says itself when it goes.
func lookAround() {
	m := driver.GetManager()
	all := m.Query(isCamera)
	for _, d := range all {
		if d.Status() != driver.StateClosed {
			return
		}
	}
	for _, d := range all {
		m.Delete(d.ID())
	}
	camera.Initialize()
}

// gives: to ask would begin to use it, which a system may ask its user about.
func gives(driver.Driver) bool { return true }
