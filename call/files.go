package call

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parley/call/mesh"
	"parley/call/rate"
	"parley/call/transfer"
)

// files reads and writes the files that the engine sends and takes. Each has a goroutine of its own, because a disk takes time, and
// so does the way to a peer:
//
//	send: read ─► window ─► pace ─► mesh.SendBulk          acknowledgements, on the mesh's readers: acked ─► the lane's pacer
//	take: mesh's readers: deliver ─► inbox ─► write ─► acknowledge ─► … ─► checksum, name
//
// How fast is decided for each peer together, in its lane, so that two files are no faster than one.
type files struct {
	post   func(event) // never blocks
	bulk   func(ctx context.Context, id mesh.Peer, frame []byte, budget int) error
	stats  func(mesh.Peer) (mesh.Stats, bool)
	log    *slog.Logger
	start  time.Time // zero of the clock that frames tell
	ending sync.WaitGroup

	mu     sync.Mutex
	folder string
	jobs   map[transfer.ID]*job
	lanes  map[mesh.Peer]*lane
	parts  map[string]bool // keys of parts that are written
}

// job is one file.
type job struct {
	files *files
	id    string
	key   transfer.ID
	work  *serial // one thing after the other: opening, a run, closing

	run atomic.Pointer[run] // what it does for a peer; nil: nothing

	// Of work.
	source *transfer.Source
	sink   *transfer.Sink
	part   string // its key
}

// run is a job's work over one connection, until it is stopped.
type run struct {
	peer   mesh.Peer
	ctx    context.Context
	cancel context.CancelFunc
	lane   *lane

	// Sending.
	acked atomic.Int64  // bytes that the far end has written
	sent  atomic.Int64  // how far it was sent
	room  chan struct{} // capacity 1: acked has grown

	mu     sync.Mutex // the mesh has several readers
	pieces uint32     // as last said
	meter  meter      // taking: of the run alone

	// Taking.
	inbox chan arrival // nil: it is a sender's
	over  atomic.Bool  // the inbox was full: who keeps to the window can't fill it
}

type arrival struct {
	frame transfer.Frame
	at    uint32
}

const (
	ackEvery  = 20 * time.Millisecond
	inboxSize = 2 * transfer.Window / transfer.MaxPiece // an honest sender has half of it under way
)

func newFiles(folder string, post func(event), log *slog.Logger) *files {
	return &files{
		folder: folder, post: post, log: log, start: time.Now(),
		jobs: map[transfer.ID]*job{}, lanes: map[mesh.Peer]*lane{}, parts: map[string]bool{},
	}
}

// connect gives it the way to peers, before the first event.
func (x *files) connect(m *mesh.Mesh) { x.bulk, x.stats = m.SendBulk, m.Stats }

func (x *files) micros() uint32 { return uint32(time.Since(x.start) / time.Microsecond) }

func (x *files) perform(f effect) {
	switch f := f.(type) {
	case openFile:
		j := x.job(f.id)
		j.work.do(func() { j.open(f.path) })
	case sendFile:
		j := x.job(f.id)
		r := j.begin(f.peer, nil)
		j.work.do(func() { j.send(r, f.from, [32]byte(append(f.have, make([]byte, 32)...))) })
	case takeFile:
		j := x.job(f.id)
		r := j.begin(f.peer, make(chan arrival, inboxSize))
		j.work.do(func() { j.take(r, f) })
	case useFolder:
		x.mu.Lock()
		x.folder = f.folder
		x.mu.Unlock()
	case retakeFile:
		if j := x.find(f.id); j != nil {
			if old := j.run.Load(); old != nil {
				r := j.begin(old.peer, make(chan arrival, inboxSize))
				j.work.do(func() { j.retake(r) })
			}
		}
	case stopFile:
		if j := x.find(f.id); j != nil {
			j.stop()
		}
	case endFile:
		x.end(f)
	}
}

func keyOf(id string) (key transfer.ID) {
	_, _ = hex.Decode(key[:], []byte(id)) // the engine has looked at it
	return key
}

func (x *files) find(id string) *job {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.jobs[keyOf(id)]
}

// job finds or makes one.
func (x *files) job(id string) *job {
	x.mu.Lock()
	defer x.mu.Unlock()
	key := keyOf(id)
	j := x.jobs[key]
	if j == nil {
		j = &job{files: x, id: id, key: key, work: newSerial()}
		x.jobs[key] = j
	}
	return j
}

