package update

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Supervise starts the new version after a Swap and waits until it says that it works. Where it does not within HealthyWithin, or
// ends before with an error, it is ended, the version before is put back and rolledBack is true: the caller starts that one. The
// program that was swapped calls it, when its window is closed; where it is killed meanwhile, Begin does the same at the next start.
func (i Installation) Supervise(ctx context.Context, within time.Duration, command *exec.Cmd) (rolledBack bool, err error) {
	t, ok := i.trial()
	if !ok {
		return false, errors.New("nothing was swapped")
	}
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
			if _, on := i.trial(); !on || err == nil {
				return false, nil // it worked, and has been closed since, or by somebody before it could say so
			}
			return true, errors.Join(fmt.Errorf("the new version broke off: %w", err), i.giveUp(t))
		case <-late.C:
			if err := command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
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
