//go:build cgo && (linux || windows) && !sharedvpx

package vp9

// #cgo LDFLAGS: -l:libvpx.a -lpthread
// #cgo linux LDFLAGS: -lm
import "C"
