package main

import (
	"context"
	"fmt"
	"image/png"
	"os"

	"parley/video"
	"parley/video/screen"
)

// screens lists what of this machine can be shown, or writes how one of it looks now.
func screens(ctx context.Context, args []string) error {
	o := newOptions("screens")
	words, err := o.parse(args)
	if err != nil {
		return err
	}
	all := screen.New(screen.Config{Log: o.log()})
	switch len(words) {
	case 0:
		list, err := all.List(ctx)
		for _, s := range list {
			emit(screenLine(s))
		}
		if err != nil {
			return &failure{exitRefused, "screens", err}
		}
		return nil
	case 2:
		if err := savePicture(ctx, all, words[0], words[1]); err != nil {
			return &failure{exitRefused, "screens", err}
		}
		return nil
	}
	return usageError("screens takes nothing, or the id of a screen or window and a file for its picture")
}

func screenLine(s video.Subject) map[string]any {
	line := map[string]any{"kind": "screen", "id": s.ID, "name": s.Name, "width": s.Width, "height": s.Height}
	if s.Window {
		line["kind"], line["application"] = "window", s.Application
	} else {
		line["primary"] = s.Primary
	}
	return line
}

func savePicture(ctx context.Context, all *screen.Screens, id, file string) error {
	m, err := all.Thumbnail(ctx, id, video.MaxWidth, video.MaxHeight)
	if err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := png.Encode(f, m); err != nil {
		_ = f.Close()
		return fmt.Errorf("write %s: %w", file, err)
	}
	if err := f.Close(); err != nil {
		return err
	}
	emit(map[string]any{"event": "picture", "id": id, "file": file, "width": m.Rect.Dx(), "height": m.Rect.Dy()})
	return nil
}
