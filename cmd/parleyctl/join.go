package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"parley/call"
	"parley/cmd/internal/setup"
	"parley/identity"
	"parley/profile"
	"parley/video/camera"
	"parley/wire"
)

// visitOptions are those of commands that stay, with sound.
type visitOptions struct {
	*options
	mic, play, speaker, record, recordDir string
	loop, mute                            bool
	mode, fec, red, nack, dtx             string
	aec, ns, agc, processing, music       string
	duration                              time.Duration
	stats                                 string
	statsEvery                            time.Duration
	frame, bitrate                        int
	threshold                             float64
	hold                                  time.Duration
	knownOnly, relay, relayNew            bool
	status                                string
	epoch                                 time.Time // of the test picture and its beep
	pictures                              pictureOptions
	files                                 fileOptions
}

func newVisitOptions(command string) *visitOptions {
	o := &visitOptions{options: newOptions(command), epoch: camera.Epoch(time.Now())}
	o.check = o.agree
	f := o.flags
	o.deviceFlags()
	f.StringVar(&o.recordDir, "record-dir", "", "write each speaker to a WAV file of their own in this folder, and play nothing")
	f.StringVar(&o.fec, "fec", "on", "forward error correction, where packets get lost: on or off")
	f.StringVar(&o.red, "red", "on", "copies of packets in the next ones, where packets get lost: on or off")
	f.StringVar(&o.nack, "nack", "on", "send once more what others ask for: on or off")
	f.StringVar(&o.dtx, "dtx", "on", "send nearly nothing in silence: on or off")
	f.BoolVar(&o.mute, "mute", false, "start muted")
	f.DurationVar(&o.duration, "duration", 0, "leave after this time, of a call that one makes after it was answered (default: stay)")
	f.StringVar(&o.stats, "stats", "", "write a JSON line of statistics each second to this file")
	f.DurationVar(&o.statsEvery, "stats-every", time.Second, "or so often, from 20ms on")
	f.IntVar(&o.frame, "frame", 0, "length of a packet: 10 or 20 ms (default: the profile's)")
	f.IntVar(&o.bitrate, "bitrate", 0, "of the voice, 8000 to 192000 bit/s; with --music from 96000 on (default: the profile's)")
	f.Float64Var(&o.threshold, "threshold", 0, "level that opens the microphone in mode vad, in dBFS (default: the profile's)")
	f.DurationVar(&o.hold, "hold", 0, "how long the microphone stays open after the last word in mode vad (default: the profile's)")
	f.BoolVar(&o.knownOnly, "known-only", false, "send nothing to people never met before")
	f.BoolVar(&o.relay, "always-relay", false, "show nobody this machine's addresses")
	f.BoolVar(&o.relayNew, "relay-new", false, "show people who are new to you none of this machine's addresses")
	f.StringVar(&o.status, "status", "", "presence: online, away or dnd")
	o.files.flags(f)
	return o
}

// deviceFlags are those that say where sound comes from and goes to, and how the microphone is treated.
func (o *visitOptions) deviceFlags() {
	f := o.flags
	f.StringVar(&o.mic, "mic", "", "microphone, by id or name; none: no microphone (default: the profile's, or the system's)")
	f.StringVar(&o.play, "play", "", "take a WAV file in the place of the microphone; beep: beep when the test picture flashes")
	f.BoolVar(&o.loop, "loop", false, "with --play: over and over")
	f.StringVar(&o.speaker, "speaker", "", "speaker, by id or name; none: no speaker (default: the profile's, or the system's)")
	f.StringVar(&o.record, "record", "", "write what is heard to a WAV file in the place of the speaker")
	f.StringVar(&o.ns, "ns", "", "noise suppression: on or off (default: the profile's)")
	f.StringVar(&o.aec, "aec", "", "echo cancellation: on or off (default: the profile's)")
	f.StringVar(&o.agc, "agc", "", "gain control: on or off (default: the profile's)")
	f.StringVar(&o.processing, "processing", "", "all three of them, but for what those flags say: on or off (default: the profile's)")
	f.StringVar(&o.music, "music", "", "send what the microphone hears as it is, in stereo: on or off (default: the profile's)")
	f.StringVar(&o.mode, "mode", "", "what opens the microphone: vad, ptt, open, or ptm, which is vad but while the key is down (default: the profile's)")
}

