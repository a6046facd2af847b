package call

import (
	"encoding/json"
	"fmt"
)

// word is what the two of a call say to each other over the peer connection, past the server: how their switches are, and that
// one goes. Types that are not known are for later versions.
type word struct {
	Version  int    `json:"v"`
	Type     string `json:"type"`
	Muted    bool   `json:"muted,omitempty"`
	Deafened bool   `json:"deafened,omitempty"`
	Camera   bool   `json:"camera,omitempty"` // it gives pictures
}

const (
	wordState = "state"
	wordBye   = "bye"

	wordVersion = 1
	maxWord     = 32 << 10 // bytes, as the mesh takes them
)

func (w word) bytes() []byte {
	w.Version = wordVersion
	b, _ := json.Marshal(w) // nothing in it can fail
	return b
}

// readWord reads what a peer said.
func readWord(data []byte) (word, error) {
	if len(data) > maxWord {
		return word{}, fmt.Errorf("%d bytes, at most %d", len(data), maxWord)
	}
	var w word
	if err := json.Unmarshal(data, &w); err != nil {
		return word{}, fmt.Errorf("read a word: %w", err)
	}
	if w.Version != wordVersion {
		return word{}, fmt.Errorf("version %d of the words between two", w.Version)
	}
	return w, nil
}
