// Package measure is what the benchmarks have in common: CPU time and memory of programs, and what is said of the machine
// that a figure was taken on.
package measure

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU times in /proc, which is 1/100 s on every Linux that Go runs on (proc(5), sysconf).
const clockTick = 10 * time.Millisecond

// Usage is what a process and its descendants have taken: CPU as cores over a span, memory at its end.
type Usage struct {
	Cores float64 `json:"cores"`
	PSS   float64 `json:"pss_mb"` // proportional set size, 2^20 bytes
	Procs int     `json:"processes"`
}

// stat is what is read of one process.
type stat struct {
	parent int
	ticks  int // of CPU, user and system
}

// table reads all processes.
func table() map[int]stat {
	out := map[int]stat{}
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, dir := range dirs {
		b, err := os.ReadFile(dir + "/stat")
		if err != nil {
			continue // it has ended
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		// The name in parentheses may hold blanks.
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		out[pid] = stat{number(f[1]), number(f[11]) + number(f[12])}
	}
	return out
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // the kernel writes numbers
	return n
}

// tree is root and its descendants.
func tree(t map[int]stat, root int) map[int]stat {
	out := map[int]stat{}
	for pid := range t {
		for p := pid; p > 1; p = t[p].parent {
			if p == root {
				out[pid] = t[pid]
				break
			}
		}
	}
	return out
}

// Sampler adds up CPU between Sample and Stop. A process that begins and ends in between is missed: none of the measured
// programs has such.
type Sampler struct {
	begin  time.Time
	groups map[string]int
	first  map[string]map[int]stat
	busy   int
}

// Sample begins to measure the processes of these ids, each with its descendants, under the names that they are given.
func Sample(groups map[string]int) *Sampler {
	s := &Sampler{begin: time.Now(), groups: groups, first: map[string]map[int]stat{}, busy: machineTicks()}
	t := table()
	for name, pid := range groups {
		s.first[name] = tree(t, pid)
	}
	return s
}

// Stop returns each group's usage, and how many cores the whole machine was busy with: the difference is other people's
// load.
func (s *Sampler) Stop() (groups map[string]Usage, machine float64) {
	t, span := table(), time.Since(s.begin)
	groups = map[string]Usage{}
	for name, pid := range s.groups {
		var u Usage
		ticks := 0
		for p, v := range tree(t, pid) {
			ticks += v.ticks - s.first[name][p].ticks
			u.PSS += pss(p)
			u.Procs++
		}
		u.Cores = Round(float64(ticks)*clockTick.Seconds()/span.Seconds(), 3)
		u.PSS = Round(u.PSS, 1)
		groups[name] = u
	}
	return groups, Round(float64(machineTicks()-s.busy)*clockTick.Seconds()/span.Seconds(), 2)
}

// pss is one process's proportional set size in megabytes.
func pss(pid int) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0 // it has ended
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); f[0] == "Pss:" {
			return float64(number(f[1])) / 1024
		}
	}
	return 0
}

// machineTicks is the whole machine's CPU time that was not idle.
func machineTicks() (busy int) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	// user nice system idle iowait irq softirq
	for i, f := range strings.Fields(line)[1:8] {
		if i != 3 && i != 4 {
			busy += number(f)
		}
	}
	return busy
}
