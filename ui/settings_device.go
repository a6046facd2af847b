package ui

import (
	"fmt"
	"math"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// deviceField chooses a microphone, a loudspeaker or a camera. Its list follows the devices, also while it is open.
type deviceField struct {
	s      *settings
	kind   deviceKind
	root   fyne.CanvasObject
	choice *kit.Select
	none   *kit.Paragraph // said where there is no device

	labels, ids []string
	selected    int
}

// deviceKind is what is to be chosen.
type deviceKind struct {
	label, sub string
	none       string // said where there is no device; empty: nothing
	choices    func(s *call.Snapshot, chosen string) (labels, ids []string, selected int)
	setting    func(*profile.Settings) *string
	use        func(id string) call.Command
	lacking    func(*call.Snapshot) bool // it is known that there is none
}

func microphones() deviceKind {
	return deviceKind{
		label: "Device", none: "No microphone found. You can join and listen; plug one in at any time.",
		choices: func(s *call.Snapshot, chosen string) ([]string, []string, int) {
			return model.Choices(s, false, chosen)
		},
		setting: func(s *profile.Settings) *string { return &s.Mic },
		use:     func(id string) call.Command { return call.UseDevice{Device: id} },
		lacking: func(s *call.Snapshot) bool { return lacksSound(s, false) },
	}
}

func loudspeakers() deviceKind {
	return deviceKind{
		label: "Device", none: "No speaker found. You can join and talk; plug one in at any time.",
		choices: func(s *call.Snapshot, chosen string) ([]string, []string, int) { return model.Choices(s, true, chosen) },
		setting: func(s *profile.Settings) *string { return &s.Speaker },
		use:     func(id string) call.Command { return call.UseDevice{Output: true, Device: id} },
		lacking: func(s *call.Snapshot) bool { return lacksSound(s, true) },
	}
}

func ringers() deviceKind {
	return deviceKind{
		label: "Ring on", sub: "So that you hear a call without the headset",
		choices: model.RingerChoices,
		setting: func(s *profile.Settings) *string { return &s.RingSpeaker },
		use:     func(id string) call.Command { return call.UseRinger{Device: id} },
		lacking: func(*call.Snapshot) bool { return false },
	}
}

func cameras() deviceKind {
	return deviceKind{
		label: "Device", none: "No camera found. You can call with your voice; plug one in at any time.",
		choices: model.CameraChoices,
		setting: func(s *profile.Settings) *string { return &s.Camera },
		use:     func(id string) call.Command { return call.UseCamera{Camera: id} },
		lacking: func(s *call.Snapshot) bool {
			there := slices.ContainsFunc(s.Camera.Cameras, func(c call.Camera) bool { return !c.Test })
			return !there && s.Camera.Cameras != nil
		},
	}
}

func lacksSound(s *call.Snapshot, output bool) bool {
	there := slices.ContainsFunc(s.Sound.Devices, func(v call.Device) bool { return v.Output == output && !v.Monitor })
	return !there && s.Sound.Devices != nil
}

func newDeviceField(s *settings, kind deviceKind) *deviceField {
	d := &deviceField{s: s, kind: kind, selected: -1}
	d.choice = kit.NewSelect(nil, -1, d.choose)
	d.root = newField(kind.label, kind.sub, kit.Fixed(controlWidth, 40, d.choice)).root
	d.none = cardNote(kind.none)
	d.none.Hide()
	return d
}

func (d *deviceField) choose(i int) {
	if i < 0 || i >= len(d.ids) {
		return
	}
	id := d.ids[i]
	d.selected = i
	d.s.change(func(s *profile.Settings) { *d.kind.setting(s) = id })
	d.s.w.do(d.kind.use(id))
}

// apply tells whether something was shown or hidden.
func (d *deviceField) apply(snapshot *call.Snapshot) bool {
	now := d.s.w.c.Profile.Settings()
	labels, ids, selected := d.kind.choices(snapshot, *d.kind.setting(&now))
	if selected != d.selected || !slices.Equal(labels, d.labels) || !slices.Equal(ids, d.ids) {
		d.labels, d.ids, d.selected = labels, ids, selected
		d.choice.SetOptions(labels, selected)
	}
	return setHidden(d.none, !d.kind.lacking(snapshot))
}

// checkField is "Let me check": five seconds, and then oneself as others would hear it.
type checkField struct {
	*field
	s       *settings
	button  *kit.Button
	phase   call.CheckPhase
	began   time.Time // the recording
	ran     bool      // there was one since the page was opened, so its outcome is said
	stopped bool      // while it recorded: it has no outcome
}

const checkExplained = "Records five seconds, then plays them as others would hear you"

func newCheckField(s *settings) *checkField {
	c := &checkField{s: s}
	c.button = kit.NewButton("Record", "mic", kit.PlainButton, c.press)
	c.field = newField("Let me check", checkExplained, c.button)
	return c
}

func (c *checkField) press() {
	if c.phase == call.CheckIdle {
		c.s.w.do(call.Check{})
		return
	}
	c.stopped = c.phase == call.CheckRecording
	c.s.w.do(call.StopCheck{})
}

// apply tells whether the row may have another height.
func (c *checkField) apply(snapshot *call.Snapshot, now time.Time) bool {
	check := snapshot.Sound.Check
	if check.Phase != c.phase {
		c.phase, c.began = check.Phase, now
		c.ran = true
		c.stopped = c.stopped && c.phase == call.CheckIdle
	}
	icon, text := "mic", "Record"
	switch c.phase {
	case call.CheckRecording:
		left := max(call.CheckTime-now.Sub(c.began), time.Second)
		icon, text = "", fmt.Sprintf("Recording… %d", int(math.Ceil(left.Seconds())))
	case call.CheckPlaying:
		icon, text = "close", "Stop"
	}
	wide := c.button.MinSize()
	c.button.SetIcon(icon)
	c.button.SetText(text)
	said, color := c.outcome(check)
	return c.explain(said, color) || c.button.MinSize() != wide
}

// outcome is what the line under the label says.
func (c *checkField) outcome(check call.CheckState) (string, fyne.ThemeColorName) {
	switch {
	case check.Phase == call.CheckRecording:
		return "Say something. Nobody else hears it.", theme.ColorNamePlaceHolder
	case check.Phase == call.CheckPlaying:
		return "Playing: this is how others hear you.", theme.ColorNamePlaceHolder
	case !c.ran || c.stopped && check.Failed == "":
		return checkExplained, theme.ColorNamePlaceHolder
	case check.Failed != "":
		return model.Inert(check.Failed), theme.ColorNameWarning
	}
	return heard(check.Heard)
}

// heard says what a peak, in dBFS, means for who listens.
func heard(peak float32) (string, fyne.ThemeColorName) {
	switch {
	case peak < -50:
		return "We heard nothing. Is the right microphone chosen?", theme.ColorNameWarning
	case peak < -30:
		return "That was very quiet. Come closer, or turn the microphone up.", theme.ColorNameWarning
	case peak > -1:
		return "That was too loud, and sounds harsh. Turn the microphone down.", theme.ColorNameWarning
	}
	return "Loud and clear.", theme.ColorNameSuccess
}
