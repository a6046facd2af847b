package calltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/audio/mix"
	"parley/call"
	"parley/identity"
	"parley/video"
	"parley/wire"

	"github.com/pion/logging"
	"github.com/pion/transport/v4/vnet"
)

// World is a Hub, a network, and people who talk over them.
type World struct {
	Hub *Hub
	// Equip, if it is set before Add, changes what a person's engine is made of.
	Equip func(name string, c *call.Config)
	// Mouth likewise changes what a person's microphone hears, in frames of 10 ms; nil: they hum.
	Mouth func(name string) func(frame []float32)

	t      testing.TB
	router *vnet.Router
	people []*Person

	parted atomic.Bool // no packet between people arrives
	lossy  atomic.Int32
	count  atomic.Int32

	mu    sync.Mutex
	share float64               // of the packets of each that get lost
	dice  map[string]*rand.Rand // by address
	media map[string]int        // RTP and RTCP packets sent, by address
	last  map[string]time.Time  // when the last of them was
	all   map[string]int        // packets sent, of whatever kind
}

// Person is an engine with a microphone that hums, a loudspeaker, a camera and a screen.
type Person struct {
	*call.Engine
	w       *World
	Name    string
	Key     identity.Key
	Devices *audiotest.Backend
	Lens    *Lens
	Wall    *Wall
	address string

	mu    sync.Mutex
	heard map[string]int // audible frames of 10 ms, by user
	seen  map[film]int   // pictures
}

// Patience is how long tests wait for what should come soon.
const Patience = 40 * time.Second

// New makes the world, with nobody in it.
func New(t testing.TB) *World { return NewFar(t, 0) }

// NewFar makes a world in which a packet takes so long to each.
func NewFar(t testing.TB, delay time.Duration) *World {
	t.Helper()
	hub, err := NewHub()
	if err != nil {
		t.Fatal(err)
	}
	w := &World{Hub: hub, t: t, dice: map[string]*rand.Rand{}, media: map[string]int{}, last: map[string]time.Time{}, all: map[string]int{}}
	w.router, err = vnet.NewRouter(&vnet.RouterConfig{
		CIDR: "10.1.0.0/24", QueueSize: 10000, MinDelay: delay, LoggerFactory: logging.NewDefaultLoggerFactory(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.router.AddChunkFilter(w.watch)
	return w
}

// watch sees every packet on the way.
func (w *World) watch(c vnet.Chunk) bool {
	b := c.UserData()
	media := len(b) > 0 && b[0] >= 128 && b[0] < 192 // RFC 7983, section 7
	from, _, _ := net.SplitHostPort(c.SourceAddr().String())
	w.mu.Lock()
	w.all[from]++
	if media {
		w.media[from]++
		w.last[from] = time.Now()
	}
	lost := w.share > 0 && w.dice[from].Float64() < w.share
	w.mu.Unlock()
	if lost {
		return false
	}
	if n := w.lossy.Load(); n > 0 && w.count.Add(1)%n == 0 {
		return false
	}
	return !w.parted.Load()
}

// Part lets no packet between people through while on; the server is reached all the time. A test in a bubble (testing/synctest) ends
// with it: where the far end's last SCTP message comes while pion closes, one goroutine waits for a mutex behind another that waits
// for a timer, and in a bubble no time passes then.
func (w *World) Part(on bool) { w.parted.Store(on) }

// Lose lets every nth packet get lost; zero: none.
func (w *World) Lose(nth int) { w.lossy.Store(int32(nth)) }

// Scatter lets this share of each person's packets get lost, whichever a seed makes of them.
func (w *World) Scatter(share float64, seed uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.share = share
	for i, p := range w.people {
		w.dice[p.address] = rand.New(rand.NewPCG(seed, uint64(i)))
	}
}

// Media is how many packets of media a person has sent.
func (w *World) Media(p *Person) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.media[p.address]
}

// Packets is how many packets a person has sent, of whatever kind.
func (w *World) Packets(p *Person) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all[p.address]
}

// LastMedia is when a person's last packet of media was sent.
func (w *World) LastMedia(p *Person) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last[p.address]
}

// Add makes people and starts the network. It is called once.
func (w *World) Add(names ...string) []*Person {
	w.t.Helper()
	for _, name := range names {
		w.people = append(w.people, w.person(name))
	}
	if err := w.router.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.router.Stop() }) //nolint:errcheck // it is stopped
	for i, p := range w.people {
		var says func([]float32)
		if w.Mouth != nil {
			says = w.Mouth(p.Name)
		}
		if says == nil {
			says = hum(300 + 100*float64(i))
		}
		w.t.Cleanup(p.Devices.Drive(says, nil))
		w.t.Cleanup(p.Close)
		p.Do(call.Connect{Link: w.Hub.Link(), Name: p.Name})
	}
	for _, p := range w.people {
		p.Until("online", func(s *call.Snapshot) bool { return s.Link == call.Online && len(s.Directory.Channels) == 2 })
	}
	return w.people
}

