package mesh

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// Why a description has no fingerprint that can be taken.
var (
	ErrNoFingerprint   = errors.New("no fingerprint")
	ErrFingerprintHash = errors.New("a fingerprint that is not sha-256")
	ErrFingerprintForm = errors.New("a malformed fingerprint")
	ErrTwoFingerprints = errors.New("two different fingerprints")
)

const (
	maxSDP     = 24 << 10 // bytes; ours has 5 KiB, a browser's up to 10
	maxSSRCs   = 4        // in a media section: a stream, its repairs, and room
	maxMid     = 16
	maxICEText = 256 // RFC 8839, section 5.4

	mediaTracks = 4 // of the layout; the data channel is the fifth section
)

// layout is the order of the media sections, the same on both sides of every peer connection.
var layout = [...]struct {
	kind, id, stream string
}{
	{"audio", "microphone", "person"},
	{"video", "camera", "person"},
	{"video", "screen", "screen"},
	{"audio", "screen-sound", "screen"},
	{"application", "", ""},
}

// description is a remote description that was looked through.
type description struct {
	sdp         string
	fingerprint string
	ufrag       string
}

// Fingerprint returns the one sha-256 fingerprint of a session description, in the upper-case form of RFC 8122, section 5.
// Browsers repeat the line in every section, which is fine; a second value or another hash is not, because pion would take
// whichever came first.
func Fingerprint(text string) (string, error) {
	s, err := parse(text)
	if err != nil {
		return "", err
	}
	return fingerprint(s)
}

func parse(text string) (*sdp.SessionDescription, error) {
	if len(text) > maxSDP {
		return nil, errors.New("too long")
	}
	s := &sdp.SessionDescription{}
	if err := s.UnmarshalString(text); err != nil {
		return nil, errors.New("malformed") // pion's own text quotes the line
	}
	return s, nil
}

// attributes calls f with every attribute of the description.
func attributes(s *sdp.SessionDescription, f func(sdp.Attribute)) {
	for _, a := range s.Attributes {
		f(a)
	}
	for _, m := range s.MediaDescriptions {
		for _, a := range m.Attributes {
			f(a)
		}
	}
}

func fingerprint(s *sdp.SessionDescription) (value string, err error) {
	attributes(s, func(a sdp.Attribute) {
		if !strings.EqualFold(a.Key, "fingerprint") {
			return
		}
		v, e := parseFingerprint(a.Value)
		switch {
		case err != nil:
		case e != nil:
			err = e
		case value == "":
			value = v
		case value != v:
			err = ErrTwoFingerprints
		}
	})
	switch {
	case err != nil:
		return "", err
	case value == "":
		return "", ErrNoFingerprint
	}
	return value, nil
}

func parseFingerprint(s string) (string, error) {
	hash, value, _ := strings.Cut(s, " ")
	if !strings.EqualFold(hash, "sha-256") {
		return "", ErrFingerprintHash
	}
	const size = 32
	raw, err := hex.DecodeString(strings.ReplaceAll(value, ":", ""))
	if err != nil || len(raw) != size || len(value) != 3*size-1 || strings.Count(value, ":") != size-1 {
		return "", ErrFingerprintForm
	}
	for i := 2; i < len(value); i += 3 {
		if value[i] != ':' {
			return "", ErrFingerprintForm
		}
	}
	return strings.ToUpper(value), nil
}

// admit looks a remote description through before pion sees it. It must have the layout's sections and nothing that would
// make pion add or split tracks, so that whoever signs it can only be what this side expects.
func admit(text string, h horizon) (description, error) {
	s, err := parse(text)
	if err != nil {
		return description{}, err
	}
	d := description{sdp: text}
	if d.fingerprint, err = fingerprint(s); err != nil {
		return description{}, err
	}
	if err := admitSections(s); err != nil {
		return description{}, err
	}
	if d.ufrag, err = credentials(s); err != nil {
		return description{}, err
	}
	if dropCandidates(s, h) {
		b, err := s.Marshal()
		if err != nil {
			return description{}, fmt.Errorf("marshal: %w", err)
		}
		d.sdp = string(b)
	}
	return d, nil
}

func admitSections(s *sdp.SessionDescription) error {
	if len(s.MediaDescriptions) != len(layout) {
		return fmt.Errorf("%d media sections", len(s.MediaDescriptions))
	}
	group, _ := s.Attribute("group")
	bundle := strings.Fields(group)
	var mids []string
	for i, m := range s.MediaDescriptions {
		mid, _ := m.Attribute("mid")
		if m.MediaName.Media != layout[i].kind || mid == "" || len(mid) > maxMid || slices.Contains(mids, mid) {
			return errors.New("media sections of another layout")
		}
		mids = append(mids, mid)
		if err := admitMedia(m); err != nil {
			return err
		}
	}
	if len(bundle) < 2 || bundle[0] != "BUNDLE" || bundle[1] != mids[0] {
		return errors.New("not bundled")
	}
	if _, lite := s.Attribute("ice-lite"); lite {
		return errors.New("ice-lite")
	}
	return nil
}

