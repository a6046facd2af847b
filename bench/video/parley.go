package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"parley/bench/internal/measure"
	"parley/test/lab"
)

// parley measures a call between two of ours: parleyctl at both ends, or the app at b's.
func (w *world) parley(ctx context.Context) (_ result, err error) {
	p, err := w.serve(ctx)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, p.server.Close()) }()
	if w.window {
		return p.inWindow(ctx)
	}
	var r result
	for i := range w.joins {
		if w.lossy && i > 0 {
			break // which says nothing of the program
		}
		c, err := p.call(ctx, fmt.Sprint(i))
		if err != nil {
			return r, err
		}
		r.First = append(r.First, c.first)
		if i == w.joins-1 || w.lossy {
			err = c.measure(ctx, &r)
		}
		if err = errors.Join(err, c.close()); err != nil {
			return r, err
		}
	}
	return r, nil
}

// ours is a running parleyd and what its clients need.
type ours struct {
	*world
	programs lab.Programs
	server   *lab.Server
}

func (w *world) serve(ctx context.Context) (_ *ours, err error) {
	p := &ours{world: w}
	if p.programs.Dir, err = filepath.Abs(w.bin); err != nil {
		return nil, err
	}
	ip := "127.0.0.1"
	if w.network != nil {
		ip = w.network.A.IP
	}
	p.server, err = p.programs.Serve(ctx, net.JoinHostPort(ip, "0"), w.file("server"), lab.Command{Netns: w.netns(0)})
	return p, err
}

// calling is a call that goes on.
type calling struct {
	*ours
	name  string // of its files
	a, b  *lab.Client
	first float64 // ms from b's acceptance to its first picture
}

// client starts parleyctl for person i.
func (p *ours) client(i int, name, command string, args ...string) (*lab.Client, error) {
	l := lab.Letter(i)
	return p.programs.Client(lab.Command{
		Env: p.pulse.Env(), Netns: p.netns(i),
		Args: append([]string{command, p.server.Ready.Invite, "--name", l, "--home", p.file(l), "--mic", "mic_" + l, "--speaker", "spk_" + l,
			"--video-kbps", strconv.Itoa(kbps), "--camera", fmt.Sprintf("pattern:%s@%d", p.size(), fps), "--stats", p.file(l + name + ".stats")}, args...),
	})
}

// call lets a call b, who says yes at once, and waits for the picture.
func (p *ours) call(ctx context.Context, name string) (_ *calling, err error) {
	c := &calling{ours: p, name: name}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	answer := []string{"--auto", "--counters", c.counters(), "--record-video", c.coded()}
	if p.twoWay {
		answer = append(answer, "--video")
	}
	if c.b, err = p.client(1, name, "answer", answer...); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := c.b.Await(ctx, 0, "online", nil); err != nil {
		return nil, err
	}
	if c.a, err = p.client(0, name, "call", "b", "--video"); err != nil {
		return nil, err
	}
	var at [2]float64
	for i, event := range []string{"call_incoming", "first_picture"} {
		if at[i], err = when(ctx, c.b, event); err != nil {
			return nil, err
		}
	}
	c.first = at[1] - at[0]
	return c, nil
}

// when is at how many milliseconds after its start a client told an event.
func when(ctx context.Context, c *lab.Client, event string) (float64, error) {
	e, err := c.Await(ctx, 0, event, nil)
	if err != nil {
		return 0, err
	}
	var n struct {
		AtMS float64 `json:"at_ms"`
	}
	return n.AtMS, json.Unmarshal(e.JSON, &n)
}

func (c *calling) counters() string { return c.file("b" + c.name + ".counters") }
func (c *calling) coded() string    { return c.file("b" + c.name + ".ivf") }

func (c *calling) close() (err error) {
	for _, p := range []*lab.Client{c.a, c.b} {
		if p != nil {
			err = errors.Join(err, p.Close())
		}
	}
	return err
}

