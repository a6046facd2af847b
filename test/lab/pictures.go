package lab

import (
	"bufio"
	"fmt"
	"os"
	"time"
)

// Picture is one that parleyctl has shown.
type Picture struct {
	Number        int64 // of the test pattern; -1: it has none that can be read
	At            time.Time
	Width, Height int
}

// ReadPictures reads what parleyctl has written with --counters. A last line that is cut is left out.
func ReadPictures(path string) (all []Picture, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pictures shown: %w", err)
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return all, nil // the end, or a line without one
		}
		var p Picture
		var us int64
		if _, err := fmt.Sscan(line, &p.Number, &us, &p.Width, &p.Height); err != nil {
			return nil, fmt.Errorf("pictures shown: %q: %w", line, err)
		}
		p.At = time.UnixMicro(us)
		all = append(all, p)
	}
}
