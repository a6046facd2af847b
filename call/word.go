package call

import (
	"encoding/json"
	"fmt"

	"parley/wire"
)

// word is what two say to each other over the peer connection, past the server: how their switches are and how they speak, that one goes, what they
// negotiate where no server passes it on, and about files and texts. Types that are not known are for later versions.
type word struct {
	Version  int    `json:"v"`
	Type     string `json:"type"`
	Muted    bool   `json:"muted,omitempty"`
	Deafened bool   `json:"deafened,omitempty"`
	Camera   bool   `json:"camera,omitempty"` // it gives pictures; in a watch they are looked at
	Screen   bool   `json:"screen,omitempty"` // likewise

	Priority bool `json:"priority,omitempty"` // in a speech: it is to be heard before the others,
	Whisper  bool `json:"whisper,omitempty"`  // and not by everybody

	Message json.RawMessage `json:"message,omitempty"` // as it would go to the server

	File   *fileWord `json:"file,omitempty"`
	Number uint64    `json:"number,omitempty"` // of a text: it grows
	Text   string    `json:"text,omitempty"`
}

// fileWord is what a word about a file says.
type fileWord struct {
	ID       string     `json:"id"` // as identity.NewMemberID makes one
	Name     string     `json:"name,omitempty"`
	Size     int64      `json:"size,omitempty"`
	Modified int64      `json:"modified,omitempty"` // Unix time in milliseconds
	From     int64      `json:"from,omitempty"`
	Have     wire.Bytes `json:"have,omitempty"` // SHA-256 of what is before
	Why      string     `json:"why,omitempty"`
}

const (
	wordState  = "state"
	wordWatch  = "watch"
	wordSpeech = "speech"
	wordBye    = "bye"
	wordRTC    = "rtc"

	wordOffer   = "file.offer"
	wordAccept  = "file.accept"
	wordAnew    = "file.anew"
	wordDone    = "file.done"
	wordFail    = "file.fail"
	wordRefuse  = "file.refuse"
	wordCancel  = "file.cancel"
	wordText    = "text"
	wordArrived = "text.arrived"

	wordVersion = 1
	maxWord     = 32 << 10 // bytes, as the mesh takes them
)

func (w word) bytes() []byte {
	w.Version = wordVersion
	b, _ := json.Marshal(w) // nothing in it can fail
	return b
}

// relayedWord is what the server would pass on, as a word; nil: it would refuse it.
func relayedWord(m wire.Message) []byte {
	message, err := wire.Encode(wire.Envelope{Body: m})
	if err != nil {
		return nil
	}
	return word{Type: wordRTC, Message: message}.bytes()
}

// relayed reads that back. Whom it is from, the peer connection says.
func (w word) relayed(from wire.Address) (wire.Relayed, error) {
	env, err := wire.Decode(w.Message)
	if err != nil {
		return nil, err
	}
	m, ok := env.Body.(wire.Relayed)
	if !ok {
		return nil, fmt.Errorf("%T is none of the server's to pass on", env.Body)
	}
	m.Path().From = from
	return m, nil
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
