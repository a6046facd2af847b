package ns

import "encoding/binary"

const (
	// pages of 64 KiB that an instance gets. RNNoise needs 82 (Emscripten's stack of 5 MiB, hardly used, and the state);
	// the module asks for 256.
	pages = 96

	header        = 8 // magic and version
	memorySection = 5
)

// shrink returns a copy of a WebAssembly module whose one memory begins with fewer pages than it asks for (WebAssembly
// core specification 1.0, sections 5.5.2 and 5.5.8). wazero keeps a memory in Go's heap, where 16 MiB that nobody touches
// cost no memory of their own, but make the garbage collector let as much garbage gather before it runs. A module of
// another form is returned as it is; whoever made a mistake there, New says so.
func shrink(wasm []byte, pages uint64) []byte {
	for at := header; at < len(wasm); {
		id := wasm[at]
		size, n := binary.Uvarint(wasm[at+1:])
		start := at + 1 + n
		if n <= 0 || size > uint64(len(wasm)-start) {
			return wasm
		}
		body := wasm[start : start+int(size)]
		if id != memorySection {
			at = start + int(size)
			continue
		}
		if len(body) < 3 || body[0] != 1 {
			return wasm
		}
		least, n := binary.Uvarint(body[2:])
		if n <= 0 || least <= pages {
			return wasm
		}
		out := append([]byte(nil), wasm...)
		padded(out[start+2:start+2+n], pages)
		return out
	}
	return wasm
}

// padded writes v as LEB128 of exactly len(to) bytes.
func padded(to []byte, v uint64) {
	for i := range to {
		to[i] = byte(v) & 0x7f
		if v >>= 7; i < len(to)-1 {
			to[i] |= 0x80
		}
	}
}
