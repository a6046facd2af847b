package mesh

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"net"
	"slices"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"
)

// How pion is set up. Times are chosen so that a call stands within a few round trips and a lost path is noticed in about
// two seconds.
const (
	lostAfter      = 2 * time.Second        // nothing received: Disconnected
	failAfter      = 28 * time.Second       // after that: Failed. As long as the engine waits for a path that nobody can help to heal
	keepalive      = 500 * time.Millisecond // so that of a path that loses a third something comes all the same
	acceptReflex   = 50 * time.Millisecond  // how long a better path than one through a NAT is waited for,
	acceptRelay    = time.Second            // and than through a relay: of two NATs' the first checks get lost, and what was taken stays
	checksOfPair   = 50                     // 10 s at pion's 200 ms; its own 7 give up on whoever is 1.4 s late
	dtlsRetransmit = 100 * time.Millisecond // first; RFC 6347's 1 s makes one lost packet a second of silence
	dtlsTimeout    = 15 * time.Second
	reportInterval = time.Second

	// A far end may send any number of streams; each would cost a buffer. Ours sends 4 and 2 repairs, and reports
	// for 4 of ours.
	maxStreams = 64
	rtpBuffer  = 256 << 10 // bytes; grows as needed
	rtcpBuffer = 16 << 10
	sctpBuffer = 1 << 20         // bytes; with less, data that got lost twice holds up what is behind it
	maxMessage = 64 << 10        // on the data channels
	maxResend  = 2 * time.Second // from one try to send data again to the next: a path that was lost for long is used soon again
)

// Payload types stand in every description; the numbers are those that browsers use.
const (
	opusType, redType, vp9Type, vp9RepairType, vp8Type, vp8RepairType = 111, 63, 98, 99, 96, 97

	mimeTypeRED  = "audio/red"
	wideFeedback = "transport-cc" // the far end gets answers to transport-wide numbers
)

var (
	opus = webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, // always 2 (RFC 7587, section 7): each packet says how many it has
		SDPFmtpLine: "minptime=10;useinbandfec=1", RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: wideFeedback}},
	}
	redundant = webrtc.RTPCodecCapability{MimeType: mimeTypeRED, ClockRate: 48000, Channels: 2, SDPFmtpLine: "111/111"} // RFC 2198
	vp9       = webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP9, ClockRate: 90000, SDPFmtpLine: "profile-id=0", RTCPFeedback: feedback,
	}
	vp8      = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: feedback}
	feedback = []webrtc.RTCPFeedback{
		{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}, {Type: "goog-remb"}, {Type: wideFeedback},
	}
)

// newCertificate makes an ECDSA certificate: its handshake costs a tenth of RSA's.
func newCertificate() (*webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return webrtc.GenerateCertificate(key)
}

// freshCertificateLocked returns the certificate, or a new one where it would soon expire (pion's live a month, and pion
// refuses an expired one).
func (m *Mesh) freshCertificateLocked() webrtc.Certificate {
	if time.Until(m.certificate.Expires()) < 24*time.Hour {
		if c, err := newCertificate(); err == nil {
			m.certificate = c
		}
	}
	return *m.certificate
}

// newAPI makes an API of the peer's own, so that what a far end says about codecs, and how many streams it sends, is
// nobody else's concern.
func (p *peer) newAPI() (*webrtc.API, error) {
	engine, err := newCodecs()
	if err != nil {
		return nil, err
	}
	registry, err := p.newInterceptors()
	if err != nil {
		return nil, err
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(registry),
		webrtc.WithSettingEngine(p.newSettings())), nil
}

func newCodecs() (*webrtc.MediaEngine, error) {
	repair := func(of string) webrtc.RTPCodecCapability {
		return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=" + of}
	}
	m := &webrtc.MediaEngine{}
	for _, c := range []struct {
		codec webrtc.RTPCodecCapability
		pt    webrtc.PayloadType
		kind  webrtc.RTPCodecType
	}{
		{opus, opusType, webrtc.RTPCodecTypeAudio},
		{redundant, redType, webrtc.RTPCodecTypeAudio}, // behind Opus: a browser sends the first, and Opus in it all the time
		{vp9, vp9Type, webrtc.RTPCodecTypeVideo},
		{repair("98"), vp9RepairType, webrtc.RTPCodecTypeVideo},
		{vp8, vp8Type, webrtc.RTPCodecTypeVideo},
		{repair("96"), vp8RepairType, webrtc.RTPCodecTypeVideo},
	} {
		if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c.codec, PayloadType: c.pt}, c.kind); err != nil {
			return nil, err
		}
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: wideURI}, kind); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// newInterceptors: receiver reports for all streams. Sender reports, and what repairs pictures, are ours.
func (p *peer) newInterceptors() (*interceptor.Registry, error) {
	receiver, err := report.NewReceiverInterceptor(report.ReceiverInterval(reportInterval), report.WithReceiverLoggerFactory(silentLog()))
	if err != nil {
		return nil, err
	}
	r := &interceptor.Registry{}
	r.Add(quietFactory{}) // these two first: they stand between the other and the wire
	r.Add(&repairs{peer: p})
	r.Add(receiver)
	return r, nil
}

