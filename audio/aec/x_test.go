package aec

import (
	"os"
	"strconv"
)

func init() {
	set := func(name string, v *float32) {
		if s := os.Getenv(name); s != "" {
			f, _ := strconv.ParseFloat(s, 32)
			*v = float32(f)
		}
	}
	set("XA", &xa)
	set("XB", &xb)
	set("XC", &xc)
	set("XD", &xd)
	set("XT", &xt)
	set("XE", &xe)
	set("XF", &xf)
	f := float32(1)
	set("XDRIFT", &f)
	xDrift = float64(f)
}
