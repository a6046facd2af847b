package check_test

import (
	"debug/elf"
	"path/filepath"
	"strings"
	"testing"
)

// Debian 12's C library is the oldest that the programs are for.
const glibc = "v2.36.0"

// newest is the newest version of the C library that a program for Linux asks for, or "" if it asks for none.
func newest(file string) (string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if f.SectionByType(elf.SHT_GNU_VERNEED) == nil {
		return "", nil // static
	}
	needs, err := f.DynamicVersionNeeds()
	if err != nil {
		return "", err
	}
	var found string
	for _, need := range needs {
		for _, dep := range need.Needs {
			if v, ok := strings.CutPrefix(dep.Dep, "GLIBC_"); ok && v[0] >= '0' && v[0] <= '9' {
				if v := semantic(v); found == "" || less(found, v) {
					found = v
				}
			}
		}
	}
	return found, nil
}

// semantic makes three numbers of two: 2.36 is v2.36.0, and 2.2.5 is v2.2.5.
func semantic(v string) string {
	if strings.Count(v, ".") == 1 {
		v += ".0"
	}
	return "v" + v
}

// holds fails the test where a program asks for more than there is.
func holds(t *testing.T, file string) {
	t.Helper()
	v, err := newest(file)
	if err != nil {
		t.Errorf("%s: %v", file, err)
	} else if v != "" && less(glibc, v) {
		t.Errorf("%s asks for the C library %s, and %s is the newest that it may", file, v, glibc)
	}
}

// The system's own shell is a program like those that are asked, and what "make build" or "make app" has left in bin/ is asked, too. The
// packages' programs are asked with the tag "packages".
func TestProgramsAskForNoNewerSystem(t *testing.T) {
	if v, err := newest("/bin/sh"); err != nil || less(v, "v2.2.0") {
		t.Errorf("/bin/sh asks for %q, %v", v, err)
	}
	if !less(glibc, semantic("2.38")) || less(glibc, semantic("2.36")) || less(glibc, semantic("2.2.5")) {
		t.Error("versions are compared wrongly")
	}
	if _, err := newest("glibc_test.go"); err == nil {
		t.Error("a text is taken for a program")
	}
	programs, err := filepath.Glob("../../bin/parley*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		holds(t, p)
	}
}
