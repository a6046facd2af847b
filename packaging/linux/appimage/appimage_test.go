//go:build linux

package appimage_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// An image is the AppImage of a small folder, made as the real one is by ../appimage.sh.
type image struct {
	path  string
	place string // TMPDIR: where it unpacks itself first of all
}

// program is what the images of these tests start.
const program = `#!/bin/sh
case $1 in
env) printf '%s\n' "$APPIMAGE" "$APPDIR" "$ARGV0" "$OWD" "$0" $$; stat -c %a "$APPDIR" ;;
args) shift; for a; do printf '<%s>\n' "$a"; done ;;
exit) exit "$2" ;;
kill) kill -s "$2" $$; sleep 20 ;;
wait) echo "$APPDIR"; exec sleep 60 ;;
again) shift; exec "$@" ;;
esac
`

var shared string // BUILD, where the runtime is compiled once

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "parley-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(shared)
	os.Exit(status)
}

// build makes an image of a folder that holds the program, and what more adds.
func build(t *testing.T, more func(dir string)) image {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "AppDir")
	must(t, os.MkdirAll(filepath.Join(dir, "usr/bin"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "usr/bin/program"), []byte(program), 0o755))
	must(t, os.Symlink("usr/bin/program", filepath.Join(dir, "AppRun")))
	if more != nil {
		more(dir)
	}
	i := image{path: filepath.Join(root, "a ü.AppImage"), place: filepath.Join(root, "place")}
	must(t, os.Mkdir(i.place, 0o700))
	cmd := exec.Command("../appimage.sh", dir, i.path)
	cmd.Env = append(os.Environ(), "BUILD="+shared, "DIST="+root, "SOURCE_DATE_EPOCH=1700000000")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("appimage.sh: %v\n%s", err, out)
	}
	return i
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (i image) command(args ...string) *exec.Cmd {
	cmd := exec.Command(i.path, args...)
	cmd.Dir = i.place
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + i.place}
	return cmd
}

func (i image) run(args ...string) (stdout, stderr string, err error) {
	var out, bad bytes.Buffer
	cmd := i.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &bad
	err = cmd.Run()
	return out.String(), bad.String(), err
}

// bytes are the AppImage's own, and where in them the image begins.
func (i image) bytes(t *testing.T) (whole []byte, offset int) {
	t.Helper()
	whole, err := os.ReadFile(i.path)
	must(t, err)
	out, _, err := i.run("--appimage-offset")
	must(t, err)
	offset, err = strconv.Atoi(strings.TrimSpace(out))
	must(t, err)
	return whole, offset
}

// left waits until as many files and folders as want lie in the place: the keeper removes folders after the program's end.
func (i image) left(t *testing.T, want int) {
	t.Helper()
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC)
	must(t, err)
	defer syscall.Close(fd)
	_, err = syscall.InotifyAddWatch(fd, i.place, syscall.IN_DELETE|syscall.IN_CREATE)
	must(t, err)
	for {
		found, err := filepath.Glob(filepath.Join(i.place, "*"))
		must(t, err)
		if len(found) == want {
			return
		}
		var events [4096]byte
		_, err = syscall.Read(fd, events[:])
		must(t, err)
	}
}

func TestAppImageRuns(t *testing.T) {
	i := build(t, nil)
	out, bad, err := i.run("env")
	must(t, err)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 7 || bad != "" {
		t.Fatalf("%q %q", lines, bad)
	}
	dir := lines[1]
	want := []string{i.path, dir, i.path, i.place, dir + "/usr/bin/program"}
	if filepath.Dir(dir) != i.place || !slices.Equal(lines[:5], want) {
		t.Errorf("APPIMAGE, APPDIR, ARGV0, OWD, $0: %q", lines)
	}
	if lines[6] != "700" {
		t.Errorf("the folder's mode is %s", lines[6])
	}
	i.left(t, 0)

	if out, _, err = i.run("args", "a b", "", "--appimage-x", "ü"); err != nil || out != "<a b>\n<>\n<--appimage-x>\n<ü>\n" {
		t.Errorf("arguments: %q %v", out, err)
	}
	if out, _, err = i.run("--appimage-extract-and-run", "args", "x"); err != nil || out != "<x>\n" {
		t.Errorf("--appimage-extract-and-run: %q %v", out, err)
	}
	var exit *exec.ExitError
	if _, _, err = i.run("exit", "42"); !errors.As(err, &exit) || exit.ExitCode() != 42 {
		t.Errorf("exit 42: %v", err)
	}
	for name, want := range map[string]syscall.Signal{"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL, "SEGV": syscall.SIGSEGV} {
		if _, _, err = i.run("kill", name); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	i.left(t, 0)
}

// What goes to the process that was started, or to its whole group as Ctrl+C does, ends the program, and the folder goes.
func TestAppImageSignals(t *testing.T) {
	i := build(t, nil)
	// Under nohup a hangup is ignored, and so it would be by what is started here: a handler of ours is not handed down, but the default.
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGKILL} {
		for _, group := range []bool{false, true} {
			cmd := i.command("wait")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			pid, _ := startAndRead(t, cmd)
			if group {
				pid = -pid
			}
			must(t, syscall.Kill(pid, s))
			err := cmd.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != s {
				t.Errorf("%v, group %t: %v", s, group, err)
			}
			i.left(t, 0)
		}
	}
}

