package call

import (
	"fmt"

	"parley/audio"
)

// devicesSeen hands on what there is; Follow calls it on its own goroutine.
func (s *sound) devicesSeen(d audio.Devices) {
	s.seen.Store(&d)
	list := make([]Device, len(d.List))
	for i, x := range d.List {
		list[i] = Device{Output: x.Kind == audio.Output, ID: x.ID, Name: x.Name, Default: x.Default, Monitor: x.Monitor}
	}
	s.post(devicesSeen{list, d.Input, d.Output})
}

// deviceNotice says what happened to a device, in a sentence.
func (s *sound) deviceNotice(n audio.Notice) {
	if !s.worthTelling(n) {
		return
	}
	name := "microphone"
	if n.Kind == audio.Output {
		name = "speaker"
	}
	s.post(soundEvent{Notice{Kind: NoticeDevice, Code: name + "_" + n.Event.String(), Device: n.Name, Text: deviceText(n, name)}})
}

// worthTelling: outside of a channel a device opens for a moment, for a sound or a test, and that is no news.
func (s *sound) worthTelling(n audio.Notice) bool {
	switch n.Event {
	case audio.Plugged, audio.Unplugged:
		return true
	case audio.Opened, audio.FellBack, audio.Returned:
		return s.calling.Load()
	default:
		return s.calling.Load() || n.Kind == audio.Input
	}
}

func deviceText(n audio.Notice, name string) string {
	switch n.Event {
	case audio.Opened:
		return fmt.Sprintf("Using the %s %s.", name, n.Name)
	case audio.Lost:
		return fmt.Sprintf("The %s %s is gone.", name, n.Name)
	case audio.FellBack:
		return fmt.Sprintf("The chosen %s is not there; using %s until it is.", name, n.Name)
	case audio.Returned:
		return fmt.Sprintf("The %s %s is back.", name, n.Name)
	case audio.None:
		return fmt.Sprintf("There is no %s. One that you plug in is used at once.", name)
	case audio.Failed:
		return fmt.Sprintf("The %s %s does not work: %v. Parley keeps trying.", name, n.Name, n.Err)
	case audio.Passed:
		return fmt.Sprintf("The %s %s gives no sound, and another one does.", name, n.Name)
	case audio.Unplugged:
		return n.Name + " unplugged."
	}
	if n.Used {
		return n.Name + " plugged in. It is used now."
	}
	return n.Name + " plugged in."
}
