package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// MaxPeople is how many microphones and loudspeakers one Pulse can have: PulseAudio knows 32 channels, each person has two.
const MaxPeople = 8

// Pulse is a private PulseAudio server. All its devices are channels of one null sink, so that every signal is on one
// clock, and one recording holds all mouths and ears sample by sample:
//
//	inj_a  sink: what is played here is what person a says     (channel Mouth(0))
//	mic_a  source: person a's microphone                       (the same channel)
//	spk_a  sink: person a's loudspeaker                        (channel Ear(0))
//
// and so on to h. The microphones are remapped sources, not monitors, which some programs hide.
type Pulse struct {
	people  int
	dir     string
	cred    *syscall.Credential
	process *Process
}

// Mouth and Ear are the channels of a recording where person i (0: a) speaks and hears.
func Mouth(i int) int { return 2 * i }

// Ear is the channel of a recording that holds what person i's loudspeaker plays.
func Ear(i int) int { return 2*i + 1 }

// Letter is person i's suffix in device names.
func Letter(i int) string { return string(rune('a' + i)) }

// StartPulse starts a server for that many people, as cred (nil: this user; PulseAudio runs as root, too), and waits
// until it takes connections.
func StartPulse(ctx context.Context, people int, cred *syscall.Credential) (*Pulse, error) {
	if people < 1 || people > MaxPeople {
		return nil, fmt.Errorf("start pulseaudio: %d people, want 1 to %d", people, MaxPeople)
	}
	dir, err := TempDir(cred)
	if err != nil {
		return nil, err
	}
	p := &Pulse{people: people, dir: dir, cred: cred}
	if err := p.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start pulseaudio: %w", err), p.Close())
	}
	return p, nil
}

