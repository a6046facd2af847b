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
	labels, ids = []string{"Follow the system"}, []string{""}
	taken := map[string]int{}
	for _, d := range s.Sound.Devices {
		if d.Output != output {
			continue
		}
		mine := chosen != "" && (d.ID == chosen || d.Name == chosen)
		name := deviceName(d.Name)
		if d.Default {
			labels[0] = "Follow the system: " + name
		}
		if d.Monitor && !mine {
			continue
		}
		if taken[name]++; taken[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, taken[name])
		}
		if mine && (selected == 0 || d.ID == chosen) {
			selected = len(labels)
		}
		labels, ids = append(labels, name), append(ids, d.ID)
	}
	if chosen != "" && selected == 0 {
		selected = len(labels)
		labels, ids = append(labels, deviceName(chosen)+" (not plugged in)"), append(ids, chosen)
	}
	return labels, ids, selected
}

// deviceName is what a driver calls a device; that can be anything.
func deviceName(name string) string {
	if clean := Inert(name); clean != "" {
		return clean
	}
	return "Unnamed device"
}
