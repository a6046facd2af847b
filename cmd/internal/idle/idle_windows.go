package idle

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"
)

// input is Windows' account of the last key or mouse movement in this session.
type input struct{ lastInput, tickCount *syscall.LazyProc }

// lastInputInfo is LASTINPUTINFO.
type lastInputInfo struct {
	size uint32
	tick uint32 // milliseconds since the start, as GetTickCount has it
}

func openSource() (source, error) {
	i := input{
		lastInput: syscall.NewLazyDLL("user32.dll").NewProc("GetLastInputInfo"),
		tickCount: syscall.NewLazyDLL("kernel32.dll").NewProc("GetTickCount"),
	}
	for _, p := range []*syscall.LazyProc{i.lastInput, i.tickCount} {
		if err := p.Find(); err != nil {
			return nil, fmt.Errorf("find the last input: %w", err)
		}
	}
	return i, nil
}

func (i input) idle() (time.Duration, error) {
	info := lastInputInfo{size: uint32(unsafe.Sizeof(lastInputInfo{}))}
	if ok, _, err := i.lastInput.Call(uintptr(unsafe.Pointer(&info))); ok == 0 {
		return 0, fmt.Errorf("ask for the last input: %w", err)
	}
	now, _, _ := i.tickCount.Call()
	return time.Duration(uint32(now)-info.tick) * time.Millisecond, nil // the counter wraps after 49 days; so does the difference
}

func (input) close() {}
