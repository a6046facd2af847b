//go:build packages

package check_test

import (
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"parley/wire"
)

// Every package has the terms of what is inside: licences want it, and people can look it up without a network.
func TestEveryPackageHasTheNotices(t *testing.T) {
	dist := folder(t, "DIST", "dist")
	version := wire.Release
	for name, list := range map[string]func(*testing.T, string) string{
		"parley_" + version + "_amd64.deb":          listDeb,
		"parleyd_" + version + "_amd64.deb":         listDeb,
		"parleyd_" + version + "_arm64.deb":         listDeb,
		"parley-" + version + ".x86_64.rpm":         listArchive,
		"parleyd-" + version + ".x86_64.rpm":        listArchive,
		"parleyd-" + version + ".aarch64.rpm":       listArchive,
		"parley-" + version + "-linux-amd64.tar.xz": listArchive,
		"Parley-" + version + "-x86_64.AppImage":    listAppImage,
		"Parley-Setup-" + version + ".exe":          listSetup,
		"Parley-" + version + ".msi":                listMSI,
	} {
		if _, err := os.Stat(filepath.Join(dist, name)); err != nil {
			t.Error(err)
		} else if inside := list(t, filepath.Join(dist, name)); !strings.Contains(inside, "NOTICES.txt") {
			t.Errorf("%s has no notices: %s", name, inside)
		}
	}
}

func said(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %q: %v: %s", name, args, err, out)
	}
	return string(out)
}

func listArchive(t *testing.T, file string) string { return said(t, "bsdtar", "-tf", file) }

// What Debian wants to be in one file named copyright has the notices in it, and says so here as if it were a list.
func listDeb(t *testing.T, file string) string {
	t.Helper()
	name, _, _ := strings.Cut(filepath.Base(file), "_")
	out, err := exec.Command("sh", "-c", `dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/share/doc/$2/copyright"`, "sh", file, name).Output()
	if err != nil {
		t.Errorf("%s: %v", file, err)
	}
	if strings.Contains(string(out), "\nParley "+wire.Release+" has been made with the work of others") {
		return "copyright with what is in THIRD-PARTY-NOTICES.txt"
	}
	return "copyright: " + string(out[:min(len(out), 300)])
}

func listSetup(t *testing.T, file string) string { return said(t, "7z", "l", file) }

func listMSI(t *testing.T, file string) string { return said(t, "msiextract", "-l", file) }

// The squashfs of an AppImage begins where the program in front of it ends: behind its section headers, the last of an ELF file.
func listAppImage(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer f.Close()
	var head elf.Header64
	if err := binary.Read(f, binary.LittleEndian, &head); err != nil {
		t.Error(err)
		return ""
	}
	return said(t, "unsquashfs", "-o", strconv.FormatUint(head.Shoff+uint64(head.Shentsize)*uint64(head.Shnum), 10), "-l", file)
}
