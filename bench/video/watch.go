package main

import (
	"context"
	"image"
	"time"

	"parley/bench/internal/picture"
	"parley/test/lab"
)

// watchScreen looks at a picture on the screen for a while, more often than screens are drawn, and says what was seen and when.
func watchScreen(ctx context.Context, d *lab.Display, place image.Rectangle, length time.Duration) (seen []picture.Moment, err error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(length); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return seen, ctx.Err()
		case <-tick.C:
		}
		at := picture.UnixMS(time.Now())
		n, ok, err := d.ReadNumber(place, false)
		if err != nil {
			return nil, err
		}
		if ok && (len(seen) == 0 || seen[len(seen)-1].N != n) {
			seen = append(seen, picture.Moment{N: n, MS: at})
		}
	}
	return seen, nil
}