// measure lets the rate settle. What it needs besides is in files afterwards.
func (c *calling) measure(ctx context.Context, r *result) error {
	if err := measure.Pass(ctx, c.warm); err != nil {
		return err
	}
	begin := unixMS(time.Now())
	usage := measure.Sample(map[string]int{"a": c.a.PID(), "b": c.b.PID()})
	if err := measure.Pass(ctx, c.length()); err != nil {
		return err
	}
	r.Usage, r.Machine = usage.Stop()
	end := unixMS(time.Now())
	if err := errors.Join(measure.Pass(ctx, 2*time.Second), leave(ctx, c.a), leave(ctx, c.b)); err != nil { // the files are written each second
		return err
	}
	seen, sizes, err := readCounters(c.counters(), begin, end)
	if err != nil {
		return err
	}
	r.Shown = count(seen, begin, end)
	r.Shown.Sizes = sizes
	a, err := readStats(c.file("a" + c.name + ".stats"))
	if err != nil {
		return err
	}
	b, err := readStats(c.file("b" + c.name + ".stats"))
	if err != nil {
		return err
	}
	r.Coded = map[string]any{"sent": a.Camera, "received": b.picture()}
	if c.lossy {
		return nil
	}
	if r.Delay, err = delays(a.captured(begin-2000, end), seen); err != nil {
		return err
	}
	j, err := newJudge(c.width, c.height)
	if err != nil {
		return err
	}
	if err := j.ivf(c.coded(), int(c.warm.Seconds()*fps)); err != nil {
		return err
	}
	r.PSNR, err = j.mean()
	return err
}

func leave(ctx context.Context, c *lab.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	status, err := c.Leave(ctx)
	if err == nil && status != 0 {
		err = fmt.Errorf("parleyctl ended with %d: %s", status, c.Stderr())
	}
	return err
}

// unread is the number of a picture that has none that can be read.
const unread = ^uint32(0)

// readCounters reads the pictures that were shown between two times, and their sizes.
func readCounters(path string, begin, end float64) (seen []moment, sizes []string, err error) {
	all, err := lab.ReadPictures(path)
	for _, p := range all {
		at := unixMS(p.At)
		if at < begin || at > end {
			continue
		}
		n := unread
		if p.Number >= 0 {
			n = uint32(p.Number)
		}
		seen = append(seen, moment{n, at})
		if size := fmt.Sprintf("%dx%d", p.Width, p.Height); !slices.Contains(sizes, size) {
			sizes = append(sizes, size)
		}
	}
	return seen, sizes, err
}

// stats is the last line of parleyctl's statistics that has a peer.
type stats struct {
	Camera struct {
		EpochUS int64   `json:"epoch_us"`
		FPS     float64 `json:"fps"`
		KBPS    float64 `json:"kbps"`
		Target  float64 `json:"target_kbps"`
		Encode  float64 `json:"encode_ms"`
		Keys    int     `json:"key_frames"`
		LeftOut int     `json:"left_out"`
	} `json:"camera"`
	Peers []struct {
		Picture map[string]any `json:"picture"`
	} `json:"peers"`
}

func (s stats) picture() any { return s.Peers[0].Picture }

// captured is when the pattern's pictures were due between two times.
func (s stats) captured(begin, end float64) (out []moment) {
	epoch := float64(s.Camera.EpochUS) / 1000
	for n := uint32(max(0, (begin-epoch)*fps/1000)); ; n++ {
		at := epoch + float64(n)*1000/fps
		if at > end {
			return out
		}
		out = append(out, moment{n, at})
	}
}

func readStats(path string) (last stats, err error) {
	f, err := os.Open(path)
	if err != nil {
		return last, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s stats
		if json.Unmarshal(lines.Bytes(), &s) == nil && len(s.Peers) > 0 { // the last one may be cut
			last = s
		}
	}
	if len(last.Peers) == 0 {
		err = fmt.Errorf("no statistics with a peer in %s", path)
	}
	return last, errors.Join(err, lines.Err())
}
