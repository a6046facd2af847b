package measure

import (
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Machine is the first line of a benchmark: what measured, how, and when.
func Machine(method string) map[string]any {
	out := map[string]any{
		"bench": "machine", "method": method, "cores": runtime.NumCPU(), "go": runtime.Version(), "os": runtime.GOOS + "/" + runtime.GOARCH,
		"time": time.Now().UTC().Format(time.RFC3339),
	}
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				out["cpu"] = strings.TrimSpace(v)
				break
			}
		}
	}
	if b, err := exec.Command("git", "describe", "--always", "--dirty").Output(); err == nil {
		out["commit"] = strings.TrimSpace(string(b))
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		out["load"] = strings.Fields(string(b))[0]
	}
	return out
}

// Round keeps so many digits behind the point.
func Round(v float64, digits int) float64 {
	unit := math.Pow10(digits)
	return math.Round(v*unit) / unit
}
