package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"aead.dev/minisign"

	"parley/update"
)

func TestRelease(t *testing.T) {
	t.Setenv(passphrase, "correct horse battery")
	dir, now := t.TempDir(), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	keys, dist := filepath.Join(dir, "keys"), filepath.Join(dir, "dist")
	if err := os.Mkdir(dist, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dist, "Parley-1.2.3.AppImage")
	if err := os.WriteFile(file, []byte("an AppImage"), 0o755); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	// The real lock takes a gigabyte and seconds. This one has its form: see minisign.IsEncrypted.
	lock := map[string]minisign.PrivateKey{}
	tool := tool{&out, now, func(pass string, key minisign.PrivateKey) ([]byte, error) {
		text := base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf("EdSc%020d", len(lock))))
		lock[pass+text] = key
		return []byte(text), nil
	}, func(pass string, text []byte) (minisign.PrivateKey, error) {
		key, ok := lock[pass+string(text)]
		if !ok {
			return key, errors.New("a wrong passphrase")
		}
		return key, nil
	}}
	do := func(args ...string) error { return tool.run(args) }
	if err := do("keys", keys); err != nil {
		t.Fatal(err)
	}
	if err := do("keys", keys); err == nil {
		t.Error("keys were written over")
	}
	plain := filepath.Join(dir, "plain") // a key without a lock, which takes seconds
	public := map[string]string{}
	if err := os.Mkdir(plain, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"release", "spare"} {
		p, private, err := minisign.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		text, err := private.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(plain, name+".key"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		public[name] = p.String()
	}
	release, spare := public["release"], public["spare"]
	for _, name := range []string{"release", "spare"} {
		key := filepath.Join(plain, name+".key")
		if err := do("manifest", "--version", "1.2.3", "--key", key, "--out", dist, "linux-amd64-appimage="+file); err != nil {
			t.Fatal(err)
		}
		if err := do("verify", release, spare, dist); err != nil {
			t.Error(err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dist, "*")); err != nil || len(left) != 3 {
		t.Error(left, err)
	}
	tool.now = now.AddDate(0, 0, 46)
	if err := do("verify", release, spare, dist); !errors.Is(err, update.ErrExpired) {
		t.Errorf("a list that has run out: %v", err)
	}
	tool.now = now
	if err := do("verify", release, dist); err == nil {
		t.Error("the spare key's signature is taken for the other's")
	}
	if err := os.WriteFile(file, []byte("an AppImagE"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := do("verify", release, spare, dist); err == nil {
		t.Error("a changed file is taken")
	}
	for _, bad := range [][]string{
		{"manifest", "--version", "1.2", "--key", filepath.Join(keys, "release.key"), "--out", dist, "x=" + file},
		{"manifest", "--version", "1.2.3", "--key", filepath.Join(plain, "release.key"), "--out", dist},
		{"manifest", "--version", "1.2.3", "--key", filepath.Join(plain, "release.key"), "--out", keys, "x=" + file},
		{"manifest", "--version", "1.2.3", "--key", filepath.Join(keys, "missing.key"), "--out", dist, "x=" + file},
		{"manifest"}, {"what", "is"},
	} {
		if do(bad...) == nil {
			t.Errorf("%v is taken", bad)
		}
	}
	locked := []string{"manifest", "--version", "1.2.3", "--key", filepath.Join(keys, "release.key"), "--out", dist, "x=" + file}
	if err := do(locked...); err != nil {
		t.Error(err)
	}
	t.Setenv(passphrase, "another passphrase")
	if err := do(locked...); err == nil {
		t.Error("a wrong passphrase opens the key")
	}
}
