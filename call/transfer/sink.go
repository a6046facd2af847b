package transfer

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Sink is a file that comes in. Until it is whole it is a part beside its place, "name.KEY.part", which Keep leaves behind for the
// next OpenSink with the same key. It has one user at a time.
type Sink struct {
	folder, name string
	size         int64
	part         *os.File
	hash         hash.Hash // of what is written; nil until that was read
	written      int64

	early map[int64][]byte // what came out of turn, by offset
	held  int              // bytes of it
	end   *End
}

// spare is what is left free on a disk.
const spare = 32 << 20

// maxEarly bounds how many pieces wait out of turn: twice as many as a window of whole ones has.
const maxEarly = 2 * Window / MaxPiece

// tries bounds how many names are tried.
const tries = 1000

// OpenSink makes the part of a file in a folder, which is made where there is none, or goes on with the part that is there.
// The first thing that is done with it is Resume. The name must be Safe's.
func OpenSink(folder, name string, size int64, key string) (*Sink, error) {
	if size < 0 || size > MaxSize {
		return nil, ErrTooLarge
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, failed("make the folder for files", err)
	}
	s := &Sink{folder: folder, name: name, size: size, early: map[int64][]byte{}}
	if err := s.open(filepath.Join(folder, name+"."+key+".part")); err != nil {
		return nil, err
	}
	if free, known := freeSpace(folder); known && free < uint64(size-s.written)+spare {
		s.Keep()
		if s.written == 0 {
			_ = os.Remove(s.part.Name())
		}
		return nil, ErrSpace
	}
	return s, nil
}

// open makes the part, or opens the one that there is.
func (s *Sink) open(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		s.part = f
		return nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return failed("make a file", err)
	}
	seen, err := os.Lstat(path)
	if err != nil || !seen.Mode().IsRegular() {
		return failed("make a file", fs.ErrExist)
	}
	if f, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		return failed("open the part of a file", err)
	}
	s.part = f
	now, err := f.Stat()
	switch {
	case err != nil:
	case !os.SameFile(seen, now):
		err = fs.ErrExist
	case now.Size() > s.size:
		err = s.Rewind()
	default:
		s.written = now.Size()
		_, err = f.Seek(s.written, io.SeekStart)
	}
	if err != nil {
		_ = f.Close()
		return failed("open the part of a file", err)
	}
	return nil
}

// Written is how many bytes there are, from the beginning on.
func (s *Sink) Written() int64 { return s.written }

// Have is the hash of them.
func (s *Sink) Have() [32]byte { return [32]byte(s.hash.Sum(nil)) }

// Rewind forgets what there is: the sender begins anew.
func (s *Sink) Rewind() error {
	s.written, s.held, s.end = 0, 0, nil
	s.hash = sha256.New()
	clear(s.early)
	err := s.part.Truncate(0)
	if err == nil {
		_, err = s.part.Seek(0, io.SeekStart)
	}
	if err != nil {
		return failed("empty the part of a file", err)
	}
	return nil
}

// Resume forgets what came out of turn and is not written: the sender sends it again, from Written on. What there was before OpenSink
// is read by the first one that is not ended by ctx: that can take minutes.
func (s *Sink) Resume(ctx context.Context) error {
	s.held, s.end = 0, nil
	clear(s.early)
	if s.hash != nil {
		return nil
	}
	h := sha256.New()
	if err := hashOf(ctx, h, s.part, s.written); err != nil {
		return failed("read the part of a file", err)
	}
	s.hash = h
	return nil
}

// Put takes a piece. One that is known already is left out; one that can't be ends all.
func (s *Sink) Put(p Piece) error {
	n := int64(len(p.Data))
	if n == 0 || p.Offset < 0 || p.Offset > s.size || n > s.size-p.Offset {
		return ErrBeyond
	}
	_, twice := s.early[p.Offset]
	switch {
	case twice || p.Offset+n <= s.written:
		return nil
	case p.Offset <= s.written: // some of it may be known
		return s.write(p.Data[s.written-p.Offset:])
	case p.Offset+n-s.written > Window:
		return ErrTurn
	}
	if s.held += len(p.Data); s.held > Window || len(s.early) >= maxEarly {
		return ErrTurn
	}
	s.early[p.Offset] = append([]byte(nil), p.Data...)
	return nil
}

// write takes what comes next, and what waits for it.
func (s *Sink) write(data []byte) error {
	for data != nil {
		if _, err := s.part.Write(data); err != nil {
			return failed("write the file", err)
		}
		s.hash.Write(data)
		s.written += int64(len(data))
		data = s.early[s.written]
		s.held -= len(data)
		delete(s.early, s.written)
	}
	return nil
}

// Close takes a file's last frame, which may come before the last pieces.
func (s *Sink) Close(e End) error {
	if e.Size != s.size {
		return ErrBeyond
	}
	s.end = &e
	return nil
}

// Whole says that all has come, so that it is time to Finish.
func (s *Sink) Whole() bool { return s.end != nil && s.written == s.size }

// Finish checks the file and gives it its name, or another one that is free, and returns the path. What is not what was sent goes.
func (s *Sink) Finish() (string, error) {
	if !s.Whole() || s.end.Hash != s.Have() {
		s.Drop()
		return "", ErrHash
	}
	if err := errors.Join(s.part.Sync(), s.part.Close()); err != nil {
		return "", failed("write the file", err)
	}
	mark(s.part.Name()) // before it has a name that somebody opens
	for n := 1; n <= tries; n++ {
		path := filepath.Join(s.folder, Numbered(s.name, n))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) // so that it is nobody else's
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			_ = f.Close()
			if err = os.Rename(s.part.Name(), path); err != nil {
				_ = os.Remove(path)
			}
		}
		if err != nil {
			return "", failed("name the file", err)
		}
		return path, nil
	}
	return "", ErrNoName
}

// Keep leaves the part for another time.
func (s *Sink) Keep() { _ = s.part.Close() }

// Drop removes the part.
func (s *Sink) Drop() {
	_ = s.part.Close()
	_ = os.Remove(s.part.Name())
}