func (x *files) end(f endFile) {
	x.mu.Lock()
	j := x.jobs[keyOf(f.id)]
	delete(x.jobs, keyOf(f.id))
	x.mu.Unlock()
	if j == nil {
		return
	}
	j.stop()
	j.work.do(func() { j.close(f.drop) })
	x.ending.Go(j.work.shutdown)
}

// shutdown ends all, and keeps what has come so far.
func (x *files) shutdown() {
	x.mu.Lock()
	var ids []string
	for _, j := range x.jobs {
		ids = append(ids, j.id)
	}
	x.mu.Unlock()
	for _, id := range ids {
		x.end(endFile{id, false})
	}
	x.ending.Wait()
}

// closePeer forgets how fast files may go there: the next connection may take another path.
func (x *files) closePeer(id mesh.Peer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.lanes, id)
}

func (x *files) lane(id mesh.Peer) *lane {
	x.mu.Lock()
	defer x.mu.Unlock()
	l := x.lanes[id]
	if l == nil {
		l = &lane{pacer: rate.NewPacer(), start: x.start, stats: func() (mesh.Stats, bool) { return x.stats(id) }}
		x.lanes[id] = l
	}
	return l
}

// deliver takes a frame on a reader of the mesh's. What is for nobody, or comes from another than it should, is dropped.
func (x *files) deliver(from mesh.Peer, data []byte) {
	at := x.micros()
	frame, err := transfer.Read(data)
	if err != nil {
		return
	}
	x.mu.Lock()
	j := x.jobs[frame.Of()]
	x.mu.Unlock()
	if j == nil {
		return
	}
	r := j.run.Load()
	if r == nil || r.peer != from {
		return
	}
	if ack, ok := frame.(transfer.Ack); ok {
		j.ackedBy(r, ack)
		return
	}
	if r.inbox == nil {
		return
	}
	select {
	case r.inbox <- arrival{frame, at}:
	default:
		r.over.Store(true)
	}
}

// begin ends the run that there is, and makes the next.
func (j *job) begin(peer mesh.Peer, inbox chan arrival) *run {
	j.stop()
	r := &run{peer: peer, lane: j.files.lane(peer), room: make(chan struct{}, 1), inbox: inbox}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	j.run.Store(r)
	return r
}

func (j *job) stop() {
	if r := j.run.Swap(nil); r != nil {
		r.cancel()
	}
}

func (j *job) close(drop bool) {
	if j.source != nil {
		j.source.Close()
		j.source = nil
	}
	if j.sink != nil {
		if drop {
			j.sink.Drop()
		} else {
			j.sink.Keep()
		}
		j.sink = nil
	}
	if j.part != "" {
		j.files.mu.Lock()
		delete(j.files.parts, j.part)
		j.files.mu.Unlock()
		j.part = ""
	}
}

func (j *job) broken(err error) {
	j.files.log.Info("file", "incoming", j.sink != nil, "err", err)
	j.files.post(fileBroken{j.id, err})
}

func (j *job) open(path string) {
	source, err := transfer.OpenSource(path)
	if err != nil {
		j.broken(err)
		return
	}
	j.source = source
	j.files.post(fileOpened{j.id, source.Name(), source.Size(), source.Modified()})
}

// send is a run of the sender's. It ends with the file's last frame, while acknowledgements still come.
func (j *job) send(r *run, from int64, have [32]byte) {
	if j.source == nil || r.ctx.Err() != nil {
		return
	}
	at, err := j.source.Start(r.ctx, from, have)
	if err == nil && at != from {
		j.files.post(fileAnew{j.id})
		return
	}
	r.acked.Store(at)
	r.sent.Store(at)
	if err == nil {
		err = j.sendPieces(r)
	}
	if err == nil {
		var end transfer.End
		if end, err = j.source.End(j.key); err == nil {
			err = j.files.bulk(r.ctx, r.peer, end.Bytes(), transfer.Window)
		}
	}
	if err != nil && r.ctx.Err() == nil && !errors.Is(err, mesh.ErrGone) { // who is gone may come back
		j.broken(err)
	}
}

