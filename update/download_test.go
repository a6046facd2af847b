package update

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

// TestOneDownloadAtATime: of two Parleys with one profile one fetches, and neither spoils what the other one writes.
func TestOneDownloadAtATime(t *testing.T) {
	d, ctx := newDepot(t), context.Background()
	data := bytes.Repeat([]byte("parley "), 30_000)
	d.publish(t, 0, to.String(), data, nil)
	s := d.source(t, from.String())
	o, err := s.Check(ctx)
	must(t, err)
	other := 0
	file, err := s.Download(ctx, o, func(int64, int64) {
		if _, err := s.Download(ctx, o, nil); !errors.Is(err, ErrBusy) {
			t.Error(err)
		}
		other++
	})
	if err != nil || other == 0 || read(t, file) != string(data) {
		t.Error(err, other)
	}
}

// TestSweep: in a folder of any name nothing is left of other downloads, and nothing else is touched.
func TestSweep(t *testing.T) {
	d, ctx := newDepot(t), context.Background()
	d.publish(t, 0, to.String(), []byte("new"), nil)
	s := d.source(t, from.String())
	s.Folder = filepath.Join(s.Folder, "[a-z]* Größe")
	o, err := s.Check(ctx)
	must(t, err)
	old := filepath.Join(s.Folder, strings.Repeat("0f", 32))
	for _, file := range []string{old, old + ".part", old + ".txt", old + "00"} {
		must(t, os.WriteFile(file, nil, 0o600))
	}
	if _, err := s.Download(ctx, o, nil); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(s.Folder)
	must(t, err)
	names := ""
	for _, e := range left {
		names += strings.ReplaceAll(strings.ReplaceAll(e.Name(), filepath.Base(old), "OLD"), o.File.SHA256, "NEW") + " "
	}
	if !strings.Contains(names, "NEW ") || !strings.Contains(names, "OLD.txt ") || !strings.Contains(names, "OLD00 ") ||
		strings.Contains(names, "OLD ") || strings.Contains(names, "OLD.part") {
		t.Error(names)
	}
}

// TestNoSuchPart: a server that does not go on where a download broke off is asked for the whole file the next time.
func TestNoSuchPart(t *testing.T) {
	ctx := context.Background()
	for name, answer := range map[string]http.Response{
		"beyond its end": {StatusCode: http.StatusRequestedRangeNotSatisfiable},
		"another part":   {StatusCode: http.StatusPartialContent, Header: http.Header{"Content-Range": {"bytes 0-2/6"}}},
	} {
		d := newDepot(t)
		d.publish(t, 0, to.String(), []byte("parley"), nil)
		s := d.source(t, from.String())
		o, err := s.Check(ctx)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(s.Folder, o.File.SHA256+".part"), []byte("par"), 0o600))
		s.Client = &http.Client{Transport: network(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Range") == "" {
				return http.DefaultTransport.RoundTrip(r)
			}
			answer.Body = http.NoBody
			return &answer, nil
		})}
		if _, err := s.Download(ctx, o, nil); !errors.Is(err, errPart) {
			t.Errorf("%s: %v", name, err)
		}
		if file, err := s.Download(ctx, o, nil); err != nil || read(t, file) != "parley" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUnreached: what keeps a server from answering is told without an address, and a time that is over in words.
func TestUnreached(t *testing.T) {
	d := newDepot(t)
	s := d.source(t, from.String())
	refusing := func(err error) network { return func(*http.Request) (*http.Response, error) { return nil, err } }
	s.Client = &http.Client{Transport: refusing(context.DeadlineExceeded)}
	if _, err := s.Check(context.Background()); err == nil || err.Error() != "the update server can't be reached: it does not answer" {
		t.Error(err)
	}
	s.Client.Transport = refusing(syscall.ECONNREFUSED)
	if _, err := s.Check(context.Background()); !errors.Is(err, syscall.ECONNREFUSED) || strings.Contains(err.Error(), "http") {
		t.Error(err)
	}
	o := &Offer{Version: to, File: File{Name: "parley", Size: 1, SHA256: strings.Repeat("00", 32)}}
	if _, err := s.Download(context.Background(), o, nil); !errors.Is(err, syscall.ECONNREFUSED) || strings.Contains(err.Error(), "http") {
		t.Error(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s.Client.Transport = network(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		if _, err := s.Download(t.Context(), o, nil); !errors.Is(err, errStall) {
			t.Error(err)
		}
	})
}

// network is one of a test.
type network func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (n network) RoundTrip(r *http.Request) (*http.Response, error) { return n(r) }

// TestCutDownload: a download that breaks off at every byte goes on from there.
func TestCutDownload(t *testing.T) {
	d, ctx := newDepot(t), context.Background()
	data := bytes.Repeat([]byte("parley "), 20)
	d.publish(t, 0, to.String(), data, nil)
	s := d.source(t, from.String())
	o, err := s.Check(ctx)
	must(t, err)
	d.cut.Store(1)
	for n := 1; ; n++ {
		file, err := s.Download(ctx, o, nil)
		if err == nil {
			if read(t, file) != string(data) || n != len(data) {
				t.Errorf("after %d tries: %s", n, read(t, file))
			}
			return
		}
		if part := read(t, filepath.Join(s.Folder, o.File.SHA256+".part")); part != string(data[:n]) || n > len(data) {
			t.Fatalf("after %d tries: %q", n, part)
		}
	}
}
