package update

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A program that is a file of its own (an AppImage, parley.exe, the binary of the tar.xz) is swapped as a whole:
//
//	new version  ─copy─► TARGET.new          in TARGET's folder, so that a rename does not copy
//	TARGET       ─link─► TARGET.old          there is a TARGET at every moment
//	TARGET.new   ─rename─► TARGET
//
// Windows lets nobody replace a file that runs, but rename it: there TARGET goes to TARGET.old first. A power cut between the two
// leaves that one alone, which has to be given its name back by hand: there is no program any more that could.

// ErrReadOnly is why nothing is swapped: the folder is not ours to write.
var ErrReadOnly = errors.New("the folder that Parley lies in can't be written")

// trial is an update that has not yet shown that it works.
type trial struct {
	Target string    `json:"target"` // the program
	From   string    `json:"from"`   // the version before
	To     string    `json:"to"`
	Since  time.Time `json:"since"`
	Starts int       `json:"starts"` // of the new version, without a word of its health
}

const (
	trialName = "trial.json"
	// HealthyWithin is how long a new version has to say that it works.
	HealthyWithin = 30 * time.Second
	maxStarts     = 2
)

// Installation is a program that can be swapped.
type Installation struct {
	Target string // the program's file
	Folder string // as Source's
	Now    func() time.Time
}

func (i Installation) old() string { return i.Target + ".old" }

// Swap puts a downloaded file in the program's place and keeps the one before. Where it fails, the one before is still there.
func (i Installation) Swap(file string, from, to Version) (err error) {
	if to.Compare(from) <= 0 {
		return fmt.Errorf("version %s is not newer than %s", to, from)
	}
	fresh := i.Target + ".new"
	defer func() {
		if err != nil {
			_ = os.Remove(fresh)
		}
	}()
	if err := copyFile(file, fresh, 0o755); err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("%w: %w", ErrReadOnly, err)
		}
		return fmt.Errorf("the new version could not be written: %w", err)
	}
	t := trial{Target: i.Target, From: from.String(), To: to.String(), Since: i.Now()}
	if err := i.keep(t); err != nil { // before the swap: a new version that hangs is found by it
		return err
	}
	if err := replace(i.Target, fresh, i.old()); err != nil {
		return errors.Join(fmt.Errorf("the new version could not be put in place: %w", err), i.forget())
	}
	return nil
}

// Healthy says that the version that runs works: what was kept for a rollback goes.
func (i Installation) Healthy() error {
	t, ok := i.trial()
	if !ok || t.Target != i.Target {
		return nil
	}
	err := i.forget()
	if e := os.Remove(i.old()); e != nil && !errors.Is(e, fs.ErrNotExist) && !busy(e) {
		err = errors.Join(err, e)
	}
	return err
}

// Rollback puts the version before in the program's place again.
func (i Installation) Rollback() error {
	if _, err := os.Stat(i.old()); err != nil {
		return fmt.Errorf("the version before is gone: %w", err)
	}
	if err := replace(i.Target, i.old(), i.Target+".bad"); err != nil {
		return fmt.Errorf("the version before could not be put in place: %w", err)
	}
	_ = os.Remove(i.Target + ".bad") // Windows keeps it while it runs; Begin removes it
	return i.forget()
}

// Begin is called first of all by a program that starts as version: it tells whether it is on trial, and rolls back one that has
// begun before without ever saying that it works, which is remembered; then the caller starts the program anew. failed is that version's
// name.
func (i Installation) Begin(version Version) (onTrial bool, failed string, err error) {
	_ = os.Remove(i.Target + ".bad")
	t, ok := i.trial()
	switch {
	case !ok || t.Target != i.Target:
		return false, "", nil
	case t.To != version.String(): // the swap did not come about, or was undone
		return false, "", i.forget()
	}
	if t.Starts++; t.Starts > maxStarts {
		return false, t.To, i.giveUp(t)
	}
	return true, "", i.keep(t)
}

// Failed tells whether a version was tried here and rolled back: it is not offered again.
func (i Installation) Failed(v Version) bool {
	text, err := os.ReadFile(filepath.Join(i.Folder, failedName))
	return err == nil && strings.TrimSpace(string(text)) == v.String()
}

// Remember keeps in mind that a version was rolled back.
func (i Installation) Remember(v Version) error {
	return write(filepath.Join(i.Folder, failedName), []byte(v.String()+"\n"), 0o600)
}

const failedName = "failed"

func (i Installation) trial() (t trial, ok bool) {
	text, err := os.ReadFile(filepath.Join(i.Folder, trialName))
	if err != nil || json.Unmarshal(text, &t) != nil {
		return trial{}, false
	}
	return t, true
}

func (i Installation) keep(t trial) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return write(filepath.Join(i.Folder, trialName), text, 0o600)
}

func (i Installation) forget() error {
	if err := os.Remove(filepath.Join(i.Folder, trialName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func copyFile(from, to string, mode fs.FileMode) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(mode), out.Sync(), out.Close())
}
