//go:build linux

package update

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// room has the system take no file of more than so many bytes, until the function that it returns is called: a write in the middle of a
// file fails, as it does on a full disk.
func room(t *testing.T, bytes uint64) (again func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: before.Max}))
	return func() {
		must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before))
		signal.Reset(syscall.SIGXFSZ)
	}
}

// fullDisk, in the environment, is set for the process that TestFullDisk starts.
const fullDisk = "PARLEY_UPDATE_FULL_DISK"

// TestFullDisk: in the middle of a download and of a swap there is no more room. That is said, the version before starts, and when there
// is room the update goes on. It runs in a process of its own, as the one that go test looks at writes a file itself.
func TestFullDisk(t *testing.T) {
	if os.Getenv(fullDisk) == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
		command.Env = append(os.Environ(), fullDisk+"=1")
		if out, err := command.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: TestFullDisk")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	ctx := context.Background()
	d := newDepot(t)
	script := append([]byte("#!/bin/sh\nrm \"$1\"\n"), bytes.Repeat([]byte("# it is long\n"), 5000)...)
	d.publish(t, 0, to.String(), script, nil)
	s := d.source(t, from.String())
	o, err := s.Check(ctx)
	must(t, err)
	i := Installation{Target: filepath.Join(t.TempDir(), "parley"), Folder: s.Folder}
	program(t, i.Target, "exit 0 # old")
	before := read(t, i.Target)

	again := room(t, 20_000)
	_, err = s.Download(ctx, o, nil)
	again()
	if !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	began := int64(-1)
	_, err = s.Download(ctx, o, func(done, _ int64) {
		if began < 0 {
			began = done
		}
	})
	if err != nil || began <= 20_000 {
		t.Errorf("it went on at %d: %v", began, err)
	}

	must(t, i.Prepare(o))
	again = room(t, 20_000)
	renewed, failed, err := i.Renew(ctx, from, time.Minute, i.starting)
	again()
	if renewed || failed != "" || !errors.Is(err, ErrFull) {
		t.Fatal(renewed, failed, err)
	}
	if _, err := os.Stat(i.fresh()); read(t, i.Target) != before || err == nil || exec.Command(i.Target).Run() != nil {
		t.Error("the version before is damaged, or half of the new one is left")
	}
	must(t, i.Prepare(o))
	again = room(t, 0) // not even the note of the trial
	_, _, err = i.Renew(ctx, from, time.Minute, i.starting)
	again()
	if !errors.Is(err, ErrFull) || read(t, i.Target) != before {
		t.Error(err)
	}
	must(t, i.Prepare(o))
	if renewed, failed, err := i.Renew(ctx, from, time.Minute, i.starting); !renewed || failed != "" || err != nil {
		t.Error(renewed, failed, err)
	}
}
