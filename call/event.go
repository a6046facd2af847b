package call

import (
	"time"

	"parley/audio"
	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// event is what happens to the engine: a command, a message, a fact about a peer, the passing of time.
type event interface{ event() }

type (
	// commanded is a Command with the random numbers that it may need; made is not zero if somebody waits in Ask.
	commanded struct {
		cmd    Command
		made   waiter
		call   string // or a transfer's id
		member string
		nonce  wire.Bytes
	}

	linkUp struct {
		welcome    wire.Welcome
		serverName string
		serverKey  identity.PublicKey
	}
	linkDown struct {
		err   error
		final bool          // the gateway does not try again
		wait  time.Duration // else: before it does
		asked bool          // because the server wants it so
	}
	received struct{ body wire.Message } // an event of the server, or a message of a peer
	gapSeen  struct{}                    // events of the server were lost
	replied  struct {
		tag  tag
		body wire.Message // *wire.Error if refused
	}

	met struct { // the answer to lookUp
		member wire.Member
		person Person
	}
	peerEvent   struct{ mesh.Event }
	peerHeard   struct{ peer mesh.Peer } // its first sound came out of the decoder
	soundEvent  struct{ notice Notice }  // a device opened, vanished, came back; a camera too
	devicesSeen struct {                 // something in it is new
		devices      []Device
		mic, speaker string
	}
	checkHeard struct { // what was recorded, and whether it is played now
		level  float32
		plays  bool
		failed string
	}
	checkPlayed struct{}
	echoTested  struct {
		result audio.EchoResult
		delay  float64 // milliseconds
	}
	examined struct { // by a run of the doctor
		run     int
		finding Finding
		over    bool // in the finding's place
	}
	cameraSeen struct{ camera CameraState } // something in it is new; On and Preview are the engine's own and mean nothing here
	peerSeen   struct {                     // its first picture came out of the decoder
		peer  mesh.Peer
		track Track
	}
	screenSeen struct { // something in it is new; Sharing and Failed are the engine's own and mean nothing here
		share  int // that it tells of; 0: none is on
		screen ScreenState
	}
	screenEnded struct { // a share, by itself
		share  int
		notice Notice
	}
	looked struct { // somebody looks at a user's pictures here, or does not any more
		user  string
		track Track
		on    bool
	}
	fileOpened struct { // one that is to be sent can be read
		id, name string
		size     int64
		modified time.Time
	}
	fileReady struct { // for what comes from its offset on
		id   string
		from int64
		have [32]byte // hash of what is before
	}
	fileAnew  struct{ id string } // what its receiver has is of another file
	fileMoved struct {
		id   string
		done int64
		rate int
	}
	fileFinished struct{ id, path string } // it came, and is whole
	fileBroken   struct {
		id  string
		err error
	}
	tick struct{ speaking bool } // what the microphone hears goes to the others now

	networkChanged struct { // of this machine
		moved bool // it sends from other addresses than before
		gone  bool // it has no network
		woke  bool // the machine, or the program, has slept
	}
)

func (commanded) event()    {}
func (linkUp) event()       {}
func (linkDown) event()     {}
func (received) event()     {}
func (gapSeen) event()      {}
func (replied) event()      {}
func (met) event()          {}
func (peerEvent) event()    {}
func (peerHeard) event()    {}
func (soundEvent) event()   {}
func (devicesSeen) event()  {}
func (checkHeard) event()   {}
func (checkPlayed) event()  {}
func (echoTested) event()   {}
func (examined) event()     {}
func (cameraSeen) event()   {}
func (peerSeen) event()     {}
func (screenSeen) event()   {}
func (screenEnded) event()  {}
func (looked) event()       {}
func (tick) event()         {}
func (fileOpened) event()   {}
func (fileReady) event()    {}
func (fileAnew) event()     {}
func (fileMoved) event()    {}
func (fileFinished) event() {}
func (fileBroken) event()   {}

func (networkChanged) event() {}

// waiter names somebody who waits in Ask; zero: nobody.
type waiter uint64

// tag is what a request was for, so that its reply finds its way.
type tag struct {
	purpose purpose
	member  string // of the join, or of the call
	made    waiter
}

type purpose uint8

const (
	forCommand  purpose = iota // the reply is the waiter's
	forJoin                    // VoiceJoin
	forRing                    // CallRing
	forAccept                  // CallAccept
	forHere                    // CallHere
	forRoster                  // RosterGet
	forRelay                   // TurnGet
	forSnapshot                // SnapshotGet
	forEnter                   // TurnGet, of a doctor
	forNothing                 // the reply does not matter
)

// effect is what the engine is to do. perform carries effects out in their order, after the snapshot with the new state is
// published: whoever is sent to is shown before.
type effect interface{ effect() }

type (
	dialServer struct {
		link         wire.Link
		name, status string
	}
	hangUpServer struct{}
	hurryServer  struct{} // the next try at once
	probeServer  struct{} // is it there? Else another connection is made
	present      struct{ name, status string }
	ask          struct {
		body wire.Message
		tag  tag
	}
	tell struct{ body wire.Message }

	openSound  struct{}
	closeSound struct{}
	setQuiet   struct{ muted, deafened bool }
	setTalk    struct{ down bool }
	setSpeech  struct { // what the microphone hears is for these, whatever its mode
		priority bool
		whisper  uint32   // the number of that audience; 0: everybody
		users    []string // of it
	}
	setPriority struct { // the peer is heard before the others
		peer mesh.Peer
		on   bool
	}
	setWatch   struct{ on bool }
	setListen  struct{ on bool }
	startCheck struct{}
	playCheck  struct{}
	stopCheck  struct{}

	startEchoTest struct{}
	stopEchoTest  struct{}

	playSound struct {
		samples []float32
		gain    float32
		ring    bool // on the ringer
	}
	stopRing        struct{}
	useRinger       struct{ device string }
	setOutputVolume struct{ gain float32 }
	setVoice        struct{ voice Voice }
	useDevice       struct {
		output bool
		device string
	}
	setGain struct {
		user string
		gain float32
	}

	setCamera  struct{ on bool } // pictures of it go to the peers
	useCamera  struct{ camera string }
	setPreview struct{ on bool } // it gives a picture of oneself
	peerShows  struct {          // the peer has said whether it shows pictures
		peer  mesh.Peer
		track Track
		on    bool
	}
	peerWatches struct { // the peer has said whether it looks at one's own
		peer  mesh.Peer
		track Track
		on    bool
	}
	listScreens struct{ on bool } // and windows, for who chooses
	shareScreen struct {          // pictures of it go to the peers, in the place of those of another
		share   int // which
		subject string
		fps     float64
	}
	stopShare struct{}

	startExamination struct {
		run     int
		link    wire.Link
		sound   bool          // microphone and loudspeaker too
		within  time.Duration // 0: the doctor's own time
		relay   *wire.Turn    // as told before, where the server can't be asked; nil: it was not
		options mesh.Options
	}
	stopExamination struct{}

	lookUp   struct{ member wire.Member }
	remember struct {
		user   string
		key    wire.Bytes
		name   string // empty: the one that is known stays
		person Person
	}

	openPeer struct {
		peer    mesh.Peer
		gain    float32
		options mesh.Options
	}
	makeOffer struct {
		peer       mesh.Peer
		generation uint32
		ice        []mesh.ICEServer
	}
	setRemote struct {
		peer       mesh.Peer
		generation uint32
		kind, sdp  string
		ice        []mesh.ICEServer
	}
	addCandidate struct {
		peer           mesh.Peer
		generation     uint32
		candidate, mid string
	}
	renewPeer struct { // another peer connection, which takes the place of the one that lives
		peer    mesh.Peer
		number  int
		options mesh.Options
	}
	closePeer struct{ peer mesh.Peer }
	tellPeer  struct { // over the peer connection; before a closePeer it still goes out
		peer mesh.Peer
		data []byte
	}
	openFile struct{ id, path string } // to be sent
	sendFile struct {                  // from an offset on, if what is before has that hash
		id   string
		peer mesh.Peer
		from int64
		have []byte
	}
	takeFile struct { // make ready for it, or for what is still missing
		id   string
		peer mesh.Peer
		name string
		size int64
		key  string // of the part
	}
	useFolder  struct{ folder string } // for files from the next one on
	retakeFile struct{ id string }     // from its beginning on
	stopFile   struct{ id string }     // until it is sent or taken again
	endFile    struct {
		id   string
		drop bool // what came of it, too
	}

	signed struct { // to be signed with the user's key, and sent
		route       wire.Route
		description identity.Description
		beside      bool // over the peer connection, past the server
	}

	notify struct{ notice Notice }
	finish struct {
		made  waiter
		reply Reply
		err   error
	}
)

func (dialServer) effect()       {}
func (hangUpServer) effect()     {}
func (hurryServer) effect()      {}
func (probeServer) effect()      {}
func (present) effect()          {}
func (setWatch) effect()         {}
func (setListen) effect()        {}
func (startCheck) effect()       {}
func (playCheck) effect()        {}
func (stopCheck) effect()        {}
func (startEchoTest) effect()    {}
func (stopEchoTest) effect()     {}
func (playSound) effect()        {}
func (setOutputVolume) effect()  {}
func (ask) effect()              {}
func (tell) effect()             {}
func (openSound) effect()        {}
func (closeSound) effect()       {}
func (setQuiet) effect()         {}
func (setTalk) effect()          {}
func (setSpeech) effect()        {}
func (setPriority) effect()      {}
func (setVoice) effect()         {}
func (useDevice) effect()        {}
func (setGain) effect()          {}
func (setCamera) effect()        {}
func (useCamera) effect()        {}
func (setPreview) effect()       {}
func (peerShows) effect()        {}
func (peerWatches) effect()      {}
func (listScreens) effect()      {}
func (shareScreen) effect()      {}
func (stopShare) effect()        {}
func (lookUp) effect()           {}
func (remember) effect()         {}
func (openPeer) effect()         {}
func (makeOffer) effect()        {}
func (setRemote) effect()        {}
func (addCandidate) effect()     {}
func (renewPeer) effect()        {}
func (closePeer) effect()        {}
func (tellPeer) effect()         {}
func (stopRing) effect()         {}
func (useRinger) effect()        {}
func (signed) effect()           {}
func (notify) effect()           {}
func (finish) effect()           {}
func (startExamination) effect() {}
func (stopExamination) effect()  {}
func (openFile) effect()         {}
func (sendFile) effect()         {}
func (takeFile) effect()         {}
func (useFolder) effect()        {}
func (retakeFile) effect()       {}
func (stopFile) effect()         {}
func (endFile) effect()          {}

// The engine's patience.
const (
	tickEvery     = 250 * time.Millisecond
	connectWithin = 8 * time.Second  // then the peer connection is made anew
	succeedAfter  = tickEvery        // of a disconnect: another peer connection is begun beside the one that may come back
	succeedEvery  = 3 * time.Second  // and the next, where nothing came of that
	succeedMost   = 6                // that are begun at once because the other one says so, and then one in succeedEvery
	renewAfter    = 20 * time.Second // of a disconnect: the peer connection is made anew
	goneAfter     = 30 * time.Second // without media and without a place in the roster; in a call: before there were any
	joinEvery     = 5 * time.Second  // a join that the restarted server refuses
	noPathAfter   = 12 * time.Second // without a path: what stands in the way is looked for
	noPathWithin  = 12 * time.Second // and is to be found, before goneAfter
	noPathEvery   = time.Minute      // is what was found then good for
	askEvery      = time.Second      // a peer's requests for an offer are served no faster
	maxSeen       = 1 << 31          // the highest generation that a peer is believed to have seen
	redialEvery   = 2 * time.Second  // while somebody sits in a place, unless the server wants to be left alone
)
