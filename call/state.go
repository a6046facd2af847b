package call

import (
	"time"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// Link is the state of the connection to the server.
//
//	Offline → Dialing → Online ⇄ Lost
//	   ▲─────────┴─────────┴──────┘   (Disconnect, or an end that trying again can't mend)
type Link uint8

// The states of Link.
const (
	Offline Link = iota
	Dialing      // the first connection is being made
	Online
	Lost // it broke and is being made again; the call goes on
)

// Phase is where one is in a voice channel, or in a call, from the consent to it on (see ring for what is before).
//
//	Idle → Joining → Joined
//	 ▲────────┴─────────┘   (Leave, refused, kicked, channel removed)
//
// Between Joining and Idle the devices are open and peers may be connected; in Idle nothing is. A switch of channel goes from
// Joined to Joined in one step, with the devices left open, when the server has agreed. While the Link is Lost a channel stays
// Joined.
type Phase uint8

// The states of Phase.
const (
	Idle Phase = iota
	Joining
	Joined
)

// PeerPhase is where one is with one other member.
//
//	      ┌──────────┐  Trust   ┌────────────┐        ┌───────────┐        ┌──────────────┐
//	met → │   Held   │ ───────► │ Connecting │ ─────► │ Connected │ ◄────► │ Reconnecting │
//	      └──────────┘          └────────────┘        └───────────┘        └──────────────┘
//
// From each a peer is gone by an explicit leave, or when the roster lacks it and no media lives.
type PeerPhase uint8

// The states of PeerPhase. Nothing is sent to a peer that is Held, and there is no peer connection.
const (
	Held PeerPhase = iota
	Connecting
	Connected
	Reconnecting
)

var (
	linkNames  = [...]string{"offline", "dialing", "online", "lost"}
	phaseNames = [...]string{"idle", "joining", "joined"}
	checkNames = [...]string{"idle", "recording", "playing"}
	echoNames  = [...]string{"idle", "running"}
	peerNames  = [...]string{"held", "connecting", "connected", "reconnecting"}
)

func (l Link) String() string      { return linkNames[l] }
func (p Phase) String() string     { return phaseNames[p] }
func (p PeerPhase) String() string { return peerNames[p] }

// state is all that the engine knows. step owns the value that it is given and returns the next one: maps and slices are
// changed in place, so the old value is not used again.
type state struct {
	me identity.PublicKey

	link       Link
	address    wire.Link // without the secret
	serverName string
	serverKey  identity.PublicKey
	retryAt    time.Duration // when the next try to connect begins; zero: none is waited for
	attempts   int           // tries that failed since the last connection
	failedAt   time.Duration // when the last one did, or the connection broke
	asked      bool          // the server wants to be left alone until retryAt
	ended      Ended
	self       selfState

	channels map[string]Channel
	users    map[string]User
	rosters  map[string][]wire.Member // of the channels that one does not sit in, for show
	version  uint64                   // grows with each change of the three
	people   uint64                   // with each of users
	complete bool                     // the last part of the snapshot has come

	known map[string]Person // by user id: whom this machine knows, or something was decided about; who is not in it is New
	facts uint64            // grows with each change of known
	fresh map[string]bool   // by user id: who was New when they were first met, at most maxKnown; it stays so, whether they come again or not

	place     place
	next      place // Joining, while a switch to it is asked for; else Idle
	peers     map[mesh.Peer]*peer
	ice       []mesh.ICEServer
	iceUntil  time.Duration // when the credentials are to be fetched again
	iceAsked  time.Duration // when they last were for a doubt
	knownOnly bool
	relayOnly bool
	relayNew  bool // relayOnly for people who are new
	share     bool // outsiders may see that one speaks

	ring     *ring    // nil: nobody rings or is rung
	rings    bucket   // what rang here
	missed   []Missed // the newest first
	misses   bucket   // what was told of as missed
	camera   CameraState
	cameraOn time.Duration // when it was switched on
	screen   ScreenState
	shares   int                 // how many there were
	watched  map[string]watching // by user: what is looked at here
	always   watching            // of everybody, besides

	files       []*file    // the oldest first
	transfers   []Transfer // of them, for a Snapshot; nil: they have changed
	takes       bool       // files of others
	connections int        // how many peer connections there were
	texts       []Text     // of this place; what was shown is never changed
	written     uint64     // texts, in all places
	writing     bucket     // of one's own

	whispers uint32 // how many audiences there were

	sound      SoundState
	checkUntil time.Duration // when the part of the check that runs is over
	echoUntil  time.Duration // when the echo's test has failed

	exam examining

	refused uint64 // messages that did not belong to this channel, role or peer
}

type selfState struct {
	name, status, role string
	priority           bool     // see Prioritize
	whisper            []string // see Whisper: user ids, sorted; never changed
	muted, deafened    bool     // sound leaves only if neither; undeafening thus restores what muted was
}

// place is the voice channel that one sits in, or the call.
type place struct {
	phase   Phase
	channel string      // empty in a call
	call    string      // empty in a channel
	with    wire.Member // of a call: the other one, and nobody else
	member  string      // own member id, made at the local Join
	nonce   wire.Bytes
	seq     uint64 // of the roster
	synced  bool   // seq is known
	made    waiter // of the Join or Accept, until it is answered

	since  time.Duration // when it was Joined; a call: or begun
	spoken bool          // the server was told that one speaks
	unsure bool          // or may have been: it is to be told again

	again   time.Duration // when a join that was refused after a restart of the server is tried on; zero: it was not
	refusal wire.Code     // why
}

// peer is another member of the channel.
type peer struct {
	member wire.Member // as the roster last said
	person Person
	phase  PeerPhase
	absent bool // the roster lacks it, its media may live

	generation uint32        // of the last offer made or taken
	answered   bool          // the offer of that generation has its answer
	session    string        // of the last offer taken: which peer connection of the other side it was
	since      time.Duration // when the phase began
	acted      time.Duration // when an offer was last made or asked for, by itself
	owed       bool          // the peer asked for a new offer while one was on its way to it
	served     time.Duration // when an offer was last made because the peer asked
	unmade     bool          // the peer connection has no media yet, or none any more: it does not come back
	quietly    bool          // it is Reconnecting and nobody was told
	heard      bool          // its first sound has come
	seen       [tracks]bool  // its first picture has

	said   bool          // it has said how its switches are
	shows  [tracks]bool  // it says that it gives pictures
	filmed time.Duration // when it last said so of its camera, or that it does not; 0: it was on before one knew
	told   bool          // it was told what is looked at here, since it was last Connected,
	watch  watching      // and this is what
	rested time.Duration // since when that has been another
	wants  watching      // what it looks at, as it last said
	unmet  bool          // and that is not yet so
	looks  bucket        // that it took

	pathless bool          // that no path came about was told
	theirs   []Finding     // what it has found then; nil: it has not said
	findings bucket        // of what it says of that
	beside   time.Duration // when it last negotiated past the server; zero: never
	aside    bool          // what is being negotiated goes past the server

	heir      bool          // another peer connection comes about beside this one, and is what is negotiated
	number    int           // of connections, which the last one begun so was
	succeeded time.Duration // when it was begun
	before    string        // session, as it was when the first of them was begun
	overtaken string        // and when the last was
	tries     int           // at another one, since one was last Connected
	heirs     bucket        // that it wanted

	spokenTo   speech // how one speaks to it, as it was told,
	keys       bucket // and how often
	saidSpeech speech // how it speaks, as it last said,
	speaks     speech // and as it is shown
	speeches   bucket // how often that has changed

	words  bucket // of what it was told about one's switches
	unsaid bool   // it is to be told how they are

	connection int        // which of connections it has
	offered    bucket     // files that it did
	wrote      bucket     // of its texts
	last       uint64     // the number of the last of them
	unheard    []sentText // what it has not confirmed
}

// Person is what this machine knows about a key.
type Person struct {
	New      bool    // never met before this session; among known: never met
	Trusted  bool    // by a click in this session
	Verified bool    // the safety number was compared
	Like     string  // the name of a known person with another key that this one's name looks like
	Volume   float32 // 0 to 2
	Muted    bool    // locally
}

func (p *peer) address() wire.Address { return p.member.Address }

// offers says whose part it is to offer: the smaller member id's.
func (s *state) offers(id mesh.Peer) bool { return s.place.member < id.Member }

// room is what messages of peers name: the channel, or the call.
func (p *place) room() string {
	if p.call != "" {
		return p.call
	}
	return p.channel
}

// quiet says that nothing of the microphone may leave.
func (s *state) quiet() bool { return s.self.muted || s.self.deafened }

// What a server may make this machine keep. parleyd stays far below; above it, what is new is not taken.
const (
	maxUsers    = 20_000
	maxChannels = 2_000
)

// holdReason tells why a person waits for a click; empty: they need not.
func (s *state) holdReason(p Person) string {
	switch {
	case p.Like != "":
		return HeldLookalike
	case s.knownOnly && p.New && !p.Trusted:
		return HeldUnknown
	}
	return ""
}

// Why a peer is Held.
const (
	HeldLookalike = "looks_like_another"
	HeldUnknown   = "unknown"
)

func newState(me identity.PublicKey) state {
	return state{
		me:      me,
		version: 1, people: 1, channels: map[string]Channel{}, users: map[string]User{}, rosters: map[string][]wire.Member{},
		peers: map[mesh.Peer]*peer{}, known: map[string]Person{}, fresh: map[string]bool{},
		watched: map[string]watching{},
		self:    selfState{status: wire.Online, role: wire.RoleMember},
	}
}
