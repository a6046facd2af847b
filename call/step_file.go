package call

import (
	"slices"
	"time"

	"parley/call/mesh"
	"parley/call/transfer"
	"parley/identity"
	"parley/wire"
)

// file is a Transfer. It belongs to two users, and not to a peer connection: it goes on where it broke off when they are connected
// again, be it in another channel.
type file struct {
	Transfer
	modified int64
	made     waiter        // of the SendFile, until the file is open
	open     bool          // it can be sent
	offered  int           // the connection on which the other one knows of it
	on       int           // the connection that it runs on; 0: none
	anew     bool          // on that which it is offered on: what the receiver had was of another file
	apart    time.Duration // since when the two are not connected; 0: they are
	moved    time.Duration // when something of it last came through
}

const (
	pausedFor   = 2 * time.Minute // who is gone for longer does not come back for a file
	stuckAfter  = 2 * time.Minute // long enough to read what is there of a large one
	maxFiles    = 100             // in the list
	maxWaiting  = 8               // offers of one person that wait for an answer
	maxTaken    = 8               // files that come at once: each takes some MiB of memory
	offerBurst  = 20              // of one person, whatever becomes of them
	offerRate   = 0.2             // a second
	maxFileName = 1 << 10         // bytes, of what a stranger calls a file
	maxWhy      = 32
)

// NoticeFileFailed's codes, beside the words above.
const (
	codeRefused   = "refused"
	codeCancelled = "cancelled"
)

func (t *turn) fileCommand(ev commanded) {
	var err error
	switch c := ev.cmd.(type) {
	case SendFile:
		t.sendFile(c, ev)
		return
	case AcceptFile:
		err = t.acceptFile(t.file(c.Transfer))
	case RefuseFile:
		err = t.refuseFile(t.file(c.Transfer))
	case CancelFile:
		err = t.cancelFile(t.file(c.Transfer))
	case ForgetTransfer:
		err = t.forgetFile(t.file(c.Transfer))
	case SetDownloads:
		t.takes = c.Folder != ""
		t.do(useFolder{c.Folder})
	}
	t.finish(ev.made, Reply{}, err)
}

var errNoFile = wire.Errorf(wire.NotFound, "There is no such file any more.")

func (t *turn) sendFile(c SendFile, ev commanded) {
	id, p, err := t.findConnected(c.User)
	if err == nil && !t.makeRoom() {
		err = wire.Errorf(wire.LimitReached, "%d files are under way or wait already.", maxFiles)
	}
	if err != nil {
		t.finish(ev.made, Reply{}, err)
		return
	}
	t.addFile(&file{Transfer: Transfer{ID: ev.call, User: id.User, Name: p.member.Name}, made: ev.made, moved: t.now})
	t.do(openFile{ev.call, c.Path})
}

// findConnected finds somebody to send to, by id, or by name where that is the only one.
func (t *turn) findConnected(want string) (mesh.Peer, *peer, error) {
	var found mesh.Peer
	var of *peer
	for id, p := range t.peers {
		if id.User != want && p.member.Name != want {
			continue
		}
		if of != nil && id.User != want {
			return found, nil, wire.Errorf(wire.NotFound, "Several people here have that name: use the user id.")
		}
		found, of = id, p
	}
	switch {
	case of == nil:
		return found, nil, wire.Errorf(wire.NoPeer, "Files go to people in your channel or call, and %.64q is not there.", want)
	case of.phase != Connected:
		return found, nil, wire.Errorf(wire.NoPeer, "You are not connected with %.64s at the moment. Try again when you hear each other.", of.member.Name)
	}
	return found, of, nil
}

// connected finds the connection with a user, if there is one.
func (t *turn) connected(user string) (mesh.Peer, *peer) {
	for id, p := range t.peers {
		if id.User == user && p.phase == Connected {
			return id, p
		}
	}
	return mesh.Peer{}, nil
}

func (t *turn) file(id string) *file {
	for _, f := range t.files {
		if f.ID == id {
			return f
		}
	}
	return nil
}

func (t *turn) addFile(f *file) {
	t.files = append(t.files, f)
	t.transfers = nil
}

func (t *turn) dropFile(f *file) {
	t.files = slices.DeleteFunc(t.files, func(o *file) bool { return o == f })
	t.transfers = nil
}

