package mesh

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pion/stun/v3"
	"github.com/pion/webrtc/v4"
)

// negotiation is what a peer knows of the offer and answer under way (RFC 9429). Owned by peer.run.
type negotiation struct {
	generation  uint32 // of the last description, local or remote
	local       string // the description last sent, for when it is to be said again
	remote      string // the last offer that was taken
	ufrag       string // of the far end: another one means that ICE starts anew
	fingerprint string // of the far end's certificate, from its first description

	gathered []webrtc.ICECandidateInit // of this side, since ICE last started: for when they are to be said again

	taken     uint32                    // generation whose remote description has been set: its candidates go to pion
	early     uint32                    // generation that waiting belongs to
	waiting   []webrtc.ICECandidateInit // candidates that came before their description
	heard     int                       // candidates of the generation early
	names     int                       // and those of them that are mDNS names
	described bool                      // a remote description was set
}

// Of one generation. A machine with many interfaces has about twenty, and one name for all of them: who sends a name makes this
// machine ask the network that it is in.
const (
	maxCandidates = 64
	maxNames      = 8
)

// trickle says that the candidates come one by one (RFC 8838).
var trickle = webrtc.OfferAnswerOptions{ICETricklingSupported: true}

func (p *peer) offer(generation uint32, restart bool, ice []ICEServer) {
	n := &p.negotiation
	if generation <= n.generation {
		p.log.Debug("offer asked for with an old generation")
		return
	}
	n.generation = generation
	p.setServers(ice)
	if p.pc.SignalingState() == webrtc.SignalingStateHaveLocalOffer {
		p.say("offer")
		return
	}
	restart = restart && n.described
	if restart {
		n.gathered = nil
	}
	sd, err := p.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart, OfferAnswerOptions: trickle})
	if err == nil {
		err = p.pc.SetLocalDescription(sd)
	}
	if err != nil {
		p.fail(fmt.Errorf("offer: %w", err))
		return
	}
	n.local = withoutCandidates(sd.SDP)
	p.say("offer")
}

// say posts the description, and after it the candidates that were sent under an older generation.
func (p *peer) say(kind string) {
	n := &p.negotiation
	p.post(LocalDescription{Peer: p.id, Generation: n.generation, Kind: kind, SDP: n.local})
	for _, c := range n.gathered {
		p.sayCandidate(c)
	}
}

func (p *peer) remote(generation uint32, kind, sdp string, ice []ICEServer) {
	n := &p.negotiation
	if kind == "offer" && generation == n.generation && n.remote == sdp {
		p.say("answer")
		return
	}
	if kind == "offer" && generation <= n.generation || kind == "answer" && !p.awaits(generation) {
		p.log.Debug("description of another generation dropped", "kind", kind)
		return
	}
	d, err := admit(sdp, p.horizon())
	switch {
	case err != nil:
		p.fail(fmt.Errorf("%w: %w", ErrDescription, err))
	case n.described && d.fingerprint != n.fingerprint:
		p.fail(ErrChanged)
	case kind == "offer" && p.pc.SignalingState() != webrtc.SignalingStateStable:
		p.fail(ErrGlare)
	case kind == "offer":
		p.setServers(ice)
		p.takeOffer(generation, sdp, d)
	case kind == "answer":
		p.take(webrtc.SDPTypeAnswer, d)
	default:
		p.fail(fmt.Errorf("%w: neither offer nor answer", ErrDescription))
	}
}

func (p *peer) awaits(generation uint32) bool {
	return generation == p.negotiation.generation && p.pc.SignalingState() == webrtc.SignalingStateHaveLocalOffer
}

func (p *peer) takeOffer(generation uint32, sdp string, d description) {
	n := &p.negotiation
	n.generation, n.remote = generation, sdp
	if n.ufrag != d.ufrag {
		n.gathered = nil // pion gathers again
	}
	if !p.take(webrtc.SDPTypeOffer, d) {
		return
	}
	err := p.preferOurs()
	var sd webrtc.SessionDescription
	if err == nil {
		sd, err = p.pc.CreateAnswer(&webrtc.AnswerOptions{OfferAnswerOptions: trickle})
	}
	if err == nil {
		err = p.pc.SetLocalDescription(sd)
	}
	if err != nil {
		p.fail(fmt.Errorf("answer: %w", err))
		return
	}
	n.local = withoutCandidates(sd.SDP)
	p.say("answer")
}