// startAndRead starts a command and tells its first line.
func startAndRead(t *testing.T, cmd *exec.Cmd) (pid int, line string) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var b [4096]byte
	n, err := out.Read(b[:])
	must(t, err)
	return cmd.Process.Pid, strings.TrimSpace(string(b[:n]))
}

// Where the keeper was killed, too, the next start removes the folder, but not that of a program that lives.
func TestAppImageSweeps(t *testing.T) {
	i := build(t, nil)
	cmd := i.command("wait")
	pid, dir := startAndRead(t, cmd)
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	must(t, err)
	keeper, err := strconv.Atoi(strings.TrimSpace(string(children)))
	must(t, err)
	must(t, syscall.Kill(keeper, syscall.SIGKILL))
	if _, _, err := i.run("exit", "0"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "AppRun")); err != nil {
		t.Fatalf("the folder of a program that lives: %v", err)
	}
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	i.left(t, 1)
	if _, _, err := i.run("exit", "0"); err != nil {
		t.Fatal(err)
	}
	i.left(t, 0)
}

// A program that becomes its own new image, as after an update, has one folder and not two.
func TestAppImageBecomesAnother(t *testing.T) {
	i := build(t, nil)
	cmd := i.command("again", i.path, "again", i.path, "wait")
	_, dir := startAndRead(t, cmd)
	i.left(t, 1)
	if _, err := os.Stat(filepath.Join(dir, "AppRun")); err != nil {
		t.Error(err)
	}
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	i.left(t, 0)
}

func TestAppImageOptions(t *testing.T) {
	i := build(t, nil)
	file, err := elf.Open(i.path)
	must(t, err)
	defer file.Close()
	all, err := os.ReadFile(i.path)
	must(t, err)
	if string(all[8:11]) != "AI\x02" || file.Machine != elf.EM_X86_64 {
		t.Errorf("%v, %q", file.Machine, all[8:11])
	}
	if libs, err := file.ImportedLibraries(); err != nil || len(libs) != 0 {
		t.Errorf("libraries: %q %v", libs, err)
	}
	out, _, err := i.run("--appimage-offset")
	must(t, err)
	offset, err := strconv.Atoi(strings.TrimSpace(out))
	must(t, err)
	if !bytes.HasPrefix(all[offset:], []byte("hsqs")) {
		t.Errorf("at byte %d is no squashfs", offset)
	}
	for _, option := range []string{"--appimage-version", "--appimage-help"} {
		if out, _, err := i.run(option); err != nil || !strings.Contains(out, "Parley") {
			t.Errorf("%s: %q %v", option, out, err)
		}
	}
	if _, bad, err := i.run("--appimage-no-such"); err == nil || !strings.Contains(bad, "--appimage-no-such") {
		t.Errorf("%q %v", bad, err)
	}
	if out, bad, err := i.run("--appimage-extract"); err != nil || out != "squashfs-root\n" {
		t.Errorf("--appimage-extract: %q %q %v", out, bad, err)
	}
	if got, err := os.ReadFile(filepath.Join(i.place, "squashfs-root/AppRun")); err != nil || string(got) != program {
		t.Errorf("%v %q", err, got)
	}
	if _, bad, err := i.run("--appimage-extract"); err == nil || !strings.Contains(bad, "squashfs-root") {
		t.Errorf("a folder that is there: %q %v", bad, err)
	}
	cmd := i.command("--appimage-mount")
	_, dir := startAndRead(t, cmd)
	if got, err := os.ReadFile(filepath.Join(dir, "AppRun")); err != nil || string(got) != program {
		t.Errorf("%v %q", err, got)
	}
	must(t, cmd.Process.Signal(syscall.SIGINT))
	_ = cmd.Wait()
	i.left(t, 1) // squashfs-root
}

