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

// Lengths is how many frames took how many milliseconds, rounded up.
type Lengths map[int]int

// Frames is how long an app's frames took.
type Frames struct {
	Lengths         // events, its own work, and painting
	Own     Lengths // as much of it as the window's thread had to do, by the processor's time: the same on a machine that does other things, too
	Parts   string  // what the log says of the longest one
}

var framesLine = regexp.MustCompile(`^time=(\S+) .*msg="ui frames" ms="?([0-9: ]+)"? own_ms="?([0-9: ]+)"? (.*)`)

// Frames reads from the log those that were told of after a time. They are told of once a second.
func (a *App) Frames(from time.Time) (Frames, error) {
	f, err := os.Open(a.LogFile())
	if err != nil {
		return Frames{}, fmt.Errorf("read frames: %w", err)
	}
	defer f.Close()
	all := Frames{Lengths: Lengths{}, Own: Lengths{}}
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
		before := all.Longest()
		all.read(m[2])
		all.Own.read(m[3])
		if all.Longest() > before {
			all.Parts = m[4]
		}
	}
	return all, lines.Err()
}

// read adds what a line says: "6:2 7:31".
func (l Lengths) read(line string) {
	for _, pair := range strings.Fields(line) {
		length, count, _ := strings.Cut(pair, ":")
		ms, _ := strconv.Atoi(length) // digits
		n, _ := strconv.Atoi(count)
		l[ms] += n
	}
}

// Len is how many there were.
func (l Lengths) Len() (n int) {
	for _, c := range l {
		n += c
	}
	return n
}

// Longest is the longest one's time.
func (l Lengths) Longest() int { return l.Quantile(1) }

// Over is how many took longer than so many milliseconds.
func (l Lengths) Over(ms int) (n int) {
	for length, c := range l {
		if length > ms {
			n += c
		}
	}
	return n
}

// Quantile is the time that a part of all did not exceed; 0 where there are none.
func (l Lengths) Quantile(part float64) (ms int) {
	left := int(part * float64(l.Len()))
	for _, ms = range slices.Sorted(maps.Keys(l)) {
		if left -= l[ms]; left < 0 {
			break
		}
	}
	return ms
}
