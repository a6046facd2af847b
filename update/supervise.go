package update

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
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
	if back {
		failed = to.String()
	}
	if back || err == nil {
		_ = os.Remove(file) // it is in place, or is not tried again
	}
	return !back, failed, err
}

// Supervise starts the new version after a Swap and waits until it says that it works. Where it does not within HealthyWithin, or
// ends before, it is ended, the version before is put back and rolledBack is true: the caller goes on as that one. Where the caller is
// killed meanwhile, Begin does the same at a next start.
func (i Installation) Supervise(ctx context.Context, within time.Duration, command *exec.Cmd) (rolledBack bool, err error) {
	t, ok := i.trial()
	if !ok {
		return false, errors.New("nothing was swapped")
	}
	alone(command)
	if err := command.Start(); err != nil {
		return true, errors.Join(fmt.Errorf("the new version does not start: %w", err), i.giveUp(t))
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	late := time.NewTimer(within)
	defer late.Stop()
	look := time.NewTicker(within / 100)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case err := <-ended:
			if _, on := i.trial(); !on {
				return false, nil // it worked, and has been closed since
			}
			if err == nil { // a program that does nothing ends well, too
				err = errors.New("it ended without a word")
			}
			return true, errors.Join(fmt.Errorf("the new version broke off: %w", err), i.giveUp(t))
		case <-late.C:
			if err := kill(command); err != nil {
				return false, err
			}
			<-ended
			return true, errors.Join(errors.New("the new version did not come up"), i.giveUp(t))
		case <-look.C:
			if _, on := i.trial(); !on {
				return false, nil
			}
		}
	}
}

// giveUp puts the version before back, and keeps in mind which one did not work.
func (i Installation) giveUp(t trial) error {
	v, err := ParseVersion(t.To)
	if err == nil {
		err = i.Remember(v)
	}
	return errors.Join(i.Rollback(), err)
}
