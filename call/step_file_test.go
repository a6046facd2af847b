package call

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/call/mesh"
	"parley/call/transfer"
)

// beside sits in the hall, takes files, and is connected with others.
func beside(t testing.TB, others ...someone) *rig {
	r := newRig(t)
	r.s.takes = true
	r.join(others...)
	for _, o := range others {
		r.on(peerEvent{mesh.Connected{Peer: o.peer()}})
	}
	r.did = nil
	return r
}

func (r *rig) tell(from someone, kind string, w fileWord) []effect {
	return r.on(peerEvent{mesh.Told{Peer: from.peer(), Data: word{Type: kind, File: &w}.bytes()}})
}

// said are the words that effects say, by their types.
func said(t testing.TB, did []effect) (kinds []string) {
	t.Helper()
	for _, f := range did {
		if f, ok := f.(tellPeer); ok {
			w, err := readWord(f.data)
			if err != nil {
				t.Fatal(err)
			}
			kind := w.Type
			if w.File != nil && w.File.Why != "" {
				kind += " " + w.File.Why
			}
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func says(t testing.TB, did []effect, want ...string) {
	t.Helper()
	if got := said(t, did); !slices.Equal(got, want) {
		t.Fatalf("said %q, not %q", got, want)
	}
}

func (r *rig) transfer(want TransferPhase, id string) Transfer {
	r.t.Helper()
	for _, x := range r.s.listFiles() {
		if x.ID == id {
			if x.Phase != want {
				r.t.Fatalf("it is %v (%s), not %v", x.Phase, x.Failed, want)
			}
			return x
		}
	}
	r.t.Fatalf("no transfer %s", id)
	return Transfer{}
}

func fileID(n int) string { return fmt.Sprintf("%032x", n) }

var errOfTest = errors.New("of the test")

func songOf(n int) fileWord {
	return fileWord{ID: fileID(n), Name: "../a\u202esong.ogg", Size: 100, Modified: 5}
}

// Nothing is taken before the local word, and then from where it broke off, over each new connection.
func TestFileIn(t *testing.T) {
	ana := person(t, "Ana", '7')
	r := beside(t, ana)
	did := r.tell(ana, wordOffer, songOf(1))
	says(t, did)
	if count[takeFile](did) != 0 || r.transfer(TransferOffered, fileID(1)).File != "asong.ogg" {
		t.Fatal(did)
	}
	says(t, r.tell(ana, wordOffer, songOf(1))) // known
	did = r.on(commanded{cmd: AcceptFile{fileID(1)}})
	if take := first[takeFile](t, did); take.name != "asong.ogg" || take.size != 100 || take.peer != ana.peer() {
		t.Fatalf("%+v", take)
	}
	says(t, r.on(fileReady{id: fileID(1), from: 40}), wordAccept)
	r.on(fileMoved{fileID(1), 60, 1000})
	if x := r.transfer(TransferRunning, fileID(1)); x.Done != 60 || x.Rate != 1000 {
		t.Fatalf("%+v", x)
	}
	r.on(peerEvent{mesh.Disconnected{Peer: ana.peer()}})
	r.transfer(TransferPaused, fileID(1))
	did = r.on(peerEvent{mesh.Connected{Peer: ana.peer()}}) // the same connection has healed
	r.transfer(TransferRunning, fileID(1))
	if count[stopFile](did) != 0 {
		t.Fatal("stopped")
	}
	r.on(peerEvent{mesh.Failed{Peer: ana.peer(), Err: mesh.ErrHandshake}})
	r.now += time.Minute
	if did := r.on(tick{}); count[openPeer](did) != 1 || count[stopFile](did) != 1 {
		t.Fatal(did)
	}
	r.on(peerEvent{mesh.Connected{Peer: ana.peer()}})
	r.transfer(TransferPaused, fileID(1))
	if did := r.tell(ana, wordOffer, songOf(1)); count[takeFile](did) != 1 {
		t.Fatal(did)
	}
	other := songOf(1)
	other.Size++
	refused := r.s.refused
	if says(t, r.tell(ana, wordOffer, other)); r.s.refused != refused+1 {
		t.Error("another file under the same id")
	}
	did = r.on(fileFinished{fileID(1), "/tmp/x"})
	says(t, did, wordDone)
	if x := r.transfer(TransferDone, fileID(1)); x.Path != "/tmp/x" || x.Done != 100 {
		t.Fatalf("%+v", x)
	}
	says(t, r.tell(ana, wordOffer, songOf(1)), wordDone)
	r.on(commanded{cmd: ForgetTransfer{fileID(1)}})
	if len(r.s.listFiles()) != 0 {
		t.Error("not forgotten")
	}
}

// So many files come at once; one that was accepted beyond them comes when another is over, and its sender need not offer it again.
func TestFilesAtOnce(t *testing.T) {
	ana, bob := person(t, "Ana", '7'), person(t, "Bob", '3')
	r := beside(t, ana, bob)
	taken := map[string]bool{}
	note := func(did []effect) []effect {
		for _, f := range did {
			if f, ok := f.(takeFile); ok {
				taken[f.id] = true
			}
		}
		return did
	}
	for n := range maxTaken + 3 {
		from := []someone{ana, bob}[n%2]
		note(r.tell(from, wordOffer, songOf(n)))
		note(r.on(commanded{cmd: AcceptFile{fileID(n)}}))
	}
	if len(taken) != maxTaken || taken[fileID(maxTaken)] {
		t.Fatalf("%d come at once", len(taken))
	}
	if x := r.transfer(TransferOffered, fileID(maxTaken)); !x.Accepted {
		t.Error("it does not say that it was accepted")
	}
	note(r.on(commanded{cmd: AcceptFile{fileID(maxTaken)}})) // twice is once
	r.on(peerEvent{mesh.Disconnected{Peer: ana.peer()}})     // what pauses keeps its place
	if note(r.on(tick{})); len(taken) != maxTaken {
		t.Fatalf("%d come at once", len(taken))
	}
	note(r.on(peerEvent{mesh.Connected{Peer: ana.peer()}}))
	note(r.on(fileFinished{fileID(0), "/tmp/x"}))
	if len(taken) != maxTaken+1 || !taken[fileID(maxTaken)] || r.transfer(TransferRunning, fileID(maxTaken)).Accepted {
		t.Fatalf("%d have come", len(taken))
	}
	r.on(commanded{cmd: RefuseFile{fileID(maxTaken + 1)}}) // one may think better of it
	note(r.tell(bob, wordCancel, fileWord{ID: fileID(1)}))
	note(r.on(fileBroken{fileID(2), errOfTest}))
	if len(taken) != maxTaken+2 || taken[fileID(maxTaken+1)] || !taken[fileID(maxTaken+2)] {
		t.Errorf("%d have come", len(taken))
	}
}

// What is sent is offered when it can be read, sent when it was accepted, and offered again over each new connection.
func TestFileOut(t *testing.T) {
	ana := person(t, "Ana", '7')
	r := beside(t, ana)
	send := func(n int) {
		t.Helper()
		did := r.on(commanded{cmd: SendFile{"Ana", "/tmp/x"}, call: fileID(n)})
		if f := first[openFile](t, did); f.path != "/tmp/x" || len(said(t, did)) != 0 {
			t.Fatal(did)
		}
		says(t, r.on(fileOpened{fileID(n), "x", 100, time.UnixMilli(5)}), wordOffer)
	}
	send(1)
	did := r.tell(ana, wordAccept, fileWord{ID: fileID(1)})
	if f := first[sendFile](t, did); f.from != 0 || f.peer != ana.peer() {
		t.Fatalf("%+v", f)
	}
	if did := r.tell(ana, wordAccept, fileWord{ID: fileID(1)}); count[sendFile](did) != 0 {
		t.Fatal("sent twice")
	}
	says(t, r.on(fileAnew{fileID(1)}), wordAnew)
	if did := r.tell(ana, wordAccept, fileWord{ID: fileID(1), From: 100, Have: make([]byte, 32)}); count[sendFile](did) != 0 {
		t.Fatal("what is before is read again and again")
	}
	if did := r.tell(ana, wordAccept, fileWord{ID: fileID(1)}); count[sendFile](did) != 1 {
		t.Fatal(did)
	}
	did = r.on(peerEvent{mesh.Connected{Peer: ana.peer(), Renewed: true}}) // what was under way may be lost
	if offers := slices.DeleteFunc(said(t, did), func(kind string) bool { return kind == wordState }); !slices.Equal(offers, []string{wordOffer}) || count[stopFile](did) != 1 {
		t.Fatalf("%q, %v", offers, kinds(did))
	}
	if f := first[sendFile](t, r.tell(ana, wordAccept, fileWord{ID: fileID(1), From: 50, Have: make([]byte, 32)})); f.from != 50 {
		t.Fatalf("%+v", f)
	}
	r.tell(ana, wordDone, fileWord{ID: fileID(1)})
	r.transfer(TransferDone, fileID(1))
	send(2)
	says(t, r.tell(ana, wordRefuse, fileWord{ID: fileID(2)}))
	r.transfer(TransferRefused, fileID(2))
	send(3)
	says(t, r.on(commanded{cmd: CancelFile{fileID(3)}}), wordCancel)
	r.transfer(TransferCancelled, fileID(3))
	send(4)
	r.tell(ana, wordAccept, fileWord{ID: fileID(4)})
	says(t, r.on(fileBroken{fileID(4), transfer.ErrChanged}), wordFail+" "+whyChanged)
	if x := r.transfer(TransferFailed, fileID(4)); !strings.Contains(x.Failed, "changed") {
		t.Error(x.Failed)
	}
	r.on(commanded{cmd: SendFile{"Ana", "/tmp/x"}, call: fileID(5)})
	if did := r.on(fileBroken{fileID(5), errOfTest}); len(said(t, did)) != 0 || len(r.s.listFiles()) != 4 {
		t.Error("of a file that can't be read somebody was told")
	}
	send(6)
	r.tell(ana, wordAccept, fileWord{ID: fileID(6)})
	r.on(commanded{cmd: Leave{}})
	r.transfer(TransferPaused, fileID(6))
	r.now += pausedFor + time.Second
	r.on(tick{})
	if x := r.transfer(TransferFailed, fileID(6)); !strings.Contains(x.Failed, "two minutes") {
		t.Error(x.Failed)
	}
}

// What is said of a file while one of the two looks for another path is not lost: the connection that heals brings it, and nobody says it
// again.
func TestFileWordsWhileAConnectionHeals(t *testing.T) {
	ana := person(t, "Ana", '7')
	r := beside(t, ana)
	lost, healed := peerEvent{mesh.Disconnected{Peer: ana.peer()}}, peerEvent{mesh.Connected{Peer: ana.peer()}}
	r.tell(ana, wordOffer, songOf(1))
	r.on(commanded{cmd: AcceptFile{fileID(1)}})
	r.on(lost)
	says(t, r.on(fileReady{id: fileID(1)}), wordAccept)
	says(t, r.tell(ana, wordOffer, songOf(2)))
	r.on(healed)
	r.transfer(TransferRunning, fileID(1))
	r.transfer(TransferOffered, fileID(2))
	r.on(lost)
	says(t, r.on(fileFinished{fileID(1), "/tmp/x"}), wordDone)
	r.on(healed)
	r.on(commanded{cmd: SendFile{"Ana", "/tmp/x"}, call: fileID(3)})
	r.on(fileOpened{fileID(3), "x", 100, time.UnixMilli(5)})
	r.on(lost)
	if did := r.tell(ana, wordAccept, fileWord{ID: fileID(3)}); count[sendFile](did) != 1 {
		t.Fatal(did)
	}
	r.transfer(TransferPaused, fileID(3))
	r.on(healed)
	r.transfer(TransferRunning, fileID(3))
	r.on(lost)
	r.tell(ana, wordDone, fileWord{ID: fileID(3)})
	r.transfer(TransferDone, fileID(3))
}

// Strangers can neither fill the list, nor answer for others, nor be heard without a connection.
func TestFilesOfStrangers(t *testing.T) {
	ana, bob := person(t, "Ana", '7'), person(t, "Bob", '3')
	r := beside(t, ana, bob)
	for n := range maxWaiting {
		says(t, r.tell(ana, wordOffer, songOf(n)))
	}
	says(t, r.tell(ana, wordOffer, songOf(99)), wordRefuse+" "+whyMany)
	says(t, r.tell(bob, wordOffer, songOf(50)))
	refused := r.s.refused
	for _, kind := range []string{wordOffer, wordAccept, wordAnew, wordDone, wordFail, wordRefuse, wordCancel, "file.x"} {
		says(t, r.tell(bob, kind, fileWord{ID: fileID(0), Name: "x"}))
		r.transfer(TransferOffered, fileID(0))
	}
	for _, w := range []fileWord{{}, {ID: "x"}, {ID: fileID(60), Size: -1}, {ID: fileID(60), Size: transfer.MaxSize + 1},
		{ID: fileID(60), From: 1}, {ID: fileID(60), Name: strings.Repeat("x", maxFileName+1)}, {ID: fileID(60), Why: strings.Repeat("x", maxWhy+1)}} {
		says(t, r.tell(bob, wordOffer, w))
	}
	if r.s.refused != refused+8+7 {
		t.Errorf("%d of 15 are counted", r.s.refused-refused)
	}
	r.s.peers[bob.peer()].phase = Connecting
	if says(t, r.tell(bob, wordOffer, songOf(70))); len(r.s.files) != maxWaiting+1 {
		t.Error("offered without a connection")
	}
	r.s.takes = false
	says(t, r.tell(ana, wordOffer, songOf(80)), wordRefuse+" "+whyNone)
}

// Whatever is said and done in whatever order: nothing is written without an acceptance here, nothing sent without one there, and
// nothing grows without bound.
func FuzzFiles(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed)
	}
	ana, bob := person(f, "Ana", '7'), person(f, "Bob", '3')
	f.Fuzz(func(t *testing.T, seed uint64) {
		dice := rand.New(rand.NewPCG(seed, 1))
		r := beside(t, ana, bob)
		kinds := []string{wordOffer, wordAccept, wordAnew, wordDone, wordFail, wordRefuse, wordCancel}
		accepted, theirs := map[string]bool{}, map[string]bool{}
		for range 400 {
			id, who := fileID(dice.IntN(12)), []someone{ana, bob}[dice.IntN(2)]
			r.now += time.Duration(dice.IntN(2000)) * time.Millisecond
			var did []effect
			switch dice.IntN(14) {
			case 0:
				did = r.on(commanded{cmd: SendFile{who.member.User, "x"}, call: fileID(100 + dice.IntN(12))})
			case 1:
				accepted[id] = true
				did = r.on(commanded{cmd: AcceptFile{id}})
			case 2:
				did = r.on(commanded{cmd: []Command{RefuseFile{id}, CancelFile{id}, ForgetTransfer{id}}[dice.IntN(3)]})
			case 3:
				did = r.on(fileOpened{fileID(100 + dice.IntN(12)), "x", 100, time.UnixMilli(5)})
			case 4:
				did = r.on([]event{fileReady{id: id, from: 5}, fileAnew{id}, fileMoved{id, 7, 7}, fileFinished{id, "p"}, fileBroken{id, errOfTest}}[dice.IntN(5)])
			case 5:
				did = r.on([]event{peerEvent{mesh.Disconnected{Peer: who.peer()}}, peerEvent{mesh.Connected{Peer: who.peer()}},
					peerEvent{mesh.Failed{Peer: who.peer(), Err: mesh.ErrHandshake}}, tick{}}[dice.IntN(4)])
			default:
				w, kind := songOf(dice.IntN(12)), kinds[dice.IntN(len(kinds))]
				if dice.IntN(2) == 0 {
					w.ID = fileID(100 + dice.IntN(12))
				}
				if kind == wordAccept {
					w.From, w.Have = int64(dice.IntN(200)), make([]byte, 32)
					theirs[w.ID] = true
				}
				did = r.tell(who, kind, w)
			}
			if runs := len(r.s.files) - len(slices.DeleteFunc(slices.Clone(r.s.files), func(f *file) bool {
				return f.Incoming && (f.Phase == TransferRunning || f.Phase == TransferPaused)
			})); runs > maxTaken {
				t.Fatalf("%d come at once", runs)
			}
			for _, e := range did {
				switch e := e.(type) {
				case takeFile:
					if !accepted[e.id] {
						t.Fatal("taken without the local word")
					}
				case sendFile:
					if !theirs[e.id] || e.from > 100 {
						t.Fatalf("sent without an acceptance: %+v", e)
					}
				case tellPeer:
					if !json.Valid(e.data) {
						t.Fatalf("%q", e.data)
					}
				}
			}
			if len(r.s.files) > maxFiles {
				t.Fatal("the list is full")
			}
			r.s.listFiles()
		}
	})
}

// Texts are counted, cleaned and bounded, and who did not get one is named.
func TestTexts(t *testing.T) {
	ana, bob := person(t, "Ana", '7'), person(t, "Bob", '3')
	r := beside(t, ana, bob)
	text := func(n uint64, s string) []effect {
		return r.on(peerEvent{mesh.Told{Peer: ana.peer(), Data: word{Type: wordText, Number: n, Text: s}.bytes()}})
	}
	says(t, text(1, "hi\u202e\x00\u2028you"), wordArrived)
	says(t, text(1, "hi"), wordArrived) // again
	says(t, text(0, "zero"))
	says(t, text(2, strings.Repeat("x", maxTextBytes+1)))
	says(t, text(3, strings.Repeat("x", MaxText+1)), wordArrived)
	if len(r.s.texts) != 1 || r.s.texts[0].Text != "hi\nyou" {
		t.Fatalf("%+v", r.s.texts)
	}
	for n := range uint64(500) {
		text(10+n, "flood")
	}
	if len(r.s.texts) > takeBurst+2 {
		t.Errorf("%d texts at once", len(r.s.texts))
	}
	r.on(commanded{cmd: Say{"to both"}})
	last := func() Text { return r.s.texts[len(r.s.texts)-1] }
	number := last().Seq
	r.on(peerEvent{mesh.Told{Peer: ana.peer(), Data: word{Type: wordArrived, Number: number}.bytes()}})
	r.now += unheardFor + time.Second
	r.on(tick{})
	if x := last(); !slices.Equal(x.Missed, []string{"Bob"}) || !x.Mine {
		t.Errorf("%+v", x)
	}
	for range 300 {
		r.now += 2 * time.Second
		r.on(commanded{cmd: Say{"again"}})
	}
	if len(r.s.texts) != keptTexts {
		t.Errorf("%d texts are kept", len(r.s.texts))
	}
	r.on(commanded{cmd: Leave{}})
	if len(r.s.texts) != 0 {
		t.Error("texts of a place that was left")
	}
}

func TestCleanText(t *testing.T) {
	for in, want := range map[string]string{
		" a\tb\r\nc\r\rd\n\n\n\ne ":        "a b\nc\n\nd\n\ne",
		"\u202eevil\u2066x\u200f":          "evilx",
		"a\x00\x1b\x9b\u00adb\ufeff":       "ab",
		"a" + strings.Repeat("\u0301", 50): "a" + strings.Repeat("\u0301", maxMarks),
		"\n\n\n":                           "", "a\u3000b": "a b", "\xff": "",
	} {
		if got := CleanText(in); got != want {
			t.Errorf("%q is %q, not %q", in, got, want)
		}
	}
}