func (w *World) person(name string) *Person {
	w.t.Helper()
	key, err := identity.Generate(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	p := &Person{
		w: w, Name: name, Key: key, heard: map[string]int{}, seen: map[film]int{}, Lens: &Lens{}, Wall: &Wall{}, address: fmt.Sprintf("10.1.0.%d", len(w.people)+10),
		Devices: audiotest.NewBackend(audiotest.Mic("mic"), audiotest.Speaker("speaker")),
	}
	network, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{p.address}})
	if err == nil {
		err = w.router.AddNet(network)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	config := call.Config{
		Key: key, People: strangers{}, Dial: w.Hub.Dial, Net: network,
		Sound: call.SoundConfig{
			Backend: p.Devices, Voice: call.Voice{Mode: "open", FrameMS: 20},
			NewEncoder: func() (audio.Encoder, error) { return Codec{}, nil },
			NewDecoder: func() (audio.Decoder, error) { return Codec{}, nil },
			Record:     p.hear,
		},
		Picture: call.PictureConfig{
			Cameras:    p.Lens,
			Screens:    p.Wall,
			NewEncoder: func(call.Track, video.Codec) (video.Encoder, error) { return &Film{key: true}, nil },
			NewDecoder: func(_ video.Codec, pool *video.Pool) (video.Decoder, error) { return &Film{pool: pool}, nil },
			Watch:      []call.Track{call.CameraTrack, call.ScreenTrack},
			Record:     p.see,
		},
	}
	if w.Equip != nil {
		w.Equip(name, &config)
	}
	if p.Engine, err = call.New(config); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// strangers knows nobody.
type strangers struct{}

func (strangers) Known(string, identity.PublicKey, string) call.Person {
	return call.Person{New: true, Volume: 1}
}
func (strangers) Everybody() map[string]call.Person                              { return nil }
func (strangers) Remember(string, identity.PublicKey, string, call.Person) error { return nil }

// hum is a tone that goes on.
func hum(hz float64) func([]float32) {
	n := 0
	return func(frame []float32) {
		for i := range frame {
			frame[i] = float32(0.2 * math.Sin(2*math.Pi*hz*float64(n)/audio.SampleRate))
			n++
		}
	}
}

func (p *Person) hear(user string, _ int64, frame []float32) {
	if mix.DBFS(mix.RMS(frame)) > -40 {
		p.mu.Lock()
		p.heard[user]++
		p.mu.Unlock()
	}
}

// film is one track of a user's.
type film struct {
	user  string
	track call.Track
}

func (p *Person) see(user string, t call.Track, _ *video.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[film{user, t}]++
}

// Seen is how many pictures of another's camera have been shown.
func (p *Person) Seen(of *Person) int { return p.SeenOf(of, call.CameraTrack) }

// SeenOf is how many of a track have.
func (p *Person) SeenOf(of *Person, t call.Track) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[film{of.Key.ID(), t}]
}

// Sees waits until a third of a second more of another's camera is seen.
func (p *Person) Sees(of *Person) { p.w.t.Helper(); p.SeesOf(of, call.CameraTrack) }

// SeesOf waits until that much more of a track is.
func (p *Person) SeesOf(of *Person, t call.Track) {
	p.w.t.Helper()
	from := p.SeenOf(of, t)
	p.w.Until(fmt.Sprintf("%s sees the %v of %s", p.Name, t, of.Name), func() bool { return p.SeenOf(of, t) >= from+lensFPS/3 })
}

// Heard is how many audible frames of 10 ms of another have come out.
func (p *Person) Heard(of *Person) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard[of.Key.ID()]
}

// Hears waits until a third of a second more of each of the others is heard.
func (p *Person) Hears(others ...*Person) {
	p.w.t.Helper()
	var from []int
	for _, o := range others {
		from = append(from, p.Heard(o))
	}
	for i, o := range others {
		p.w.Until(p.Name+" hears "+o.Name, func() bool { return p.Heard(o) >= from[i]+33 })
	}
}

// Until waits for something, looking every few milliseconds.
func (w *World) Until(what string, done func() bool) {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for over := time.After(Patience); !done(); {
		select {
		case <-tick.C:
		case <-over:
			w.t.Fatalf("in vain waited until %s", what)
		}
	}
}

// Until waits for a snapshot.
func (p *Person) Until(what string, done func(*call.Snapshot) bool) {
	p.w.t.Helper()
	p.w.Until(p.Name+": "+what, func() bool { return done(p.Snapshot()) })
}

// With waits until just these are connected in the person's channel.
func (p *Person) With(others ...*Person) {
	p.w.t.Helper()
	p.Until(fmt.Sprintf("connected to %d", len(others)), func(s *call.Snapshot) bool {
		n := 0
		for _, q := range s.Place.Peers {
			for _, o := range others {
				if q.User == o.Key.ID() && q.Phase == call.Connected {
					n++
				}
			}
		}
		return n == len(others) && len(s.Place.Peers) == n
	})
}

// Peer is how a person's snapshot shows another; false: not at all.
func (p *Person) Peer(of *Person) (call.Peer, bool) {
	for _, q := range p.Snapshot().Place.Peers {
		if q.User == of.Key.ID() {
			return q, true
		}
	}
	return call.Peer{}, false
}

// Member is a person's seat as the server has it.
func (w *World) Member(p *Person, channel string) wire.Member {
	for _, m := range w.Hub.Roster(channel).Members {
		if m.User == p.Key.ID() {
			return m
		}
	}
	return wire.Member{}
}