// agreeOnDevices is agree for deviceFlags.
func (o *visitOptions) agreeOnDevices() error {
	switch {
	case o.mic != "" && o.play != "":
		return usageError("--mic and --play exclude each other")
	case more(o.speaker != "", o.record != "", o.recordDir != ""):
		return usageError("--speaker, --record and --record-dir exclude each other")
	}
	return errors.Join(one("ns", o.ns, "on", "off"), one("aec", o.aec, "on", "off"), one("agc", o.agc, "on", "off"),
		one("processing", o.processing, "on", "off"), one("music", o.music, "on", "off"), one("mode", o.mode, "vad", "ptt", "open", "ptm"))
}

// one checks a flag that knows few values, or none.
func one(name, v string, of ...string) error {
	if v == "" || slices.Contains(of, v) {
		return nil
	}
	return usageError("--%s is %s", name, strings.Join(of, " or "))
}

func (o *visitOptions) agree() error {
	switch {
	case o.frame != 0 && o.frame != 10 && o.frame != 20:
		return usageError("--frame is 10 or 20")
	case o.bitrate != 0 && (o.bitrate < 8000 || o.bitrate > 192000):
		return usageError("--bitrate is 8000 to 192000")
	case o.music == "on" && o.bitrate != 0 && o.bitrate < 96000:
		return usageError("--bitrate with --music is 96000 to 192000")
	case o.duration < 0:
		return usageError("--duration is positive")
	case o.hold < 0 || o.hold > 5*time.Second:
		return usageError("--hold is 0 to 5s")
	case o.threshold > 0 || o.threshold < -90:
		return usageError("--threshold is -90 to 0")
	}
	return errors.Join(o.agreeOnDevices(), o.files.agree(), o.pictures.agree(), one("fec", o.fec, "on", "off"), one("red", o.red, "on", "off"), one("nack", o.nack, "on", "off"),
		one("dtx", o.dtx, "on", "off"), one("status", o.status, wire.Online, wire.Away, wire.Busy))
}

func more(set ...bool) bool {
	n := 0
	for _, s := range set {
		if s {
			n++
		}
	}
	return n > 1
}

func join(ctx context.Context, args []string) error {
	o := newVisitOptions("join")
	o.pictures.flags(o.flags)
	channel := o.flags.String("channel", "", "voice channel, by name or id (required)")
	o.check = func() error {
		if *channel == "" {
			return usageError("join needs --channel NAME")
		}
		return o.agree()
	}
	return o.stay(ctx, args, errand{
		begin: func(ctx context.Context, e *call.Engine) error {
			_, err := ask(ctx, e, call.Join{Channel: *channel})
			return err
		},
		over: func(v *visitor, s *call.Snapshot) (bool, error) { return s.Place.Phase == call.Idle, v.ended(s) },
	})
}

// voice is the profile's, but for what the flags say.
func (o *visitOptions) voice(home *setup.Home) call.Voice {
	settings := home.Profile.Settings()
	if o.music != "" {
		settings.Music = o.music == "on"
	}
	v := setup.VoiceOf(settings)
	if o.mode != "" {
		v.Mode = o.mode
	}
	for _, s := range []struct {
		flag  string
		stage *bool
	}{{o.aec, &v.Cancellation}, {o.ns, &v.Suppression}, {o.agc, &v.Gain}} {
		if flag := cmp.Or(s.flag, o.processing); flag != "" {
			*s.stage = flag == "on"
		}
	}
	if o.frame != 0 {
		v.FrameMS = o.frame
	}
	if o.bitrate != 0 {
		v.Bitrate = o.bitrate
	}
	if o.threshold != 0 {
		v.ThresholdDBFS = float32(o.threshold)
	}
	if o.hold != 0 {
		v.Hold = o.hold
	}
	v.FEC, v.RED, v.NACK, v.DTX = o.fec != "off", o.red != "off", o.nack != "off", o.dtx != "off"
	return v
}

// readCommands hands over the lines of standard input; its end is no command: a bot may have none.
func readCommands(ctx context.Context, in io.Reader, out chan<- string) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		select {
		case out <- lines.Text():
		case <-ctx.Done():
			return
		}
	}
}

