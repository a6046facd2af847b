package lab

import (
	"errors"
	"os"

	"parley/video"
	"parley/video/videotest"
)

// ClipPictures is how many there are in a clip: after so many the pattern's background is where it began.
const ClipPictures = 512

// WriteClip writes the test pattern as a file that can be played again and again, as a browser plays the one that is its camera: so many
// pictures a second, with a flash at every number that beeps divides (0: none).
func WriteClip(path string, width, height, fps, beeps int) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	p, err := videotest.NewPattern(width, height, beeps)
	if err != nil {
		return err
	}
	out, err := video.NewY4MWriter(f, width, height, fps)
	if err != nil {
		return err
	}
	frame, err := new(video.Pool).Get(width, height)
	if err != nil {
		return err
	}
	defer frame.Release()
	for n := range uint32(ClipPictures) {
		if err := errors.Join(p.Draw(frame, n), out.Write(frame)); err != nil {
			return err
		}
	}
	return out.Flush()
}
