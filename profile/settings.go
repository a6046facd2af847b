package profile

import "unicode/utf8"

// Mode is what opens the microphone's gate.
type Mode string

// The three modes.
const (
	VoiceActivity Mode = "vad"
	PushToTalk    Mode = "ptt"
	AlwaysOpen    Mode = "open"
)

// Settings is what a person chose. Open and Update bring every value into its range.
type Settings struct {
	Name        string  `json:"name"`           // how others see this person; see CleanName
	Mic         string  `json:"mic"`            // device id; empty: follow the system
	Speaker     string  `json:"speaker"`        // device id; empty: follow the system
	Mode        Mode    `json:"mode"`           // what opens the microphone
	Threshold   float64 `json:"threshold_dbfs"` // level that opens it in VoiceActivity, dBFS, -90 to 0
	HoldMS      int     `json:"hold_ms"`        // how long it stays open in VoiceActivity after the last word, 50 to 5000 ms
	Suppression bool    `json:"suppression"`    // noise suppression
	FrameMS     int     `json:"frame_ms"`       // length of a packet, 10 or 20 ms
	Bitrate     int     `json:"bitrate"`        // of the voice, bit/s, 8000 to 192000
	KnownOnly   bool    `json:"known_only"`     // nothing is sent to people never met before, until a click
	AlwaysRelay bool    `json:"always_relay"`   // peers never learn this machine's address
}

// maxDeviceID is how long a device id may be, in bytes. ALSA's and Windows's stay below 200.
const maxDeviceID = 512

// DefaultSettings is what a person has who never chose.
func DefaultSettings() Settings {
	return Settings{Mode: VoiceActivity, Threshold: -45, HoldMS: 300, Suppression: true, FrameMS: 20, Bitrate: 64000}
}

// clamp brings every value into its range; one that makes no sense becomes the default.
func (s *Settings) clamp() {
	def := DefaultSettings()
	s.Name = CleanName(s.Name)
	s.Mic, s.Speaker = cleanDevice(s.Mic), cleanDevice(s.Speaker)
	if s.Mode != VoiceActivity && s.Mode != PushToTalk && s.Mode != AlwaysOpen {
		s.Mode = def.Mode
	}
	if s.Threshold != s.Threshold { // NaN, which JSON can't hold
		s.Threshold = def.Threshold
	}
	s.Threshold = min(max(s.Threshold, -90), 0)
	if s.HoldMS <= 0 {
		s.HoldMS = def.HoldMS
	}
	s.HoldMS = min(max(s.HoldMS, 50), 5000)
	if s.FrameMS != 10 && s.FrameMS != 20 {
		s.FrameMS = def.FrameMS
	}
	s.Bitrate = min(max(s.Bitrate, 8000), 192000)
}

func cleanDevice(id string) string {
	if len(id) > maxDeviceID || !utf8.ValidString(id) {
		return ""
	}
	return id
}

// Settings returns a copy of the settings.
func (p *Profile) Settings() Settings {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settings.value
}

// Update lets change edit the settings and saves them where they differ. change runs under the profile's lock and must
// not call its methods.
func (p *Profile) Update(change func(*Settings)) error {
	return p.change(settingsFile, func() (any, error) {
		s := p.settings.value
		change(&s)
		s.clamp()
		if s == p.settings.value {
			return nil, nil
		}
		p.settings.value = s
		return p.settings, nil
	})
}

// checkSettings finds nothing to refuse: each value has a default.
func (p *Profile) checkSettings() error {
	p.settings.value.clamp()
	return nil
}
