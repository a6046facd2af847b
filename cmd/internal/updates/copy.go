package updates

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"parley/update"
)

// Kind is how a copy of the program was installed.
type Kind string

// The kinds. The first three replace themselves; what a system's packages or an administrator have put there is theirs to replace.
const (
	AppImage Kind = "appimage"
	NSIS     Kind = "nsis"
	Tar      Kind = "tar"
	MSI      Kind = "msi"
	Deb      Kind = "deb"
	RPM      Kind = "rpm"
	Flatpak  Kind = "flatpak"
	Unknown  Kind = "" // built from source, or copied there by hand
)

// Marker is the file that has a copy's kind in it, in one word, but for an AppImage, which needs none: beside the program, or in
// ../share/parley where programs of all kinds lie side by side.
const Marker = "parley.install"

const maxMarker = 64 // bytes

// Copy is the program that runs, as it was installed.
type Copy struct {
	Kind Kind
	// Target is the one file that an update replaces: the AppImage, or the program itself. What lies beside a program, parleyctl above
	// all, is not replaced with it: it needs nothing of the app but a socket whose messages it shares with older and newer ones, and one
	// file can be swapped at once where several can't.
	Target string
}

// CopyOf finds out how a program was installed.
func CopyOf(program string, getenv func(string) string) Copy {
	if real, err := filepath.EvalSymlinks(program); err == nil {
		program = real
	}
	if image := getenv("APPIMAGE"); image != "" && inside(getenv("APPDIR"), program) { // else both are of another one that started this
		if real, err := filepath.EvalSymlinks(image); err == nil { // a link stays one: what it leads to is replaced
			image = real
		}
		if s, err := os.Stat(image); err == nil && s.Mode().IsRegular() && filepath.IsAbs(image) {
			return Copy{AppImage, image}
		}
	}
	folder := filepath.Dir(program)
	kind := marked(filepath.Join(folder, Marker))
	if kind == Unknown {
		kind = marked(filepath.Join(filepath.Dir(folder), "share", "parley", Marker))
	}
	return Copy{kind, program}
}

func inside(folder, file string) bool {
	if folder == "" {
		return false
	}
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	rel, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(rel)
}

func marked(file string) Kind {
	f, err := os.Open(file)
	if err != nil {
		return Unknown
	}
	defer f.Close()
	var text [maxMarker]byte
	n, _ := f.Read(text[:])
	switch k := Kind(strings.TrimSpace(string(text[:n]))); k {
	case NSIS, Tar, MSI, Deb, RPM, Flatpak: // not AppImage: what was taken out of one is no file that another one could replace
		return k
	}
	return Unknown
}

// Itself says whether a copy may replace itself, if its folder lets it.
func (c Copy) Itself() bool { return c.Kind == AppImage || c.Kind == NSIS || c.Kind == Tar }

// Platform is the manifest's name for what this copy would be replaced by.
func (c Copy) Platform() string {
	if c.Kind == AppImage {
		return update.Platform("appimage")
	}
	return update.Platform("program")
}

// Installation is the copy as something to be swapped. folder is the profile's own for updates.
func (c Copy) Installation(folder string) update.Installation {
	return update.Installation{Target: c.Target, Folder: folder, Ask: func(file string) (update.Version, error) {
		return VersionOf(context.Background(), file)
	}}
}

// answer is how long a program has to say its version.
const answer = 30 * time.Second

// VersionOf starts a program to ask it for its version.
func VersionOf(ctx context.Context, program string) (v update.Version, err error) {
	ctx, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	command := exec.CommandContext(ctx, program, "--version")
	command.WaitDelay = time.Second // for what it has started
	out, err := command.Output()
	if ctx.Err() != nil {
		return v, fmt.Errorf("it does not say its version: %w", ctx.Err())
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return v, fmt.Errorf("%w: %.200s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return v, err
	}
	return update.ParseVersion(strings.TrimPrefix(strings.TrimSpace(string(out)), "parley "))
}

// Folder is where a profile keeps what is about updates.
func Folder(profile string) string { return filepath.Join(profile, "updates") }

// how says how somebody gets a new version who can't get it from here.
func (c Copy) how() string {
	switch c.Kind {
	case Deb:
		return "Install the new .deb over this one, or let your system's package manager do it."
	case RPM:
		return "Install the new .rpm over this one, or let your system's package manager do it."
	case MSI:
		return "Whoever looks after this computer installs it."
	case Flatpak:
		return "Flatpak brings it: flatpak update chat.parley.app"
	case AppImage, NSIS, Tar:
		if runtime.GOOS == "windows" {
			return "Run the new setup over this one: Parley can't write the folder that it lies in."
		}
		return "Put the new one in the place of this one: Parley can't write the folder that it lies in."
	}
	return "Get it from where you have got this one."
}
