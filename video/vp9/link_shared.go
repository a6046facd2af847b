//go:build cgo && (!linux || sharedvpx)

package vp9

// #cgo pkg-config: vpx
import "C"
