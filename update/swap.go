package update

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A program that is a file of its own (an AppImage, parley.exe, the binary of the tar.xz) is swapped as a whole:
//
//	new version  ─copy─► TARGET.new          in TARGET's folder, so that a rename does not copy
//	TARGET       ─link─► TARGET.old          there is a TARGET at every moment
//	TARGET.new   ─rename─► TARGET
//
// Before the second step TARGET.new is asked for its version: what can't start on this machine, for want of a library, never becomes
// TARGET, and so a power cut in the trial leaves a program that starts, and that takes itself back if it never comes up (Begin).
//
// Windows lets nobody replace a file that runs, but rename it: there TARGET goes to TARGET.old first. A power cut between the two
// leaves that one alone, which has to be given its name back by hand: there is no program any more that could.
//
// A swap, the trial after it and a rollback are done under a lock, which is gone with the process that has it: of two Parleys that start
// at the same time from the same file one does it.

// Why nothing is fetched or swapped.
var (
	ErrReadOnly = errors.New("the folder that Parley lies in can't be written")
	ErrFull     = errors.New("the disk is full")
	ErrBusy     = errors.New("another Parley is being updated at this moment")
	ErrNoStart  = errors.New("the new version does not start here")
)

// why puts what kept a file from being written into words.
func why(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case full(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// trial is an update that has not yet shown that it works.
type trial struct {
	Target string `json:"target"` // the program
	From   string `json:"from"`   // the version before; for people
	To     string `json:"to"`
	Starts int    `json:"starts"` // of the new version, without a word of its health
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
	// Ask starts a program's file only to learn which version it is; nil: nobody asks before a swap.
	Ask func(file string) (Version, error)
}

func (i Installation) old() string { return i.Target + ".old" }
func (i Installation) bad() string { return i.Target + ".bad" }

// Writable tells whether Swap could write where the program lies: ErrReadOnly where it is somebody else's.
func (i Installation) Writable() error {
	f, err := os.CreateTemp(filepath.Dir(i.Target), ".parley-*")
	if err != nil {
		return why(err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Swap puts a downloaded file in the program's place and keeps the one before. Where it fails, the one before is still there.
func (i Installation) Swap(file string, from, to Version) (err error) {
	if to.Compare(from) <= 0 {
		return fmt.Errorf("version %s is not newer than %s", to, from)
	}
	for _, step := range i.steps(file, from, to) {
		if err := step(); err != nil {
			_ = os.Remove(i.fresh())
			return errors.Join(err, i.forget())
		}
	}
	return nil
}

// steps are those of a swap. The power may go between any two of them.
func (i Installation) steps(file string, from, to Version) []func() error {
	steps := []func() error{
		func() error {
			if err := copyFile(file, i.fresh(), 0o755); err != nil {
				return fmt.Errorf("the new version could not be written: %w", why(err))
			}
			return nil
		},
		func() error { return i.ask(to) },
		func() error { // before the swap: a new version that hangs is found by it
			return why(i.keep(trial{Target: i.Target, From: from.String(), To: to.String()}))
		},
	}
	for _, step := range replacing(i.Target, i.fresh(), i.old()) {
		steps = append(steps, func() error {
			if err := step(); err != nil {
				return fmt.Errorf("the new version could not be put in place: %w", why(err))
			}
			return nil
		})
	}
	return steps
}

func (i Installation) fresh() string { return i.Target + ".new" }

// ask finds out whether what is to be put in place starts at all here, and is what it is said to be.
func (i Installation) ask(to Version) error {
	if i.Ask == nil {
		return nil
	}
	is, err := i.Ask(i.fresh())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoStart, err)
	}
	if is != to {
		return fmt.Errorf("%w: it is version %s, not %s", ErrNoStart, is, to)
	}
	return nil
}

// Healthy says that the version that runs works: what was kept for a rollback goes.
func (i Installation) Healthy() error {
	t, ok := i.trial()
	if !ok && !i.spoken() {
		return errors.New("what is known of this version's trial can't be read")
	}
	if !ok || t.Target != i.Target {
		return nil
	}
	if err := i.forget(); err != nil {
		return err
	}
	err := os.Remove(i.old())
	if busy(err) { // the version before still runs: a later start removes it by that name
		err = os.Rename(i.old(), i.bad())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Rollback puts the version before in the program's place again.
func (i Installation) Rollback() error {
	if _, err := os.Stat(i.old()); errors.Is(err, fs.ErrNotExist) { // it can't be tried again, either
		return errors.Join(fmt.Errorf("the version before is gone: %w", err), i.forget())
	}
	if err := putBack(i.Target, i.old(), i.bad()); err != nil {
		return fmt.Errorf("the version before could not be put in place: %w", why(err))
	}
	_ = os.Remove(i.bad()) // Windows keeps it while it runs; Begin removes it
	return i.forget()
}

// Begin is called first of all by a program that starts as version: it tells whether it is on trial, and rolls back one that has
// begun before without ever saying that it works, which is remembered; then the caller starts the program anew, unless err says that
// the version before could not be put back: then this one is all there is. failed is that version's name.
func (i Installation) Begin(version Version) (onTrial bool, failed string, err error) {
	_ = os.Remove(i.bad())
	t, ok := i.trial()
	if !ok || t.Target != i.Target {
		return false, "", nil
	}
	if t.To == version.String() && t.Starts < maxStarts {
		t.Starts++
		return true, "", i.keep(t)
	}
	unlock, err := i.lock()
	if err != nil { // another start is about to swap, or looks after a new version, and what was kept is its own
		return t.To == version.String(), "", nil
	}
	defer unlock()
	if t.To != version.String() { // the swap did not come about, or was undone
		_ = os.Remove(i.fresh())
		return false, "", i.forget()
	}
	return false, t.To, i.giveUp(t)
}

// lock has no other start swap or roll back.
func (i Installation) lock() (unlock func(), err error) {
	return lock(filepath.Dir(i.Target), filepath.Base(i.Target)+".lock")
}

// Failed tells whether a version was tried here and rolled back: it is not offered again.
func (i Installation) Failed(v Version) bool {
	tried, ok := i.Tried()
	return ok && tried == v
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
