package kit

import (
	"fyne.io/fyne/v2"
)

// The layouts of one object: around it, or of its size.

// Gap is empty room.
func Gap(width, height float32) fyne.CanvasObject {
	return &fyne.Container{Layout: &fixed{width, height}}
}

// Fixed gives an object a size, whatever it wants; 0 leaves the width or the height to the object.
func Fixed(width, height float32, o fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: &fixed{width, height}, Objects: []fyne.CanvasObject{o}}
}

type fixed struct{ width, height float32 }

func (l *fixed) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for o := range visible(objects) {
		size = size.Max(o.MinSize())
	}
	if l.width > 0 || len(objects) == 0 {
		size.Width = Px(l.width)
	}
	if l.height > 0 || len(objects) == 0 {
		size.Height = Px(l.height)
	}
	return size
}

func (l *fixed) natural(objects []fyne.CanvasObject) float32 {
	if l.width > 0 {
		return Px(l.width)
	}
	return widest(objects)
}

func (l *fixed) Layout(objects []fyne.CanvasObject, size fyne.Size) { fill(objects, size) }

// Stack puts objects over each other, the last on top, all of the same size.
func Stack(objects ...fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: stack{}, Objects: objects}
}

type stack struct{}

func (stack) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return (&fixed{}).MinSize(objects).AddWidthHeight(widest(objects)*hint, 0)
}
func (stack) natural(objects []fyne.CanvasObject) float32        { return widest(objects) }
func (stack) Layout(objects []fyne.CanvasObject, size fyne.Size) { fill(objects, size) }

func fill(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		place(o, 0, 0, size.Width, size.Height)
	}
}

// Pad leaves room around an object.
func Pad(left, top, right, bottom float32, o fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: &pad{left, top, right, bottom}, Objects: []fyne.CanvasObject{o}}
}

type pad struct{ left, top, right, bottom float32 }

func (l *pad) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(l.across(), Px(l.top)+Px(l.bottom))
	for o := range visible(objects) {
		size = size.Add(o.MinSize())
	}
	return size
}

func (l *pad) natural(objects []fyne.CanvasObject) float32 { return l.across() + widest(objects) }
func (l *pad) across() float32                             { return Px(l.left) + Px(l.right) }

func (l *pad) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		place(o, Px(l.left), Px(l.top), max(0, size.Width-l.across()), max(0, size.Height-Px(l.top)-Px(l.bottom)))
	}
}

// Center puts an object in the middle, at most maxWidth wide and as high as it wants then; 0 is its natural width. What is higher than
// the room there is begins at the top.
func Center(maxWidth float32, o fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: &center{maxWidth}, Objects: []fyne.CanvasObject{o}}
}

type center struct{ width float32 }

func (l *center) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return stack{}.MinSize(objects)
}

func (l *center) natural(objects []fyne.CanvasObject) float32 {
	if l.width > 0 {
		return Px(l.width)
	}
	return widest(objects)
}

func (l *center) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for o := range visible(objects) {
		width := min(l.natural(objects), size.Width)
		height := min(FitHeight(o, width), size.Height)
		at := middle(size, width, height)
		place(o, max(0, at.X), max(0, at.Y), width, height)
	}
}
