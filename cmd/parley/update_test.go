package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/cmd/internal/updates"
	"parley/profile"
	"parley/ui/model"
	"parley/update"
	"parley/wire"
)

// waiting is a start of a Parley that was installed from a tar.xz, for which a newer version waits: a script.
func waiting(t *testing.T, does string) (p *program, people *bytes.Buffer) {
	t.Helper()
	people = new(bytes.Buffer)
	p = &program{options: options{profile: t.TempDir()}, people: people}
	p.dir = p.profile
	if p.lookAtUpdates() || p.newness.copy.Itself() {
		t.Fatal("this test takes itself for a Parley that was installed")
	}
	target := filepath.Join(t.TempDir(), "parley")
	if err := os.WriteFile(target, []byte("old"), 0o755); err != nil {
		t.Fatal(err)
	}
	n := &p.newness
	n.copy = updates.Copy{Kind: updates.Tar, Target: target}
	n.program = n.copy.Installation(updates.Folder(p.dir))
	script := []byte("#!/bin/sh\n[ \"$1\" = --version ] && exec echo parley 99.0.0\n" + does + "\n")
	sum := sha256.Sum256(script)
	name := hex.EncodeToString(sum[:])
	if err := os.MkdirAll(n.program.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(n.program.Folder, name), script, 0o600); err != nil {
		t.Fatal(err)
	}
	offer := &update.Offer{Version: update.Version{Major: 99}, File: update.File{Name: "parley", Size: int64(len(script)), SHA256: name}}
	if err := n.program.Prepare(offer); err != nil {
		t.Fatal(err)
	}
	if first, err := p.openHome(); !first || err != nil {
		t.Fatal(first, err)
	}
	return p, people
}

// The version that waits is started while nobody has the profile, and the start ends when it says that it works.
func TestRenew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profile")
	p, people := waiting(t, "rm "+filepath.Join(dir, "updates", "trial.json"))
	_ = p.home.Close()
	if err := os.Rename(p.dir, dir); err != nil { // the script knows where it is
		t.Fatal(err)
	}
	p.profile, p.newness.program = dir, p.newness.copy.Installation(updates.Folder(dir))
	p.closers = nil
	if first, err := p.openHome(); !first || err != nil {
		t.Fatal(first, err)
	}
	if renewed, err := p.renew(); !renewed || err != nil || p.home != nil || len(p.closers) != 0 {
		t.Fatal(renewed, err, people)
	}
	if text, err := os.ReadFile(p.newness.copy.Target); err != nil || string(text) == "old" {
		t.Error("the version before is still there", err)
	}
}

// A version that does not work is taken back, and this one goes on with a profile that it opens again.
func TestRenewInVain(t *testing.T) {
	p, people := waiting(t, "exit 1")
	if renewed, err := p.renew(); renewed || err != nil || p.home != nil || p.newness.failed != "99.0.0" {
		t.Fatal(renewed, err, p.newness.failed)
	}
	if first, err := p.openHome(); !first || err != nil {
		t.Fatal(first, err)
	}
	defer p.home.Close()
	if text, err := os.ReadFile(p.newness.copy.Target); err != nil || string(text) != "old" {
		t.Errorf("in place is %q, %v", text, err)
	}
	if !strings.Contains(people.String(), "update: the new version broke off") {
		t.Errorf("%s", people)
	}
	n := &p.newness
	n.origin.Address = "https://updates.example"
	n.keeper = updates.New(updates.Config{Origin: n.origin, Copy: n.copy, Current: n.current, Folder: n.program.Folder})
	if u := n.shown(); u.Say != "Version 99.0.0 did not work here. This one was put back." || u.Ready || u.Never ||
		!strings.HasPrefix(u.Detail, "The new version broke off") || !strings.HasSuffix(u.Detail, "the next one will be.") {
		t.Errorf("%+v", u)
	}
	if n.failed = ""; n.shown().Say != "" {
		t.Error("each start says it again")
	}
	if renewed, err := p.renew(); renewed || err != nil || p.home == nil {
		t.Error("nothing waits, and it is waited for", renewed, err)
	}
}