// visitor turns what the engine shows into events, and lines into commands.
type visitor struct {
	engine *call.Engine
	home   *setup.Home
	answer func(*visitor, *call.Ring) bool // see errand.rings
	last   uint64                          // notice shown
	files  fileOptions
	moved  map[string]call.Transfer // as last told
	fresh  map[string]bool          // by user: who was new when they first came
	found  diagnosis                // findings shown
	calls  int                      // that are over

	pictures pictureOptions
	place    string              // in which they have begun
	watches  map[call.Track]bool // of everybody who is new
	watched  map[string]bool     // by user: who is not
}

// show prints the notices that have come since the last time.
func (v *visitor) show(s *call.Snapshot) {
	v.found.show(s.Examination)
	v.pictures.begin(v, s.Place)
	v.look(s)
	for _, n := range s.Notices {
		if n.Seq <= v.last {
			continue
		}
		v.last = n.Seq
		if n.New {
			v.fresh[n.User] = true
		}
		emit(n)
		switch {
		case n.Kind == call.NoticeOnline:
			emit(map[string]any{"event": "self", "user": s.Self.User, "name": s.Self.Name, "role": s.Self.Role, "server": s.Address})
		case n.Kind == call.NoticeHeld && n.Code == call.HeldLookalike:
			tell("%s has a name like that of somebody you know, and another key. Nothing is sent to them before you type: trust %s", n.Name, n.Name)
		case n.Kind == call.NoticeHeld:
			tell("%s is new to you. Nothing is sent to them before you type: trust %s", n.Name, n.Name)
		case n.Kind == call.NoticePeerJoined && n.New:
			tell("%s is new to you. To be sure who it is, compare the number that you both get: type safety and the other's name", n.Name)
		case n.Kind == call.NoticeCallIncoming:
			v.rings(s, n)
		case n.Kind == call.NoticeCallEnded:
			v.calls++
		case n.Kind == call.NoticeWhisper && n.Code == call.CodeOn:
			tell("%s whispers to you.", n.Name)
		case n.Kind == call.NoticeFileOffered:
			v.offered(s, n)
		case n.Kind == call.NoticeFileFailed:
			tell("%s", n.Text)
		case n.Kind == call.NoticeDevice, n.Kind == call.NoticeCamera, n.Kind == call.NoticeScreen, n.Kind == call.NoticeLost, n.Kind == call.NoticeRetry, n.Kind == call.NoticeNoPath:
			tell("%s", n.Text)
		}
	}
	v.showFiles(s)
}

// ended tells why one is not in the channel, or in the call, any more.
func (v *visitor) ended(s *call.Snapshot) error {
	for i := len(s.Notices) - 1; i >= 0; i-- {
		switch n := s.Notices[i]; n.Kind {
		case call.NoticeOffline, call.NoticeLost, call.NoticeRetry:
			return &failure{exitLost, n.Code, errors.New(n.Text)}
		case call.NoticeLeft:
			if n.Code == wire.LeftSelf {
				return nil
			}
			return &failure{exitLost, n.Code, fmt.Errorf("no longer in the channel (%s)", n.Code)}
		case call.NoticeCallEnded:
			return endOfCall(n)
		}
	}
	return &failure{exitLost, call.CodeNetwork, errors.New("the connection to the server was lost")}
}

// obey carries out the lines of standard input one after the other, and closes left at leave.
func (v *visitor) obey(ctx context.Context, lines <-chan string, left chan<- struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case line := <-lines:
			if v.command(ctx, line) {
				close(left)
				return
			}
		}
	}
}

// command carries out one line; true: it was leave.
func (v *visitor) command(ctx context.Context, line string) (leave bool) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return false
	}
	if words[0] == "leave" {
		return true
	}
	if err := v.carryOut(ctx, line, words); err != nil {
		emit(map[string]any{"event": "error", "command": words[0], "code": string(wire.CodeOf(err)), "text": err.Error()})
		tell("%v", err)
		return false
	}
	s := v.engine.Snapshot()
	emit(map[string]any{
		"event": "done", "command": words[0], "muted": s.Self.Muted || s.Self.Deafened, "deafened": s.Self.Deafened, "camera": s.Camera.On, "screen": s.Screen.Sharing,
		"priority": s.Self.Priority, "whisper": append([]string{}, s.Self.Whisper...), "unheard": s.Self.Unheard,
	})
	return false
}

