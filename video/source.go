package video

import "errors"

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

// Source gives the pictures of a camera, to one goroutine.
type Source interface {
	// Read waits for the next picture, which the caller releases; Captured is set. The error after the last one is io.EOF when
	// Close was called, and else says what became of the camera.
	Read() (*Frame, error)
	// Close ends a Read that waits, and frees the camera. A second one does nothing.
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

// What Open and Read can say, wrapped in what says more.
var (
	ErrNoCamera   = errors.New("there is no camera")
	ErrCameraBusy = errors.New("another program is using the camera")
	ErrCameraGone = errors.New("the camera is gone")
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
