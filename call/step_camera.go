package call

import (
	"slices"

	"parley/call/mesh"
	"parley/wire"
)

func (t *turn) cameraCommand(cmd Command, made waiter) {
	var err error
	switch c := cmd.(type) {
	case SetCamera:
		if t.place.call == "" {
			err = wire.Errorf(wire.BadOrder, "The camera can be switched on in a call only.")
		} else {
			t.setCamera(c.On)
		}
	case UseCamera:
		t.do(useCamera{c.Camera})
	case Preview:
		t.setPreview(c.On)
	}
	t.finish(made, Reply{}, err)
}

// setCamera is called in a call alone, and by its end.
func (t *turn) setCamera(on bool) {
	if t.camera.On == on {
		return
	}
	t.camera.On = on
	t.do(setCamera{on})
	t.tellState()
}

// setPreview shows oneself to oneself; nothing of it goes anywhere.
func (t *turn) setPreview(on bool) {
	if t.camera.Preview != on {
		t.camera.Preview = on
		t.do(setPreview{on})
	}
}

// cameraSeen takes what has become of cameras. The other one of a call is told whether there are pictures.
func (t *turn) cameraSeen(seen CameraState) {
	old := t.camera
	seen.On, seen.Preview = old.On, old.Preview
	if slices.Equal(old.Cameras, seen.Cameras) {
		seen.Cameras = old.Cameras
	}
	t.camera = seen
	if seen.On && seen.Open != old.Open {
		t.tellState()
	}
}

// seen is a peer's first picture.
func (t *turn) seen(id mesh.Peer) {
	if p := t.peers[id]; p != nil && !p.seen {
		p.seen = true
		t.notify(Notice{Kind: NoticeFirstPicture, User: id.User, Name: p.member.Name, Channel: t.place.call})
	}
}
