// Command screenshots takes the pictures of docs/ from the real window, in both themes: real people on a real server, one of whom
// speaks. "make screenshots" runs it; look at what it made before it is committed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image/color"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"parley/profile"
	"parley/test/lab"
)

func main() {
	bin := flag.String("bin", "bin", "folder with parley, parleyd and parleyctl")
	out := flag.String("out", "docs", "where the pictures go")
	only := flag.String("only", "", "only the pictures whose name holds this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if err := run(ctx, *bin, *out, *only); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

// themes are the two that the pictures are taken in.
var themes = []struct {
	name    string
	setting profile.Theme
	palette lab.Palette
	good    color.RGBA
}{
	{"dark", profile.DarkTheme, lab.Dark, color.RGBA{R: 0x6F, G: 0xD6, B: 0x9E, A: 0xFF}},
	{"light", profile.LightTheme, lab.Light, color.RGBA{R: 0x17, G: 0x6F, B: 0x43, A: 0xFF}},
}

func run(ctx context.Context, bin, out, only string) (err error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	w, err := newHarbour(ctx, bin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	for _, t := range themes {
		c := &camera{harbour: w, palette: t.palette, good: t.good, theme: t.setting, wanted: func(shot string) string {
			if name := shot + "-" + t.name; strings.Contains(name, only) {
				return filepath.Join(out, name+".png")
			}
			return ""
		}}
		if err := errors.Join(c.firstStart(ctx), c.called(ctx), c.crewed(ctx), c.filmed(ctx)); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}
