//go:build !cgo || noyuv

package yuv

func newKernel() kernel { return newGolang() }
