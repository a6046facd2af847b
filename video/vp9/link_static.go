//go:build cgo && linux && !sharedvpx

package vp9

// #cgo LDFLAGS: -l:libvpx.a -lm -lpthread
import "C"
