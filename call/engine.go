// Package call is the engine: it keeps the session with a server, sits in a voice channel or is in a call, and makes a peer
// connection with each other member. Whatever draws it or drives it (the window, parleyctl, a test) sends commands down and
// takes snapshots up:
//
//	command, server message, peer event, tick ─► queue ─► step ─► snapshot, then effects ─► gateway, mesh, sound, picture
//
// One goroutine, Engine.run, owns the state. step is a pure function, so that every order of events can be tested, and
// consent is a property of it: no device opens and no peer connection exists before a local Join or Accept, or the answer to a
// local Call by the very person who was called; and no screen is looked at to be sent before a local ShareScreen.
package call

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"

	"github.com/pion/transport/v4"
)

// People is what this machine keeps about others; profile has the real one.
type People interface {
	// Known tells what is known of a key that shows up under a name. It must be quick: it is asked on the engine's goroutine.
	Known(user string, key identity.PublicKey, name string) Person
	// Everybody tells of all who are known, by user id, for a list of people: Like is not asked for. It is called once.
	Everybody() map[string]Person
	// Remember keeps what has changed about a person; it is called on a goroutine that may wait for a disk. Who is New is not met
	// by that: what was decided about them is kept, and they stay a stranger. An empty name leaves the one that is known.
	Remember(user string, key identity.PublicKey, name string, p Person) error
}

// Config is what an Engine is made of.
type Config struct {
	Key     identity.Key
	People  People
	Sound   SoundConfig
	Picture PictureConfig

	Downloads string // the folder that files from others come into, made when there is one; empty: files are refused

	Muted         bool // what the switches are at the start
	KnownOnly     bool
	RelayOnly     bool
	RelayNew      bool
	ShareSpeaking bool

	Dial Dialer        // nil: DialWire
	Net  transport.Net // of the peer connections; nil: the real network
	Log  *slog.Logger  // nil: silent
}

// ErrClosed is what Ask says when the engine has ended.
var ErrClosed = errors.New("the engine is closed")

// Engine must be made by New. All methods may be called from any goroutine, and none but Ask and Close waits.
type Engine struct {
	config  Config
	log     *slog.Logger
	start   time.Time
	queue   *queue
	changed chan struct{}
	view    atomic.Pointer[Snapshot]
	done    chan struct{}
	closing sync.Once

	waiters struct {
		sync.Mutex
		last waiter
		of   map[waiter]chan answerTo
	}

	// Of the run goroutine alone.
	state    state
	drawn    time.Time     // when the directory was last drawn up
	pause    time.Duration // until it may be again
	draws    bucket        // how often it was
	later    *time.Timer   // when it is to be again
	waiting  bool          // for later
	notices  []Notice
	noticed  uint64
	gateway  *gateway
	epoch    int // of the gateway: events of an older one are dropped
	mesh     *mesh.Mesh
	sound    *sound
	picture  *picture
	files    *files
	memory   *memory
	doctor   *doctored // nil: no examination runs
	network  *network  // nil: the network is the test's own
	gateways sync.WaitGroup
}

type answerTo struct {
	reply Reply
	err   error
}

