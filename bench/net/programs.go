package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"parley/bench/internal/browser"
	"parley/test/lab"
)

// program is a call that goes on: a talks, b listens.
type program interface {
	counts(context.Context) (counts, error)
	close() error
}

// starter lets two connect.
type starter func(context.Context, *world) (program, error)

// counts is what became of a's sound at b since the call began.
type counts struct {
	Played   float64            `json:"played"`   // samples
	Invented float64            `json:"invented"` // of them
	Packets  float64            `json:"packets"`
	Late     float64            `json:"late"`
	Delay    float64            `json:"delay"`   // milliseconds of jitter buffer, added up over
	Samples  float64            `json:"samples"` // so many
	Detail   map[string]float64 `json:"detail"`  // what else the program tells
}

func (c counts) since(d counts) counts {
	out := counts{c.Played - d.Played, c.Invented - d.Invented, c.Packets - d.Packets, c.Late - d.Late, c.Delay - d.Delay, c.Samples - d.Samples, map[string]float64{}}
	for k, v := range c.Detail {
		out.Detail[k] = v - d.Detail[k]
	}
	return out
}

// browsers are the one program.
type browsers struct{ *browser.Voices }

func chromium(ctx context.Context, w *world) (program, error) {
	v, err := browser.OpenVoices(ctx, w.pulse, &w.a.Node, &w.b.Node)
	if err != nil {
		return nil, err
	}
	if _, err := v.Call(ctx); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return browsers{v}, nil
}

func (v browsers) close() error { return v.Close() }

func (v browsers) counts(ctx context.Context) (counts, error) {
	h, err := v.Heard(ctx)
	return counts{
		Played: h.Samples - h.Silent, Invented: h.Concealed - h.Silent, Packets: h.Packets, Late: h.Discarded,
		Delay: 1000 * h.Delay, Samples: h.Emitted, Detail: map[string]float64{"fec_packets": h.FEC, "silent": h.Silent},
	}, err
}

// parley is the other: parleyd and two parleyctl.
type parley struct {
	*world
	server *lab.Server
	a, b   *lab.Client
}

// ours starts it with these flags.
func ours(flags ...string) starter {
	return func(ctx context.Context, w *world) (_ program, err error) {
		p := &parley{world: w}
		defer func() {
			if err != nil {
				err = errors.Join(err, p.close())
			}
		}()
		bin, err := filepath.Abs(w.bin)
		if err != nil {
			return nil, err
		}
		programs := lab.Programs{Dir: bin}
		if p.server, err = programs.Serve(ctx, net.JoinHostPort(w.server.IP4().String(), "7440"), w.file("server"), lab.Command{Netns: w.server.Name}); err != nil {
			return nil, err
		}
		for i, c := range []**lab.Client{&p.a, &p.b} {
			l := lab.Letter(i)
			*c, err = programs.Client(lab.Command{
				Env: w.pulse.Env(), Netns: []string{w.a.Name, w.b.Name}[i],
				Args: append([]string{"join", p.server.Ready.Invite, "--channel", "General", "--name", l, "--home", w.file(l),
					"--mic", "mic_" + l, "--speaker", "spk_" + l, "--stats", w.file(l + ".stats")}, flags...),
			})
			if err != nil {
				return nil, err
			}
		}
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		for _, c := range []*lab.Client{p.a, p.b} {
			if _, err := c.Await(ctx, 0, "peer_connected", nil); err != nil {
				return nil, err
			}
		}
		return p, nil
	}
}

func (p *parley) close() (err error) {
	for _, c := range []*lab.Client{p.a, p.b} {
		if c != nil {
			err = errors.Join(err, c.Close())
		}
	}
	if p.server != nil {
		err = errors.Join(err, p.server.Close())
	}
	return err
}

// line is what is read of a line of parleyctl's statistics.
type line struct {
	Peers []struct {
		Received  float64 `json:"received"`
		RED       float64 `json:"red_repaired"`
		NACK      float64 `json:"nack_repaired"`
		FEC       float64 `json:"fec_repaired"`
		Concealed float64 `json:"concealed"`
		Packets   float64 `json:"packets"`
		Late      float64 `json:"late"`
		Delay     float64 `json:"jb_delay_ms"`
		Copied    float64 `json:"bytes_copied"`
		Resent    float64 `json:"packets_resent"`
	} `json:"peers"`
}

// counts are those of the last whole line, which is a second old at the most.
func (p *parley) counts(context.Context) (counts, error) {
	talker, err := read(p.file("a.stats"))
	if err != nil {
		return counts{}, err
	}
	listener, err := read(p.file("b.stats"))
	if err != nil {
		return counts{}, err
	}
	return count(talker, listener)
}

func count(talker, listener []line) (c counts, err error) {
	for _, l := range listener {
		if len(l.Peers) > 0 {
			s := l.Peers[0]
			c.Played, c.Invented, c.Packets, c.Late = s.Received+s.RED+s.NACK+s.FEC+s.Concealed, s.Concealed, s.Packets, s.Late
			c.Delay += s.Delay
			c.Samples++
			c.Detail = map[string]float64{"red": s.RED, "nack": s.NACK, "fec": s.FEC}
		}
	}
	if c.Samples == 0 {
		return c, errors.New("no statistics with a peer")
	}
	for _, l := range talker {
		if len(l.Peers) > 0 {
			c.Detail["bytes_copied"], c.Detail["packets_resent"] = l.Peers[0].Copied, l.Peers[0].Resent
		}
	}
	return c, nil
}

func read(path string) (lines []line, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var l line
		if json.Unmarshal(s.Bytes(), &l) == nil { // the last one may be cut
			lines = append(lines, l)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return lines, nil
}
