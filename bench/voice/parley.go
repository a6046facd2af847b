package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"parley/assets"
	"parley/audio"
	"parley/audio/audiotest"
	"parley/audio/ns"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

// parley is a running parleyd and what its clients need.
type parley struct {
	programs lab.Programs
	pulse    *lab.Pulse
	server   *lab.Server
	dir      string
}

func startParley(ctx context.Context, bin string, pulse *lab.Pulse) (*parley, error) {
	dir, err := lab.TempDir(nil)
	if err != nil {
		return nil, err
	}
	p := &parley{pulse: pulse, dir: dir}
	if bin, err = filepath.Abs(bin); err == nil {
		p.programs = lab.Programs{Dir: bin}
		p.server, err = p.programs.Serve(ctx, "127.0.0.1:0", filepath.Join(dir, "server"), lab.Command{})
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return p, nil
}

func (p *parley) close() error { return errors.Join(p.server.Close(), os.RemoveAll(p.dir)) }

// join starts the client of person a or b on its own devices.
func (p *parley) join(letter string, args ...string) (*lab.Client, error) {
	return p.programs.Client(lab.Command{
		Env: p.pulse.Env(),
		Args: append([]string{"join", p.server.Ready.Invite, "--channel", "General", "--name", "bench " + letter,
			"--home", filepath.Join(p.dir, letter), "--mic", "mic_" + letter, "--speaker", "spk_" + letter}, args...),
	})
}

// pair starts a and b and waits until each has the other.
func (p *parley) pair(ctx context.Context, args ...string) (a, b *lab.Client, err error) {
	start := func(letter string) *lab.Client {
		var c *lab.Client
		if err == nil {
			c, err = p.join(letter, append(args, "--stats", p.stats(letter))...)
		}
		return c
	}
	a, b = start("a"), start("b")
	if err == nil {
		_, err = a.Await(ctx, 0, "peer_connected", nil)
	}
	if err == nil {
		_, err = b.Await(ctx, 0, "peer_connected", nil)
	}
	if err != nil {
		return nil, nil, errors.Join(err, closeClients(a, b))
	}
	return a, b, nil
}

func (p *parley) stats(letter string) string { return filepath.Join(p.dir, letter+".stats") }

func closeClients(clients ...*lab.Client) (err error) {
	for _, c := range clients {
		if c != nil {
			err = errors.Join(err, c.Close())
		}
	}
	return err
}

// voice measures one configuration: a talks, b listens.
func (p *parley) voice(ctx context.Context, count int, args ...string) (result, error) {
	a, b, err := p.pair(ctx, args...)
	if err != nil {
		return result{}, err
	}
	r, err := measured(ctx, p.pulse, count, map[string]int{"talker": a.PID(), "listener": b.PID(), "server": p.server.PID()})
	if err = errors.Join(err, closeClients(a, b)); err != nil {
		return r, err
	}
	r.Stages, err = p.stages()
	return r, err
}

// stageNames are the fields of a line of parleyctl's statistics that add up to mouth to ear: the talker's own ...
var stageNames = []string{"capture_ms", "dsp_ms", "encode_ms"}

// stages is the median of each stage's own share, in milliseconds, and their sum.
func (p *parley) stages() (map[string]float64, error) {
	talker, err := readStats(p.stats("a"))
	if err != nil {
		return nil, err
	}
	listener, err := readStats(p.stats("b"))
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for _, name := range stageNames {
		out[name] = talker.median(name)
	}
	// ... and the listener's.
	for _, name := range []string{"jb_delay_ms", "playout_ms"} {
		out[name] = listener.median(name)
	}
	out["network_ms"] = measure.Round(listener.median("rtt_ms")/2, 2)
	sum := 0.0
	for _, v := range out {
		sum += v
	}
	out["sum_ms"] = measure.Round(sum, 1)
	return out, nil
}

// series holds each number of the statistics, the first peer's among the side's own.
type series map[string][]float64

func (s series) median(name string) float64 {
	if len(s[name]) == 0 {
		return 0
	}
	return measure.Round(audiotest.Median(s[name]), 2)
}

func readStats(path string) (series, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := series{}
	add := func(fields map[string]any) {
		for k, v := range fields {
			if v, ok := v.(float64); ok {
				s[k] = append(s[k], v)
			}
		}
	}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var line map[string]any
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue // the last one may be cut
		}
		peers, _ := line["peers"].([]any)
		if len(peers) == 0 {
			continue
		}
		add(line)
		if first, ok := peers[0].(map[string]any); ok {
			add(first)
		}
	}
	if len(s) == 0 {
		return nil, fmt.Errorf("no statistics with a peer in %s", path)
	}
	return s, lines.Err()
}

// joins measures how long b, with a talking in the channel, takes from its join to the first sound out of its decoder, n
// times with a new process each. parleyctl joins as soon as it is online.
func (p *parley) joins(ctx context.Context, n int) (map[string]any, error) {
	a, err := p.join("a", "--mode", "open", "--ns=on")
	if err != nil {
		return nil, err
	}
	defer a.Close()
	if _, err := a.Await(ctx, 0, "joined", nil); err != nil {
		return nil, err
	}
	speech, err := lab.Speech(float64(5 * n))
	if err != nil {
		return nil, err
	}
	talking, cancel := context.WithCancel(ctx)
	played := make(chan error, 1)
	go func() { played <- p.pulse.Play(talking, "inj_a", speech) }()
	defer func() { cancel(); <-played }()
	var fromJoin, fromStart []float64
	for range n {
		join, start, err := p.oneJoin(ctx)
		if err != nil {
			return nil, err
		}
		fromJoin, fromStart = append(fromJoin, join), append(fromStart, start)
	}
	return map[string]any{
		"n": n, "median_ms": measure.Round(audiotest.Median(fromJoin), 0), "p95_ms": measure.Round(audiotest.Quantile(fromJoin, 0.95), 0),
		"min_ms": audiotest.Quantile(fromJoin, 0), "max_ms": audiotest.Quantile(fromJoin, 1),
		"from_process_start_median_ms": measure.Round(audiotest.Median(fromStart), 0),
	}, nil
}

func (p *parley) oneJoin(ctx context.Context) (fromJoin, fromStart float64, err error) {
	begin := time.Now()
	b, err := p.join("b", "--mode", "open", "--ns=on")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	at := func(name string) (ms float64, err error) {
		e, err := b.Await(ctx, 0, name, nil)
		if err != nil {
			return 0, err
		}
		var n struct {
			AtMS float64 `json:"at_ms"`
		}
		return n.AtMS, json.Unmarshal(e.JSON, &n)
	}
	online, err := at("online")
	if err != nil {
		return 0, 0, err
	}
	sound, err := at("first_sound")
	return sound - online, milliseconds(time.Since(begin)), err
}

// rnnoise is the time that suppressing one frame of 10 ms takes, over 20 s of speech.
func rnnoise(ctx context.Context) (map[string]any, error) {
	model, err := assets.RNNoise()
	if err != nil {
		return nil, err
	}
	d, err := ns.New(ctx, model)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	speech, err := lab.Speech(20)
	if err != nil {
		return nil, err
	}
	var ms []float64
	for ; len(speech) >= audio.FrameSize; speech = speech[audio.FrameSize:] {
		begin := time.Now()
		if _, err := d.Process(speech[:audio.FrameSize]); err != nil {
			return nil, err
		}
		ms = append(ms, milliseconds(time.Since(begin)))
	}
	return map[string]any{"frames": len(ms), "median_ms": measure.Round(audiotest.Median(ms), 3), "p95_ms": measure.Round(audiotest.Quantile(ms, 0.95), 3)}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
