package test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// figures are what must not grow of a program.
type figures struct {
	goroutines, files int
	heap, resident    uint64 // bytes
}

func (f figures) String() string {
	return fmt.Sprintf("%d goroutines, %d files, %.1f MB in use, %.1f MB resident", f.goroutines, f.files, float64(f.heap)/1e6, float64(f.resident)/1e6)
}

// measure is each client's figures, and the server's last.
func (c *chaos) measure() (all []figures) {
	c.Helper()
	for _, p := range c.people {
		line, err := p.last()
		if err != nil {
			c.Fatal(err)
		}
		all = append(all, c.figures(p.client.PID(), line.Goroutines, line.Heap))
	}
	var status struct {
		Goroutines, Sessions, Relayed int
		Heap                          uint64 `json:"heap_bytes"`
	}
	out := c.parleyd("status")
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		c.Fatal(err)
	}
	if status.Sessions != len(c.people) {
		c.Errorf("the server has %d sessions, want %d: %s", status.Sessions, len(c.people), out)
	}
	// A program that was killed has ended nothing on the relay: what it had there lasts until its user is back in a channel, or its ten
	// minutes (RFC 8656, section 3.2). Each is a goroutine and a file, and their number has its own bound.
	f := c.figures(c.server.PID(), status.Goroutines-status.Relayed, status.Heap)
	f.files -= status.Relayed
	return append(all, f)
}

func (c *chaos) figures(pid, goroutines int, heap uint64) figures {
	c.Helper()
	f := figures{goroutines: goroutines, heap: heap}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		c.Fatal(err)
	}
	f.files = len(files)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		c.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "\nVmRSS:")
	if _, err := fmt.Sscan(rest, &f.resident); err != nil {
		c.Fatal(err)
	}
	f.resident <<= 10
	return f
}

// stay wants that nothing has grown, as soon as what is being ended has ended.
func (c *chaos) stay(began []figures) {
	c.Helper()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for begin := time.Now(); ; <-tick.C {
		ended := c.measure()
		grown := c.grown(began, ended)
		if len(grown) > 0 && time.Since(begin) < calm() {
			continue
		}
		for i, f := range ended {
			c.Logf("%-9s %v\n%19s %v", c.name(i), f, "before:", began[i])
		}
		for _, what := range grown {
			c.Error(what)
		}
		return
	}
}

// name is of a program in the order of measure.
func (c *chaos) name(i int) string {
	if i < len(c.people) {
		return c.people[i].name
	}
	return "server"
}

// grown compares with the most that anybody had at the beginning: where people sit says how many ways they try, and who came back
// is another process.
func (c *chaos) grown(began, ended []figures) (list []string) {
	clients := len(c.people)
	var most figures
	for _, f := range began[:clients] {
		most = figures{max(most.goroutines, f.goroutines), max(most.files, f.files), max(most.heap, f.heap), max(most.resident, f.resident)}
	}
	for i, f := range ended {
		before := most
		if i == clients {
			before = began[i]
		}
		if f.goroutines > before.goroutines*5/4+20 || f.files > before.files*5/4+10 || f.heap > before.heap*3/2+8<<20 || f.resident > before.resident*3/2+32<<20 {
			list = append(list, fmt.Sprintf("%s has grown: %v; at the beginning at most %v", c.name(i), f, before))
		}
	}
	return list
}