// take sets the remote description, then adds the candidates that came before it.
func (p *peer) take(kind webrtc.SDPType, d description) bool {
	n := &p.negotiation
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: d.sdp}); err != nil {
		p.fail(fmt.Errorf("%w: %w", ErrDescription, err))
		return false
	}
	switch {
	case !n.described:
		close(p.described)
	case n.ufrag != d.ufrag && p.state == webrtc.PeerConnectionStateConnected:
		p.state = webrtc.PeerConnectionStateConnecting // ICE has restarted: that there is a path again is news, if look misses all between, too
	}
	n.described, n.taken, n.fingerprint, n.ufrag = true, n.generation, d.fingerprint, d.ufrag
	if n.early == n.generation {
		for _, c := range n.waiting {
			p.add(c)
		}
	}
	if n.early <= n.generation {
		n.waiting = nil
	}
	return true
}

func (p *peer) candidate(generation uint32, candidate, mid string) {
	n := &p.negotiation
	if generation < n.generation || generation < n.early || !p.horizon().admits(candidate) {
		return
	}
	if generation > n.early {
		n.early, n.waiting, n.heard, n.names = generation, nil, 0, 0
	}
	if n.heard++; n.heard > maxCandidates {
		return
	}
	if isNamed(candidate) {
		if n.names++; n.names > maxNames {
			return
		}
	}
	c := webrtc.ICECandidateInit{Candidate: candidate, SDPMid: &mid}
	if n.described && n.taken == generation {
		p.add(c)
		return
	}
	n.waiting = append(n.waiting, c)
}

func (p *peer) add(c webrtc.ICECandidateInit) {
	if err := p.pc.AddICECandidate(c); err != nil {
		p.log.Debug("candidate refused")
	}
}

// gather passes a candidate of this side on, less what the far end need not know. It comes through the queue, so that it is
// said after its description.
func (p *peer) gather(c webrtc.ICECandidateInit, kind webrtc.ICECandidateType) {
	switch {
	case p.options.RelayOnly && kind != webrtc.ICECandidateTypeRelay:
		return
	case p.horizon().names && kind == webrtc.ICECandidateTypeHost && !isNamed(c.Candidate):
		return // pion falls back to addresses where it has no mDNS
	}
	c.Candidate = withoutRelated(c.Candidate)
	if n := &p.negotiation; len(n.gathered) < maxCandidates {
		n.gathered = append(n.gathered, c)
		p.sayCandidate(c)
	}
}

func (p *peer) sayCandidate(c webrtc.ICECandidateInit) {
	mid := ""
	if c.SDPMid != nil {
		mid = *c.SDPMid
	}
	p.post(LocalCandidate{Peer: p.id, Generation: p.negotiation.generation, Candidate: c.Candidate, Mid: mid})
}

func (p *peer) configuration(servers []ICEServer) webrtc.Configuration {
	c := webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle}
	if p.options.RelayOnly {
		c.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	for _, s := range servers {
		if urls := s.usable(); len(urls) > 0 {
			c.ICEServers = append(c.ICEServers, webrtc.ICEServer{
				URLs: urls, Username: s.Username, Credential: s.Password, CredentialType: webrtc.ICECredentialTypePassword,
			})
		}
	}
	return c
}

// usable leaves out what pion would refuse, and all others with it: a server may know of more than this version does.
func (s ICEServer) usable() []string {
	return slices.DeleteFunc(slices.Clone(s.URLs), func(u string) bool {
		uri, err := stun.ParseURI(u)
		isTURN := err == nil && (uri.Scheme == stun.SchemeTypeTURN || uri.Scheme == stun.SchemeTypeTURNS)
		return err != nil || isTURN && (s.Username == "" || s.Password == "")
	})
}

// setServers replaces the servers for the next time that candidates are gathered.
func (p *peer) setServers(servers []ICEServer) {
	if len(servers) == 0 {
		return
	}
	p.servers.Store(&servers)
	if err := p.pc.SetConfiguration(p.configuration(servers)); err != nil {
		p.log.Debug("servers not taken", "err", err)
	}
}

// withoutRelated takes the related address out of a candidate: in a reflexive or relay candidate it is this machine's own (RFC
// 8839, section 5.1, allows the zero address for privacy).
func withoutRelated(candidate string) string {
	fields := strings.Fields(candidate)
	for i := 0; i+1 < len(fields); i++ {
		switch fields[i] {
		case "raddr":
			fields[i+1] = "0.0.0.0"
		case "rport":
			fields[i+1] = "9"
		}
	}
	return strings.Join(fields, " ")
}