func (v *visitor) carryOut(ctx context.Context, line string, words []string) error {
	switch words[0] {
	case "safety":
		return v.safety(strings.Join(words[1:], " "))
	case "watch":
		return v.parseWatch(words)
	case "say": // its blanks are its own
		_, text, _ := strings.Cut(line, "say")
		_, err := ask(ctx, v.engine, call.Say{Text: text})
		return err
	}
	c, err := v.parse(words)
	if err != nil {
		return err
	}
	if _, err := ask(ctx, v.engine, c); err != nil {
		return err
	}
	if name, ok := c.(call.SetName); ok {
		return v.home.Profile.Update(func(s *profile.Settings) { s.Name = name.Name })
	}
	return nil
}

// safety prints the number that oneself and somebody else share.
func (v *visitor) safety(name string) error {
	s := v.engine.Snapshot()
	p, err := findAnybody(s, name)
	if err != nil {
		return err
	}
	emit(map[string]any{
		"event": "safety", "user": p.User, "name": p.Name, "verified": s.Directory.Person(p.User).Verified,
		"safety_number": identity.SafetyNumber(v.home.Key.Public(), p.Key),
	})
	return nil
}

func (v *visitor) parse(words []string) (call.Command, error) {
	s := v.engine.Snapshot()
	rest := strings.Join(words[1:], " ")
	switch words[0] {
	case "mute", "deafen":
		return toggle(words, s)
	case "unmute":
		return call.Mute{On: false}, nil
	case "undeafen":
		return call.Deafen{On: false}, nil
	case "ptt":
		if rest == "down" || rest == "up" {
			return call.Talk{Down: rest == "down"}, nil
		}
		return nil, errors.New("ptt takes down or up")
	case "priority":
		if rest != "on" && rest != "off" {
			return nil, errors.New("priority takes on or off")
		}
		return call.Prioritize{On: rest == "on"}, nil
	case "whisper":
		return parseWhisper(rest)
	case "switch":
		return call.Join{Channel: rest}, nil
	case "doctor":
		return call.Examine{}, nil
	case "known-only":
		if rest != "on" && rest != "off" {
			return nil, errors.New("known-only takes on or off")
		}
		return call.SetKnownOnly{On: rest == "on"}, nil
	case "mic", "speaker":
		return call.UseDevice{Output: words[0] == "speaker", Device: rest}, nil
	case "volume-out":
		percent, err := parsePercent(rest)
		return call.SetOutputVolume{Gain: percent / 100}, err
	case "status", "presence":
		return call.SetPresence{Status: rest}, nil
	case "name":
		return call.SetName{Name: profile.CleanName(rest)}, nil
	case "volume", "localmute", "trust", "verify":
		return v.personal(words)
	case "call", "accept", "decline", "hangup", "camera", "share":
		return parseCall(words)
	case "send", "take", "refuse", "cancel", "forget":
		return v.parseFile(words)
	}
	return nil, fmt.Errorf("unknown command %q: mute, unmute, deafen, undeafen, ptt down|up, priority on|off, whisper NAME[, NAME]|off, volume NAME PERCENT, volume-out PERCENT, localmute NAME on|off, trust NAME, verify NAME, safety NAME, known-only on|off, switch CHANNEL, doctor, mic ID, speaker ID, presence online|away|dnd, name N, call NAME, accept [video], decline, hangup, camera on|off|use ID, share ID|off, watch NAME camera,screen|none, say TEXT, send NAME FILE, take ID, refuse ID, cancel ID, forget ID, leave", words[0])
}

// parseWhisper reads whom to whisper to: ids or names, with commas between them.
func parseWhisper(rest string) (call.Command, error) {
	if rest == "off" {
		return call.Whisper{}, nil
	}
	var c call.Whisper
	for name := range strings.SplitSeq(rest, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return nil, errors.New("whisper takes names with commas between them, or off")
		}
		c.To = append(c.To, name)
	}
	return c, nil
}

// toggle reads mute and deafen: on, off, or the other of what is.
func toggle(words []string, s *call.Snapshot) (call.Command, error) {
	on := !s.Self.Muted
	if words[0] == "deafen" {
		on = !s.Self.Deafened
	}
	if len(words) > 1 {
		if words[1] != "on" && words[1] != "off" {
			return nil, fmt.Errorf("%s takes on, off or nothing", words[0])
		}
		on = words[1] == "on"
	}
	if words[0] == "deafen" {
		return call.Deafen{On: on}, nil
	}
	return call.Mute{On: on}, nil
}
