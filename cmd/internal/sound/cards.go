package sound

import (
	"bytes"
	"os"
)

// CardList is where Linux lists its sound cards.
const CardList = "/proc/asound/cards"

// Cards says whether a list like CardList names one. ALSA's library lists converters and the like as devices on a machine
// that has none.
func Cards(path string) bool {
	data, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	number, _, _ := bytes.Cut(bytes.TrimSpace(data), []byte(" ")) // " 0 [PCH            ]: HDA-Intel - …"
	return len(number) > 0 && bytes.Trim(number, "0123456789") == nil
}