func (j *job) sendPieces(r *run) error {
	nap := time.NewTimer(time.Hour)
	defer nap.Stop()
	data, frame := make([]byte, transfer.MaxPiece), make([]byte, 0, transfer.MaxFrame)
	for {
		n, offset, err := j.source.Next(data)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = r.window(offset + int64(n))
		}
		if err == nil {
			err = r.lane.wait(r.ctx, nap, n)
		}
		if err != nil {
			return err
		}
		r.sent.Store(offset + int64(n))
		frame = transfer.Piece{ID: j.key, Offset: offset, Sent: j.files.micros(), Data: data[:n]}.AppendTo(frame[:0])
		if err := j.files.bulk(r.ctx, r.peer, frame, r.lane.budget()); err != nil {
			return err
		}
	}
}

// window waits until the far end has room for what comes up to there.
func (r *run) window(upTo int64) error {
	for upTo-r.acked.Load() > transfer.Window {
		select {
		case <-r.room:
		case <-r.ctx.Done():
			return r.ctx.Err()
		}
	}
	return nil
}

// ackedBy takes an acknowledgement, on a reader of the mesh's. They come in any order, and an older one is none.
func (j *job) ackedBy(r *run, a transfer.Ack) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pieces := a.Pieces - r.pieces
	if int32(pieces) < 0 || a.Written < r.acked.Load() || a.Written > r.sent.Load() {
		return
	}
	r.pieces = a.Pieces
	r.acked.Store(a.Written)
	select {
	case r.room <- struct{}{}:
	default:
	}
	r.lane.acked(a.Delay, int(min(pieces, inboxSize)))
	if rate, told := r.meter.move(time.Now(), a.Written); told {
		j.files.post(fileMoved{j.id, a.Written, rate})
	}
}

// take makes ready for what a peer is to send: a new part, or the one that there is.
func (j *job) take(r *run, f takeFile) {
	if r.ctx.Err() != nil {
		return
	}
	if j.sink == nil {
		x := j.files
		x.mu.Lock()
		j.part = f.key
		if x.parts[j.part] { // the same file comes twice at once
			j.part += "-" + j.id
		}
		x.parts[j.part] = true
		folder := x.folder
		x.mu.Unlock()
		sink, err := transfer.OpenSink(folder, f.name, f.size, j.part)
		if err != nil {
			j.broken(err)
			return
		}
		j.sink = sink
	}
	if err := j.sink.Resume(r.ctx); err != nil {
		if r.ctx.Err() == nil {
			j.broken(err)
		}
		return
	}
	j.receive(r)
}

// retake begins anew.
func (j *job) retake(r *run) {
	if j.sink == nil || r.ctx.Err() != nil {
		return
	}
	if err := j.sink.Rewind(); err != nil {
		j.broken(err)
		return
	}
	j.receive(r)
}

// receive is a run of the receiver's: it says from where on, and writes what comes.
func (j *job) receive(r *run) {
	j.files.post(fileReady{j.id, j.sink.Written(), j.sink.Have()})
	path, err := j.receivePieces(r)
	switch {
	case err != nil && r.ctx.Err() == nil:
		j.broken(err)
	case err == nil:
		j.sink = nil
		j.files.post(fileFinished{j.id, path})
	}
}

func (j *job) receivePieces(r *run) (path string, err error) {
	due := time.NewTimer(time.Hour)
	defer due.Stop()
	var news receipt
	for {
		select {
		case <-r.ctx.Done():
			return "", r.ctx.Err()
		case a := <-r.inbox:
			if err := j.store(a, &news); err != nil {
				return "", err
			}
		case <-due.C:
		}
		if r.over.Load() {
			return "", transfer.ErrTurn
		}
		if j.sink.Whole() {
			return j.sink.Finish()
		}
		now := time.Now()
		if !news.any {
			continue
		}
		if wait := ackEvery - now.Sub(news.said); wait > 0 {
			due.Reset(wait)
			continue
		}
		ack := news.ack(j.key, j.sink.Written(), now)
		if err := j.files.bulk(r.ctx, r.peer, ack.Bytes(), transfer.Window); err != nil && !errors.Is(err, mesh.ErrGone) {
			return "", err
		}
		if rate, told := r.meter.move(now, j.sink.Written()); told {
			j.files.post(fileMoved{j.id, j.sink.Written(), rate})
		}
	}
}

func (j *job) store(a arrival, news *receipt) error {
	switch f := a.frame.(type) {
	case transfer.Piece:
		news.note(a.at - f.Sent)
		return j.sink.Put(f)
	case transfer.End:
		return j.sink.Close(f)
	}
	return nil
}
