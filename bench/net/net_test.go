package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"parley/audio"
	"parley/bench/internal/heard"
	"parley/bench/internal/measure"
)

// speech is so many milliseconds of it, each time, and of silence after it.
func speech(ms ...int) (x []float32) {
	for i, n := range ms {
		for j := range n * audio.SampleRate / 1000 {
			v := float32(0)
			if i%2 == 0 {
				v = 0.1 * float32(1-2*(j%2))
			}
			x = append(x, v)
		}
	}
	return x
}

func TestBack(t *testing.T) {
	const from = 1000
	at := func(ms int) int { return ms * audio.SampleRate / 1000 }
	for name, c := range map[string]struct {
		ear  []float32
		want float64
	}{
		"never gone":                 {speech(10000), 0},
		"a word's pause":             {speech(2000, 300, 7700), 0},
		"an outage":                  {speech(800, 400, 8800), 200},
		"a word's pause after it":    {speech(800, 400, 1000, 280, 7520), 200},
		"what was on its way first":  {speech(1500, 2000, 6500), 2500},
		"a break long after it":      {speech(1500, 1000, 3500, 2500, 1500), 1500},
		"a click in it":              {speech(1500, 1000, 40, 960, 6500), 2500},
		"not back":                   {speech(1500, 8500), 30000},
		"not back after a short one": {speech(800, 700, 500, 8000), 30000},
		"nothing at all":             {speech(0, 10000), 30000},
	} {
		if got := back(c.ear, at(from), at(10000)); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := back(speech(1000), at(from), at(10000)); got != 0 {
		t.Errorf("no recording: %v", got)
	}
}

// TestCounts reads the figures of two times out of statistics whose last line is cut.
func TestCounts(t *testing.T) {
	const first = `{"event":"stats","peers":[]}
{"event":"stats","peers":[{"received":1000,"red_repaired":100,"nack_repaired":10,"fec_repaired":1,"concealed":9,"packets":50,"late":1,"jb_delay_ms":20,"bytes_copied":7}]}
`
	const second = first + `{"event":"stats","peers":[{"received":2000,"red_repaired":300,"nack_repaired":30,"fec_repaired":2,"concealed":19,"packets":99,"late":3,"jb_delay_ms":40,"bytes_copied":9}]}
{"event":"sta`
	var got [2]counts
	for i, text := range []string{first, second} {
		path := filepath.Join(t.TempDir(), "stats")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		lines, err := read(path)
		if err == nil {
			got[i], err = count(lines, lines)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	d := got[1].since(got[0])
	want := counts{
		Played: 1231, Invented: 10, Packets: 49, Late: 2, Delay: 40, Samples: 1,
		Detail: map[string]float64{"red": 200, "nack": 20, "fec": 1, "bytes_copied": 2, "packets_resent": 0},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("%+v, want %+v", d, want)
	}
	var r result
	r.sound(d)
	if r.Invented != 0.812 || r.Late != 4.08 || r.Buffer != 40 {
		t.Errorf("%+v", r)
	}
	if _, err := count(nil, []line{{}}); err == nil {
		t.Error("nobody heard, and no error")
	}
}

// TestReport: ours has limits of its own, and Chromium's figures are the others.
func TestReport(t *testing.T) {
	var out bytes.Buffer
	b := &bench{out: json.NewEncoder(&out)}
	s := scene{name: "x", heard: 97, late: 2}
	mine := result{Invented: 2, Late: 2.5, Delay: heard.Delay{Median: 150}}
	other := result{Invented: 3, Late: 9, Delay: heard.Delay{Median: 170}}
	b.report(s, parleyName, mine)
	b.report(s, chromiumName, other)
	b.compare(s, mine, other)
	trouble := scene{name: "y", trouble: outage}
	b.compare(trouble, result{Back: []float64{1, 500, 2}}, result{Back: []float64{30000, 1, 1}})
	b.compare(scene{name: "z"}, result{Seconds: 10, Invented: 0.2}, result{Invented: 0}) // a stall
	b.price(result{Wire: 103, Detail: map[string]float64{"bytes_copied": 0}}, result{Wire: 100})
	within := map[string]bool{
		"x, parley, decoded or repaired": true, "x, parley, late": false,
		"x, invented, parley's, at most chromium's": true, "x, mouth to ear, parley's, at most chromium's": true,
		"y, sound back, parley's, at most chromium's": false,
		"z, invented, parley's, at most chromium's":   true, "z, mouth to ear, parley's, at most chromium's": true,
		"clean, parley, bytes of copies": true, "clean, parley, wire by that without RED": false,
	}
	if held, err := measure.Held(&out); err != nil || !maps.Equal(held, within) {
		t.Errorf("%v, %v, want %v", held, err, within)
	}
}
