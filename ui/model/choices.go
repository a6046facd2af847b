package model

import (
	"fmt"

	"parley/call"
)

// Choices are the microphones or loudspeakers to choose from: the labels, the device id that belongs to each, and which one is
// chosen now. The first one is to follow the system, with the empty id. Monitors, which hear what a loudspeaker plays, are offered
// only where one was chosen by other means; a chosen device that is not there is offered all the same, so that nothing else is
// chosen for it. chosen is a device's id or name, as in profile.Settings.
func Choices(s *call.Snapshot, output bool, chosen string) (labels, ids []string, selected int) {
	return soundChoices(s, output, chosen, "Follow the system", true)
}

// RingerChoices are the loudspeakers that calls can ring on. The first one is to follow the choice of the speaker.
func RingerChoices(s *call.Snapshot, chosen string) (labels, ids []string, selected int) {
	return soundChoices(s, true, chosen, "Follow the speaker", false)
}

// CameraChoices are the cameras. The first one is whichever is found first.
func CameraChoices(s *call.Snapshot, chosen string) (labels, ids []string, selected int) {
	c := newChoice("The first one", chosen)
	first := true
	for _, camera := range s.Camera.Cameras {
		if first && !camera.Test { // the test picture is never taken unasked
			c.labels[0] += ": " + deviceName(camera.Name)
			first = false
		}
		c.add(camera.ID, camera.Name)
	}
	return c.all()
}

func soundChoices(s *call.Snapshot, output bool, chosen, none string, told bool) (labels, ids []string, selected int) {
	c := newChoice(none, chosen)
	for _, d := range s.Sound.Devices {
		if d.Output != output {
			continue
		}
		if d.Default && told {
			c.labels[0] = none + ": " + deviceName(d.Name)
		}
		if !d.Monitor || c.is(d.ID, d.Name) {
			c.add(d.ID, d.Name)
		}
	}
	return c.all()
}

// choice is a list of things to choose from, of which the first leaves the choice to somebody else.
type choice struct {
	labels, ids []string
	chosen      string
	selected    int
	taken       map[string]int
}

func newChoice(none, chosen string) *choice {
	return &choice{labels: []string{none}, ids: []string{""}, chosen: chosen, taken: map[string]int{}}
}

func (c *choice) is(id, name string) bool {
	return c.chosen != "" && (id == c.chosen || name == c.chosen)
}

// add tells things of one name apart by a number.
func (c *choice) add(id, raw string) {
	name := deviceName(raw)
	if c.taken[name]++; c.taken[name] > 1 {
		name = fmt.Sprintf("%s (%d)", name, c.taken[name])
	}
	if c.is(id, raw) && (c.selected == 0 || id == c.chosen) {
		c.selected = len(c.labels)
	}
	c.labels, c.ids = append(c.labels, name), append(c.ids, id)
}

func (c *choice) all() (labels, ids []string, selected int) {
	if c.chosen != "" && c.selected == 0 {
		c.selected = len(c.labels)
		c.labels, c.ids = append(c.labels, deviceName(c.chosen)+" (not plugged in)"), append(c.ids, c.chosen)
	}
	return c.labels, c.ids, c.selected
}

// deviceName is what a driver calls a device; that can be anything.
func deviceName(name string) string {
	if clean := Inert(name); clean != "" {
		return clean
	}
	return "Unnamed device"
}
