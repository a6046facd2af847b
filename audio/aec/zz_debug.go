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
