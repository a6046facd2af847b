package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"parley/audio"
)

//go:embed speex/speex.c
var speexSource []byte

// speex is a program of ours around Debian's libspeexdsp.
type speex struct{ path string }

// buildSpeex compiles it into dir.
func buildSpeex(ctx context.Context, dir string) (speex, error) {
	source, s := filepath.Join(dir, "speex.c"), speex{filepath.Join(dir, "speex")}
	if err := os.WriteFile(source, speexSource, 0o644); err != nil {
		return s, err
	}
	if out, err := exec.CommandContext(ctx, "gcc", "-O2", "-o", s.path, source, "-lspeexdsp", "-lm").CombinedOutput(); err != nil {
		return s, fmt.Errorf("build it (libspeexdsp-dev, scripts/deps.sh peers): %w: %s", err, out)
	}
	return s, nil
}

// tail is how long its filter is: it looks for no delay, so the longest one and a room must fit in. 400 ms.
const tail = audio.SampleRate * 4 / 10

func (s speex) run(ctx context.Context, far, mic []float32) (out []float32, frameMS float64, err error) {
	var in []byte
	for at := 0; at+audio.FrameSize <= len(mic); at += audio.FrameSize {
		in = append16(in, mic[at:at+audio.FrameSize])
		in = append16(in, far[at:at+audio.FrameSize])
	}
	c := exec.CommandContext(ctx, s.path, strconv.Itoa(tail))
	var stdout, stderr bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &stdout, &stderr
	if err := c.Run(); err != nil {
		return nil, 0, fmt.Errorf("%w: %s", err, stderr.Bytes())
	}
	for b := stdout.Bytes(); len(b) >= 2; b = b[2:] {
		out = append(out, float32(int16(binary.LittleEndian.Uint16(b)))/32768)
	}
	frameMS, err = strconv.ParseFloat(strings.TrimSpace(stderr.String()), 64)
	return out, frameMS, err
}

func append16(b []byte, x []float32) []byte {
	for _, v := range x {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(math.Round(float64(max(-1, min(1, v)))*32767))))
	}
	return b
}
