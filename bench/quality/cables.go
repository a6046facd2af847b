package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"parley/audio/audiotest"
	"parley/bench/internal/browser"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

// cables measures two whole programs. a sits in a room with a loudspeaker, b has headphones: first b talks, then both, then a.
func (b *bench) cables(ctx context.Context) error {
	var errs []error
	for _, who := range []struct {
		name string
		open opener
	}{{"parley", b.parley}, {"chromium", chromium}} {
		r, err := b.inRoom(ctx, who.open)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", who.name, err))
			continue
		}
		b.report(who.name, r)
	}
	return errors.Join(errs...)
}

// opener starts a's and b's programs. own is what the program says of its canceller, told beside what is measured; nil: nothing.
type opener func(context.Context, *lab.Pulse) (own func(context.Context) (any, error), end func() error, err error)

// parley starts two of ours with everything on.
func (b *bench) parley(ctx context.Context, p *lab.Pulse) (own func(context.Context) (any, error), end func() error, err error) {
	dir, err := lab.TempDir(nil)
	if err != nil {
		return nil, nil, err
	}
	closers := []func() error{func() error { return os.RemoveAll(dir) }}
	end = func() (err error) {
		for i := len(closers) - 1; i >= 0; i-- {
			err = errors.Join(err, closers[i]())
		}
		return err
	}
	fail := func(err error) (func(context.Context) (any, error), func() error, error) {
		return nil, nil, errors.Join(err, end())
	}
	bin, err := filepath.Abs(b.bin)
	if err != nil {
		return fail(err)
	}
	programs := lab.Programs{Dir: bin}
	server, err := programs.Serve(ctx, "127.0.0.1:0", filepath.Join(dir, "server"), lab.Command{})
	if err != nil {
		return fail(err)
	}
	closers = append(closers, server.Close)
	var clients []*lab.Client
	for i := range 2 {
		letter := lab.Letter(i)
		c, err := programs.Client(lab.Command{Env: p.Env(), Args: []string{"join", server.Ready.Invite, "--channel", "General", "--name", letter,
			"--home", filepath.Join(dir, letter), "--mic", "mic_" + letter, "--speaker", "spk_" + letter, "--processing=on", "--mode", "vad"}})
		if err != nil {
			return fail(err)
		}
		clients, closers = append(clients, c), append(closers, c.Close)
	}
	for _, c := range clients {
		if _, err := c.Await(ctx, 0, "peer_connected", nil); err != nil {
			return fail(err)
		}
	}
	return nil, end, nil
}

// chromium starts two pages with the browser's voice processing on.
func chromium(ctx context.Context, p *lab.Pulse) (own func(context.Context) (any, error), end func() error, err error) {
	v, err := browser.OpenVoices(ctx, p, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	if _, err := v.Call(ctx); err != nil {
		return nil, nil, errors.Join(err, v.Close())
	}
	return func(ctx context.Context) (any, error) { return v.Echo(ctx) }, v.Close, nil
}

// inTheRoom is what b heard, and what a's microphone did.
type inTheRoom struct {
	First, Settled float64 // ERLE, decibels
	Talk, TalkIn   float64 // SI-SDR of a's voice while both talk, at b's ear and at a's microphone
	Voice          float64 // SI-SDR of a's voice while a alone talks
	Loud, Said     float64 // level of that, dBFS, at b's ear and at a's mouth

	seconds []float64 // ERLE of each, from the third on
	own     any
}

// The scene's parts, in seconds: what everybody needs to settle, then as above; between them a pause.
const (
	warm    = 3
	both    = 6
	alone   = 6
	between = 1
)

func (b *bench) inRoom(ctx context.Context, open opener) (r inTheRoom, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	p, err := lab.StartPulse(ctx, 2, nil)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	response := audiotest.Room(1, scenes[0].delay, scenes[1].rt60)
	for i := range response {
		response[i] *= 0.5 // -6 dB
	}
	room, err := p.Room(ctx, 0, response)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, room.Close()) }()
	own, end, err := open(ctx, p)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, end()) }()
	if r, err = b.scene(ctx, p); err == nil && own != nil {
		r.own, err = own(ctx)
	}
	return r, err
}