// makeRoom forgets the oldest file that is over where the list is full.
func (t *turn) makeRoom() bool {
	if len(t.files) < maxFiles {
		return true
	}
	for _, f := range t.files {
		if f.Phase.Over() {
			t.dropFile(f)
			return true
		}
	}
	return false
}

// acceptFile is the consent: before it nothing of the file is sent, and nothing is written.
func (t *turn) acceptFile(f *file) error {
	if f == nil || !f.Incoming || f.Phase != TransferOffered {
		return errNoFile
	}
	id, p := t.connected(f.User)
	if p == nil {
		return wire.Errorf(wire.NoPeer, "%.64s is not connected with you at the moment.", f.Name)
	}
	if t.takesMore() {
		t.takeFile(f, id, p)
	} else {
		f.Accepted, t.transfers = true, nil
	}
	return nil
}

// takesMore says that one more file may come now. One that pauses has its place.
func (t *turn) takesMore() bool {
	taken := 0
	for _, f := range t.files {
		if f.Incoming && (f.Phase == TransferRunning || f.Phase == TransferPaused) {
			taken++
		}
	}
	return taken < maxTaken
}

func (t *turn) takeFile(f *file, id mesh.Peer, p *peer) {
	t.setFile(f, TransferRunning)
	f.on, f.moved = p.connection, t.now
	key := transfer.Key(identity.UserID(t.me), f.User, f.File, time.UnixMilli(f.modified).UTC().String(), time.Duration(f.Size).String())
	t.do(takeFile{f.ID, id, f.File, f.Size, key})
}

func (t *turn) refuseFile(f *file) error {
	if f == nil || !f.Incoming || f.Phase != TransferOffered {
		return errNoFile
	}
	t.tellFile(f, wordRefuse, fileWord{})
	t.setFile(f, TransferRefused)
	return nil
}

func (t *turn) cancelFile(f *file) error {
	if f == nil || f.Phase.Over() {
		return errNoFile
	}
	t.tellFile(f, wordCancel, fileWord{})
	t.endFile(f, TransferCancelled, true)
	return nil
}

func (t *turn) forgetFile(f *file) error {
	if f == nil || !f.Phase.Over() {
		return errNoFile
	}
	t.dropFile(f)
	return nil
}

func (t *turn) setFile(f *file, phase TransferPhase) {
	f.Phase, f.Accepted, t.transfers = phase, false, nil
	if phase != TransferRunning {
		f.Rate = 0
	}
}

// endFile is the end of a transfer; with drop what came of it is removed, too.
func (t *turn) endFile(f *file, phase TransferPhase, drop bool) {
	t.setFile(f, phase)
	f.on = 0
	t.do(endFile{f.ID, drop})
	if f.made != 0 {
		t.finish(f.made, Reply{}, wire.Errorf(wire.NotFound, "The file was given up before it was open."))
		f.made = 0
	}
}

// failFile ends it for a reason, which the other one is not told by this.
func (t *turn) failFile(f *file, why string) {
	f.Failed = failure(f, why)
	t.endFile(f, TransferFailed, why == whyChanged || why == whyTurn || why == whyHash)
	t.noteFile(f, NoticeFileFailed, why, f.Failed)
}

func (t *turn) noteFile(f *file, kind, code, text string) {
	t.notify(Notice{Kind: kind, User: f.User, Name: f.Name, Channel: f.ID, Code: code, Text: text})
}

// tellFile says a word about a file, if there is somebody to say it to. A connection that heals brings what was said meanwhile; on the
// next one files are offered anew, and the answer to that says it again.
func (t *turn) tellFile(f *file, kind string, w fileWord) {
	w.ID = f.ID
	for id, p := range t.peers {
		if id.User == f.User && p.listens() {
			t.do(tellPeer{id, word{Type: kind, File: &w}.bytes()})
		}
	}
}

// listens says that there is a connection for words, be its path lost for the moment, or believed to be.
func (p *peer) listens() bool { return p.phase == Connected || p.phase == Reconnecting }

// toldFile takes what a peer says about a file.
func (t *turn) toldFile(id mesh.Peer, p *peer, kind string, w fileWord) {
	if !identity.ValidMemberID(w.ID) || len(w.Name) > maxFileName || len(w.Why) > maxWhy || w.Size < 0 || w.Size > transfer.MaxSize ||
		w.From < 0 || w.From > w.limit(kind) || !p.listens() {
		t.refuse()
		return
	}
	f := t.file(w.ID)
	switch {
	case kind == wordOffer && f == nil:
		t.fileOffered(id, p, w)
		return
	case f == nil || f.User != id.User:
		t.refuse()
		return
	}
	if !t.toldOfFile(f, id, p, kind, w) {
		t.refuse()
	}
}

