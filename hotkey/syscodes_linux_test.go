package hotkey

import "testing"

// The kernel's numbers of keys began as scan codes: up to F12 both tables have to have the same keys, less what old keyboards do
// with Pause and PrintScreen.
func TestScanCodesAgainstTheKernels(t *testing.T) {
	for code := uint32(1); code <= 0x58; code++ {
		if code != 0x45 && code != 0x54 && code != 0x55 && scanKeys[code] != codes[code] {
			t.Errorf("%#x: %q, and %q for the kernel", code, scanKeys[code], codes[code])
		}
	}
}
