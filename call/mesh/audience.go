package mesh

// audience is those who hear what others don't. It is never changed.
type audience struct {
	number uint32
	users  map[string]bool
}

// SetAudience says who hears packets with that number, greater than 0: these users and nobody else. Those of the number before go to
// nobody from now on.
//
// Each peer connection numbers its packets by itself, and keeps those that it has sent to copy them or to send them once more: so
// whoever was left out gets nothing of them by any way, and misses no number.
func (m *Mesh) SetAudience(number uint32, users []string) {
	a := &audience{number: number, users: make(map[string]bool, len(users))}
	for _, u := range users {
		a.users[u] = true
	}
	m.audience.Store(a)
}

func (a *audience) has(number uint32, user string) bool {
	return number == 0 || a != nil && a.number == number && a.users[user]
}

// silent is the size up to which an Opus packet tells of silence (RFC 6716, section 2.1.9).
const silent = 2

// speak puts a packet that is for this peer.
func (p *peer) speak(s Sound) {
	o := p.out
	o.put(s)
	if o.end[0] = s.Payload[0] &^ 3; len(s.Payload) > silent { // code 0: one frame
		o.ends = 1 + int(p.loss.depth.Load())
	} else {
		o.ends = max(o.ends-1, 0)
	}
}

// withhold puts in the place of a packet that is not for this peer one that tells of silence, as at the end of a talk spurt: a frame of
// no bytes (RFC 6716, section 3.2.1), in the configuration of the last one that was. More of them bring the copies of the last words;
// then there is nothing more to tell.
func (p *peer) withhold(s Sound) {
	o := p.out
	if o.ends == 0 {
		return
	}
	o.ends--
	s.Payload, s.Marker = o.end[:], false
	o.put(s)
}