// limit of an offset: only an acceptance has one.
func (w *fileWord) limit(kind string) int64 {
	if kind == wordAccept && (w.From == 0 || len(w.Have) == 32) {
		return transfer.MaxSize
	}
	return 0
}

// toldOfFile takes a word about a file that is known, or does not.
func (t *turn) toldOfFile(f *file, id mesh.Peer, p *peer, kind string, w fileWord) bool {
	switch {
	case kind == wordOffer && f.Incoming:
		return t.offeredAgain(f, id, p, w)
	case f.Phase.Over():
		return true // it crossed the end
	case kind == wordAccept && !f.Incoming && f.open && f.on == 0 && w.From <= f.Size && (w.From == 0 || !f.anew): // else all of it could be read without end
		if f.Phase == TransferOffered {
			t.noteFile(f, NoticeFileAccepted, "", f.File)
		}
		t.setFile(f, TransferRunning)
		f.on, f.moved = p.connection, t.now
		t.do(sendFile{f.ID, id, w.From, w.Have})
	case kind == wordAnew && f.Incoming && f.on == p.connection:
		t.do(retakeFile{f.ID})
	case kind == wordDone && !f.Incoming && f.Phase != TransferOffered:
		f.Done = f.Size
		t.endFile(f, TransferDone, false)
		t.noteFile(f, NoticeFileDone, "", f.File)
	case kind == wordFail:
		t.failFile(f, w.Why)
	case kind == wordRefuse && !f.Incoming && f.Phase == TransferOffered:
		f.Failed = failure(f, w.Why)
		t.endFile(f, TransferRefused, false)
		t.noteFile(f, NoticeFileFailed, codeRefused, f.Failed)
	case kind == wordCancel:
		f.Failed = f.Name + " has cancelled it."
		t.endFile(f, TransferCancelled, true)
		t.noteFile(f, NoticeFileFailed, codeCancelled, f.Failed)
	default:
		return false
	}
	return true
}

// fileOffered is a new one. It waits for the local word.
func (t *turn) fileOffered(id mesh.Peer, p *peer, w fileWord) {
	f := &file{modified: w.Modified, offered: p.connection, moved: t.now, Transfer: Transfer{
		ID: w.ID, User: id.User, Name: p.member.Name, File: transfer.Safe(w.Name), Size: w.Size, Incoming: true,
	}}
	waiting := 0
	for _, o := range t.files {
		if o.User == id.User && o.Incoming && o.Phase == TransferOffered {
			waiting++
		}
	}
	switch {
	case !t.takes:
		t.tellFile(f, wordRefuse, fileWord{Why: whyNone})
	case !p.offered.take(t.now, offerBurst, offerRate), waiting >= maxWaiting, !t.makeRoom():
		t.refuse()
		t.tellFile(f, wordRefuse, fileWord{Why: whyMany})
	default:
		t.addFile(f)
		t.noteFile(f, NoticeFileOffered, "", f.File)
	}
}

// offeredAgain: the two were apart. What was accepted goes on by itself.
func (t *turn) offeredAgain(f *file, id mesh.Peer, p *peer, w fileWord) bool {
	if f.File != transfer.Safe(w.Name) || f.Size != w.Size || f.modified != w.Modified {
		return false // another file under the same id
	}
	switch f.Phase {
	case TransferDone:
		t.tellFile(f, wordDone, fileWord{})
	case TransferRefused:
		t.tellFile(f, wordRefuse, fileWord{})
	case TransferCancelled, TransferFailed:
		t.tellFile(f, wordCancel, fileWord{})
	case TransferPaused, TransferRunning:
		if f.on != p.connection {
			t.takeFile(f, id, p)
		}
	}
	return true
}

