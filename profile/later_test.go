package profile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What is changed later holds at once, whatever the disk does, and is there when the folder is opened again.
func TestUpdateLater(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	none := func(err error) { t.Error(err) }
	slow := slowFile{started: make(chan struct{}), finish: make(chan struct{})}
	saved := make(chan error, 1)
	go func() { saved <- p.change(serversFile, func() (any, error) { return slow, nil }) }()
	<-slow.started
	changed := make(chan struct{})
	go func() {
		for i := range 100 {
			p.UpdateLater(func(s *Settings) { s.OutputVolume = i }, none)
		}
		p.UpdateLater(func(s *Settings) { s.Name = "Ben" }, none)
		close(changed)
	}()
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		t.Fatal("a change waits for the disk")
	}
	if s := p.Settings(); s.OutputVolume != 99 || s.Name != "Ben" {
		t.Errorf("it does not hold: %+v", s)
	}
	if _, err := os.Stat(filepath.Join(dir, settingsFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it overtook what was being written: %v", err)
	}
	close(slow.finish)
	if err := <-saved; err != nil {
		t.Error(err)
	}
	if err := p.Update(func(*Settings) {}); err != nil { // in its order, or together with what waits
		t.Error(err)
	}
	p.UpdateLater(func(s *Settings) { s.OutputVolume = 150 }, none)
	p.UpdateLater(func(s *Settings) { s.OutputVolume = 120 }, none)
	p, notices := reopen(t, dir, p)
	if s := p.Settings(); s.OutputVolume != 120 || s.Name != "Ben" || len(notices) != 0 {
		t.Errorf("opened again: %+v %v", s, notices)
	}
}

// Whoever changes something is told where it could not be written; it holds all the same.
func TestUpdateLaterFails(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	if err := os.Mkdir(filepath.Join(dir, settingsFile), 0o700); err != nil { // in the way
		t.Fatal(err)
	}
	told := make(chan error, 2)
	p.UpdateLater(func(s *Settings) { s.Bitrate = 32000 }, func(err error) { told <- err })
	p.UpdateLater(func(*Settings) {}, func(error) { t.Error("told of what has not changed") })
	select {
	case err := <-told:
		if err == nil {
			t.Error("told of nothing")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was told")
	}
	if p.Settings().Bitrate != 32000 {
		t.Errorf("%+v", p.Settings())
	}
	if err := os.Remove(filepath.Join(dir, settingsFile)); err != nil {
		t.Fatal(err)
	}
	p.UpdateLater(func(s *Settings) { s.Name = "Ben" }, func(err error) { t.Error(err) })
	p, _ = reopen(t, dir, p)
	if s := p.Settings(); s.Bitrate != 32000 || s.Name != "Ben" {
		t.Errorf("opened again: %+v", s)
	}
}
