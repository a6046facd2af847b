//go:build cgo && !noyuv

package yuv

// Debian's libyuv has a broken pkg-config file, hence the plain flag (that for Windows is written by packaging/windows/libs.sh); of the
// archive only what is used is linked, and so neither libjpeg nor libstdc++.

/*
#cgo !darwin,!windows LDFLAGS: -l:libyuv.a
#cgo darwin LDFLAGS: -lyuv
#cgo windows pkg-config: libyuv
#include <libyuv.h>
*/
import "C"

import (
	"image"
	"unsafe"

	"parley/video"
)

// libyuv is the kernel by libyuv.
type libyuv struct{}

func newKernel() kernel { return libyuv{} }

func (libyuv) scale(dst, src *video.Frame) {
	C.I420Scale(pointer(src.Y), C.int(src.YStride), pointer(src.U), C.int(src.CStride), pointer(src.V), C.int(src.CStride),
		C.int(src.Width), C.int(src.Height),
		pointer(dst.Y), C.int(dst.YStride), pointer(dst.U), C.int(dst.CStride), pointer(dst.V), C.int(dst.CStride),
		C.int(dst.Width), C.int(dst.Height), C.kFilterBilinear)
}

// pixels: libyuv names its formats as little-endian words, so that ABGR is the byte order R, G, B, A.
func (libyuv) pixels(dst *image.RGBA, src *video.Frame, o order) {
	if o == bgra {
		C.I420ToARGB(pointer(src.Y), C.int(src.YStride), pointer(src.U), C.int(src.CStride), pointer(src.V), C.int(src.CStride),
			pointer(dst.Pix), C.int(dst.Stride), C.int(src.Width), C.int(src.Height))
		return
	}
	C.I420ToABGR(pointer(src.Y), C.int(src.YStride), pointer(src.U), C.int(src.CStride), pointer(src.V), C.int(src.CStride),
		pointer(dst.Pix), C.int(dst.Stride), C.int(src.Width), C.int(src.Height))
}

func (libyuv) planes(dst *video.Frame, rows []byte, stride int) {
	C.ARGBToI420(pointer(rows), C.int(stride),
		pointer(dst.Y), C.int(dst.YStride), pointer(dst.U), C.int(dst.CStride), pointer(dst.V), C.int(dst.CStride),
		C.int(dst.Width), C.int(dst.Height))
}

func pointer(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(b)) }
