package lab

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FramesEnv has the app measure its frames, when it stands in AppConfig.Env.
const FramesEnv = "PARLEY_FRAMES=1"

// Frames is how long an app's frames took: events, its own work, and painting; each in milliseconds, rounded up.
type Frames struct {
	counts map[int]int
	worst  string // what the log says of the longest one
	most   int
}

var framesLine = regexp.MustCompile(`^time=(\S+) .*msg="ui frames" ms="?([0-9: ]+)"? (.*)`)

// Frames reads from the log those that were told of after a time. They are told of once a second.
func (a *App) Frames(from time.Time) (Frames, error) {
	f, err := os.Open(a.LogFile())
	if err != nil {
		return Frames{}, fmt.Errorf("read frames: %w", err)
	}
	defer f.Close()
	all := Frames{counts: map[int]int{}}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		m := framesLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		at, err := time.Parse(time.RFC3339, m[1])
		if err != nil {
			return Frames{}, fmt.Errorf("read frames: %w", err)
		}
		if at.Before(from) {
			continue
		}
		for _, pair := range strings.Fields(m[2]) {
			ms, count, _ := strings.Cut(pair, ":")
			length, err := strconv.Atoi(ms)
			if err != nil {
				return Frames{}, fmt.Errorf("read frames: %w", err)
			}
			n, _ := strconv.Atoi(count) // digits
			all.counts[length] += n
			if length > all.most {
				all.most, all.worst = length, m[3]
			}
		}
	}
	return all, lines.Err()
}

// Len is how many there were.
func (f Frames) Len() (n int) {
	for _, c := range f.counts {
		n += c
	}
	return n
}

// Longest is the longest one's time in milliseconds, with how it was made up.
func (f Frames) Longest() (ms int, parts string) { return f.most, f.worst }

// Over is how many took longer than so many milliseconds.
func (f Frames) Over(ms int) (n int) {
	for length, c := range f.counts {
		if length > ms {
			n += c
		}
	}
	return n
}

// Quantile is the time in milliseconds that a part of all frames did not exceed.
func (f Frames) Quantile(part float64) int {
	left := int(part * float64(f.Len()))
	for _, length := range slices.Sorted(maps.Keys(f.counts)) {
		if left -= f.counts[length]; left < 0 {
			return length
		}
	}
	return f.most
}
