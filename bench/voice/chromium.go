package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"parley/audio/audiotest"
	"parley/test/lab"
)

// chromium measures two browsers with their voice processing on.
func (b *bench) chromium(ctx context.Context) (_ any, err error) {
	stdin, stop, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stop.Close()
	peers := struct{ A, B int }{}
	node, err := b.node(ctx, stdin, &peers, "call")
	stdin.Close()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, node.Close()) }()
	return measure(ctx, b.pulse, b.chirps, map[string]int{"talker": peers.A, "listener": peers.B})
}

// chromiumJoins is the time to first sound when both pages have their microphones open already.
func (b *bench) chromiumJoins(ctx context.Context) (_ any, err error) {
	answer := struct{ Joins []float64 }{}
	node, err := b.node(ctx, nil, &answer, "joins", strconv.Itoa(b.joins))
	if err != nil {
		return nil, err
	}
	return map[string]any{"n": len(answer.Joins), "median_ms": audiotest.Median(answer.Joins),
		"p95_ms": audiotest.Quantile(answer.Joins, 0.95)}, node.Close()
}

// node runs chromium.mjs and reads its one line.
func (b *bench) node(ctx context.Context, stdin io.Reader, line any, args ...string) (*lab.Process, error) {
	out, in := io.Pipe()
	node, err := lab.Start(lab.Command{
		Path: "node", Args: append([]string{filepath.Join(b.scripts, "chromium.mjs")}, args...), Env: b.pulse.Env(),
	}, stdin, in)
	if err != nil {
		return nil, err
	}
	go func() {
		<-node.Done()
		in.Close()
	}()
	defer context.AfterFunc(ctx, func() { in.CloseWithError(ctx.Err()) })()
	scan := bufio.NewScanner(out)
	if !scan.Scan() {
		err = errors.Join(scan.Err(), errors.New("no answer"))
	} else {
		err = json.Unmarshal(scan.Bytes(), line)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // so that the program never blocks on a pipe that nobody reads
	if err != nil {
		err = errors.Join(fmt.Errorf("chromium.mjs: %w", err), node.Close())
		return nil, fmt.Errorf("%w: %s", err, node.Stderr())
	}
	return node, nil
}
