package profile

import (
	"path/filepath"
	"unicode/utf8"
)

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
	Name          string  `json:"name"`           // how others see this person; see CleanName
	Mic           string  `json:"mic"`            // device id; empty: follow the system
	Speaker       string  `json:"speaker"`        // device id; empty: follow the system
	RingSpeaker   string  `json:"ring_speaker"`   // device id that calls ring on; empty: the speaker
	Camera        string  `json:"camera"`         // device id; empty: the first one
	Mode          Mode    `json:"mode"`           // what opens the microphone
	Threshold     float64 `json:"threshold_dbfs"` // level that opens it in VoiceActivity, dBFS, -90 to 0
	HoldMS        int     `json:"hold_ms"`        // how long it stays open in VoiceActivity after the last word, 50 to 5000 ms
	Cancellation  bool    `json:"cancellation"`   // echo cancellation
	Suppression   bool    `json:"suppression"`    // noise suppression
	Gain          bool    `json:"gain"`           // the voice is brought to the same loudness
	LevelPeople   bool    `json:"level_people"`   // those who are heard likewise
	Music         bool    `json:"music"`          // what the microphone hears goes out as it is, in stereo
	MusicBitrate  int     `json:"music_bitrate"`  // of that, bit/s, 96000 to 192000
	FrameMS       int     `json:"frame_ms"`       // length of a packet, 10 or 20 ms
	Bitrate       int     `json:"bitrate"`        // of the voice, bit/s, 8000 to 192000
	KnownOnly     bool    `json:"known_only"`     // nothing is sent to people never met before, until a click
	AlwaysRelay   bool    `json:"always_relay"`   // peers never learn this machine's address
	RelayNew      bool    `json:"relay_new"`      // those whom this machine has never met don't either
	ShareSpeaking bool    `json:"share_speaking"` // people outside of the channel see when this person speaks

	OutputVolume int           `json:"output_volume"` // of people all together, percent, 0 to MaxVolume
	SoundVolume  int           `json:"sound_volume"`  // of the program's own sounds, likewise
	Sounds       SoundSwitches `json:"sounds"`
	PTTKey       string        `json:"ptt_key"` // the chord that is held to talk, as package hotkey writes it: "F8", "Ctrl+Space", "Mouse4"
	Keys         Keys          `json:"keys"`

	Theme      Theme  `json:"theme"`
	Scale      int    `json:"scale"`       // of the window's contents, percent, 80 to 150
	LessMotion bool   `json:"less_motion"` // nothing moves that need not
	Width      int    `json:"width"`       // of the window; 0: the default
	Height     int    `json:"height"`
	Status     Status `json:"status"`  // what the person chose to be
	Notify     bool   `json:"notify"`  // by the desktop's notifications
	Updates    bool   `json:"updates"` // newer versions are looked for, and fetched where this copy may

	Downloads string `json:"downloads"` // the folder that files from others come into; empty: the system's

	Hosting       bool `json:"hosting"`        // the server in the window's process starts with it
	HostPort      int  `json:"host_port"`      // where it listens; 0: the default
	MapPorts      bool `json:"map_ports"`      // the router is asked to let people elsewhere in
	TrayExplained bool `json:"tray_explained"` // that closing leaves the program in the tray

	MissedSeen int64 `json:"missed_seen"` // Unix time in seconds of the newest missed call that was looked at
}

// Keys is what the key to talk does, and the other chords that work everywhere. An empty chord is bound to nothing.
type Keys struct {
	Does      KeyUse `json:"does"`
	DelayMS   int    `json:"delay_ms"`   // how long a key counts as held after it was let go of, 0 to 1000 ms
	DoubleTap bool   `json:"double_tap"` // two taps lock it
	Mute      string `json:"mute"`
	Deafen    string `json:"deafen"`
	Priority  string `json:"priority"` // held: others are turned down while one speaks
	Whisper   string `json:"whisper"`  // held: only those chosen hear
}

// KeyUse is what the key to talk does.
type KeyUse string

// The uses of the key to talk.
const (
	TalkWhileHeld KeyUse = "hold"
	TalkByPress   KeyUse = "toggle"
	MuteWhileHeld KeyUse = "mute"
)

// Theme is how light the window is.
type Theme string

// The themes.
const (
	SystemTheme Theme = "system"
	DarkTheme   Theme = "dark"
	LightTheme  Theme = "light"
)

// Status is what a person wants to be seen as. Being away comes by itself.
type Status string

// The kinds of Status.
const (
	Available    Status = "online"
	DoNotDisturb Status = "dnd"
)

// SoundSwitches says which of the program's own sounds are played.
type SoundSwitches struct {
	JoinLeave bool `json:"join_leave"` // somebody comes or goes
	Mute      bool `json:"mute"`
	Deafen    bool `json:"deafen"`
	NewPerson bool `json:"new_person"` // a key never met before
	Ended     bool `json:"ended"`      // a call has ended, or one was sent out of a channel
	Ring      bool `json:"ring"`       // a call, here or there
	Text      bool `json:"text"`       // somebody has written, or offers a file
}

// Bounds of the window, in Fyne's units.
const (
	minWidth, minHeight = 800, 500
	maxSide             = 10_000
)

