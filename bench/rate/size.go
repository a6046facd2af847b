package main

import (
	"context"
	"fmt"

	"parley/bench/internal/measure"
	"parley/video"
	"parley/video/videotest"
	"parley/video/vp9"
	"parley/video/yuv"
)

// What size shows: the rate that 720 lines need by VP8 gives 1080 lines by VP9, and a better picture as it is seen, at 1080 lines. How near
// each comes to its own source, which has more to show, is said beside it. Nothing here goes by a clock: the figures are the same on each machine.
const (
	sizeKbps     = 2500
	sizePictures = 300
	sizeFPS      = 30
)

type coded struct {
	Kbps  float64 `json:"kbps"`
	Own   float64 `json:"own_db"`  // PSNR of the luma, beside the source at its own size
	Seen  float64 `json:"seen_db"` // at 1080 lines, beside the source of 1080
	Shown int     `json:"shown"`
}

func size(_ context.Context, b *bench, name string) error {
	ours, err := codeAs(vp9.Config{Codec: video.VP9, Level: vp9.Levels}, 1920, 1080)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	theirs, err := codeAs(vp9.Config{Codec: video.VP8, Level: 3}, 1280, 720)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.say(name+", 1080p30 by VP9", ours.Own, "dB PSNR", nil, ours)
	b.say(name+", 720p30 by VP8", theirs.Own, "dB PSNR", nil, theirs)
	b.say(name+", rate, VP9 by VP8", measure.Round(ours.Kbps/theirs.Kbps, 3), "ratio", measure.AtMost(1.05), nil)
	b.say(name+", VP9 above VP8, each at its size", measure.Round(ours.Own-theirs.Own, 2), "dB", nil, nil)
	b.say(name+", VP9 above VP8, as seen at 1080 lines", measure.Round(ours.Seen-theirs.Seen, 2), "dB", measure.AtLeast(0), nil)
	return nil
}

// codeAs codes ten seconds of the pattern at a size, three temporal layers as in a call, and judges what comes out.
func codeAs(c vp9.Config, width, height int) (out coded, err error) {
	c.Kbps, c.Threads = sizeKbps, 1
	encoder, err := vp9.NewEncoder(c)
	if err != nil {
		return out, err
	}
	defer encoder.Close()
	decoder, err := vp9.NewDecoder(c.Codec, nil, 1)
	if err != nil {
		return out, err
	}
	defer decoder.Close()
	pattern, err := videotest.NewPattern(1920, 1080, 0)
	if err != nil {
		return out, err
	}
	var pool video.Pool
	frames := make([]*video.Frame, 3)
	for i, size := range [][2]int{{1920, 1080}, {width, height}, {1920, 1080}} {
		if frames[i], err = pool.Get(size[0], size[1]); err != nil {
			return out, err
		}
		defer frames[i].Release()
	}
	source, scaled, seen := frames[0], frames[1], frames[2]
	converter, bytes := yuv.NewConverter(), 0
	for n := range uint32(sizePictures) {
		if err = pattern.Draw(source, n); err != nil {
			return out, err
		}
		source.Timestamp = n * video.ClockRate / sizeFPS
		if err = converter.Scale(scaled, source); err != nil {
			return out, err
		}
		e, err := encoder.Encode(scaled)
		if err != nil {
			return out, err
		}
		if len(e.Data) == 0 {
			continue
		}
		bytes += len(e.Data)
		f, err := decoder.Decode(e.Data)
		if err != nil {
			return out, err
		}
		out.Own += videotest.PSNR(scaled, f)
		err = converter.Scale(seen, f)
		out.Seen += videotest.PSNR(source, seen)
		out.Shown++
		f.Release()
		if err != nil {
			return out, err
		}
	}
	if out.Shown == 0 {
		return out, fmt.Errorf("%v: nothing was coded", c.Codec)
	}
	out.Own, out.Seen = measure.Round(out.Own/float64(out.Shown), 2), measure.Round(out.Seen/float64(out.Shown), 2)
	out.Kbps = measure.Round(float64(bytes)*8*sizeFPS/sizePictures/1000, 1)
	return out, nil
}
