package call

import (
	"slices"
	"time"

	"parley/call/mesh"
	"parley/wire"
)

func (t *turn) cameraCommand(cmd Command, made waiter) {
	var err error
	switch c := cmd.(type) {
	case SetCamera:
		if err = t.cameraRefused(c.On); err == nil {
			t.setCamera(c.On)
		}
	case UseCamera:
		t.do(useCamera{c.Camera})
	case Preview:
		t.setPreview(c.On)
	}
	t.finish(made, Reply{}, err)
}

func (t *turn) cameraRefused(on bool) error {
	switch {
	case t.place.phase == Idle:
		return wire.Errorf(wire.BadOrder, "The camera can be switched on in a call or a voice channel only.")
	case on && !t.camera.On && t.place.channel != "" && t.filming() >= MaxCameras:
		return wire.Errorf(wire.BadOrder, "There are %d cameras on in this channel already, and no room for another.", MaxCameras)
	}
	return nil
}

// filming is how many of the others' cameras are on.
func (t *turn) filming() (n int) {
	for _, p := range t.peers {
		if p.shows[CameraTrack] {
			n++
		}
	}
	return n
}

// setCamera is called in a place alone, and by its end.
func (t *turn) setCamera(on bool) {
	if t.camera.On == on {
		return
	}
	t.camera.On, t.cameraOn = on, t.now
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

// endPictures ends what is shown in a place, with it.
func (t *turn) endPictures() {
	t.setCamera(false)
	t.endShare("")
	if t.place.call != "" {
		t.setPreview(false)
	}
}

// cameraSeen takes what has become of cameras. The others are told whether there are pictures.
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
func (t *turn) seen(id mesh.Peer, track Track) {
	p := t.peers[id]
	if p == nil || p.seen[track] {
		return
	}
	p.seen[track] = true
	n := Notice{Kind: NoticeFirstPicture, User: id.User, Name: p.member.Name, Channel: t.place.call}
	if track == ScreenTrack {
		n.Code = CodeScreen
	}
	t.notify(n)
}

// toldPictures takes what a peer says that it shows.
func (t *turn) toldPictures(id mesh.Peer, p *peer, w word) {
	older := !p.said && t.satBefore(p)
	p.said = true
	for track, on := range [tracks]bool{CameraTrack: w.Camera, ScreenTrack: w.Screen} {
		if p.shows[track] != on {
			p.shows[track] = on
			t.do(peerShows{id, Track(track), on})
			if Track(track) == CameraTrack {
				if p.filmed = t.now; older {
					p.filmed = 0 // its camera was on before one knew of it
				}
				t.giveWay(older)
			}
		}
	}
}

// satBefore says whether a peer sat in the channel before oneself.
func (t *turn) satBefore(p *peer) bool {
	for _, m := range t.rosters[t.place.channel] {
		if m.Member == t.place.member {
			return false
		}
		if m.Address == p.address() {
			return true
		}
	}
	return false
}

// crowdWithin is how long after switching a camera on it may turn out that others did so at the same moment.
const crowdWithin = 2 * time.Second

// giveWay: of those who have switched their cameras on at the same moment, and are too many, the ones with the greatest member ids switch
// theirs off again. One that has been on for longer stays, unless one has only now come to know of those who sat there before, and whose
// cameras were on.
func (t *turn) giveWay(older bool) {
	if !t.camera.On || t.place.channel == "" || t.now-t.cameraOn > crowdWithin && !older {
		return
	}
	ahead := 0
	for id, p := range t.peers {
		if p.shows[CameraTrack] && (p.filmed < t.cameraOn || id.Member < t.place.member) {
			ahead++
		}
	}
	if ahead < MaxCameras {
		return
	}
	t.setCamera(false)
	t.notify(Notice{
		Kind: NoticeCamera, Code: "camera_many", Device: t.camera.Name,
		Text: "There are four cameras on in this channel without yours, and no room for another: yours is off again.",
	})
}
