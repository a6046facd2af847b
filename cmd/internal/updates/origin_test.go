package updates

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"
)

func TestFind(t *testing.T) {
	public, _, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte(public.String()+"\n"+public.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, keys string
		address    string
		n          int
		ok         bool
	}{
		{"", "", "", 0, true}, {"https://x", file, "https://x", 2, true}, {"https://x", "", "", 0, false}, {"", file, "", 0, false},
		{"https://x", file + "x", "", 0, false}, {"https://x", empty, "", 0, false},
	} {
		o, err := Find(func(name string) string { return map[string]string{FromVariable: c.from, KeysVariable: c.keys}[name] })
		if o.Address != c.address || len(o.Keys) != c.n || (err == nil) != c.ok {
			t.Errorf("%+v: %+v, %v", c, o, err)
		}
	}
	t.Cleanup(func() { address, keys = "", "" })
	address, keys = "https://built.in", public.String()+","+public.String()
	if o, err := Find(func(string) string { return "" }); err != nil || o.Address != address || len(o.Keys) != 2 {
		t.Error(o, err)
	}
}

func TestCopyOf(t *testing.T) {
	dir := t.TempDir()
	program, image := filepath.Join(dir, "app", "usr", "bin", "parley"), filepath.Join(dir, "Parley für alle.AppImage")
	if err := errors.Join(os.MkdirAll(filepath.Dir(program), 0o755),
		os.WriteFile(program, nil, 0o755), os.WriteFile(image, nil, 0o755)); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "parley")
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	of := func(program string) Copy { return CopyOf(program, func(name string) string { return env[name] }) }
	for text, want := range map[string]Kind{
		"tar\n": Tar, "nsis": NSIS, " msi ": MSI, "deb": Deb, "rpm": RPM, "flatpak": Flatpak, "": Unknown, "snap": Unknown,
		"appimage": Unknown, strings.Repeat("tar ", 100): Unknown,
	} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(program), Marker), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, start := range []string{program, link} {
			if c := of(start); c != (Copy{want, program}) {
				t.Errorf("%.20q: %+v", text, c)
			}
		}
	}
	share := filepath.Join(dir, "app", "usr", "share", "parley")
	if err := errors.Join(os.Remove(filepath.Join(filepath.Dir(program), Marker)), os.MkdirAll(share, 0o755),
		os.WriteFile(filepath.Join(share, Marker), []byte("deb\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if c := of(link); c != (Copy{Deb, program}) {
		t.Errorf("in ../share/parley: %+v", c)
	}
	if err := os.RemoveAll(share); err != nil {
		t.Fatal(err)
	}
	env["APPIMAGE"], env["APPDIR"] = image, filepath.Join(dir, "app")
	if c := of(program); c != (Copy{AppImage, image}) || c.Platform() == (Copy{Kind: Tar}).Platform() {
		t.Errorf("%+v", c)
	}
	env["APPIMAGE"] = filepath.Join(dir, "link.AppImage")
	if err := os.Symlink(image, env["APPIMAGE"]); err != nil {
		t.Fatal(err)
	}
	if c := of(program); c != (Copy{AppImage, image}) {
		t.Errorf("by a link: %+v", c)
	}
	env["APPDIR"] = filepath.Join(dir, "other") // an AppImage has started one that is none
	if c := of(program); c != (Copy{Unknown, program}) {
		t.Errorf("%+v", c)
	}
	env["APPIMAGE"], env["APPDIR"] = image+".gone", filepath.Join(dir, "app")
	if c := of(program); c != (Copy{Unknown, program}) {
		t.Errorf("%+v", c)
	}
}

// TestVersionOf: a program is asked for its version, and what it says that is none is told.
func TestVersionOf(t *testing.T) {
	for does, want := range map[string]string{
		`[ "$*" = --version ] && echo parley 1.2.3-beta.1`: "1.2.3-beta.1",
		"echo parley 1.2": "", "echo libGL.so.1: not found >&2; exit 127": "libGL.so.1: not found", "exit 1": "exit status 1",
	} {
		file := filepath.Join(t.TempDir(), "parley.exe.new") // no ending has it not start
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"+does+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		v, err := (Copy{Tar, file}).Installation(t.TempDir()).Ask(file)
		if err == nil && v.String() != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", does, v, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if v, err := VersionOf(ctx, os.Args[0]); err == nil {
		t.Error(v)
	}
}

func TestWords(t *testing.T) {
	now := time.Date(2026, 11, 2, 14, 5, 0, 0, time.Local)
	for _, c := range []struct {
		state State
		want  string
	}{
		{State{}, "This build does not update itself. It was built from source. Get newer versions from where you have got this one."},
		{State{Phase: Idle}, "This is Parley 1.0.0. Nobody has looked for a newer version yet."},
		{State{Phase: Idle, Problem: "ärger"}, "Could not look for a newer version. Ärger."},
		{State{Phase: Current, Looked: now}, "Parley 1.0.0 is up to date. Looked today at 14:05."},
		{State{Phase: Current, Looked: now.AddDate(0, 0, -3)}, "Parley 1.0.0 is up to date. Looked on 30 October."},
		{State{Phase: Checking}, "Looking for a newer version… "},
		{State{Phase: Known, Version: "2.0.0", How: "Ask."}, "Version 2.0.0 is there. Ask."},
		{State{Phase: Known, Version: "2.0.0", Problem: "is it?"}, "Version 2.0.0 is there, and could not be fetched. Is it?"},
		{State{Phase: Known, Version: "2.0.0", How: "Ask.", Problem: "no"}, "Version 2.0.0 is there. Ask. Looking again did not work: no."},
		{State{Phase: Failed, Version: "2.0.0", Problem: "is it?"}, "Version 2.0.0 did not work here. This one was put back. " +
			"It is not tried again; the next one will be. Looking again did not work: is it?"},
		{State{Phase: Waiting, Version: "2.0.0"}, "Version 2.0.0 is there. It is fetched when nobody talks here any more."},
		{State{Phase: Downloading, Version: "2.0.0", Done: 8e6, All: 20e6}, "Fetching version 2.0.0: 40 % 8.0 of 20.0 MB"},
		{State{Phase: Downloading, Version: "2.0.0"}, "Fetching version 2.0.0: 0 % 0.0 of 0.0 MB"},
		{State{Phase: Ready, Version: "2.0.0"},
			"Version 2.0.0 is ready. Parley starts with it the next time. Should it not work here, this one comes back by itself."},
		{State{Phase: Failed, Version: "2.0.0"},
			"Version 2.0.0 did not work here. This one was put back. It is not tried again; the next one will be."},
	} {
		if w := c.state.Words("1.0.0", now); w.Line+" "+w.Detail != c.want || w.Good && w.Wrong {
			t.Errorf("%q, want %q", w.Line+" "+w.Detail, c.want)
		}
	}
}
