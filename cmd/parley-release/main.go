// Command parley-release makes what an update server hands out: the signed list of what is current. It runs on its makers' machine.
//
//	parley-release keys DIR                          two key pairs, locked with the passphrase in PARLEY_RELEASE_PASSPHRASE
//	parley-release manifest [FLAGS] PLATFORM=FILE... manifest.json and manifest.json.minisig beside the files
//	parley-release verify PUBLIC... DIR              what a Parley with these keys makes of DIR
package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"aead.dev/minisign"

	"parley/update"
)

func main() {
	t := tool{os.Stdout, time.Now(), minisign.EncryptKey, minisign.DecryptKey}
	if err := t.run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "parley-release:", err)
		os.Exit(1)
	}
}

// tool is what the program works with.
type tool struct {
	out    io.Writer
	now    time.Time
	lock   func(passphrase string, key minisign.PrivateKey) ([]byte, error)
	unlock func(passphrase string, text []byte) (minisign.PrivateKey, error)
}

var errUsage = errors.New("usage: parley-release keys DIR | manifest --version V --key FILE --out DIR [--days N] [--channel NAME] " +
	"[--news TEXT] PLATFORM=FILE... | verify PUBLIC... DIR")

func (t tool) run(args []string) error {
	if len(args) < 2 {
		return errUsage
	}
	switch args[0] {
	case "keys":
		return t.makeKeys(args[1])
	case "manifest":
		return t.makeManifest(args[1:])
	case "verify":
		return t.verify(args[1:len(args)-1], args[len(args)-1])
	}
	return errUsage
}

const passphrase = "PARLEY_RELEASE_PASSPHRASE"

func secret() (string, error) {
	s := os.Getenv(passphrase)
	if len(s) < 12 {
		return "", fmt.Errorf("%s has to hold a passphrase of 12 characters or more", passphrase)
	}
	return s, nil
}

// makeKeys writes the key in use and the one that is kept elsewhere. What is there is never written over.
func (t tool) makeKeys(dir string) error {
	pass, err := secret()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"release", "spare"} {
		if _, err := os.Lstat(filepath.Join(dir, name+".key")); err == nil {
			return fmt.Errorf("%s has a key already, which stays", dir)
		}
		public, private, err := minisign.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		locked, err := t.lock(pass, private)
		if err != nil {
			return err
		}
		if err := errors.Join(create(filepath.Join(dir, name+".key"), locked, 0o600),
			create(filepath.Join(dir, name+".pub"), []byte(public.String()+"\n"), 0o644)); err != nil {
			return err
		}
		fmt.Fprintf(t.out, "%s: %s\n", name, public)
	}
	return nil
}

func create(file string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

func (t tool) makeManifest(args []string) error {
	flags := flag.NewFlagSet("manifest", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	version := flags.String("version", "", "what is released: 1.2.3 or 1.2.3-beta.1")
	channel := flags.String("channel", "stable", "for whom")
	days := flags.Int("days", 45, "for how long it is good")
	keyFile := flags.String("key", "", "the private key to sign with")
	dir := flags.String("out", "", "the folder that the server hands out")
	news := flags.String("news", "", "what is new in it, in some lines for people")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w\n%w", err, errUsage)
	}
	issued := t.now.UTC().Truncate(time.Second)
	m := update.Manifest{
		Format: update.Format, Channel: *channel, Version: *version, Issued: issued, Expires: issued.AddDate(0, 0, *days),
		Files: map[string]update.File{}, News: *news,
	}
	for _, arg := range flags.Args() {
		platform, file, ok := strings.Cut(arg, "=")
		if !ok {
			return fmt.Errorf("%q is not PLATFORM=FILE", arg)
		}
		f, err := describe(file)
		if err != nil {
			return err
		}
		if _, twice := m.Files[platform]; twice {
			return fmt.Errorf("%s is given twice", platform)
		}
		if filepath.Dir(file) != filepath.Clean(*dir) {
			return fmt.Errorf("%s has to lie in %s, beside the list", file, *dir)
		}
		m.Files[platform] = f
	}
	if err := m.Validate(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	key, err := t.open(*keyFile)
	if err != nil {
		return fmt.Errorf("the key: %w", err)
	}
	signature := minisign.SignWithComments(key, text,
		fmt.Sprintf("parley %s %s %s", *channel, m.Version, m.Issued.Format(time.RFC3339)), "Parley's list of versions")
	if err := publish(*dir, text, signature); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s %s, %d files, good until %s\n", *channel, m.Version, len(m.Files), m.Expires.Format(time.DateOnly))
	return nil
}

// publish puts a list and its signature into a folder, which may be handed out from at this moment: whoever asks gets the whole of the old
// or of the new, and only in the instant between the two renames one that does not go with the other.
func publish(dir string, list, signature []byte) error {
	names := []string{filepath.Join(dir, update.ManifestName), filepath.Join(dir, update.SignatureName)}
	for i, data := range [][]byte{list, signature} {
		if err := os.WriteFile(names[i]+".new", data, 0o644); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := os.Rename(name+".new", name); err != nil {
			return err
		}
	}
	return nil
}

// open reads a private key. One that no passphrase locks is for tests.
func (t tool) open(file string) (key minisign.PrivateKey, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return key, err
	}
	if !minisign.IsEncrypted(text) {
		return key, key.UnmarshalText(text)
	}
	pass, err := secret()
	if err != nil {
		return key, err
	}
	return t.unlock(pass, text)
}

func describe(file string) (update.File, error) {
	f, err := os.Open(file)
	if err != nil {
		return update.File{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return update.File{}, err
	}
	return update.File{Name: filepath.Base(file), Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// verify looks at a folder as an installed Parley would.
func (t tool) verify(public []string, dir string) error {
	keys, err := update.ParseKeys(public...)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, update.ManifestName))
	if err != nil {
		return err
	}
	signature, err := os.ReadFile(filepath.Join(dir, update.SignatureName))
	if err != nil {
		return err
	}
	m, err := keys.Open(text, signature)
	if err != nil {
		return err
	}
	for platform, want := range m.Files {
		got, err := describe(filepath.Join(dir, want.Name))
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s: %s is not what was signed", platform, want.Name)
		}
	}
	if err := m.Current(t.now); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s %s, %d files, good until %s\n", m.Channel, m.Version, len(m.Files), m.Expires.Format(time.DateOnly))
	return nil
}
