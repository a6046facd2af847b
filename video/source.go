package video

import (
	"context"
	"errors"
	"image"
)

// Format is a size in pixels and a rate in pictures a second.
type Format struct {
	Width, Height int
	FPS           float64
}

// Camera names where pictures can come from.
type Camera struct {
	ID, Name string // Name was written by whoever made the thing, and is shown inert
	Test     bool   // a pattern or a file
}

// Source gives the pictures of a camera, a screen or a window, to one goroutine.
type Source interface {
	// Read waits for the next picture, which the caller releases; Captured is set. The error after the last one is io.EOF when
	// Close was called, and else says what became of where they come from.
	Read() (*Frame, error)
	// Close ends a Read that waits, and frees the camera or what is shown. A second one does nothing.
	Close()
}

// Cameras is what a machine has of them.
type Cameras interface {
	// List says what is there now. It is quick enough to be asked every second.
	List() []Camera
	// Open opens one by its id or name, the first where that is empty, and says what it has agreed to: the nearest that it can. It
	// may take a second.
	Open(camera string, want Format) (Source, Format, error)
}

// What Cameras and their sources can say, wrapped in what says more.
var (
	ErrNoCamera   = errors.New("there is no camera")
	ErrCameraBusy = errors.New("another program is using the camera")
	ErrCameraGone = errors.New("the camera is gone")
)

// Subject is a screen or a window that can be shown to others.
type Subject struct {
	ID            string // the same as long as it is there
	Window        bool
	Name          string // the screen's, or the window's title. Others wrote it, and it is shown inert
	Application   string // a window's, likewise; may be empty
	Width, Height int    // pixels
	Primary       bool   // the screen that the system calls the main one
}

// Screens is what a machine can show of itself. Each method asks the display, which takes some milliseconds, or seconds if it hangs.
type Screens interface {
	// List says what there is now: the screens, and then the windows that can be seen. With ErrWayland it may give some windows, too.
	List(ctx context.Context) ([]Subject, error)
	// Thumbnail is a small picture of a subject for who chooses, at most that large, without the mouse's cursor.
	Thumbnail(ctx context.Context, id string, width, height int) (*image.RGBA, error)
	// Open begins to show a subject, cursor and all, and says in which size and at which rate: the nearest that it can. The size is
	// the subject's own and follows it; one that is larger than want's is scaled down. The source may have a method Hidden() bool:
	// there are no pictures of the subject now, as its window is minimised, and the last one stands still.
	Open(id string, want Format) (Source, Format, error)
}

// What Screens and their sources can say, wrapped in what says more.
var (
	ErrNoScreen     = errors.New("no screen or window can be shown")
	ErrNoSubject    = errors.New("there is no such screen or window")
	ErrWindowClosed = errors.New("the window was closed")
	ErrScreenGone   = errors.New("the screen is gone")
	// ErrWayland: only a portal could show more there, and for that Parley has nothing yet.
	ErrWayland = errors.New("on Wayland Parley can show only windows of X11 programs; in an X11 session it can show all windows and whole screens")
)

// Encoder codes pictures; vp9.Encoder is one. One that has to be freed has a Close too.
type Encoder interface {
	// Encode only reads the frame. The data is the encoder's until the next call; without data the frame was left out.
	Encode(f *Frame) (Encoded, error)
	SetBitrate(kbps int) error
	KeyFrame() // the next one
}

// Decoder is the other way; vp9.Decoder is one. One that has to be freed has a Close too.
type Decoder interface {
	// Decode hands out the picture to who releases it. ErrNoPicture is no fault; after any other error a key picture is needed.
	Decode(data []byte) (*Frame, error)
}

// ErrNoPicture says that coded data is sound and shows nothing.
var ErrNoPicture = errors.New("sound data that shows no picture")
