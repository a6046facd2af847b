//go:build cgo

package vp9

import (
	"fmt"
	"testing"

	"parley/video"
)

// BenchmarkEncode codes 720p at 1.5 Mbit/s, each level of work beside its quality.
func BenchmarkEncode(b *testing.B) {
	pictures := patterns(1280, 720, 60)
	for _, c := range []Config{
		{Level: 3, Layers: 3}, {Level: 4, Layers: 3}, {Level: 5, Layers: 3}, {Level: 4, Layers: 1}, {Level: 5, Layers: 1},
		{Level: 4, Layers: 3, Codec: video.VP8}, {Level: 5, Layers: 3, Codec: video.VP8},
	} {
		c.Kbps = 1500
		b.Run(fmt.Sprintf("%v/level%d/layers%d", max(c.Codec, video.VP9), c.Level-1, c.Layers), func(b *testing.B) {
			e, d := newEncoder(b, c), newDecoder(b, max(c.Codec, video.VP9))
			var quality float64
			n := 0
			for b.Loop() {
				f := pictures[n%len(pictures)]
				f.Timestamp = uint32(n) * step
				n++
				out := encode(b, e, f)
				b.StopTimer()
				shown := decode(b, d, out.Data)
				quality += psnr(f, shown)
				shown.Release()
				b.StartTimer()
			}
			b.ReportMetric(quality/float64(n), "dB")
		})
	}
}

// BenchmarkDecode decodes 720p at 1.5 Mbit/s.
func BenchmarkDecode(b *testing.B) {
	pictures := patterns(1280, 720, 60)
	for _, codec := range codecs {
		b.Run(codec.String(), func(b *testing.B) {
			e, d := newEncoder(b, Config{Codec: codec, Kbps: 1500}), newDecoder(b, codec)
			var coded [][]byte
			for _, f := range pictures {
				coded = append(coded, encode(b, e, f).Data)
			}
			for n := 0; b.Loop(); n++ {
				decode(b, d, coded[n%len(coded)]).Release()
			}
		})
	}
}

// A screen of text that goes by, with all the rate it needs.
func BenchmarkScroll(b *testing.B) {
	p := page(1920, 1080, 5)
	e := newEncoder(b, Config{Kbps: 3680, Layers: 1, Screen: true, Threads: 1})
	encode := func(n int) {
		f := rolled(p, 2*n%1080)
		f.Timestamp = uint32(n) * video.ClockRate / 30
		if _, err := e.Encode(f); err != nil {
			b.Fatal(err)
		}
	}
	n := 0
	for ; n < 90; n++ {
		encode(n)
	}
	bytes := 0
	for b.Loop() {
		n++
		encode(n)
		bytes += len(e.out)
	}
	b.ReportMetric(float64(bytes)*240/float64(b.N)/1000, "kbit/s")
	if !e.ease.on {
		b.Error("not with ease")
	}
}
