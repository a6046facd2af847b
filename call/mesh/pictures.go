package mesh

import "github.com/pion/webrtc/v4"

// Track is one of the two tracks of pictures that go each way, in the order of their transceivers.
type Track uint8

// The tracks of pictures.
const (
	CameraTrack Track = iota
	ScreenTrack

	pictureTracks = 2
)

// String names it as descriptions do.
func (t Track) String() string { return layout[t.place()].id }

// place is where it stands in the layout: behind the microphone.
func (t Track) place() int { return 1 + int(t) }

// pictures is one track of them of a peer connection: ours on its way there, and theirs here.
type pictures struct {
	peer        *peer
	track       Track
	transceiver *webrtc.RTPTransceiver // set by setUp, constant then

	bound   *binding // set before anything is sent; nil: the far end does not take such pictures
	film    *film
	remarks remarks
	meters  pictureMeters
	shown   source // ours
	seen    clock  // theirs
	theirs  theirs
}

func (q *pictures) init(p *peer, t Track) {
	q.peer, q.track, q.film = p, t, newFilm(p.flow.wake)
	q.shown.rate, q.seen.rate = pictureRate, pictureRate
}

// picturesOf finds the track that is meant, or nil.
func (p *peer) picturesOf(meant func(*pictures) bool) *pictures {
	for i := range p.pictures {
		if q := &p.pictures[i]; meant(q) {
			return q
		}
	}
	return nil
}
