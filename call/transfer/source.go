package transfer

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Source is a file that is sent. It has one user at a time.
type Source struct {
	file     *os.File
	name     string
	size     int64
	modified time.Time

	at   int64
	hash hash.Hash // of what is before at
	read *bufio.Reader
}

// readAhead is how much of a file is read at once.
const readAhead = 64 << 10

// OpenSource opens a plain file, and nothing that only looks like one.
func OpenSource(path string) (*Source, error) {
	seen, err := os.Lstat(path)
	if err != nil {
		return nil, failed("look at the file", err)
	}
	if !seen.Mode().IsRegular() { // before it is opened: to open a pipe waits
		return nil, ErrNotFile
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, failed("open the file", err)
	}
	now, err := f.Stat()
	switch {
	case err != nil:
		err = failed("look at the file", err)
	case !os.SameFile(seen, now) || !now.Mode().IsRegular():
		err = ErrNotFile
	case now.Size() > MaxSize:
		err = ErrTooLarge
	default:
		return &Source{file: f, name: filepath.Base(path), size: now.Size(), modified: now.ModTime()}, nil
	}
	_ = f.Close()
	return nil, err
}

// Name is the file's own.
func (s *Source) Name() string { return s.name }

// Size is in bytes, as it was when the file was opened.
func (s *Source) Size() int64 { return s.size }

// Modified is when the file was last written to before it was opened.
func (s *Source) Modified() time.Time { return s.modified }

// Start goes to where the receiver wants to go on, if what it has so far has the right hash, and to the beginning otherwise; it
// returns where that is. It reads what is before, unless ctx ends.
func (s *Source) Start(ctx context.Context, from int64, have [32]byte) (int64, error) {
	s.hash, s.at = sha256.New(), 0
	if from > 0 && from <= s.size {
		if err := hashOf(ctx, s.hash, s.file, from); err != nil {
			return 0, s.failure(err)
		}
		if s.at = from; [32]byte(s.hash.Sum(nil)) != have {
			s.hash, s.at = sha256.New(), 0
		}
	}
	s.read = bufio.NewReaderSize(io.NewSectionReader(s.file, s.at, s.size-s.at), readAhead)
	return s.at, s.unchanged()
}

// Next fills b with what comes next, and returns at which offset that stands. At the end of the file it returns io.EOF.
func (s *Source) Next(b []byte) (n int, offset int64, err error) {
	offset = s.at
	if b = b[:min(int64(len(b)), s.size-s.at)]; len(b) == 0 {
		return 0, offset, io.EOF
	}
	if _, err := io.ReadFull(s.read, b); err != nil {
		return 0, offset, s.failure(err)
	}
	s.hash.Write(b)
	s.at += int64(len(b))
	return len(b), offset, nil
}

// End is the file's last frame. A file that was written to since it was opened has none.
func (s *Source) End(id ID) (End, error) {
	return End{ID: id, Size: s.size, Hash: [32]byte(s.hash.Sum(nil))}, s.unchanged()
}

func (s *Source) unchanged() error {
	now, err := s.file.Stat()
	if err != nil {
		return failed("look at the file", err)
	}
	if now.Size() != s.size || !now.ModTime().Equal(s.modified) {
		return ErrChanged
	}
	return nil
}

// failure: a file that ends too early has become shorter.
func (s *Source) failure(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrChanged
	}
	return failed("read the file", err)
}

// Close closes the file.
func (s *Source) Close() { _ = s.file.Close() }
