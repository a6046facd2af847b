package call

// TransferPhase is how far the sending of one file has come.
//
//	           ┌──────► Refused
//	Offered ───┼──────► Running ⇄ Paused          (Paused: the two are not connected, for pausedFor at most)
//	   │       │           │         │
//	   └───────┴───────────┴─────────┴──► Done | Failed | Cancelled
//
// Not one byte of a file leaves before its receiver has accepted it.
type TransferPhase uint8

// The states of TransferPhase.
const (
	TransferOffered TransferPhase = iota
	TransferRunning
	TransferPaused
	TransferDone
	TransferFailed
	TransferRefused
	TransferCancelled
)

var transferNames = [...]string{"offered", "running", "paused", "done", "failed", "refused", "cancelled"}

func (p TransferPhase) String() string { return transferNames[p] }

// Over says that nothing comes after it.
func (p TransferPhase) Over() bool { return p >= TransferDone }

// Transfer is one file on its way to somebody, or from them.
type Transfer struct {
	ID         string
	User, Name string // the other one
	File       string // a safe name: without folders, and of nothing but what can be shown
	Size, Done int64  // bytes
	Incoming   bool
	Accepted   bool // incoming and Offered: it comes when there is room for one more
	Phase      TransferPhase
	Rate       int    // bytes a second; 0 unless it is Running
	Path       string // incoming and done: where it is
	Failed     string // a sentence
}

// Text is what somebody has written, to everybody in one's place.
type Text struct {
	Seq        uint64 // counts all texts of an engine, from 1
	User, Name string
	Mine       bool
	Text       string   // without control characters but line ends; other people's: it is shown inert
	AtMS       int64    // since the engine's start
	Missed     []string // names of those who did not get it; it may grow while somebody is being reconnected
}
