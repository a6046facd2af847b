package transfer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func contentOf(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

func open(t *testing.T, folder string, size int) *Sink {
	t.Helper()
	s, err := OpenSink(folder, "x.bin", int64(size), "key")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Keep)
	resume(t, s)
	return s
}

func resume(t *testing.T, s *Sink) {
	t.Helper()
	if err := s.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func endOf(b []byte) End { return End{Size: int64(len(b)), Hash: sha256.Sum256(b)} }

// put gives pieces of a content, by number.
func put(t *testing.T, s *Sink, content []byte, numbers ...int) {
	t.Helper()
	for _, i := range numbers {
		from := i * MaxPiece
		if err := s.Put(Piece{Offset: int64(from), Data: content[from:min(from+MaxPiece, len(content))]}); err != nil {
			t.Fatal(err)
		}
	}
}

func entries(t *testing.T, folder string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// Pieces come in any order, some twice; the file gets the first name that is free, also between two that end at once.
func TestSink(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made")
	content := contentOf(5*MaxPiece + 17)
	for _, name := range []string{"x.bin", "x (2).bin"} {
		s := open(t, folder, len(content))
		if err := s.Close(endOf(content)); err != nil {
			t.Fatal(err)
		}
		put(t, s, content, 1, 5, 3, 1)
		if s.Written() != 0 || s.Whole() {
			t.Fatal(s.Written())
		}
		put(t, s, content, 0, 0, 4, 2)
		path, err := s.Finish()
		if err != nil || path != filepath.Join(folder, name) {
			t.Fatal(path, err)
		}
		if got, _ := os.ReadFile(path); !bytes.Equal(got, content) {
			t.Error("another content")
		}
	}
	if got := entries(t, folder); len(got) != 2 {
		t.Error(got)
	}
}

// A sender that lies gets nothing written beyond what it announced, and no file.
func TestSinkAgainstLies(t *testing.T) {
	content := contentOf(4 * MaxPiece)
	size := int64(len(content))
	for _, c := range []struct {
		name  string
		piece Piece
		want  error
	}{
		{"behind the end", Piece{Offset: size, Data: []byte{1}}, ErrBeyond},
		{"over the end", Piece{Offset: size - 1, Data: []byte{1, 2}}, ErrBeyond},
		{"far behind", Piece{Offset: MaxSize, Data: []byte{1}}, ErrBeyond},
		{"before the beginning", Piece{Offset: -1, Data: []byte{1}}, ErrBeyond},
		{"nothing", Piece{Offset: 0}, ErrBeyond},
	} {
		s := open(t, t.TempDir(), len(content))
		if err := s.Put(c.piece); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	folder := t.TempDir()
	s := open(t, folder, len(content))
	if err := s.Close(End{Size: size + 1}); !errors.Is(err, ErrBeyond) {
		t.Errorf("another size: %v", err)
	}
	put(t, s, content, 0, 1, 2)
	if err := s.Close(endOf(content)); err != nil || s.Whole() {
		t.Errorf("too short: %v", err)
	}
	put(t, s, content, 3)
	resume(t, s)
	wrong := endOf(content)
	wrong.Hash[0]++
	if err := s.Close(wrong); err != nil {
		t.Fatal(err)
	}
	if path, err := s.Finish(); !errors.Is(err, ErrHash) || path != "" {
		t.Errorf("a wrong checksum: %q, %v", path, err)
	}
	if got := entries(t, folder); len(got) != 0 {
		t.Errorf("it left %v", got)
	}
	large := open(t, t.TempDir(), 100<<20)
	if err := large.Put(Piece{Offset: Window, Data: []byte{1}}); !errors.Is(err, ErrTurn) {
		t.Errorf("beyond the window: %v", err)
	}
	var err error
	for i := int64(1); err == nil && i < Window; i++ {
		err = large.Put(Piece{Offset: 2 * i, Data: []byte{1}})
	}
	if !errors.Is(err, ErrTurn) || len(large.early) > maxEarly {
		t.Errorf("a million small ones: %v, %d kept", err, len(large.early))
	}
}

// A part goes on, and what stands in its place and is none is not touched.
func TestSinkGoesOn(t *testing.T) {
	folder := t.TempDir()
	content := contentOf(3*MaxPiece + 5)
	s := open(t, folder, len(content))
	put(t, s, content, 0, 1, 3)
	s.Keep()
	s = open(t, folder, len(content))
	if s.Written() != 2*MaxPiece || s.Have() != sha256.Sum256(content[:2*MaxPiece]) {
		t.Fatal(s.Written())
	}
	put(t, s, content, 2, 3)
	if err := s.Close(endOf(content)); err != nil || !s.Whole() {
		t.Fatal(err)
	}
	if _, err := s.Finish(); err != nil {
		t.Fatal(err)
	}
	s = open(t, folder, len(content))
	put(t, s, content, 0)
	if err := s.Rewind(); err != nil || s.Written() != 0 || s.Have() != sha256.Sum256(nil) {
		t.Error(err)
	}
	s.Drop()
	part := filepath.Join(folder, "x.bin.key.part")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := errors.Join(os.WriteFile(secret, []byte("mine"), 0o600), os.Symlink(secret, part)); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSink(folder, "x.bin", 10, "key"); err == nil {
		t.Error("it wrote through a link")
	}
	_ = os.Remove(part)
	if err := os.WriteFile(part, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if s := open(t, folder, 10); s.Written() != 0 {
		t.Error("a part larger than its file goes on")
	}
	if _, err := OpenSink(folder, "huge", MaxSize, "key"); !errors.Is(err, ErrSpace) {
		t.Errorf("8 PiB fit: %v", err)
	}
}

// Only a plain file is sent; it is read once, and one that changes has no end.
func TestSource(t *testing.T) {
	folder := t.TempDir()
	content := contentOf(3*MaxPiece + 5)
	path := filepath.Join(folder, "x")
	link := filepath.Join(folder, "link")
	if err := errors.Join(os.WriteFile(path, content, 0o600), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{folder, link, os.DevNull} {
		if _, err := OpenSource(bad); !errors.Is(err, ErrNotFile) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := OpenSource(path + "y"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	s, err := OpenSource(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	read := func(from int64, have [32]byte, want int64) {
		t.Helper()
		at, err := s.Start(t.Context(), from, have)
		if err != nil || at != want {
			t.Fatal(at, err)
		}
		got := append([]byte(nil), content[:at]...)
		for b := make([]byte, MaxPiece); ; {
			n, offset, err := s.Next(b)
			if err == io.EOF {
				break
			}
			if err != nil || offset != int64(len(got)) {
				t.Fatal(offset, err)
			}
			got = append(got, b[:n]...)
		}
		end, err := s.End(ID{})
		if err != nil || !bytes.Equal(got, content) || end != endOf(content) {
			t.Errorf("%v", err)
		}
	}
	read(0, [32]byte{}, 0)
	read(100, sha256.Sum256(content[:100]), 100)
	read(100, sha256.Sum256(content[:99]), 0)
	read(int64(len(content))+1, [32]byte{}, 0)
	read(int64(len(content)), sha256.Sum256(content), int64(len(content)))
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	if _, err := s.End(ID{}); !errors.Is(err, ErrChanged) {
		t.Errorf("written to: %v", err)
	}
	if _, err := s.Start(t.Context(), 0, [32]byte{}); !errors.Is(err, ErrChanged) {
		t.Errorf("written to: %v", err)
	}
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, MaxPiece); err == nil; {
		_, _, err = s.Next(b)
	}
	if !errors.Is(err, ErrChanged) {
		t.Errorf("cut short: %v", err)
	}
}

// What goes wrong is said without a path: that is nothing for a log.
func TestFailedWithoutPaths(t *testing.T) {
	const secret = "/home/ana/of nobody's concern"
	for _, err := range []error{
		&fs.PathError{Op: "open", Path: secret, Err: syscall.EACCES},
		&os.LinkError{Op: "rename", Old: secret, New: secret, Err: syscall.EACCES},
		os.NewSyscallError("open "+secret, syscall.EACCES),
		&fs.PathError{Op: "open", Path: secret, Err: os.NewSyscallError(secret, syscall.EACCES)},
		fmt.Errorf("%s: %w", secret, &os.LinkError{Op: "rename", Old: secret, New: secret, Err: syscall.EACCES}),
		errors.Join(&fs.PathError{Op: "sync", Path: secret, Err: syscall.EACCES}, &fs.PathError{Op: "close", Path: secret, Err: syscall.EBADF}),
	} {
		if got := failed("do it", err); got.Error() != "do it: "+syscall.EACCES.Error() || !errors.Is(got, syscall.EACCES) {
			t.Errorf("%v", got)
		}
	}
	full := &os.LinkError{Op: "rename", Old: secret, New: secret, Err: syscall.ENOSPC}
	if got := failed("do it", full); got != ErrSpace {
		t.Errorf("%v", got)
	}
}

func FuzzRead(f *testing.F) {
	id := ID{1, 2, 3}
	f.Add(Piece{ID: id, Offset: 77, Sent: 5, Data: []byte("abc")}.AppendTo(nil))
	f.Add(End{ID: id, Size: 80, Hash: [32]byte{4}}.Bytes())
	f.Add(Ack{ID: id, Written: 9, Pieces: 3, Delay: 1}.Bytes())
	f.Add(bytes.Repeat([]byte{0xff}, 60))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, err := Read(b)
		if err != nil {
			return
		}
		var again []byte
		switch f := frame.(type) {
		case Piece:
			if f.Offset < 0 || f.Offset > MaxSize || len(f.Data) == 0 || len(f.Data) > MaxPiece {
				t.Fatalf("%+v", f)
			}
			again = f.AppendTo(nil)
		case End:
			again = f.Bytes()
		case Ack:
			again = f.Bytes()
		}
		if !bytes.Equal(again, b) {
			t.Errorf("%x is not %x", again, b)
		}
	})
}
