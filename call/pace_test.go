package call

import (
	"testing"
	"time"

	"parley/wire"
)

// A whole big server's beginning passes at once, then only so much a second, and who was quiet for a while may speak again.
func TestPace(t *testing.T) {
	var p pace
	now := time.Unix(1e9, 0)
	for range paceBurst {
		if d := p.take(now, nil); d != 0 {
			t.Fatal("the beginning waits")
		}
	}
	n := 0
	for end := now.Add(10 * time.Second); now.Before(end); n++ {
		now = now.Add(p.take(now, nil))
	}
	if n < 9*paceRate || n > 11*paceRate {
		t.Errorf("%d messages in ten seconds", n)
	}
	now = now.Add(time.Minute)
	for range paceBurst {
		if d := p.take(now, nil); d != 0 {
			t.Fatal("it is not forgiven")
		}
	}
	if p.take(now, &wire.Snapshot{Users: make([]wire.User, 100), Rosters: []wire.Roster{{Members: make([]wire.Member, 99)}}}) != 200*time.Second/paceRate {
		t.Error("a part of a snapshot counts as one thing")
	}
}
