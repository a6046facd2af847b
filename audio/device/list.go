package device

import (
	"bytes"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/gen2brain/malgo"

	"parley/audio"
)

func devices(s *system) ([]audio.Info, error) {
	var all []audio.Info
	for _, k := range []struct {
		audio.Kind
		malgo.DeviceType
	}{{audio.Input, malgo.Capture}, {audio.Output, malgo.Playback}} {
		found, err := s.ctx.Devices(k.DeviceType)
		if err != nil {
			return nil, err
		}
		for i := range found {
			if d := info(s.backend, k.Kind, &found[i]); s.backend != malgo.BackendAlsa || d.ID != "null" { // no device at all
				all = append(all, d)
			}
		}
	}
	return all, nil
}

func info(b malgo.Backend, k audio.Kind, d *malgo.DeviceInfo) audio.Info {
	i := audio.Info{Kind: k, ID: idString(d.ID), Name: strings.ToValidUTF8(d.Name(), "?"), Default: d.IsDefault != 0}
	// Each PulseAudio sink has such a source, and without a microphone one of them is the default source.
	i.Monitor = b == malgo.BackendPulseaudio && k == audio.Input && strings.HasSuffix(i.ID, ".monitor")
	return i
}

// hexPrefix marks an identifier that is not text, as WASAPI's and DirectSound's.
const hexPrefix = "hex:"

// idString makes miniaudio's identifier, a union that the backend fills in its own way, something to show and to store:
// the name itself where it is a C string (PulseAudio, ALSA, Core Audio), else the bytes.
func idString(raw malgo.DeviceID) string {
	used := bytes.TrimRight(raw[:], "\x00")
	text := len(used) > 0 && utf8.Valid(used) && bytes.IndexFunc(used, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
	if text && !bytes.HasPrefix(used, []byte(hexPrefix)) {
		return string(used)
	}
	return hexPrefix + hex.EncodeToString(used)
}

// idBytes is the inverse. ok is false for what can't be an identifier.
func idBytes(id string) (raw malgo.DeviceID, ok bool) {
	text := []byte(id)
	if digits, isHex := strings.CutPrefix(id, hexPrefix); isHex {
		var err error
		if text, err = hex.DecodeString(digits); err != nil {
			return raw, false
		}
	}
	if len(text) >= len(raw) { // one zero byte must be left
		return raw, false
	}
	copy(raw[:], text)
	return raw, true
}