// A version that can't be put in place leaves this one, which says why.
func TestRenewInTrouble(t *testing.T) {
	p, people := waiting(t, "exit 0")
	n := &p.newness
	if err := os.Mkdir(n.copy.Target+".new", 0o700); err != nil {
		t.Fatal(err)
	}
	if renewed, err := p.renew(); renewed || err != nil || n.failed != "" || !strings.Contains(people.String(), "could not be written") {
		t.Fatal(renewed, err, n.failed, people)
	}
	n.origin.Address = "https://updates.example"
	n.keeper = updates.New(updates.Config{Origin: n.origin, Copy: n.copy, Current: n.current, Folder: n.program.Folder})
	u := n.shown()
	if !strings.HasPrefix(u.Say, "The new version could not be written") || u.Detail != u.Say || u.Tone != model.Warn || u.Ready {
		t.Errorf("%+v", u)
	}
}

// What is on trial says that it works once, and what is not says nothing.
func TestWorks(t *testing.T) {
	p, _ := waiting(t, "exit 0")
	defer p.home.Close()
	n := &p.newness
	trial := filepath.Join(n.program.Folder, "trial.json")
	v, err := update.ParseVersion(wire.Release)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "new")
	if err := os.WriteFile(file, []byte("#!/bin/sh\necho parley "+wire.Release+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := n.program.Swap(file, update.Version{}, v); err != nil {
		t.Fatal(err)
	}
	if err := n.works(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(trial); err != nil {
		t.Error("it has spoken for another one", err)
	}
	var failed string
	if n.onTrial, failed, err = n.program.Begin(v); !n.onTrial || failed != "" || err != nil {
		t.Fatal(n.onTrial, failed, err)
	}
	if renewed, err := p.renew(); renewed || err != nil || p.home == nil {
		t.Error("a version on trial tries another one", renewed, err)
	}
	if code, err := p.notFirst(nil); code != update.Elsewhere || err != nil {
		t.Error("it ends without a word, as one that does not work", code, err)
	}
	if code, err := p.notFirst(profile.ErrInUse); code != update.Elsewhere || err == nil {
		t.Error(code, err)
	}
	kept, err := os.ReadFile(trial)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(trial), os.MkdirAll(filepath.Join(trial, "x"), 0o700)); err != nil { // it can be neither read nor removed
		t.Fatal(err)
	}
	if err := n.works(); err == nil || !n.onTrial {
		t.Error("it takes itself for one that has spoken")
	}
	if err := errors.Join(os.RemoveAll(trial), os.WriteFile(trial, kept, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := n.works(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(trial); err == nil || n.onTrial {
		t.Error("nobody is told that it works")
	}
	if code, err := p.notFirst(nil); code != exitDone || err != nil {
		t.Error("one that is not on trial", code, err)
	}
	if code, err := p.notFirst(os.ErrPermission); code != exitFailed || err == nil {
		t.Error(code, err)
	}
}

// TestShownUpdates says how it stands in the window.
func TestShownUpdates(t *testing.T) {
	p, _ := waiting(t, "exit 0")
	defer p.home.Close()
	n := &p.newness
	n.keeper = updates.New(updates.Config{Copy: n.copy, Current: n.current, Folder: n.program.Folder})
	if u := n.shown(); !u.Never || u.Say != "" {
		t.Errorf("a build from source: %+v", u)
	}
	n.origin.Address = "https://updates.example"
	n.keeper = updates.New(updates.Config{Origin: n.origin, Copy: n.copy, Current: n.current, Folder: n.program.Folder})
	if u := n.shown(); !u.Ready || u.Never || u.Busy || u.Say == "" || u.Share != 0 {
		t.Errorf("one that waits: %+v", u)
	}
}
