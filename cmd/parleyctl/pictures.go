package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"parley/call"
	"parley/cmd/internal/setup"
	"parley/video"
	"parley/video/camera"
	"parley/video/videotest"
)

// pictureOptions are the flags of commands that have a camera.
type pictureOptions struct {
	on               bool // the command has them
	video            bool
	camera           string
	record, counters string
	kbps             int
}

func (o *pictureOptions) flags(f *flag.FlagSet) {
	o.on = true
	f.BoolVar(&o.video, "video", false, "with the camera on")
	f.StringVar(&o.camera, "camera", "", "by id or name; pattern or pattern:640x360@30; file:X.y4m; i420:X:640x360@30 (default: the profile's, or the first)")
	f.StringVar(&o.record, "record-video", "", "write the other's pictures to this file: X.y4m as they are shown, X.ivf as they come")
	f.StringVar(&o.counters, "counters", "", "write a line for each picture to this file when it is shown: the test picture's number (-1: it has none), the Unix time in us, width, height")
	f.IntVar(&o.kbps, "video-kbps", 0, "the most that the camera may take, 150 to 50000 (default: 2500)")
}

func (o *pictureOptions) agree() error {
	if o.kbps != 0 && (o.kbps < 150 || o.kbps > 50000) {
		return usageError("--video-kbps is 150 to 50000")
	}
	if ext := filepath.Ext(o.record); o.record != "" && ext != ".y4m" && ext != ".ivf" {
		return usageError("--record-video takes a file X.y4m or X.ivf")
	}
	return nil
}

// pictures is what a visit has of cameras and of what it does with others' pictures. Without the flags it has nothing.
type pictures struct {
	config call.PictureConfig

	mu       sync.Mutex // around the files: each person has a goroutine
	err      error      // of the first write that failed
	counters *bufio.Writer
	video    *os.File
	y4m      *video.Y4MWriter
	ivf      *ivfFile
	closers  []func() error
}

// open checks the camera, if one was named or is to be on, without switching one on: nobody is called with one that is not there.
func (o *pictureOptions) open(v *visitOptions, home *setup.Home) (*pictures, error) {
	p := &pictures{}
	if !o.on {
		return p, nil
	}
	p.config = call.PictureConfig{Camera: first(o.camera, home.Profile.Settings().Camera), MaxBitrate: o.kbps * 1000, Record: p.shown}
	cameras := setup.Pictures(&p.config, camera.Config{Epoch: v.epoch, Log: v.log()})
	if o.camera != "" || o.video {
		if err := cameras.Check(p.config.Camera); err != nil {
			return nil, &failure{exitRefused, "camera", err}
		}
	}
	if err := p.create(o); err != nil {
		p.close()
		return nil, &failure{exitRefused, "record", err}
	}
	return p, nil
}

func (p *pictures) create(o *pictureOptions) error {
	if o.counters != "" {
		f, err := os.Create(o.counters)
		if err != nil {
			return err
		}
		p.counters = bufio.NewWriter(f)
		p.closers = append(p.closers, f.Close)
	}
	if o.record == "" {
		return nil
	}
	f, err := os.Create(o.record)
	if err != nil {
		return err
	}
	p.video = f
	p.closers = append(p.closers, f.Close)
	if strings.HasSuffix(o.record, ".ivf") {
		p.ivf = &ivfFile{file: f}
		p.config.RecordCoded = p.came
	}
	return nil
}

// y4mRate is what the header says: pictures are written as they are shown, and not at even times.
const y4mRate = 30

// shown is PictureConfig.Record.
func (p *pictures) shown(_ string, f *video.Frame) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counters != nil {
		n := int64(-1)
		if c, ok := videotest.ReadCounter(f); ok {
			n = int64(c)
		}
		_, err := fmt.Fprintln(p.counters, n, now.UnixMicro(), f.Width, f.Height)
		p.failedLocked(err)
	}
	switch {
	case p.video == nil:
	case p.ivf != nil:
		p.ivf.width, p.ivf.height = f.Width, f.Height
	default:
		p.failedLocked(p.drawnLocked(f))
	}
}

// drawnLocked writes a decoded picture. A Y4M file has one size, that of the first: pictures of another are left out.
func (p *pictures) drawnLocked(f *video.Frame) (err error) {
	if p.y4m == nil {
		if p.y4m, err = video.NewY4MWriter(p.video, f.Width, f.Height, y4mRate); err != nil {
			return err
		}
	}
	if err := p.y4m.Write(f); !errors.Is(err, video.ErrSize) {
		return err
	}
	return nil
}

// came is PictureConfig.RecordCoded.
func (p *pictures) came(_ string, c video.Codec, e *video.Encoded) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failedLocked(p.ivf.write(c, e))
}

func (p *pictures) failedLocked(err error) {
	if p.err == nil {
		p.err = err
	}
}

// flush writes what is in memory, and returns what went wrong so far.
func (p *pictures) flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counters != nil {
		p.failedLocked(p.counters.Flush())
	}
	if p.y4m != nil {
		p.failedLocked(p.y4m.Flush())
	}
	if p.err != nil {
		return &failure{exitRefused, "record", fmt.Errorf("record: %w", p.err)}
	}
	return nil
}

// close completes the files, after the engine.
func (p *pictures) close() {
	err := p.flush()
	if p.ivf != nil {
		err = errors.Join(err, p.ivf.close())
	}
	if err != nil {
		tell("%v", err)
	}
	for _, f := range p.closers {
		_ = f()
	}
}

// ivfFile is one codec's pictures, of one call or several one after the other.
type ivfFile struct {
	file          *os.File
	w             *video.IVFWriter
	codec         video.Codec
	width, height int    // of what was shown: packets don't tell
	last, skip    uint32 // timestamps: of the picture before, and what is taken off since a new call began
}

// maxGap is the longest gap in a call, in RTP's clock: what is more is another call's time.
const maxGap = 60 * video.ClockRate

func (v *ivfFile) write(c video.Codec, e *video.Encoded) (err error) {
	if v.w == nil {
		if v.w, err = video.NewIVFWriter(v.file, c, 1280, 720); err != nil {
			return err
		}
		v.codec, v.last = c, e.Timestamp
	}
	if c != v.codec {
		return nil
	}
	if gap := e.Timestamp - v.last; gap > maxGap {
		v.skip += gap - video.ClockRate/y4mRate
	}
	v.last = e.Timestamp
	timed := *e
	timed.Timestamp -= v.skip
	return v.w.Write(&timed)
}

// close writes the size into the header (bytes 12 to 15), and how many pictures there are.
func (v *ivfFile) close() error {
	if v.w == nil {
		return nil
	}
	err := v.w.Close()
	if v.width > 0 {
		size := binary.LittleEndian.AppendUint16(nil, uint16(v.width))
		_, e := v.file.WriteAt(binary.LittleEndian.AppendUint16(size, uint16(v.height)), 12)
		err = errors.Join(err, e)
	}
	return err
}
