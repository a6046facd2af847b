package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"

	"parley/bench/internal/measure"
	"parley/bench/internal/picture"
	"parley/video"
	"parley/video/videotest"
	"parley/video/vp9"
)

// judge compares pictures with the ones of the pattern that have the same number. It is safe for concurrent use.
type judge struct {
	mu      sync.Mutex
	pattern *videotest.Pattern
	ref     *video.Frame
	db      []float64
	unread  int
}

func newJudge(width, height int) (*judge, error) {
	p, err := videotest.NewPattern(width, height, picture.Beeps)
	if err != nil {
		return nil, err
	}
	ref, err := new(video.Pool).Get(width, height)
	return &judge{pattern: p, ref: ref}, err
}

// see judges one picture. One whose number can't be read is counted.
func (j *judge) see(f *video.Frame) error {
	if f.Check() != nil || f.Width != j.ref.Width || f.Height != j.ref.Height {
		return fmt.Errorf("a picture of %dx%d, want %dx%d", f.Width, f.Height, j.ref.Width, j.ref.Height)
	}
	n, ok := videotest.ReadCounter(f)
	j.mu.Lock()
	defer j.mu.Unlock()
	if !ok {
		j.unread++
		return nil
	}
	if err := j.pattern.Draw(j.ref, n); err != nil {
		return err
	}
	j.db = append(j.db, videotest.PSNR(j.ref, f))
	return nil
}

// mean is that of all pictures, in dB.
func (j *judge) mean() (float64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.db) == 0 || j.unread > len(j.db)/20 {
		return 0, fmt.Errorf("%d pictures to judge, and %d whose number can't be read", len(j.db), j.unread)
	}
	sum := 0.0
	for _, v := range j.db {
		sum += v
	}
	return measure.Round(sum/float64(len(j.db)), 2), nil
}

// ServeHTTP takes the luma of a picture out of a browser: width, height and stride in the query, the rows in the body.
func (j *judge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number := func(name string) int {
		v, _ := strconv.Atoi(r.URL.Query().Get(name)) // what is none is 0, which is refused
		return v
	}
	f := &video.Frame{Width: number("width"), Height: number("height"), YStride: number("stride")}
	if err := j.take(f, http.MaxBytesReader(w, r.Body, video.MaxWidth*video.MaxHeight)); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func (j *judge) take(f *video.Frame, rows io.Reader) (err error) {
	if err := video.CheckSize(f.Width, f.Height); err != nil {
		return err
	}
	if f.Y, err = io.ReadAll(rows); err != nil {
		return err
	}
	cw, ch := f.ChromaSize() // which nobody looks at
	f.CStride, f.U = cw, make([]byte, cw*ch)
	f.V = f.U
	return j.see(f)
}

// ivf judges the coded pictures of an IVF file, those from so many on.
func (j *judge) ivf(path string, from int) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const header, each = 32, 12
	if len(data) < header || string(data[:4]) != "DKIF" || string(data[8:12]) != "VP90" {
		return fmt.Errorf("%s: no IVF file with VP9", path)
	}
	d, err := vp9.NewDecoder(video.VP9, nil, 1)
	if err != nil {
		return err
	}
	defer d.Close()
	data = data[header:]
	for i := 0; len(data) >= each; i++ {
		size := int(binary.LittleEndian.Uint32(data))
		if size > len(data)-each {
			break // the last one was cut
		}
		f, err := d.Decode(data[each : each+size])
		if err != nil {
			return fmt.Errorf("%s: picture %d: %w", path, i, err)
		}
		if i >= from && f != nil {
			err = j.see(f)
		}
		f.Release()
		if err != nil {
			return fmt.Errorf("%s: picture %d: %w", path, i, err)
		}
		data = data[each+size:]
	}
	return nil
}
