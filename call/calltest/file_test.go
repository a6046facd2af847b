package calltest

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/call"
)

// newFileWorld makes a world whose people take files, each into a folder of their own.
func newFileWorld(t *testing.T, delay time.Duration) (w *World, folder func(name string) string) {
	leakless(t)
	w = NewFar(t, delay)
	root := t.TempDir()
	folder = func(name string) string { return filepath.Join(root, name) }
	w.Equip = func(name string, c *call.Config) { c.Downloads = folder(name) }
	return w, folder
}

// fileOf makes a file of bytes that no pattern repeats.
func fileOf(t *testing.T, name string, size int) (path string, content []byte) {
	t.Helper()
	dice := rand.NewChaCha8([32]byte{byte(size)})
	content = make([]byte, size)
	_, _ = dice.Read(content)
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, content
}

// transfer is the newest one that a person has.
func (p *Person) transfer() (x call.Transfer) {
	if list := p.Snapshot().Transfers; len(list) > 0 {
		x = list[len(list)-1]
	}
	return x
}

func (p *Person) untilFile(phase call.TransferPhase) call.Transfer {
	p.w.t.Helper()
	p.Until("a file is "+phase.String(), func(*call.Snapshot) bool {
		x := p.transfer()
		if x.Phase != phase && x.Phase == call.TransferFailed {
			p.w.t.Fatalf("%s: the file is %v: %s", p.Name, x.Phase, x.Failed)
		}
		return x.ID != "" && x.Phase == phase
	})
	return p.transfer()
}

func (p *Person) send(to *Person, path string) {
	p.w.t.Helper()
	if _, err := p.Ask(p.w.t.Context(), call.SendFile{User: to.Key.ID(), Path: path}); err != nil {
		p.w.t.Fatal(err)
	}
}

func (p *Person) accept() {
	p.w.t.Helper()
	if _, err := p.Ask(p.w.t.Context(), call.AcceptFile{Transfer: p.untilFile(call.TransferOffered).ID}); err != nil {
		p.w.t.Fatal(err)
	}
}

// A file comes whole, under its own name, and a second one of that name beside it; before it was accepted nothing of it does.
func TestFile(t *testing.T) {
	w, folder := newFileWorld(t, 2*time.Millisecond)
	people := w.Add("Ana", "Bob")
	ana, bob := people[0], people[1]
	joinAll(people)
	path, content := fileOf(t, "a song.ogg", 1<<20)
	for i, name := range []string{"a song.ogg", "a song (2).ogg"} {
		ana.send(bob, path)
		bob.untilFile(call.TransferOffered)
		if list, _ := os.ReadDir(folder("Bob")); len(list) != i {
			t.Fatalf("%d files before the word", len(list))
		}
		bob.accept()
		x := bob.untilFile(call.TransferDone)
		if ana.untilFile(call.TransferDone).Done != int64(len(content)) || x.Path != filepath.Join(folder("Bob"), name) {
			t.Errorf("it is at %s", x.Path)
		}
		if got, err := os.ReadFile(x.Path); err != nil || !bytes.Equal(got, content) {
			t.Errorf("what came is not what was sent: %v", err)
		}
	}
	list, _ := os.ReadDir(folder("Bob"))
	if len(list) != 2 {
		t.Errorf("%d files", len(list))
	}
	empty, _ := fileOf(t, "nothing", 0)
	bob.send(ana, empty)
	ana.accept()
	if x := ana.untilFile(call.TransferDone); x.Size != 0 {
		t.Errorf("%+v", x)
	}
	bob.untilFile(call.TransferDone)
}

// A file goes on where it broke off: while nothing gets through, and by a new peer connection when its receiver comes again.
func TestFileGoesOn(t *testing.T) {
	w, folder := newFileWorld(t, 2*time.Millisecond)
	people := w.Add("Ana", "Bob")
	ana, bob := people[0], people[1]
	joinAll(people)
	w.Scatter(0.05, 7)
	path, content := fileOf(t, "long", 5<<20)
	ana.send(bob, path)
	bob.accept()
	half := func() { bob.Until("some of it", func(*call.Snapshot) bool { return bob.transfer().Done > 1<<19 }) }
	half()
	w.Part(true)
	bob.untilFile(call.TransferPaused)
	ana.untilFile(call.TransferPaused)
	w.Part(false)
	bob.untilFile(call.TransferRunning)
	ana.untilFile(call.TransferRunning)
	bob.Do(call.Leave{})
	ana.untilFile(call.TransferPaused)
	before := bob.untilFile(call.TransferPaused).Done
	bob.Do(call.Join{Channel: Hall})
	bob.untilFile(call.TransferRunning)
	if x := bob.transfer(); x.Done < before {
		t.Errorf("it begins anew at %d, and was at %d", x.Done, before)
	}
	x := bob.untilFile(call.TransferDone)
	if got, err := os.ReadFile(x.Path); err != nil || !bytes.Equal(got, content) {
		t.Errorf("what came is not what was sent: %v", err)
	}
	ana.untilFile(call.TransferDone)
	if list, _ := os.ReadDir(folder("Bob")); len(list) != 1 {
		t.Errorf("%d files", len(list))
	}
}