// New makes an engine that is Offline and Idle. It opens no socket and no device.
func New(c Config) (*Engine, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Dial == nil {
		c.Dial = DialWire
	}
	e := &Engine{config: c, log: c.Log, start: time.Now(), queue: newQueue(), changed: make(chan struct{}, 1), done: make(chan struct{})}
	e.later = time.NewTimer(0)
	e.later.Stop()
	e.waiters.of = map[waiter]chan answerTo{}
	e.state = newState(c.Key.Public())
	e.state.self.muted, e.state.knownOnly, e.state.relayOnly = c.Muted, c.KnownOnly, c.RelayOnly
	e.state.share, e.state.relayNew = c.ShareSpeaking, c.RelayNew
	maps.Copy(e.state.known, c.People.Everybody())
	e.sound = newSound(c.Sound, e.queue.post, c.Log)
	e.picture = newPicture(c.Picture, e.queue.post, c.Log)
	e.state.always = e.picture.always
	e.files = newFiles(c.Downloads, e.queue.post, c.Log)
	e.state.takes = c.Downloads != ""
	m, err := mesh.New(mesh.Config{
		Post: func(ev mesh.Event) {
			e.picture.meshEvent(ev)
			e.queue.post(peerEvent{ev})
		},
		Sound:    e.sound.deliver,
		Picture:  e.picture.deliver,
		Feedback: e.picture.feedback,
		Bulk:     e.files.deliver,
		Net:      c.Net,
		Log:      c.Log,
	})
	if err != nil {
		e.sound.shutdown()
		e.picture.shutdown()
		return nil, err
	}
	e.mesh = m
	e.sound.send, e.sound.audience = m.Send, m.SetAudience
	e.sound.loss, e.sound.guard = e.mesh.Loss, m.Protect
	e.picture.connect(m, e.sound.heardOf)
	e.files.connect(m)
	e.memory = newMemory()
	if c.Net == nil {
		e.network = startNetwork(e.queue.post)
	}
	e.publish(true)
	go e.run()
	return e, nil
}

// Do hands a command over. What fails shows as a Notice.
func (e *Engine) Do(c Command) { e.queue.post(e.commanded(c, 0)) }

// Ask hands a command over and waits until it is done or refused.
func (e *Engine) Ask(ctx context.Context, c Command) (Reply, error) {
	e.waiters.Lock()
	e.waiters.last++
	made, answer := e.waiters.last, make(chan answerTo, 1)
	e.waiters.of[made] = answer
	e.waiters.Unlock()
	defer func() {
		e.waiters.Lock()
		delete(e.waiters.of, made)
		e.waiters.Unlock()
	}()
	e.queue.post(e.commanded(c, made))
	select {
	case a := <-answer:
		return a.reply, a.err
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	case <-e.done:
		return Reply{}, ErrClosed
	}
}

// commanded draws the random numbers that step may need.
func (e *Engine) commanded(c Command, made waiter) commanded {
	ev := commanded{cmd: c, made: made}
	switch c.(type) {
	case Join, Accept:
		ev.member, ev.nonce = identity.NewMemberID(), identity.NewChallenge()
	case SendFile:
		ev.call = identity.NewMemberID()
	case Call:
		ev.call, ev.member, ev.nonce = identity.NewMemberID(), identity.NewMemberID(), identity.NewChallenge()
	}
	return ev
}

// Changed gets a value when there is a new Snapshot. Only one goroutine can wait on it.
func (e *Engine) Changed() <-chan struct{} { return e.changed }

// Snapshot is the latest state. Whoever gets it must not change it.
func (e *Engine) Snapshot() *Snapshot { return e.view.Load() }

// Close leaves, says goodbye to the server, closes every device and peer connection, and waits for all of it.
func (e *Engine) Close() {
	e.closing.Do(func() { e.queue.post(e.commanded(Disconnect{}, 0)); e.queue.post(stop{}) })
	<-e.done
}

// stop is the last event.
type stop struct{}

func (stop) event() {}

func (e *Engine) run() {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	defer e.later.Stop()
	defer close(e.done)
	defer e.tearDown()
	var spare []event
	for {
		select {
		case <-ticker.C:
			if e.state.place.phase != Idle || e.state.ring != nil || e.state.tests() || e.state.busy() {
				e.handle(tick{speaking: e.sound.speaking()}, true)
			}
		case <-e.later.C:
			e.waiting = false
			e.publish(true)
		case <-e.queue.wake:
			batch := e.queue.take(spare)
			for i, ev := range batch {
				if _, ok := ev.(stop); ok {
					return
				}
				e.handle(ev, i == len(batch)-1)
			}
			spare = batch
		}
	}
}

