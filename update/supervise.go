package update

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Renew is what a program that is started does first, before it opens anything that its next version needs, too: it puts a version that
// was prepared in its place and looks after that one's start. renewed: the new version runs, and the caller ends. Else the caller goes
// on as what it is; where it has tried a version that did not work, and has taken it back, that is in failed. command makes what
// starts the program in Target; it is killed with all that it has started.
func (i Installation) Renew(
	ctx context.Context, current Version, within time.Duration, command func() *exec.Cmd,
) (renewed bool, failed string, err error) {
	if _, ok := i.Waiting(current); !ok {
		return false, "", nil
	}
	unlock, err := i.lock()
	if err != nil {
		return false, "", err
	}
	defer unlock()
	file, to, err := i.take(current)
	if err != nil {
		return false, "", err
	}
	if err := i.Swap(file, current, to); errors.Is(err, ErrNoStart) {
		return false, to.String(), errors.Join(err, i.Remember(to), os.Remove(file))
	} else if err != nil {
		return false, "", err
	}
	back, err := i.Supervise(ctx, within, command())
	undecided := errors.Is(err, errElsewhere)
	if back && !undecided {
		failed = to.String()
	}
	if !undecided && (back || err == nil) {
		_ = os.Remove(file) // it is in place, or is not tried again
	}
	return !back, failed, err
}

// Elsewhere is the exit code of a version on trial that can't show whether it works, as another start of the program was quicker and has
// what it needs.
const Elsewhere = 4

const lookEvery = 50 * time.Millisecond

// errElsewhere is why a version was taken back that nothing speaks against.
var errElsewhere = errors.New("another Parley was started meanwhile; the new version is tried another time")

// Supervise starts the new version after a Swap and waits until it says that it works. Where it does not within HealthyWithin, or
// ends before, it is ended, the version before is put back and rolledBack is true: the caller goes on as that one. One that ends with
// Elsewhere is waited for all the same: whoever was quicker may be the new version, too, and say that it works. If not, that is
// errElsewhere, and the version is not one that failed. Where the caller is killed meanwhile, Begin does the same at a next start.
func (i Installation) Supervise(ctx context.Context, within time.Duration, command *exec.Cmd) (rolledBack bool, err error) {
	t, ok := i.trial()
	if !ok {
		return false, errors.New("nothing was swapped")
	}
	alone(command)
	if err := command.Start(); err != nil {
		return true, errors.Join(fmt.Errorf("the new version does not start: %w", err), i.giveUp(t))
	}
	ended, elsewhere := make(chan error, 1), false
	go func(ended chan<- error) { ended <- command.Wait() }(ended)
	late := time.NewTimer(within)
	defer late.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case err := <-ended:
			if i.spoken() {
				return false, nil // it worked, and has been closed since
			}
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() == Elsewhere {
				ended, elsewhere = nil, true
				continue
			}
			if err == nil { // a program that does nothing ends well, too
				err = errors.New("it ended without a word")
			}
			return true, errors.Join(fmt.Errorf("the new version broke off: %w", err), i.giveUp(t))
		case <-late.C:
			if elsewhere {
				return true, errors.Join(errElsewhere, i.Rollback())
			}
			if err := kill(command); err != nil {
				return false, err
			}
			<-ended
			return true, errors.Join(errors.New("the new version did not come up"), i.giveUp(t))
		case <-look.C:
			if i.spoken() {
				return false, nil
			}
		}
	}
}

// spoken tells whether the new version has said that it works. It does not open the file, which on Windows would keep that version from
// removing it, and is not misled by one that can't be read at the moment.
func (i Installation) spoken() bool {
	_, err := os.Lstat(filepath.Join(i.Folder, trialName))
	return errors.Is(err, fs.ErrNotExist)
}

// giveUp puts the version before back, and keeps in mind which one did not work.
func (i Installation) giveUp(t trial) error {
	v, err := ParseVersion(t.To)
	if err == nil {
		err = i.Remember(v)
	}
	return errors.Join(i.Rollback(), err)
}
