package update

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrTampered is why a download is thrown away: it is not what the manifest says.
var ErrTampered = errors.New("what was downloaded is not what Parley's makers have signed")

// stall is how long a download may bring nothing.
const stall = 30 * time.Second

// Download fetches an offer, going on where an earlier try broke off, and returns the file, which is what was signed to the last
// bit. progress, if any, is told how many bytes are there.
func (s *Source) Download(ctx context.Context, o *Offer, progress func(done, all int64)) (file string, err error) {
	f := o.File
	if err := f.validate(); err != nil {
		return "", fmt.Errorf("version %s has nothing for this system", o.Version)
	}
	whole := filepath.Join(s.Folder, f.SHA256)
	if sum, n, err := sumOf(whole); err == nil && n == f.Size && strings.EqualFold(sum, f.SHA256) {
		return whole, nil
	}
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		return "", fmt.Errorf("there is no place for an update: %w", place(err))
	}
	unlock, err := lock(s.Folder, "download.lock") // parleyctl may fetch, too, and both would write the same file
	if err != nil {
		return "", err
	}
	defer unlock()
	part := whole + ".part"
	if err := s.fetch(ctx, f, part, progress); err != nil {
		return "", err
	}
	sum, n, err := sumOf(part)
	if err != nil {
		return "", err
	}
	if n != f.Size || !strings.EqualFold(sum, f.SHA256) {
		return "", errors.Join(ErrTampered, os.Remove(part)) // the next try begins anew
	}
	if err := os.Rename(part, whole); err != nil {
		return "", err
	}
	s.sweep(f.SHA256)
	return whole, nil
}

// sweep removes what is left of other downloads.
func (s *Source) sweep(keep string) {
	all, err := os.ReadDir(s.Folder)
	if err != nil {
		return
	}
	for _, file := range all {
		hash := strings.TrimSuffix(file.Name(), ".part")
		if sum, err := hex.DecodeString(hash); err == nil && len(sum) == sha256.Size && hash != keep {
			_ = os.Remove(filepath.Join(s.Folder, file.Name())) // it only takes up room
		}
	}
}

// fetch brings part to the file's size, or fails and leaves what has come.
func (s *Source) fetch(ctx context.Context, f File, part string, progress func(done, all int64)) (err error) {
	out, err := os.OpenFile(part, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("there is no place for an update: %w", place(err))
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	have, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if have > f.Size {
		have = 0
	}
	if have == f.Size {
		return nil
	}
	body, from, err := s.open(ctx, f, have)
	if errors.Is(err, errPart) {
		return errors.Join(err, out.Truncate(0)) // the next try begins anew
	}
	if err != nil {
		return err
	}
	defer body.Close()
	if err := errors.Join(out.Truncate(from), seek(out, from)); err != nil {
		return err
	}
	if _, err := io.Copy(out, &counted{body, from, f.Size, progress}); err != nil {
		if ctx.Err() == nil && errors.Is(err, context.Canceled) {
			err = errStall
		}
		return fmt.Errorf("the download broke off; it goes on from there the next time: %w", place(err))
	}
	return place(out.Sync())
}

// place says that a disk is full.
func place(err error) error {
	if full(err) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

func seek(f *os.File, to int64) error {
	_, err := f.Seek(to, io.SeekStart)
	return err
}

var (
	errStall = fmt.Errorf("nothing has come for %s", stall)
	errPart  = errors.New("the update server has no such part of the file")
)

// open asks for the rest of a file, and tells where what comes begins: a server need not know of parts.
func (s *Source) open(ctx context.Context, f File, have int64) (body io.ReadCloser, from int64, err error) {
	address, err := s.address(f.Name)
	if err != nil {
		return nil, 0, err
	}
	whole := ctx
	ctx, cancel := context.WithCancel(ctx)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		cancel()
		return nil, 0, err
	}
	if have > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	timer := time.AfterFunc(stall, cancel)
	answer, err := s.client().Do(r)
	if err != nil {
		if timer.Stop(); ctx.Err() != nil && whole.Err() == nil {
			err = errStall
		}
		cancel()
		return nil, 0, unreached(err)
	}
	body = &watched{answer.Body, timer, cancel}
	switch {
	case answer.StatusCode == http.StatusOK:
		return body, 0, nil
	case answer.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return nil, 0, errors.Join(errPart, body.Close())
	case answer.StatusCode == http.StatusPartialContent:
		if !strings.HasPrefix(answer.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)) {
			return nil, 0, errors.Join(errPart, body.Close())
		}
		return body, have, nil
	}
	return nil, 0, errors.Join(fmt.Errorf("the update server says %d", answer.StatusCode), body.Close())
}

// watched ends a download that brings nothing for a while.
type watched struct {
	io.ReadCloser
	timer  *time.Timer
	cancel context.CancelFunc
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if n > 0 {
		w.timer.Reset(stall)
	}
	return n, err
}

func (w *watched) Close() error {
	w.timer.Stop()
	w.cancel()
	return w.ReadCloser.Close()
}

// counted gives no more than what is signed, and tells how far it is.
type counted struct {
	io.Reader
	done, all int64
	progress  func(done, all int64)
}

func (c *counted) Read(p []byte) (int, error) {
	left := c.all - c.done
	if left <= 0 {
		return 0, io.EOF // what is longer can't be right, and is found by its hash
	}
	n, err := c.Reader.Read(p[:min(int64(len(p)), left)])
	c.done += int64(n)
	if c.progress != nil && n > 0 {
		c.progress(c.done, c.all)
	}
	if errors.Is(err, io.EOF) && c.done < c.all {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func sumOf(file string) (sum string, size int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}
