package surface

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jezek/xgb"
	"golang.org/x/sys/unix"

	"parley/xserver"
)

// accelerated says whether OpenGL is likely to be drawn by a graphics card: programs reach one through DRI3 or DRI2, which the
// display offers only where it has one, and a device that this user may open, or through NVIDIA's own extension; and none is used
// where Mesa is told so.
func accelerated(conn *xgb.Conn) bool {
	switch strings.ToLower(os.Getenv("LIBGL_ALWAYS_SOFTWARE")) {
	case "1", "true", "yes", "y":
		return false
	}
	if xserver.Offers(conn, "NV-GLX") {
		return true
	}
	nodes, _ := filepath.Glob("/dev/dri/renderD*") // the pattern is a good one
	open := func(node string) bool { return unix.Access(node, unix.R_OK|unix.W_OK) == nil }
	return slices.ContainsFunc(nodes, open) && (xserver.Offers(conn, "DRI3") || xserver.Offers(conn, "DRI2"))
}
