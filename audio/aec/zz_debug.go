package aec

import (
	"os"
	"strconv"
	"strings"
)

// Debug is the filter's error.
func Debug(c *Canceller) []float32 { return c.suppressor.rest[size-frame:] }

var tune [30]float32

func init() {
	for _, kv := range strings.Split(os.Getenv("TUNE"), ",") {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			continue
		}
		i, _ := strconv.Atoi(k)
		x, _ := strconv.ParseFloat(v, 64)
		tune[i] = float32(x)
	}
}

func tn(i int, def float32) float32 {
	if tune[i] != 0 {
		return tune[i]
	}
	return def
}

func State(c *Canceller) (near float32, un [bands]float32, gain [bands]float32, leak [bands]float32, nf [bands]float32) {
	s := &c.suppressor
	for b := range un {
		n := float32(edges[b+1] - edges[b])
		for k := edges[b]; k < edges[b+1]; k++ {
			gain[b] += s.gain[k] / n
		}
	}
	return s.talks, s.only, gain, s.level, s.speaks
}
