//go:build cgo && (!(linux || windows) || sharedvpx)

package vp9

// #cgo pkg-config: vpx
import "C"