func (p *Pulse) start(ctx context.Context) error {
	conf := filepath.Join(p.dir, "daemon.conf")
	if err := os.WriteFile(conf, []byte(daemonConf), 0o644); err != nil {
		return err
	}
	script := filepath.Join(p.dir, "lab.pa")
	if err := os.WriteFile(script, []byte(p.script()), 0o644); err != nil {
		return err
	}
	var err error
	p.process, err = Start(Command{
		Path: "pulseaudio",
		Args: []string{"-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes",
			"--log-target=stderr", "--log-level=notice", "-F", script},
		Env:  append(p.Env(), "PULSE_CONFIG="+conf),
		Dir:  p.dir,
		Cred: p.cred,
	}, nil, nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	err = poll(ctx, func() bool {
		select {
		case <-p.process.Done():
			return true
		default:
		}
		c, err := net.Dial("unix", p.socket())
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
	if err != nil {
		return fmt.Errorf("wait for its socket: %w\n%s", err, p.process.Stderr())
	}
	select {
	case <-p.process.Done():
		return fmt.Errorf("it ended: %s", p.process.Stderr())
	default:
		return nil
	}
}

// realtime-scheduling works for root; a user without rtkit gets none, and the larger buffers of that are PulseAudio's.
const daemonConf = `default-sample-rate = 48000
default-sample-format = s16le
high-priority = yes
nice-level = -11
realtime-scheduling = yes
realtime-priority = 9
flat-volumes = no
`

// script is the server's whole configuration. norewinds: without it the first playback stalls for a second or two.
// The sockets come last, so that whoever gets a connection sees all devices.
func (p *Pulse) script() string {
	var b strings.Builder
	fmt.Fprintln(&b, ".fail")
	fmt.Fprintf(&b, "load-module module-null-sink sink_name=bus format=s16le rate=48000 channels=%d channel_map=%s norewinds=1\n",
		2*p.people, p.channelMap())
	for i := range p.people {
		for _, d := range []string{"inj_", "spk_", "mic_"} {
			fmt.Fprintln(&b, "load-module", strings.Join(p.module(d+Letter(i)), " "))
		}
	}
	fmt.Fprintln(&b, "set-default-sink spk_a")
	fmt.Fprintln(&b, "set-default-source mic_a")
	fmt.Fprintf(&b, "load-module module-native-protocol-unix socket=%s auth-anonymous=1\n", p.socket())
	return b.String()
}

// module is the name and the arguments of the module behind a device.
func (p *Pulse) module(device string) []string {
	kind, letter, _ := strings.Cut(device, "_")
	i := int(letter[0] - 'a')
	channel, what, master := Mouth(i), "sink", "bus"
	switch kind {
	case "spk":
		channel = Ear(i)
	case "mic":
		what, master = "source", "bus.monitor"
	}
	return []string{
		"module-remap-" + what, what + "_name=" + device, "master=" + master, "channels=1", "channel_map=mono",
		fmt.Sprintf("master_channel_map=aux%d", channel), "remix=no", what + "_properties=device.description=" + device,
	}
}

func (p *Pulse) channelMap() string {
	names := make([]string, 2*p.people)
	for i := range names {
		names[i] = fmt.Sprintf("aux%d", i)
	}
	return strings.Join(names, ",")
}

func (p *Pulse) socket() string { return filepath.Join(p.dir, "native") }

// Env is what a client of this server needs in its environment.
func (p *Pulse) Env() []string {
	return []string{
		"PULSE_SERVER=unix:" + p.socket(), "PULSE_COOKIE=" + filepath.Join(p.dir, "cookie"),
		"PULSE_RUNTIME_PATH=" + p.dir, "PULSE_STATE_PATH=" + p.dir, "XDG_RUNTIME_DIR=" + p.dir, "HOME=" + p.dir,
	}
}

// PID is the server's process id, for measuring.
func (p *Pulse) PID() int { return p.process.PID() }

// Unplug takes a device (spk_b, mic_a, ...) away, as if its cable were pulled.
func (p *Pulse) Unplug(ctx context.Context, device string) error {
	list, err := p.pactl(ctx, "list", "short", "modules")
	if err != nil {
		return err
	}
	for line := range strings.Lines(list) {
		index, rest, _ := strings.Cut(line, "\t")
		if strings.Contains(rest, "_name="+device+" ") {
			_, err := p.pactl(ctx, "unload-module", index)
			return err
		}
	}
	return fmt.Errorf("unplug %s: no such device", device)
}

// Plug brings back a device that was unplugged.
func (p *Pulse) Plug(ctx context.Context, device string) error {
	_, err := p.Load(ctx, p.module(device)...)
	return err
}

// Load loads a module, with its arguments, and returns its index, for Unload.
func (p *Pulse) Load(ctx context.Context, module ...string) (index int, err error) {
	text, err := p.pactl(ctx, append([]string{"load-module"}, module...)...)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(text))
}

// Unload unloads it, and whatever device it made.
func (p *Pulse) Unload(ctx context.Context, index int) error {
	_, err := p.pactl(ctx, "unload-module", strconv.Itoa(index))
	return err
}

// Listening is how many times a microphone is open, a Recording's not counted.
func (p *Pulse) Listening(ctx context.Context) (streams int, err error) {
	list, err := p.pactl(ctx, "list", "source-outputs")
	for line := range strings.Lines(list) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "application.name = "); ok && name != `"parec"` {
			streams++
		}
	}
	return streams, err
}

// SetDefault makes a source (its name begins with mic_) or sink the one that "follow the system" means.
func (p *Pulse) SetDefault(ctx context.Context, device string) error {
	what := "set-default-sink"
	if strings.HasPrefix(device, "mic_") {
		what = "set-default-source"
	}
	_, err := p.pactl(ctx, what, device)
	return err
}

func (p *Pulse) pactl(ctx context.Context, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "pactl", args...)
	c.Env = append(os.Environ(), p.Env()...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("pactl %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return string(out), nil
}

// Close stops the server and removes its folder.
func (p *Pulse) Close() error {
	var err error
	if p.process != nil {
		err = p.process.Close()
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}