// parleyctl is made of parley and of what it has that parley has not.
func TestAppImageMakesParleyctl(t *testing.T) {
	ctl := program + strings.Repeat("# the same text\n", 4000) + "echo ctl\n"
	t.Setenv("CTL_SIZE", strconv.Itoa(len(ctl)))
	i := build(t, func(dir string) {
		app, whole := filepath.Join(dir, "usr/bin/parley"), filepath.Join(t.TempDir(), "ctl")
		must(t, os.WriteFile(app, []byte("#!/bin/sh\n"+strings.Repeat("# the same text\n", 4000)), 0o755))
		must(t, os.WriteFile(whole, []byte(ctl), 0o755))
		out, err := exec.Command("zstd", "-q", "--patch-from="+app, whole, "-o", filepath.Join(dir, "usr/bin/parleyctl.zst")).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	})
	if out, bad, err := i.run("--parleyctl", "args", "x"); err != nil || out != "<x>\nctl\n" {
		t.Errorf("%q %q %v", out, bad, err)
	}
	link := i
	link.path = filepath.Join(t.TempDir(), "parleyctl")
	must(t, os.Symlink(i.path, link.path))
	if out, bad, err := link.run("args", "x"); err != nil || out != "<x>\nctl\n" {
		t.Errorf("%q %q %v", out, bad, err)
	}
	if _, bad, err := i.run("--appimage-extract"); err != nil {
		t.Fatal(bad, err)
	}
	if got, err := os.ReadFile(filepath.Join(i.place, "squashfs-root/usr/bin/parleyctl")); err != nil || string(got) != ctl {
		t.Error(err, len(got))
	}
}

// A download that was cut, or a disk that forgets, is told from anything else, and nothing is left behind.
func TestAppImageDamaged(t *testing.T) {
	i := build(t, nil)
	whole, offset := i.bytes(t)
	bad := i
	bad.path = filepath.Join(t.TempDir(), "bad")
	try := func(name string, content []byte) {
		t.Helper()
		must(t, os.WriteFile(bad.path, content, 0o755))
		_, words, err := bad.run("exit", "0")
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 127 || !strings.Contains(words, "is damaged") || !strings.Contains(words, "download") {
			t.Errorf("%s: %v, %q", name, err, words)
		}
	}
	for _, n := range []int{offset, offset + 1, offset + 95, offset + 96, len(whole) - 4097, len(whole) - 1} {
		try(fmt.Sprint("cut at ", n), whole[:n])
	}
	for at := offset; at < len(whole); at += 37 + at/7%200 {
		changed := slices.Clone(whole)
		changed[at] ^= 1 << (at % 8)
		try(fmt.Sprint("changed at ", at), changed)
		if t.Failed() {
			break
		}
	}
	try("longer", append(slices.Clone(whole), 0))
	i.left(t, 0)
}

// What an image of ours never has is refused, though its size and sum are right.
func TestAppImageHostile(t *testing.T) {
	for name, more := range map[string]func(t *testing.T, dir string) error{
		"a link to a path":   func(t *testing.T, dir string) error { return os.Symlink("/etc/passwd", filepath.Join(dir, "x")) },
		"a link that climbs": func(t *testing.T, dir string) error { return os.Symlink("usr/../../x", filepath.Join(dir, "x")) },
		"a link to above":    func(t *testing.T, dir string) error { return os.Symlink("..", filepath.Join(dir, "usr/x")) },
		"a pipe":             func(t *testing.T, dir string) error { return syscall.Mkfifo(filepath.Join(dir, "x"), 0o644) },
		"deep folders": func(t *testing.T, dir string) error {
			return os.MkdirAll(filepath.Join(dir, strings.Repeat("x/", 20)), 0o755)
		},
		"a parleyctl of nothing": func(t *testing.T, dir string) error {
			return errors.Join(os.WriteFile(filepath.Join(dir, "usr/bin/parley"), []byte("x"), 0o755),
				os.WriteFile(filepath.Join(dir, "usr/bin/parleyctl.zst"), []byte("no zstd"), 0o644))
		},
	} {
		t.Run(name, func(t *testing.T) {
			i := build(t, func(dir string) { must(t, more(t, dir)) })
			for _, arg := range []string{"--parleyctl", "--appimage-extract"} {
				if _, words, err := i.run(arg); err == nil || !strings.Contains(words, "is damaged") {
					t.Errorf("%s: %v, %q", arg, err, words)
				}
			}
			i.left(t, 0)
		})
	}
}