// tearDown runs after the last event, in the order in which things stop needing each other.
func (e *Engine) tearDown() {
	if e.network != nil {
		e.network.shutdown()
	}
	e.queue.close()      // nobody waits in admit any more,
	e.endExamination()   // nor in Ask,
	e.gateways.Wait()    // so the sessions can say their last words and end;
	e.mesh.Shutdown()    // no packet comes or goes,
	e.files.shutdown()   // so nothing more is to be written,
	e.sound.shutdown()   // the devices and codecs have no user,
	e.picture.shutdown() // nor has the camera,
	e.memory.shutdown()  // and what was to be remembered is.
}

// handle is one turn: the event, and what its own effects find out at once. With last no other event waits, so that the
// directory is worth drawing up: a server may rename five thousand people at once.
func (e *Engine) handle(ev event, last bool) {
	for next := []event{ev}; len(next) > 0; {
		if g, ok := next[0].(ofGateway); ok {
			if g.epoch != e.epoch {
				if r, ok := g.inner.(replied); ok {
					e.perform(finish{made: r.tag.made, err: errGone()}) // whoever still waits there
				}
				e.publish(last)
				return
			}
			next[0] = g.inner
		}
		var effects []effect
		e.state, effects = step(e.state, time.Since(e.start), next[0])
		next = next[1:]
		for _, f := range effects {
			switch f := f.(type) {
			case notify:
				e.note(f.notice)
			case finish:
				e.drawn, last = time.Time{}, true // who asked looks at what came of it
			}
		}
		if e.network != nil {
			e.network.busy.Store(e.state.place.phase != Idle)
		}
		e.publish(last) // before the effects: nobody is sent to who is not shown
		for _, f := range effects {
			if found := e.perform(f); found != nil {
				next = append(next, found)
			}
		}
	}
}

func (e *Engine) note(n Notice) {
	e.noticed++
	n.Seq, n.AtMS = e.noticed, time.Since(e.start).Milliseconds()
	kept := e.notices
	if len(kept) >= keptNotices {
		kept = kept[len(kept)-keptNotices+1:]
	}
	e.notices = append(kept[:len(kept):len(kept)], n) // a copy: a Snapshot holds the old one
}

// A directory of thousands of people takes milliseconds to draw up, and a server can change it with every message: it is drawn
// up so often at most, and takes a twentieth of a core at most. Whoever shows it has to draw all that is new in it besides: where there
// is no end of that, nobody can read so fast anyway, and it is drawn up some times a second.
const (
	drawEvery  = 50 * time.Millisecond
	drawShare  = 20
	drawLate   = time.Second // after a moment in which this machine stood still, too
	drawBurst  = 20
	drawRate   = 2 // a second, beyond the burst
	drawSteady = 400 * time.Millisecond
)