// maxKeyName is how long the name of a chord may be.
const maxKeyName = 64

// maxPath is how long the path of a folder may be, in bytes.
const maxPath = 4096

// maxDeviceID is how long a device id may be, in bytes. ALSA's and Windows's stay below 200.
const maxDeviceID = 512

// DefaultSettings is what a person has who never chose.
func DefaultSettings() Settings {
	return Settings{
		Mode: VoiceActivity, Threshold: -45, HoldMS: 300, Cancellation: true, Suppression: true, Gain: true, MusicBitrate: 128000, FrameMS: 10, Bitrate: 64000, ShareSpeaking: true,
		OutputVolume: NormalVolume, SoundVolume: NormalVolume, PTTKey: "F8", Keys: Keys{Does: TalkWhileHeld, DelayMS: 200},
		Sounds: SoundSwitches{JoinLeave: true, Mute: true, Deafen: true, NewPerson: true, Ended: true, Ring: true, Text: true},
		Theme:  SystemTheme, Scale: 100, Status: Available, Notify: true, Updates: true,
	}
}

// clamp brings every value into its range; one that makes no sense becomes the default.
func (s *Settings) clamp() {
	def := DefaultSettings()
	s.Name = CleanName(s.Name)
	s.Mic, s.Speaker, s.RingSpeaker, s.Camera = cleanDevice(s.Mic), cleanDevice(s.Speaker), cleanDevice(s.RingSpeaker), cleanDevice(s.Camera)
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
	if s.MusicBitrate == 0 {
		s.MusicBitrate = def.MusicBitrate
	}
	s.MusicBitrate = min(max(s.MusicBitrate, 96000), 192000)
	s.OutputVolume = min(max(s.OutputVolume, 0), MaxVolume)
	s.SoundVolume = min(max(s.SoundVolume, 0), MaxVolume)
	s.clampWindow(def)
}

// clampWindow is clamp for what only a window knows.
func (s *Settings) clampWindow(def Settings) {
	s.clampKeys(def)
	if s.Theme != SystemTheme && s.Theme != DarkTheme && s.Theme != LightTheme {
		s.Theme = def.Theme
	}
	if s.Scale == 0 {
		s.Scale = def.Scale
	}
	s.Scale = min(max(s.Scale, 80), 150)
	if s.Width <= 0 || s.Height <= 0 {
		s.Width, s.Height = 0, 0
	} else {
		s.Width, s.Height = min(max(s.Width, minWidth), maxSide), min(max(s.Height, minHeight), maxSide)
	}
	if s.Status != Available && s.Status != DoNotDisturb {
		s.Status = def.Status
	}
	s.MissedSeen = max(s.MissedSeen, 0)
	if len(s.Downloads) > maxPath || !filepath.IsAbs(s.Downloads) {
		s.Downloads = def.Downloads
	}
	if s.HostPort < 0 || s.HostPort > 65535 {
		s.HostPort = def.HostPort
	}
}

// clampKeys is clamp for the keys.
func (s *Settings) clampKeys(def Settings) {
	if !isKeyName(s.PTTKey) {
		s.PTTKey = def.PTTKey
	}
	k := &s.Keys
	if k.Does != TalkWhileHeld && k.Does != TalkByPress && k.Does != MuteWhileHeld {
		k.Does = def.Keys.Does
	}
	k.DelayMS = min(max(k.DelayMS, 0), 1000)
	for _, chord := range []*string{&k.Mute, &k.Deafen, &k.Priority, &k.Whisper} {
		if !isKeyName(*chord) {
			*chord = ""
		}
	}
}

// isKeyName says whether a text can be the name of a key or a chord.
func isKeyName(name string) bool {
	if name == "" || len(name) > maxKeyName {
		return false
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
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
		if !p.editLocked(change) && !p.writing {
			return nil, nil
		}
		return p.settings, nil
	})
}

// UpdateLater is Update for who can't wait for a disk: the change holds when it returns, and is written soon, in its order, at
// the latest by Close. Changes that come while one is being written are written together. Where that fails, failed is called
// with the reason, on another goroutine.
func (p *Profile) UpdateLater(change func(*Settings), failed func(error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.editLocked(change) {
		return
	}
	p.untold = append(p.untold, failed)
	if !p.writing {
		p.writing = true
		p.writer.Go(p.writeLater)
	}
}

// writeLater writes the settings until nothing waits.
func (p *Profile) writeLater() {
	for {
		var untold []func(error)
		err := p.change(settingsFile, func() (any, error) {
			untold, p.untold = p.untold, nil
			if p.writing = untold != nil; !p.writing {
				return nil, nil
			}
			return p.settings, nil
		})
		if untold == nil {
			return
		}
		for _, failed := range untold {
			if err != nil {
				failed(err)
			}
		}
	}
}

// editLocked tells whether it has changed anything.
func (p *Profile) editLocked(change func(*Settings)) bool {
	s := p.settings.value
	change(&s)
	s.clamp()
	if s == p.settings.value {
		return false
	}
	p.settings.value = s
	return true
}

// checkSettings finds nothing to refuse: each value has a default.
func (p *Profile) checkSettings() error {
	p.settings.value.clamp()
	return nil
}