// fileEvent is what became of a file here.
func (t *turn) fileEvent(ev event) {
	switch ev := ev.(type) {
	case fileOpened:
		if f := t.lively(ev.id); f != nil {
			f.open, f.File, f.Size, f.modified = true, transfer.Safe(ev.name), ev.size, ev.modified.UnixMilli()
			t.transfers = nil
			t.finish(f.made, Reply{}, nil)
			f.made = 0
		}
	case fileReady:
		if f := t.lively(ev.id); f != nil && f.on != 0 {
			w := fileWord{From: ev.from}
			if ev.from > 0 {
				w.Have = ev.have[:]
			}
			f.Done, t.transfers = ev.from, nil
			t.tellFile(f, wordAccept, w)
		}
	case fileAnew:
		if f := t.lively(ev.id); f != nil {
			f.on, f.anew, f.Done, t.transfers = 0, true, 0, nil
			t.tellFile(f, wordAnew, fileWord{})
		}
	case fileMoved:
		if f := t.lively(ev.id); f != nil && f.Phase == TransferRunning {
			f.Done, f.Rate, f.moved, t.transfers = ev.done, ev.rate, t.now, nil
		}
	case fileFinished:
		if f := t.lively(ev.id); f != nil {
			f.Done, f.Path = f.Size, ev.path
			t.tellFile(f, wordDone, fileWord{})
			t.endFile(f, TransferDone, false)
			t.noteFile(f, NoticeFileDone, "", f.File)
		}
	case fileBroken:
		t.fileBroken(ev)
	}
}

// lively finds a file that is not over.
func (t *turn) lively(id string) *file {
	if f := t.file(id); f != nil && !f.Phase.Over() {
		return f
	}
	return nil
}

func (t *turn) fileBroken(ev fileBroken) {
	f := t.lively(ev.id)
	if f == nil {
		return
	}
	why := whyOf(ev.err, f.Incoming)
	if !f.Incoming && !f.open { // nobody else knows of it
		made := f.made
		t.dropFile(f)
		t.do(endFile{f.ID, false})
		t.finish(made, Reply{}, wire.Errorf(wire.BadMessage, "That can't be sent: %s.", ev.err))
		return
	}
	t.tellFile(f, wordFail, fileWord{Why: why})
	t.failFile(f, why)
}

// followFiles keeps the files in step with the connections, whatever has changed those.
func (t *turn) followFiles() {
	for _, f := range t.files {
		if !f.Phase.Over() {
			t.followFile(f)
		}
	}
}

func (t *turn) followFile(f *file) {
	id, p := t.connected(f.User)
	if f.Accepted && p != nil && f.Phase == TransferOffered && t.takesMore() {
		t.takeFile(f, id, p)
	}
	if f.on != 0 && !t.lives(f.on) {
		t.do(stopFile{f.ID})
		f.on = 0
	}
	runs := p != nil && f.on == p.connection
	switch {
	case f.Phase == TransferPaused && runs:
		t.setFile(f, TransferRunning)
		f.moved = t.now
	case f.Phase == TransferRunning && !runs && (p == nil || f.offered != p.connection):
		t.setFile(f, TransferPaused)
	}
	if p == nil {
		if f.apart == 0 {
			f.apart = max(t.now, 1)
		}
		return
	}
	f.apart = 0
	if !f.Incoming && f.open && f.offered != p.connection {
		f.offered, f.anew, f.moved = p.connection, false, t.now
		t.tellFile(f, wordOffer, fileWord{Name: f.File, Size: f.Size, Modified: f.modified})
	}
}

// lives says that a connection was not closed.
func (t *turn) lives(connection int) bool {
	for _, p := range t.peers {
		if p.connection == connection && p.phase != Held {
			return true
		}
	}
	return false
}

func (t *turn) tickFiles() {
	for _, f := range t.files {
		switch {
		case f.Phase.Over():
		case f.apart != 0 && t.now-f.apart > pausedFor:
			t.failFile(f, whyGone)
		case f.apart == 0 && f.Phase == TransferRunning && t.now-f.moved > stuckAfter,
			f.apart == 0 && f.Phase == TransferPaused && t.now-f.moved > stuckAfter+pausedFor:
			t.tellFile(f, wordFail, fileWord{Why: whyStuck})
			t.failFile(f, whyStuck)
		}
	}
}

// busy says that something about files changes by time alone.
func (s *state) busy() bool {
	return slices.ContainsFunc(s.files, func(f *file) bool { return !f.Phase.Over() })
}

// listFiles draws up what a Snapshot shows of files.
func (s *state) listFiles() []Transfer {
	if s.transfers == nil {
		s.transfers = make([]Transfer, 0, len(s.files))
		for _, f := range s.files {
			if f.Incoming || f.open {
				s.transfers = append(s.transfers, f.Transfer)
			}
		}
	}
	return s.transfers
}
