package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Command says what to start and as whom.
type Command struct {
	Path  string
	Args  []string
	Env   []string            // added to this process's own environment
	Dir   string              // empty: this process's
	Cred  *syscall.Credential // nil: this process's user
	Files []*os.File          // open in the program from descriptor 3 on
	Netns string              // name of a network namespace (see netlab); empty: this one
}

// Process is a running program in a session and process group of its own, so that it and its children can be stopped
// together and get a fair share of the machine.
type Process struct {
	cmd    *exec.Cmd
	stderr tail
	done   chan struct{}
	err    error // of Wait; read after done
}

// Start runs c. stdout may be nil; standard error's last lines are kept for messages.
func Start(c Command, stdin io.Reader, stdout io.Writer) (*Process, error) {
	path, args := c.Path, c.Args
	if c.Netns != "" {
		path, args = "ip", append([]string{"netns", "exec", c.Netns, c.Path}, c.Args...)
	}
	p := &Process{cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, stdout, &p.stderr
	p.cmd.Dir, p.cmd.ExtraFiles = c.Dir, c.Files
	p.cmd.Env = append(os.Environ(), c.Env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: c.Cred}
	// A grandchild that keeps the pipes open must not keep Wait from returning.
	p.cmd.WaitDelay = 2 * time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	favour(p.cmd.Process.Pid)
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// favour gives a session a larger share of a machine that others use, too (sched(7), autogroup). It needs root, and
// without it measurements are only noisier: so errors don't matter.
func favour(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/autogroup", pid), []byte("-15"), 0)
}

// PID is the process id; with a namespace it is that of ip, which becomes the program.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stderr is the end of what the program has written to standard error.
func (p *Process) Stderr() string { return p.stderr.String() }

// Signal sends s to the program alone.
func (p *Process) Signal(s syscall.Signal) error { return p.cmd.Process.Signal(s) }

// Wait returns the exit status, or an error when ctx ends before the program does. Death by a signal is -1.
func (p *Process) Wait(ctx context.Context) (int, error) {
	select {
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for %s: %w", p.cmd.Path, ctx.Err())
	case <-p.done:
		return p.cmd.ProcessState.ExitCode(), nil
	}
}

// Close ends the program's whole process group: politely, and after three seconds for good. It may be called twice.
func (p *Process) Close() error {
	group := -p.cmd.Process.Pid
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(group, s); errors.Is(err, syscall.ESRCH) {
			break
		}
		select {
		case <-p.done:
		case <-time.After(3 * time.Second):
		}
	}
	<-p.done
	return nil
}

// tail keeps the last that was written to it.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// tailSize has room for all goroutines of a program of ours, which it tells of when it is sent SIGQUIT.
const tailSize = 1 << 20

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(b)
	if over := t.buf.Len() - tailSize; over > 0 {
		t.buf.Next(over)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
