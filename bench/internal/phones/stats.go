package phones

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"parley/bench/internal/picture"
)

// Stats is what is read of a line of parleyctl's statistics.
type Stats struct {
	Camera Sent `json:"camera"`
	Screen Sent `json:"screen"`
	Peers  []struct {
		Picture map[string]any `json:"picture"`
		Screen  map[string]any `json:"screen"`
	} `json:"peers"`
}

// Sent is one's own pictures.
type Sent struct {
	EpochUS int64   `json:"epoch_us"`
	FPS     float64 `json:"fps"`
	KBPS    float64 `json:"kbps"`
	Target  float64 `json:"target_kbps"`
	Encode  float64 `json:"encode_ms"`
	Keys    int     `json:"key_frames"`
	LeftOut int     `json:"left_out"`
}

// Coded reads what a has sent of its camera, or screen, in the end, and b received.
func (c *Call) Coded() (map[string]any, error) {
	a, err := ReadStats(c.Stats(0, c.Name))
	if err != nil {
		return nil, err
	}
	b, err := ReadStats(c.Stats(1, c.Name))
	if err != nil {
		return nil, err
	}
	if c.Display != nil {
		return map[string]any{"sent": a.Screen, "received": b.Peers[0].Screen}, nil
	}
	return map[string]any{"sent": a.Camera, "received": b.Peers[0].Picture}, nil
}

// Captured is when the pattern's pictures were due between two times.
func (s Stats) Captured(begin, end float64) (out []picture.Moment) {
	epoch := float64(s.Camera.EpochUS) / 1000
	for n := uint32(max(0, (begin-epoch)*picture.FPS/1000)); ; n++ {
		at := epoch + float64(n)*1000/picture.FPS
		if at > end {
			return out
		}
		out = append(out, picture.Moment{N: n, MS: at})
	}
}

// ReadStats reads the last line that has a peer.
func ReadStats(path string) (last Stats, err error) {
	f, err := os.Open(path)
	if err != nil {
		return last, err
	}
	defer f.Close()
	if last, err = read(f); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return last, err
}

func read(r io.Reader) (last Stats, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s Stats
		if json.Unmarshal(lines.Bytes(), &s) == nil && len(s.Peers) > 0 { // the last one may be cut
			last = s
		}
	}
	if len(last.Peers) == 0 {
		err = errors.New("no statistics with a peer")
	}
	return last, errors.Join(err, lines.Err())
}
