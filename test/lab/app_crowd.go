package lab

import (
	"context"
	"image"
	"slices"
)

// Way is a way to look through the lists of a Crowd, from one end to the other.
type Way struct {
	Name string
	Go   func(*App, context.Context) error
}

// Ways are all of them: the list of channels and the one of people, by wheel, mouse and keys, and the search for somebody.
var Ways = []Way{
	{"drag", func(a *App, ctx context.Context) error {
		return both(func(list image.Rectangle) error { return a.dragBar(ctx, list) })
	}},
	{"wheel", func(a *App, ctx context.Context) error {
		return both(func(list image.Rectangle) error {
			return a.Display.Wheel(ctx, middle(list), wheelNotches)
		})
	}},
	{"keys", func(a *App, ctx context.Context) error {
		return both(func(list image.Rectangle) error { return a.page(ctx, list) })
	}},
	{"search", (*App).search},
}

const wheelNotches = 300

func both(do func(list image.Rectangle) error) error {
	for _, list := range []image.Rectangle{List, People} {
		if err := do(list); err != nil {
			return err
		}
	}
	return nil
}

// dragBar pulls the bar at a list's right edge to its end, and back.
func (a *App) dragBar(ctx context.Context, list image.Rectangle) error {
	top := list.Min.Y + 56
	if list == List {
		top = 90 // under the heading
	}
	first, last := image.Pt(list.Max.X-11, top), image.Pt(list.Max.X-11, list.Max.Y-5)
	for range 3 {
		if err := a.Display.Drag(ctx, first, last); err != nil {
			return err
		}
		if err := a.Display.Drag(ctx, last, first); err != nil {
			return err
		}
	}
	return nil
}

// page goes through a list by keys.
func (a *App) page(ctx context.Context, list image.Rectangle) error {
	at := PersonRow(0)
	if list == List {
		at = middle(Seat(0))
	}
	if err := a.Click(ctx, at); err != nil {
		return err
	}
	return a.Key(ctx, slices.Concat(slices.Repeat([]string{"Next"}, 100), []string{"End", "Home", "End"}, slices.Repeat([]string{"Prior"}, 100), []string{"Home"})...)
}

// search types the names of some people, and takes them back.
func (a *App) search(ctx context.Context) error {
	if err := a.Key(ctx, "ctrl+k"); err != nil {
		return err
	}
	for _, name := range []string{"cleo of the north 1", "wi", "call hao 77", "99", "nobody"} {
		if err := a.Display.Type(ctx, name); err != nil {
			return err
		}
		if err := a.Display.Key(ctx, slices.Concat([]string{"Down", "Down"}, slices.Repeat([]string{"BackSpace"}, len(name)))...); err != nil {
			return err
		}
	}
	return a.Key(ctx, "Escape")
}