// Bits of the squashfs are changed, and the sum is made right again, as somebody does who wants it read: it is unpacked, or refused in
// words.
func TestAppImageForged(t *testing.T) {
	i := build(t, func(dir string) {
		must(t, os.MkdirAll(filepath.Join(dir, "usr/share/a/b"), 0o755))
		for n := range 40 {
			must(t, os.WriteFile(filepath.Join(dir, "usr/share/a", strings.Repeat("n", 1+n)), fmt.Append(nil, n), 0o644))
		}
	})
	whole, offset := i.bytes(t)
	trailer := strings.Fields(string(whole[len(whole)-64:]))
	rng := rand.New(rand.NewPCG(8, 8))
	refused := 0
	for n := range 40 {
		fs := slices.Clone(whole[offset : len(whole)-64])
		for range 1 + n%3 {
			at := rng.IntN(len(fs))
			if n%3 == 0 {
				at = rng.IntN(96) // the superblock
			}
			fs[at] ^= 1 << rng.IntN(8)
		}
		cmd := exec.Command("cksum")
		cmd.Stdin = bytes.NewReader(fs)
		sum, err := cmd.Output()
		must(t, err)
		trailer[2] = strings.Fields(string(sum))[0]
		forged := i
		forged.path = filepath.Join(t.TempDir(), "forged")
		must(t, os.WriteFile(forged.path, slices.Concat(whole[:offset], fs, fmt.Appendf(nil, "%-63s\n", strings.Join(trailer, " "))), 0o755))
		_, words, err := forged.run("--appimage-extract")
		var exit *exec.ExitError
		switch {
		case err == nil:
		case errors.As(err, &exit) && exit.ExitCode() == 127 && strings.Contains(words, "is damaged (") && strings.Contains(words, "download"):
			refused++
		default:
			t.Errorf("%d: %v, %q", n, err, words)
		}
		must(t, os.RemoveAll(filepath.Join(i.place, "squashfs-root")))
		i.left(t, 0)
	}
	if refused < 8 || refused > 36 {
		t.Errorf("%d of 40 were refused", refused)
	}
}

func TestAppImagePlaces(t *testing.T) {
	i := build(t, nil)
	open := filepath.Join(t.TempDir(), "open") // to everybody, as /tmp would be without its sticky bit
	must(t, os.Mkdir(open, 0o777))
	must(t, os.Chmod(open, 0o777))
	link := filepath.Join(filepath.Dir(i.place), "link") // its end is told
	must(t, os.Symlink(i.place, link))
	for _, dir := range []string{link, open, "/proc", "relative", filepath.Join(i.place, "missing"), i.path} {
		cmd := i.command("env")
		cmd.Env = append(cmd.Env, "TMPDIR="+dir, "XDG_RUNTIME_DIR="+i.place)
		out, err := cmd.Output()
		if err != nil || !strings.Contains(string(out), "\n"+i.place+"/parley-appimage-") {
			t.Errorf("TMPDIR=%s: %v\n%s", dir, err, out)
		}
	}
	i.left(t, 0)
}

// Two builds of the same are the same, whatever the time and the folder.
func TestAppImageReproducible(t *testing.T) {
	more := func(dir string) {
		must(t, os.WriteFile(filepath.Join(dir, "other"), bytes.Repeat([]byte("x"), 70_000), fs.FileMode(0o644)))
	}
	a, err := os.ReadFile(build(t, more).path)
	must(t, err)
	b, err := os.ReadFile(build(t, more).path)
	must(t, err)
	if !bytes.Equal(a, b) {
		t.Error("they differ")
	}
}