// scene plays it and judges what was recorded.
func (b *bench) scene(ctx context.Context, p *lab.Pulse) (r inTheRoom, err error) {
	voices, err := lab.Voices(float64(both + alone + warm))
	if err != nil {
		return r, err
	}
	far, err := lab.Speech(float64(b.seconds + both))
	if err != nil {
		return r, err
	}
	said := audiotest.ToLevel(voices[4], -23)
	// a talks for a moment before anything: who is called speaks, and a gain control has to learn. b's echo comes new to it.
	if err := p.Play(ctx, "inj_a", said[:warm*second]); err != nil {
		return r, err
	}
	record, err := p.Record(ctx)
	if err != nil {
		return r, err
	}
	mouth := append(make([]float32, (b.seconds)*second), said[warm*second:(warm+both)*second]...)
	mouth = append(mouth, make([]float32, between*second)...)
	mouth = append(mouth, said[(warm+both)*second:]...)
	voice := make(chan error, 1)
	go func() { voice <- p.Play(ctx, "inj_a", mouth) }()
	if err := errors.Join(p.Play(ctx, "inj_b", far), <-voice); err != nil {
		return r, err
	}
	if err := measure.Pass(ctx, time.Second); err != nil {
		return r, err
	}
	channels, err := record.Stop()
	if err != nil {
		return r, err
	}
	return judgeRoom(channels, far, mouth, b.seconds), nil
}

// judgeRoom measures a recording of all channels: b talked for so many seconds, then both, and then a.
func judgeRoom(channels [][]float32, far, mouth []float32, seconds int) (r inTheRoom) {
	heard, ear := channels[lab.Mouth(0)], channels[lab.Ear(1)]
	// Where b begins to talk is in its own microphone, sample by sample; a's, of which an echo comes first, likewise.
	began := max(audiotest.Align(far, channels[lab.Mouth(1)], len(channels[lab.Mouth(1)])), 0)
	spoke := max(audiotest.Align(mouth[seconds*second:], heard, len(heard)), 0)
	erle := func(from, to int) (median float64, all []float64) {
		for at := from; at+second <= to; at += second {
			all = append(all, min(audiotest.LevelDBFS(part(heard, at, second))-audiotest.LevelDBFS(part(ear, at, second)), most))
		}
		return audiotest.Median(all), all
	}
	echoed := began + second/2 // the network, the loudspeaker and the room
	r.First, _ = erle(echoed, echoed+2*second)
	r.Settled, r.seconds = erle(began+3*second, spoke)
	said := mouth[seconds*second:]
	r.TalkIn, _ = audiotest.WindowedSISDR(said[:both*second], part(heard, spoke, both*second), second, second)
	r.Talk, _ = audiotest.WindowedSISDR(said[:both*second], part(ear, spoke, (both+1)*second), second, second)
	last := said[(both+between)*second:]
	r.Voice, _ = audiotest.WindowedSISDR(last, part(ear, spoke+(both+between)*second, len(last)+second), second, second)
	r.Loud, r.Said = audiotest.LevelDBFS(part(ear, spoke+(both+between+2)*second, len(last)-2*second)), audiotest.LevelDBFS(last)
	return r
}

// part is n samples of x from the given place on, or as many as there are.
func part(x []float32, from, n int) []float32 {
	from = min(max(from, 0), len(x))
	return x[from:min(from+n, len(x))]
}

// target is the loudness that everybody is brought to, dBFS, and near how far off is good.
const target, near = -20, 2

func (b *bench) report(who string, r inTheRoom) {
	say := func(what, unit string, v float64, l *measure.Limit) {
		b.say("cables, "+who+", "+what, v, unit, limit(who, l), nil)
	}
	say("echo lower in the first 2 s", "dB", r.First, measure.AtLeast(25))
	b.say("cables, "+who+", echo lower when settled", r.Settled, "dB, median of seconds", limit(who, measure.AtLeast(40)), map[string]any{"seconds": rounded(r.seconds), "own": r.own})
	say("voice in double talk", "dB SI-SDR, median of seconds", r.Talk, measure.AtLeast(12))
	say("voice in double talk before", "dB SI-SDR, median of seconds", r.TalkIn, nil)
	say("voice alone", "dB SI-SDR, median of seconds", r.Voice, nil)
	say("voice's loudness", "dBFS", r.Loud, nil)
	say("voice's loudness off "+fmt.Sprint(target)+" dBFS", "dB", max(r.Loud-target, target-r.Loud), measure.AtMost(near))
	say("voice's loudness before", "dBFS", r.Said, nil)
}

// limit is for ours alone.
func limit(who string, l *measure.Limit) *measure.Limit {
	if who != "parley" {
		return nil
	}
	return l
}

func rounded(list []float64) (out []float64) {
	for _, v := range list {
		out = append(out, measure.Round(v, 1))
	}
	return out
}
