package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"parley/call"
	"parley/video"
	"parley/video/videotest"
)

// pictures is what a visit has of cameras and screens, and of what it does with others' pictures. Without the flags it has nothing.
type pictures struct {
	config call.PictureConfig

	mu       sync.Mutex // around the files: each person has a goroutine
	err      error      // of the first write that failed
	counters *bufio.Writer
	video    *os.File
	y4m      *video.Y4MWriter
	dir      string
	ivf      map[source]*ivfFile // by whose they are, where dir is set; else of anybody's camera
	closers  []func() error
}

// source is where others' pictures come from.
type source struct {
	user  string
	track call.Track
}

func (s source) file() string { return s.user + "-" + trackNames[s.track] + ".ivf" }

func (p *pictures) create(o *pictureOptions) error {
	if o.counters != "" {
		f, err := os.Create(o.counters)
		if err != nil {
			return err
		}
		p.counters = bufio.NewWriter(f)
		p.closers = append(p.closers, f.Close)
	}
	p.ivf = map[source]*ivfFile{}
	if p.dir = o.recordDir; p.dir != "" {
		p.config.RecordCoded = p.came
		return os.MkdirAll(p.dir, 0o700)
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
		p.ivf[source{}] = &ivfFile{file: f}
		p.config.RecordCoded = p.came
	}
	return nil
}

// y4mRate is what the header says: pictures are written as they are shown, and not at even times.
const y4mRate = 30

// shown is PictureConfig.Record.
func (p *pictures) shown(user string, t call.Track, f *video.Frame) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counters != nil {
		n := int64(-1)
		if c, ok := videotest.ReadCounter(f); ok {
			n = int64(c)
		}
		_, err := fmt.Fprintln(p.counters, n, now.UnixMicro(), f.Width, f.Height, user, trackNames[t])
		p.failedLocked(err)
	}
	if v := p.ivfLocked(user, t); v != nil {
		v.width, v.height = f.Width, f.Height
	} else if p.video != nil && t == call.CameraTrack {
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

// ivfLocked is the file for somebody's pictures; nil: there is none.
func (p *pictures) ivfLocked(user string, t call.Track) *ivfFile {
	switch {
	case p.dir != "":
		return p.ivf[source{user, t}]
	case t == call.CameraTrack:
		return p.ivf[source{}]
	}
	return nil
}

// came is PictureConfig.RecordCoded.
func (p *pictures) came(user string, t call.Track, c video.Codec, e *video.Encoded) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.ivfLocked(user, t)
	if from := (source{user, t}); v == nil && p.dir != "" {
		f, err := os.Create(filepath.Join(p.dir, from.file())) // a user's id is letters and digits
		p.failedLocked(err)
		if err != nil {
			return
		}
		p.closers = append(p.closers, f.Close)
		v = &ivfFile{file: f}
		p.ivf[from] = v
	}
	if v != nil {
		p.failedLocked(v.write(c, e))
	}
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
	for _, v := range p.ivf {
		err = errors.Join(err, v.close())
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
