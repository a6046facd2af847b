package xserver

import (
	"slices"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// BlueFirst says whether pixels of a depth and visual are the bytes blue, green, red and one more.
func BlueFirst(conn *xgb.Conn, depth byte, visual xproto.Visualid) bool {
	setup := xproto.Setup(conn)
	if setup.ImageByteOrder != xproto.ImageOrderLSBFirst || !slices.ContainsFunc(setup.PixmapFormats, func(f xproto.Format) bool {
		return f.Depth == depth && f.BitsPerPixel == 32 && f.ScanlinePad == 32
	}) {
		return false
	}
	for _, screen := range setup.Roots {
		for _, d := range screen.AllowedDepths {
			for _, v := range d.Visuals {
				if d.Depth == depth && v.VisualId == visual {
					return v.Class == xproto.VisualClassTrueColor && v.RedMask == 0xFF0000 && v.GreenMask == 0xFF00 && v.BlueMask == 0xFF
				}
			}
		}
	}
	return false
}
