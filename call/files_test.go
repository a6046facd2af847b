package call

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/call/mesh"
)

// huge makes a file of nothing, which takes no room on the disk, and half a minute at least to be hashed.
func huge(t *testing.T, path string) int64 {
	t.Helper()
	const size = 64 << 30
	f, err := os.Create(path)
	if err == nil {
		err = f.Truncate(size)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// Whoever quits does not wait until files are read that are to go on where they broke off.
func TestFilesEndAtOnce(t *testing.T) {
	const promptly = 5 * time.Second // some milliseconds on a machine that does nothing else
	folder := t.TempDir()
	path := filepath.Join(folder, "sent")
	size := huge(t, path)
	huge(t, filepath.Join(folder, "taken.key.part"))
	huge(t, filepath.Join(folder, "cancelled.key.part"))
	for name, begin := range map[string]func(*files, string){
		"sent":      func(x *files, id string) { x.perform(sendFile{id: id, from: size}) },
		"taken":     func(x *files, id string) { x.perform(takeFile{id: id, name: "taken", size: size, key: "key"}) },
		"cancelled": func(x *files, id string) { x.perform(takeFile{id: id, name: "cancelled", size: size, key: "key"}) },
	} {
		t.Run(name, func(t *testing.T) {
			events := make(chan event, 10)
			x := newFiles(folder, func(ev event) { events <- ev }, slog.New(slog.DiscardHandler))
			x.bulk = func(context.Context, mesh.Peer, []byte, int) error { return mesh.ErrGone }
			id := fileID(1)
			if name == "sent" {
				x.perform(openFile{id, path})
				<-events
			}
			begin(x, id)
			x.perform(stopFile{id}) // the connection has gone, and come again
			begin(x, id)
			reads := make(chan struct{})
			x.job(id).work.do(func() { close(reads) }) // waits behind what reads
			select {
			case <-reads:
				t.Fatal("it was read already")
			case <-time.After(20 * time.Millisecond):
			}
			began := time.Now()
			if name == "cancelled" {
				x.perform(endFile{id, true})
			}
			x.shutdown()
			if took := time.Since(began); took > promptly {
				t.Errorf("it took %v", took)
			} else {
				t.Logf("%v", took)
			}
			for len(events) > 0 {
				t.Errorf("%+v", <-events)
			}
		})
	}
	if list, _ := os.ReadDir(folder); len(list) != 2 { // what is sent, and the part of what is taken
		t.Errorf("%v is left", list)
	}
}
