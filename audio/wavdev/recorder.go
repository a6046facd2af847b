package wavdev

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"parley/audio"
)

// Recorder writes each speaker into a file of its own, all on one time line: the same place in two files is the same moment.
// Its Tap never blocks: a goroutine writes, and what it can't keep up with is dropped, counted, and silent in the file.
type Recorder struct {
	dir     string
	log     *slog.Logger
	blocks  chan *block // to the goroutine
	free    chan *block // and back
	dropped atomic.Uint64
	quit    chan struct{}
	done    chan struct{}
	once    sync.Once
	err     error // the goroutine's, until done is closed

	// The rest belongs to the goroutine.
	tracks map[string]*track
	names  map[string]bool
	begin  int64 // first moment of all files
	end    int64
	begun  bool
}

type block struct {
	key   string
	at    int64
	frame [audio.FrameSize]float32
}

type track struct {
	w    *Writer // nil: could not be made
	next int64
}

const (
	queue     = 400 // frames: four seconds of one speaker
	maxTracks = 256
	// MixName is the file that holds what the loudspeaker plays.
	MixName = "mix"
)

// NewRecorder makes the folder and starts the goroutine. A nil log discards.
func NewRecorder(dir string, log *slog.Logger) (*Recorder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	r := &Recorder{
		dir: dir, log: log,
		blocks: make(chan *block, queue), free: make(chan *block, queue),
		quit: make(chan struct{}), done: make(chan struct{}),
		tracks: map[string]*track{}, names: map[string]bool{},
	}
	for range queue {
		r.free <- new(block)
	}
	go r.run()
	return r, nil
}

// Tap implements audio.Tap.
func (r *Recorder) Tap(key string, at int64, frame []float32) {
	select {
	case b := <-r.free:
		b.key, b.at = key, at
		clear(b.frame[copy(b.frame[:], frame):])
		r.blocks <- b // there is room for all blocks that exist
	default:
		r.dropped.Add(1)
	}
}

// Dropped is how many frames were lost because the disk was too slow.
func (r *Recorder) Dropped() uint64 { return r.dropped.Load() }

// Close writes what is waiting and completes the files, all with the same end. Tap must not be called any more:
// Playout.SetTap(nil) sees to it. It returns the first error of any file, and can be called more than once.
func (r *Recorder) Close() error {
	r.once.Do(func() { close(r.quit) })
	<-r.done
	return r.err
}

func (r *Recorder) run() {
	defer close(r.done)
	for {
		select {
		case b := <-r.blocks:
			r.write(b)
		case <-r.quit:
			for len(r.blocks) > 0 {
				r.write(<-r.blocks)
			}
			r.finish()
			return
		}
	}
}

func (r *Recorder) write(b *block) {
	if !r.begun {
		r.begun, r.begin = true, b.at
	}
	r.end = max(r.end, b.at+audio.FrameSize)
	if t := r.track(b.key); t != nil {
		r.pad(t, b.at)
		if t.next == b.at { // else it has been written: time does not go back
			r.note(t.write(b.frame[:]))
		}
	}
	r.free <- b
}

// track is the file of a speaker, made at its first frame; nil for one too many.
func (r *Recorder) track(key string) *track {
	t := r.tracks[key]
	if t != nil || len(r.tracks) >= maxTracks {
		return t
	}
	t = &track{next: r.begin}
	w, err := Create(filepath.Join(r.dir, r.name(key)+".wav"))
	r.note(err)
	if err == nil {
		t.w = w
	}
	r.tracks[key] = t
	return t
}

// pad writes silence up to a moment.
func (r *Recorder) pad(t *track, until int64) {
	var silence [audio.FrameSize]float32
	for t.next < until {
		n := min(until-t.next, audio.FrameSize)
		r.note(t.write(silence[:n]))
	}
}

func (t *track) write(samples []float32) error {
	t.next += int64(len(samples))
	if t.w == nil {
		return nil
	}
	return t.w.Write(samples)
}

func (r *Recorder) finish() {
	for _, t := range r.tracks {
		r.pad(t, r.end)
		if t.w != nil {
			r.note(t.w.Close())
		}
	}
}

func (r *Recorder) note(err error) {
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("record: %w", err)
		r.log.Warn("record", "err", err)
	}
}

// name makes a file name of a key, which may come from somebody else: letters, digits and a few signs stay, the length is
// bounded, and no two keys share a file.
func (r *Recorder) name(key string) string {
	if key == "" {
		key = MixName
	}
	clean := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
			return c
		}
		return '_'
	}, key)
	clean = strings.TrimLeft(clean[:min(len(clean), 80)], ".")
	if clean == "" {
		clean = "_"
	}
	name := clean
	for n := 2; r.names[strings.ToLower(name)]; n++ { // some file systems don't tell case apart
		name = fmt.Sprintf("%s-%d", clean, n)
	}
	r.names[strings.ToLower(name)] = true
	return name
}
