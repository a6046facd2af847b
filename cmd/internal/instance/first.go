package instance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// lookAgain is how long to wait for a Parley that is just starting, so that it has the folder and does not listen yet, or
// just ending, so that it does not listen any more.
const lookAgain = 100 * time.Millisecond

// First makes sure that one Parley runs in dir. open takes the folder; where it says busy, another program has it, and r is
// handed to that one. first: open succeeded, and this is the one; else that one has taken r. Until ctx ends it is tried again,
// for somebody who is on the way in or out.
func First(ctx context.Context, dir string, r Request, busy error, open func() error) (first bool, err error) {
	for {
		if err := open(); !errors.Is(err, busy) {
			return err == nil, err
		}
		if err := Send(ctx, dir, r); !errors.Is(err, ErrNobody) {
			return false, err
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return false, fmt.Errorf("%w, and does not listen: is it parleyctl, or a Parley that hangs?", busy)
		}
	}
}