func (p *peer) newSettings() webrtc.SettingEngine {
	s := webrtc.SettingEngine{LoggerFactory: silentLog()}
	s.DisableMediaEngineCopy(true) // it is this peer's own already
	s.SetReceiveMTU(maxPacket)
	s.SetNetworkTypes(networks())
	s.DisableActiveTCP(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	if p.horizon().names {
		s.SetICEMulticastDNSMode(ice.MulticastDNSModeQueryAndGather)
	}
	s.SetICEProxyDialer(dialer{p})
	s.SetIncludeLoopbackCandidate(p.options.Loopback)
	s.SetNet(relayNet{p.mesh.config.Net, p})
	s.SetICETimeouts(lostAfter, p.mesh.config.patience, keepalive)
	s.SetICEMaxBindingRequests(checksOfPair)
	s.SetHostAcceptanceMinWait(0)
	s.SetSrflxAcceptanceMinWait(acceptReflex)
	s.SetPrflxAcceptanceMinWait(acceptReflex)
	s.SetRelayAcceptanceMinWait(acceptRelay)
	if p.options.RelayOnly {
		s.SetPrflxAcceptanceMinWait(0)
		s.SetRelayAcceptanceMinWait(0)
	}
	s.SetDTLSRetransmissionInterval(dtlsRetransmit)
	s.SetDTLSInsecureSkipHelloVerify(true) // the cookie guards against false addresses; ICE has checked this one
	s.SetDTLSConnectContextMaker(func() (context.Context, func()) {
		ctx, cancel := context.WithTimeout(context.Background(), dtlsTimeout)
		return ctx, func() { cancel() }
	})
	s.DisableCertificateFingerprintVerification(p.mesh.config.trusting)
	s.SetSCTPMaxReceiveBufferSize(sctpBuffer)
	s.SetSCTPMaxMessageSize(maxMessage)
	s.SetSCTPRTOMax(maxResend)
	s.SetSCTPMinCwnd(smallestWindow)
	s.SetSCTPFastRtxWnd(smallestWindow) // not one lost packet in each round trip alone
	s.BufferFactory = p.newBuffer
	return s
}

// networks: pion gives mDNS up altogether where it can't have it in one of them, so IPv6 is left out where there is none.
func networks() []webrtc.NetworkType {
	list := []webrtc.NetworkType{webrtc.NetworkTypeUDP4}
	addrs, err := net.InterfaceAddrs()
	is6 := func(a net.Addr) bool { n, ok := a.(*net.IPNet); return ok && n.IP.To4() == nil }
	if err != nil || slices.ContainsFunc(addrs, is6) {
		list = append(list, webrtc.NetworkTypeUDP6)
	}
	return list
}

// realNet is the machine's network. Pion's own lists the interfaces once, so that an ICE restart after a change of network
// would look for a path on those that are gone.
type realNet struct{ *stdnet.Net }

func newRealNet() (transport.Net, error) {
	n, err := stdnet.NewNet()
	return realNet{n}, err
}

// Interfaces lists what there is now.
func (realNet) Interfaces() ([]*transport.Interface, error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return n.Interfaces()
}

// silentLog discards what pion logs: it is full of addresses.
func silentLog() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{
		Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled, ScopeLevels: map[string]logging.LogLevel{},
	}
}

// quiet keeps receiver reports back that tell nothing: pion makes one each second for every stream, also for those that never had
// a packet, and with four streams they would be a tenth of all packets of a call.
type quiet struct{ interceptor.NoOp }

type quietFactory struct{}

func (quietFactory) NewInterceptor(string) (interceptor.Interceptor, error) { return &quiet{}, nil }

func (*quiet) BindRTCPWriter(w interceptor.RTCPWriter) interceptor.RTCPWriter {
	return interceptor.RTCPWriterFunc(func(packets []rtcp.Packet, a interceptor.Attributes) (int, error) {
		if len(packets) == 1 && empty(packets[0]) {
			return 0, nil
		}
		return w.Write(packets, a)
	})
}

func empty(p rtcp.Packet) bool {
	report, ok := p.(*rtcp.ReceiverReport)
	return ok && !slices.ContainsFunc(report.Reports, func(r rtcp.ReceptionReport) bool {
		return r.LastSequenceNumber != 0 || r.LastSenderReport != 0
	})
}
