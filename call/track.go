package call

import "parley/call/mesh"

// Track is one of the two that a person's pictures come by.
type Track = mesh.Track

// The tracks of pictures.
const (
	CameraTrack = mesh.CameraTrack
	ScreenTrack = mesh.ScreenTrack

	tracks = 2
)