// Either may end it, and nothing is left.
func TestFileEnds(t *testing.T) {
	w, folder := newFileWorld(t, 2*time.Millisecond)
	people := w.Add("Ana", "Bob")
	ana, bob := people[0], people[1]
	joinAll(people)
	path, _ := fileOf(t, "long", 40<<20)
	ana.send(bob, path)
	x := bob.untilFile(call.TransferOffered)
	bob.Do(call.RefuseFile{Transfer: x.ID})
	ana.untilFile(call.TransferRefused)
	for _, by := range people {
		ana.send(bob, path)
		bob.accept()
		bob.Until("some of it", func(*call.Snapshot) bool { return bob.transfer().Done > 1<<18 })
		by.Do(call.CancelFile{Transfer: by.transfer().ID})
		for _, p := range people {
			p.untilFile(call.TransferCancelled)
		}
	}
	w.Until("nothing is left", func() bool { list, _ := os.ReadDir(folder("Bob")); return len(list) == 0 })
	for _, p := range people {
		for _, x := range p.Snapshot().Transfers {
			p.Do(call.ForgetTransfer{Transfer: x.ID})
		}
		p.Until("an empty list", func(s *call.Snapshot) bool { return len(s.Transfers) == 0 })
	}
	for path, want := range map[string]string{filepath.Dir(path): "plain file", path + "x": "no such file"} {
		if _, err := ana.Ask(t.Context(), call.SendFile{User: "Bob", Path: path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v", err)
		}
	}
}

// A text comes to everybody, once and in order, with a server or without, over a connection that breaks too.
func TestTexts(t *testing.T) {
	w, _ := newFileWorld(t, 2*time.Millisecond)
	people := w.Add("Ana", "Bob", "Cleo")
	ana, bob, cleo := people[0], people[1], people[2]
	joinAll(people)
	say := func(p *Person, text string) {
		t.Helper()
		if _, err := p.Ask(t.Context(), call.Say{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	read := func(p *Person, want ...string) {
		t.Helper()
		p.Until(strings.Join(want, "|"), func(s *call.Snapshot) bool {
			var got []string
			for _, x := range s.Texts {
				got = append(got, x.Text)
			}
			return slices.Equal(got, want)
		})
	}
	say(ana, "one")
	say(ana, " tw\u202eo\x07 ")
	read(bob, "one", "two")
	read(cleo, "one", "two")
	w.Part(true)
	ana.Until("parted", func(s *call.Snapshot) bool { return s.Place.Peers[0].Phase == call.Reconnecting })
	say(ana, "three")
	w.Part(false)
	read(bob, "one", "two", "three")
	read(cleo, "one", "two", "three")
	read(ana, "one", "two", "three")
	ana.Do(call.Leave{})
	read(ana)
	if _, err := ana.Ask(t.Context(), call.Say{Text: "five"}); err == nil {
		t.Error("said to nobody")
	}
}

// Files come into the folder that was named last, and into none where none is.
func TestDownloadsMove(t *testing.T) {
	w, _ := newFileWorld(t, 2*time.Millisecond)
	people := w.Add("Ana", "Bob")
	ana, bob := people[0], people[1]
	joinAll(people)
	path, _ := fileOf(t, "a song.ogg", 1000)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	bob.Do(call.SetDownloads{Folder: elsewhere})
	ana.send(bob, path)
	bob.accept()
	if x := bob.untilFile(call.TransferDone); filepath.Dir(x.Path) != elsewhere {
		t.Errorf("it is at %s", x.Path)
	}
	bob.Do(call.SetDownloads{})
	ana.send(bob, path)
	ana.untilFile(call.TransferRefused)
}