func (e *Engine) publish(directory bool) {
	old := &Directory{}
	if s := e.view.Load(); s != nil {
		old = s.Directory
	}
	if directory && old.version != e.state.version {
		if begin := time.Now(); begin.Sub(e.drawn) >= e.pause {
			old = e.state.directory(old)
			e.drawn = time.Now()
			e.pause = min(max(drawEvery, drawShare*e.drawn.Sub(begin)), drawLate)
			if !e.draws.take(e.drawn.Sub(e.start), drawBurst, drawRate) {
				e.pause = max(e.pause, drawSteady)
			}
		} else if !e.waiting {
			e.waiting = true
			e.later.Reset(e.pause - begin.Sub(e.drawn))
		}
	}
	e.view.Store(e.state.snapshot(e.start, old, e.notices, e.noticed))
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// ofGateway marks an event with the session that it is of.
type ofGateway struct {
	epoch int
	inner event
}

func (ofGateway) event() {}

// perform carries out one effect. It waits for nothing. What it finds out at once is the next event.
func (e *Engine) perform(f effect) event {
	switch f := f.(type) {
	case dialServer, hangUpServer, hurryServer, probeServer, present, ask, tell, signed:
		e.performServer(f)
	case setWatch:
		e.sound.perform(f)
		e.picture.perform(f)
	case setCamera, useCamera, setPreview, peerShows, peerWatches, listScreens, shareScreen, stopShare:
		e.picture.perform(f)
	case openSound, closeSound, setQuiet, setTalk, setSpeech, setPriority, setVoice, useDevice, setGain, setListen,
		startCheck, playCheck, stopCheck, startEchoTest, stopEchoTest, playSound, stopRing, useRinger, setOutputVolume:
		e.sound.perform(f)
	case openFile, sendFile, takeFile, retakeFile, stopFile, endFile, useFolder:
		e.files.perform(f)
	case openPeer, renewPeer, makeOffer, setRemote, addCandidate, closePeer, tellPeer:
		e.performPeer(f)
	case startExamination:
		e.examine(f)
	case stopExamination:
		e.stopExamination()
	case lookUp:
		return met{f.member, e.config.People.Known(f.member.User, identity.PublicKey(f.member.Key), f.member.Name)}
	case remember:
		e.remember(f)
	case finish:
		e.waiters.Lock()
		if answer := e.waiters.of[f.made]; answer != nil {
			answer <- answerTo{f.reply, f.err} // capacity 1, and finished once
			delete(e.waiters.of, f.made)
		}
		e.waiters.Unlock()
	}
	return nil
}

func (e *Engine) performServer(f effect) {
	if d, ok := f.(dialServer); ok {
		e.dialServer(d)
		return
	}
	if e.gateway == nil {
		return
	}
	switch f := f.(type) {
	case hangUpServer:
		e.gateway.stop()
		e.gateway = nil
		e.epoch++
	case hurryServer:
		e.gateway.hurry()
	case probeServer:
		e.gateway.probe()
	case present:
		e.gateway.present(f.name, f.status)
	case ask:
		e.gateway.ask(f.body, f.tag)
	case tell:
		e.gateway.send(f.body)
	case signed:
		sig := f.description.Sign(e.config.Key)
		var m wire.Message = &wire.Answer{Route: f.route, Generation: f.description.Generation, SDP: f.description.SDP, Signature: sig}
		if f.description.Role == identity.Offer {
			m = &wire.Offer{Route: f.route, Generation: f.description.Generation, SDP: f.description.SDP, Signature: sig}
		}
		if f.beside {
			e.mesh.Tell(peerID(f.route.To), relayedWord(m))
			return
		}
		e.gateway.send(m)
	}
}

func (e *Engine) dialServer(d dialServer) {
	if e.gateway != nil {
		e.gateway.stop()
	}
	e.epoch++
	epoch := e.epoch
	g := &gateway{
		key: e.config.Key, link: d.link, name: d.name, status: d.status, dial: e.config.Dial, log: e.log,
		admit: func(ev event) { e.queue.admit(ofGateway{epoch, ev}) },
	}
	e.gateway = g
	startGateway(g)
	e.gateways.Go(func() { <-g.done })
}

func (e *Engine) performPeer(f effect) {
	switch f := f.(type) {
	case openPeer:
		e.sound.add(f.peer, f.gain)
		e.picture.add(f.peer)
		e.mesh.Open(f.peer, f.options)
	case renewPeer:
		e.mesh.Renew(f.peer, f.number, f.options)
	case makeOffer:
		e.mesh.Offer(f.peer, f.generation, false, f.ice)
	case setRemote:
		e.mesh.Remote(f.peer, f.generation, f.kind, f.sdp, f.ice)
	case addCandidate:
		e.mesh.Candidate(f.peer, f.generation, f.candidate, f.mid)
	case tellPeer:
		e.mesh.Tell(f.peer, f.data)
	case closePeer:
		e.mesh.Close(f.peer)
		e.sound.remove(f.peer)
		e.picture.remove(f.peer)
		e.files.closePeer(f.peer)
	}
}

func (e *Engine) remember(f remember) {
	e.memory.keep(f.user, func() {
		if err := e.config.People.Remember(f.user, identity.PublicKey(f.key), f.name, f.person); err != nil {
			e.log.Warn("remember a person", "err", err)
		}
	})
}
