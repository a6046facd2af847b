// Command demo shows that Parley works on a machine without screen or sound card: the desktop app on a screen in memory, with a
// server in its own process, and somebody with parleyctl who joins and says recorded speech. It leaves a picture of the window
// and reports what the app's loudspeaker played. It succeeds only if that was what was said. "make demo" runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"parley/test/lab"
)

func main() {
	bin := flag.String("bin", "bin", "folder with parley and parleyctl")
	picture := flag.String("picture", "demo.png", "where to put the picture")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	if err := run(ctx, *bin, *picture); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// The two people. The friend's words come out of the host's loudspeaker.
const (
	host = iota
	friend
	people
)

func run(ctx context.Context, bin, picture string) (err error) {
	dir, err := lab.TempDir(nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if bin, err = filepath.Abs(bin); err != nil {
		return err
	}
	programs := lab.Programs{Dir: bin}
	pulse, err := lab.StartPulse(ctx, people, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pulse.Close()) }()
	display, err := lab.StartDisplay(ctx, lab.AppWidth, lab.AppHeight, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, display.Close()) }()

	fmt.Println("demo: the first start: a name, and a server here")
	app, err := programs.App(ctx, lab.AppConfig{Display: display, Pulse: pulse, Dir: filepath.Join(dir, "host"), Settings: lab.Person(host, "")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	invite, err := app.HostHere(ctx, "Mara Lind", lab.Dark)
	if err != nil {
		return err
	}
	if err := app.Enter(ctx, channel, lab.Dark); err != nil {
		return err
	}
	fmt.Println("demo: a friend joins with the invite, and talks")
	c, err := join(ctx, programs, pulse, filepath.Join(dir, "friend"), invite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	mouth, ear, err := talk(ctx, pulse, app, picture)
	if err != nil {
		return err
	}
	m := compare(mouth, ear)
	fmt.Println("demo: picture:", picture)
	fmt.Println(m)
	return m.heard()
}

const channel = "General"

// join brings the friend into the channel, who sends what the microphone hears as it is, so that it can be compared.
func join(ctx context.Context, programs lab.Programs, pulse *lab.Pulse, home, invite string) (*lab.Client, error) {
	l := lab.Letter(friend)
	c, err := programs.Client(lab.Command{
		Env: pulse.Env(),
		Args: []string{"join", invite, "--channel", channel, "--name", "Teo Okafor", "--home", home, "--mic", "mic_" + l, "--speaker", "spk_" + l,
			"--processing=off", "--mode", "open", "--bitrate", "64000"},
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 45*time.Second)
	defer cancel()
	if _, err := c.Await(ctx, 0, "peer_connected", nil); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// How long the friend talks, in seconds: before the first are over the jitter buffer is still finding its length.
const (
	warmUp = 4
	said   = 14
)

// talk returns what went into the friend's microphone and what came out of the host's loudspeaker meanwhile, and leaves a picture
// of who speaks.
func talk(ctx context.Context, pulse *lab.Pulse, app *lab.App, picture string) (mouth, ear []float32, err error) {
	speech, err := lab.Speech(warmUp + said)
	if err != nil {
		return nil, nil, err
	}
	voice := "inj_" + lab.Letter(friend)
	if err := pulse.Play(ctx, voice, speech[:warmUp*lab.SampleRate]); err != nil {
		return nil, nil, err
	}
	r, err := pulse.Record(ctx)
	if err != nil {
		return nil, nil, err
	}
	played := make(chan error, 1)
	go func() { played <- pulse.Play(ctx, voice, speech[warmUp*lab.SampleRate:]) }()
	err = photograph(ctx, app, picture)
	if err = errors.Join(err, <-played); err == nil {
		err = r.WaitSeconds(ctx, r.Seconds()+1)
	}
	channels, stopErr := r.Stop()
	if err := errors.Join(err, stopErr); err != nil {
		return nil, nil, err
	}
	return channels[lab.Mouth(friend)], channels[lab.Ear(host)], nil
}

// photograph waits for the light around who speaks.
func photograph(ctx context.Context, app *lab.App, picture string) error {
	ring := lab.TileAvatar(0, people)
	err := app.WaitFor(ctx, "light around the friend, who speaks", ring, func(img *image.RGBA) bool { return lab.Lit(img, ring, lab.Dark) })
	if err != nil {
		return err
	}
	img, err := app.Display.Image(app.Display.Bounds())
	if err != nil {
		return err
	}
	return lab.SavePNG(picture, img)
}