// admitMedia refuses simulcast, and sections with many streams.
func admitMedia(m *sdp.MediaDescription) error {
	var ssrcs []string
	for _, a := range m.Attributes {
		switch a.Key {
		case "rid", "simulcast":
			return errors.New("simulcast")
		case "ssrc":
			ssrc, _, _ := strings.Cut(a.Value, " ")
			if !slices.Contains(ssrcs, ssrc) {
				ssrcs = append(ssrcs, ssrc)
			}
		}
	}
	if len(ssrcs) > maxSSRCs {
		return errors.New("too many streams in a media section")
	}
	return nil
}

// credentials returns the user fragment. All sections must have the same (they are bundled), in the lengths of RFC 8839,
// section 5.4.
func credentials(s *sdp.SessionDescription) (ufrag string, err error) {
	var password string
	once := func(seen *string, value string, least int) {
		if *seen != "" && *seen != value || len(value) < least || len(value) > maxICEText {
			err = errors.New("unusable ICE credentials")
		}
		*seen = value
	}
	attributes(s, func(a sdp.Attribute) {
		switch a.Key {
		case "ice-ufrag":
			once(&ufrag, a.Value, 4)
		case "ice-pwd":
			once(&password, a.Value, 22)
		}
	})
	if err == nil && (ufrag == "" || password == "") {
		err = errors.New("no ICE credentials")
	}
	return ufrag, err
}

// dropCandidates takes out the candidates that are not admitted, and reports whether there were any.
func dropCandidates(s *sdp.SessionDescription, h horizon) (dropped bool) {
	kept, names := 0, 0
	refused := func(a sdp.Attribute) bool {
		if a.Key != "candidate" {
			return false
		}
		if isNamed(a.Value) {
			names++
		}
		if kept < maxCandidates && names <= maxNames && h.admits(a.Value) {
			kept++
			return false
		}
		dropped = true
		return true
	}
	s.Attributes = slices.DeleteFunc(s.Attributes, refused)
	for _, m := range s.MediaDescriptions {
		m.Attributes = slices.DeleteFunc(m.Attributes, refused)
	}
	return dropped
}

// horizon is where candidates of the far end may lie.
type horizon struct {
	loopback bool // on this machine
	names    bool // behind mDNS names, by which this side sends its own too
	relayed  bool // only where a relay leads
}

func (p *peer) horizon() horizon {
	o := p.options
	return horizon{loopback: o.Loopback, names: p.mesh.named && !o.Loopback && !o.RelayOnly, relayed: o.RelayOnly}
}

// admits reports whether a candidate of the far end may be tried: UDP, and an address that a far end can have. A host name is
// refused because to resolve it would already tell where this machine is, unless it is of mDNS, which asks the own network alone;
// link-local addresses, because routers and clouds keep services for this machine alone there. Nothing private lies behind a relay,
// but for relays that do themselves.
func (h horizon) admits(candidate string) bool {
	// candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE … (RFC 8839, section 5.1)
	f := strings.Fields(strings.TrimPrefix(candidate, "candidate:"))
	if len(candidate) > 2*maxICEText || len(f) < 8 || !strings.EqualFold(f[2], "udp") || f[6] != "typ" {
		return false
	}
	switch f[7] {
	case "host", "srflx", "prflx", "relay":
	default:
		return false
	}
	if port, err := strconv.ParseUint(f[5], 10, 16); err != nil || port == 0 {
		return false
	}
	if isName(f[4]) {
		return h.names && f[7] == "host"
	}
	a, err := netip.ParseAddr(f[4])
	return err == nil && a.Zone() == "" && h.leadsTo(a.Unmap(), f[7] == "relay")
}

func (h horizon) leadsTo(a netip.Addr, relay bool) bool {
	switch {
	case a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return false
	case a.IsLoopback():
		return h.loopback && (relay || !h.relayed)
	case a.IsPrivate():
		return relay || !h.relayed
	}
	return true
}

// isNamed reports whether the address of a candidate is an mDNS name.
func isNamed(candidate string) bool {
	f := strings.Fields(candidate)
	return len(f) > 4 && isName(f[4])
}

// isName takes the names that browsers and pion make for themselves, a UUID of version 4 (draft-ietf-mmusic-mdns-ice-candidates,
// section 3.1.1), and no other, so that nobody has this machine ask for its neighbours.
func isName(s string) bool {
	id, ok := strings.CutSuffix(s, ".local")
	if !ok || len(id) != 36 {
		return false
	}
	for i, c := range []byte(id) {
		switch i {
		case 8, 13, 18, 23:
			ok = c == '-'
		case 14:
			ok = c == '4'
		default:
			ok = c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		}
		if !ok {
			return false
		}
	}
	return true
}

// withoutCandidates takes the candidates out of a description of this side: they are sent one by one, and only those that
// may be sent.
func withoutCandidates(text string) string {
	lines := strings.SplitAfter(text, "\r\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "a=candidate:") || strings.HasPrefix(l, "a=end-of-candidates")
	}), "")
}
