package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"parley/bench/internal/measure"
	"parley/bench/internal/picture"
	"parley/test/lab"
	"parley/test/netlab"
)

//go:embed pictures.html
var picturesPage []byte

// PicturesConfig says what two people have who see each other.
type PicturesConfig struct {
	Dir           string // for files that are large
	Pulse         *lab.Pulse
	At            [2]*netlab.Node // nil: this machine
	Width, Height int             // of the camera's picture
	Kbps          int             // the most that it may take
	TwoWay        bool            // b has a camera, too
	Adapts        bool            // what does not fit becomes smaller; else its size stays
	Sound         []float32       // what both microphones hear, again and again; with Share, they are mic_a and mic_b
	Display       *lab.Display    // b has a window there; nil: nobody has
	Share         bool            // what Display shows is shared by a, in place of a camera, and b has no window
	Place         image.Point     // how large the picture is shown
	Luma          http.Handler    // takes pictures that are read back; nil: none are
}

// Pictures is two Chromium processes, a and b, each with a page that has its microphone open, and its camera if it sends. Their
// loudspeakers are spk_a and spk_b.
type Pictures struct {
	two
	config      PicturesConfig
	clip, sound string
}

// OpenPictures starts them. The camera is videotest's pattern.
func OpenPictures(ctx context.Context, c PicturesConfig) (_ *Pictures, err error) {
	p := &Pictures{config: c, clip: filepath.Join(c.Dir, "clip.y4m"), sound: filepath.Join(c.Dir, "sound.wav")}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if !c.Share {
		if err := errors.Join(lab.WriteClip(p.clip, c.Width, c.Height, picture.FPS, picture.Beeps), lab.WriteWAV(p.sound, c.Sound)); err != nil {
			return nil, err
		}
	}
	mux := http.NewServeMux()
	if c.Luma != nil {
		mux.Handle("POST /luma", c.Luma)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picturesPage) })
	for i, at := range c.At {
		t, err := p.open(ctx, i, p.chromium(i), at, mux)
		if err != nil {
			return nil, err
		}
		options, _ := json.Marshal(map[string]any{ // which never fails
			"width": c.Width, "height": c.Height, "camera": !c.Share && (i == 0 || c.TwoWay), "screen": c.Share && i == 0, "shownWidth": c.Place.X, "shownHeight": c.Place.Y,
			"kbps": c.Kbps, "adapts": c.Adapts,
		})
		if err := t.Evaluate(ctx, "peer.open("+string(options)+")", nil); err != nil {
			return nil, fmt.Errorf("%w %s", err, t.Stderr())
		}
	}
	return p, nil
}

func (p *Pictures) chromium(i int) lab.Chromium {
	l := lab.Letter(i)
	c := lab.Chromium{Env: append(p.config.Pulse.Env(), "PULSE_SINK=spk_"+l, "PULSE_SOURCE=mic_"+l)}
	if !p.config.Share {
		c.Args = []string{
			"--use-fake-device-for-media-stream", "--use-file-for-fake-video-capture=" + p.clip, "--use-file-for-fake-audio-capture=" + p.sound,
		}
	}
	if p.config.Display != nil && p.config.Share == (i == 0) {
		c.Env, c.Headed, c.Share = slices.Concat(c.Env, p.config.Display.Env()), true, p.config.Share
		c.Args = append(c.Args, "--test-type", "--window-position=0,0", fmt.Sprintf("--window-size=%d,%d", lab.AppWidth, lab.AppHeight))
	}
	return c
}

// Close ends both, and their files are gone.
func (p *Pictures) Close() error {
	err := p.two.Close()
	for _, file := range []string{p.clip, p.sound} {
		if e := os.Remove(file); !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Call lets b join a, who waits, and returns the time from b's start to its first picture in milliseconds.
func (p *Pictures) Call(ctx context.Context) (ms float64, err error) {
	return p.call(ctx, "peer.connect()", "peer.connect()", "peer.firstPicture()")
}

// Shown is what b was shown since the last call of it.
func (p *Pictures) Shown(ctx context.Context) (s picture.Shown, err error) {
	return s, p.B.Evaluate(ctx, "peer.seen()", &s)
}

// Coded is what a page says of one end's coding.
type Coded struct {
	SentBytes     float64 `json:"sent_bytes"`
	ReceivedBytes float64 `json:"received_bytes"`
	Encoded       float64 `json:"encoded"`
	EncodeS       float64 `json:"encode_s"`
	Decoded       float64 `json:"decoded"`
	DecodeS       float64 `json:"decode_s"`
	Encoder       string  `json:"encoder"`
	Decoder       string  `json:"decoder"`
	Limited       string  `json:"limited"`
}

// Coded is what a has coded and b decoded since the call began.
func (p *Pictures) Coded(ctx context.Context) (both [2]Coded, err error) {
	for i, t := range []*lab.Tab{p.A, p.B} {
		if err := t.Evaluate(ctx, "peer.coded()", &both[i]); err != nil {
			return both, err
		}
	}
	return both, nil
}

// CodedBetween is what a has coded and b decoded in that many seconds.
func CodedBetween(before, after [2]Coded, seconds float64) map[string]any {
	per := func(total, count float64) float64 { return measure.Round(1000*total/max(count, 1), 2) }
	a, b := after[0], after[1]
	return map[string]any{
		"sent_fps": measure.Round((a.Encoded-before[0].Encoded)/seconds, 1), "received_kbps": measure.Round((b.ReceivedBytes-before[1].ReceivedBytes)*8/1000/seconds, 0),
		"encode_ms": per(a.EncodeS-before[0].EncodeS, a.Encoded-before[0].Encoded), "decode_ms": per(b.DecodeS-before[1].DecodeS, b.Decoded-before[1].Decoded),
		"encoder": a.Encoder, "decoder": b.Decoder, "limited": a.Limited,
	}
}
