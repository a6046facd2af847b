package model

import "parley/call"

// Choices are the devices to choose from: what to show, the ids that belong to it, and which one is chosen now.
func Choices(s *call.Snapshot, output bool, chosen string) (labels, ids []string, selected int) {
	return []string{"Follow the system"}, []string{""}, 0
}
