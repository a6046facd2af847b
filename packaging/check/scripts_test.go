package check_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// scripts are packaging's shell scripts.
func scripts(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".sh" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Where packages come from is the machine's business, not ours: nothing that is committed names such a place. Here the names are in parts.
func TestNothingNamesAPlaceThatPackagesComeFrom(t *testing.T) {
	find := []string{"-C", "../..", "grep", "-I", "-n", "-F"}
	for _, place := range [][2]string{{"deb", "debian.org"}, {"security", "debian.org"}, {"proxy", "golang.org"}, {"sum", "golang.org"},
		{"registry", "npmjs.org"}, {"vuln", "go.dev"}} {
		find = append(find, "-e", place[0]+"."+place[1])
	}
	out, err := exec.Command("git", find...).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 { // 1: there is none
		t.Errorf("git grep: %v\n%s", err, out)
	}
}

// Each is for the smallest shell.
func TestScripts(t *testing.T) {
	files := scripts(t)
	if len(files) < 4 {
		t.Errorf("found %q", files)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(file) != "env.sh" { // which others read in
			if !strings.HasPrefix(string(data), "#!/bin/sh\n") {
				t.Errorf("%s does not begin with #!/bin/sh", file)
			}
			if info, err := os.Stat(file); err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("%s can't be run: %v", file, err)
			}
		}
		if out, err := exec.Command("sh", "-n", file).CombinedOutput(); err != nil {
			t.Errorf("sh -n %s: %v: %s", file, err, out)
		}
	}
}
