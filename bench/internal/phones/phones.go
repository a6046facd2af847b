// Package phones is calls with pictures between two of parleyctl, which the benchmarks measure.
package phones

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"parley/bench/internal/measure"
	"parley/bench/internal/picture"
	"parley/test/lab"
	"parley/test/netlab"
)

// Config says what the two have. Their files are in Dir.
type Config struct {
	Bin, Dir      string // the folder with the programs, and one for files
	Pulse         *lab.Pulse
	Network       *netlab.Net  // the server is on a's machine; nil: all are on this one
	Width, Height int          // of the camera's picture
	Kbps          int          // the most that it may take
	TwoWay        bool         // b has the camera on, too
	Display       *lab.Display // what it shows is shared by a, in place of a camera; nil: nothing is
}

// Exchange is a running parleyd and what its clients need.
type Exchange struct {
	Config
	Programs lab.Programs
	Server   *lab.Server
}

// Serve starts it.
func Serve(ctx context.Context, c Config) (_ *Exchange, err error) {
	x := &Exchange{Config: c}
	if x.Programs.Dir, err = filepath.Abs(c.Bin); err != nil {
		return nil, err
	}
	ip := "127.0.0.1"
	if c.Network != nil {
		ip = c.Network.A.IP
	}
	if x.Server, err = x.Programs.Serve(ctx, net.JoinHostPort(ip, "0"), x.file("server"), lab.Command{Netns: x.netns(0)}); err != nil {
		return nil, err
	}
	return x, nil
}

// netns is the network namespace of person i, or empty.
func (x *Exchange) netns(i int) string {
	if x.Network == nil {
		return ""
	}
	return []string{x.Network.A.Name, x.Network.B.Name}[i]
}

func (x *Exchange) file(name string) string { return filepath.Join(x.Dir, name) }

// Stats is the file with person i's statistics in the call of that name.
func (x *Exchange) Stats(i int, name string) string { return x.file(lab.Letter(i) + name + ".stats") }

// Client starts parleyctl for person i, in the call of that name.
func (x *Exchange) Client(i int, name, command string, args ...string) (*lab.Client, error) {
	l := lab.Letter(i)
	all := []string{command, x.Server.Ready.Invite, "--name", l, "--home", x.file(l), "--mic", "mic_" + l, "--speaker", "spk_" + l,
		"--video-kbps", strconv.Itoa(x.Kbps), "--camera", fmt.Sprintf("pattern:%dx%d@%d", x.Width, x.Height, picture.FPS),
		"--stats", x.Stats(i, name)}
	env := x.Pulse.Env()
	if x.Display != nil {
		env = append(env, x.Display.Env()...)
	}
	return x.Programs.Client(lab.Command{Env: env, Netns: x.netns(i), Args: append(all, args...)})
}

// Call is one that goes on.
type Call struct {
	*Exchange
	Name  string // of its files
	A, B  *lab.Client
	First float64 // ms from b's acceptance to its first picture
}

// Call lets a call b, who says yes at once, and waits for the picture.
func (x *Exchange) Call(ctx context.Context, name string) (_ *Call, err error) {
	c := &Call{Exchange: x, Name: name}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	answer := []string{"--auto", "--counters", c.Counters(), "--record-video", c.Came()}
	if x.TwoWay {
		answer = append(answer, "--video")
	}
	if c.B, err = x.Client(1, name, "answer", answer...); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := c.B.Await(ctx, 0, "online", nil); err != nil {
		return nil, err
	}
	shows, err := x.shows(ctx)
	if err != nil {
		return nil, err
	}
	if c.A, err = x.Client(0, name, "call", append(shows, "b")...); err != nil {
		return nil, err
	}
	var at [2]float64
	for i, event := range []string{"call_incoming", "first_picture"} {
		if at[i], err = When(ctx, c.B, event); err != nil {
			return nil, err
		}
	}
	c.First = at[1] - at[0]
	return c, nil
}

// shows is the flags of what a shows.
func (x *Exchange) shows(ctx context.Context) ([]string, error) {
	if x.Display == nil {
		return []string{"--video"}, nil
	}
	out, status, err := x.Programs.Run(ctx, "parleyctl", lab.Command{Env: x.Display.Env(), Args: []string{"screens"}})
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(out) {
		var s struct{ Kind, ID string }
		if json.Unmarshal([]byte(line), &s) == nil && s.Kind == "screen" {
			return []string{"--screen", s.ID, "--screen-fps", strconv.Itoa(picture.FPS)}, nil
		}
	}
	return nil, fmt.Errorf("parleyctl screens ended with %d, and no screen: %s", status, out)
}

// When is at how many milliseconds after its start a client told an event.
func When(ctx context.Context, c *lab.Client, event string) (float64, error) {
	e, err := c.Await(ctx, 0, event, nil)
	if err != nil {
		return 0, err
	}
	var n struct {
		AtMS float64 `json:"at_ms"`
	}
	return n.AtMS, json.Unmarshal(e.JSON, &n)
}

// Counters is the file with the pictures that b has shown, Came the one with those that have come to it.
func (c *Call) Counters() string { return c.file("b" + c.Name + ".counters") }
func (c *Call) Came() string     { return c.file("b" + c.Name + ".ivf") }

// Close ends it somehow.
func (c *Call) Close() (err error) {
	for _, p := range []*lab.Client{c.A, c.B} {
		if p != nil {
			err = errors.Join(err, p.Close())
		}
	}
	return err
}

// End lets both leave, after which their files are whole, and says which pictures b was shown between two times.
func (c *Call) End(ctx context.Context, begin, end float64) (s picture.Shown, seen []picture.Moment, err error) {
	// The files are written each second.
	if err := errors.Join(measure.Pass(ctx, 2*time.Second), Leave(ctx, c.A), Leave(ctx, c.B)); err != nil {
		return s, nil, err
	}
	seen, sizes, err := picture.ReadCounters(c.Counters(), begin, end)
	s = picture.Count(seen, begin, end)
	s.Sizes = sizes
	return s, seen, err
}

// Leave lets one leave.
func Leave(ctx context.Context, c *lab.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	status, err := c.Leave(ctx)
	if err == nil && status != 0 {
		err = fmt.Errorf("parleyctl ended with %d: %s", status, c.Stderr())
	}
	return err
}
