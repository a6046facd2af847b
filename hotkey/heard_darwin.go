//go:build cgo

package hotkey

// #include <stdint.h>
import "C"

import "runtime/cgo"

// parleyHeard is what C calls. It is in a file of its own, as what C defines beside an exported function is defined twice.
//
//export parleyHeard
func parleyHeard(source C.uintptr_t, kind, code C.uint32_t, flags C.uint64_t) {
	if s, ok := cgo.Handle(source).Value().(*tap); ok {
		s.hear(uint32(kind), uint32(code), uint64(flags))
	}
}
