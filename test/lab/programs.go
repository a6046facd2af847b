package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// Programs is a folder with parleyd and parleyctl in it.
type Programs struct{ Dir string }

// Build puts parleyd and parleyctl into dir, where every user may run them: from the folder that the environment variable
// PARLEY_BIN names, as make fills it, or by building them.
func Build(ctx context.Context, dir string) (Programs, error) {
	p := Programs{dir}
	if err := os.Chmod(dir, 0o755); err != nil {
		return p, err
	}
	return p, p.provide(ctx, "parley/cmd/parleyd", "parley/cmd/parleyctl")
}

// provide builds packages, with flags before them, or copies what they are called.
func (p Programs) provide(ctx context.Context, args ...string) error {
	bin := os.Getenv("PARLEY_BIN")
	if bin == "" {
		c := exec.CommandContext(ctx, "go", append([]string{"build", "-o", p.Dir}, args...)...)
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w: %s", args[len(args)-1], err, out)
		}
		return nil
	}
	for _, arg := range args {
		name, ours := strings.CutPrefix(arg, "parley/cmd/")
		if !ours {
			continue // a flag
		}
		b, err := os.ReadFile(filepath.Join(bin, name))
		if err != nil {
			return fmt.Errorf("PARLEY_BIN: %w", err)
		}
		if err := os.WriteFile(filepath.Join(p.Dir, name), b, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// Main is what a TestMain does: it builds the programs, by Build or BuildApp, runs the tests, and returns their exit status.
func Main(programs *Programs, build func(context.Context, string) (Programs, error), run func() int) int {
	dir, err := TempDir(nil)
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		*programs, err = build(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run()
}

// Ready is what parleyd says of itself when it takes connections.
type Ready struct {
	URL        string `json:"url"`
	Invite     string `json:"invite"`
	Page       string `json:"page"` // Invite for a browser
	Version    string `json:"version"`
	OwnerClaim string `json:"owner_claim"` // as long as there is no owner
}

// Server is a running parleyd.
type Server struct {
	*Process
	Ready Ready
}

// Serve starts "parleyd serve" on that address and data folder and waits for its ready line. c gives user, namespace and
// environment, and more arguments.
func (p Programs) Serve(ctx context.Context, listen, data string, c Command) (*Server, error) {
	lines := newLines()
	c.Path = filepath.Join(p.Dir, "parleyd")
	c.Args = append([]string{"serve", "--listen", listen, "--data", data}, c.Args...)
	process, err := Start(c, nil, lines)
	if err != nil {
		return nil, err
	}
	s := &Server{Process: process}
	line, _, err := lines.find(ctx, process.Done(), 0, func(b []byte) bool { return bytes.HasPrefix(b, []byte("ready ")) })
	if err == nil {
		err = json.Unmarshal(line[len("ready "):], &s.Ready)
	}
	if err != nil {
		process.Close()
		return nil, fmt.Errorf("start parleyd: %w: %s", err, process.Stderr())
	}
	return s, nil
}

// Event is one JSON line of parleyctl's standard output.
type Event struct {
	Name string          `json:"event"`
	Next int             `json:"-"` // the mark behind it
	JSON json.RawMessage `json:"-"` // the whole line

}

// Client is a running parleyctl.
type Client struct {
	*Process
	stdin io.WriteCloser
	lines *lines
}

// Client starts parleyctl with c's arguments.
func (p Programs) Client(c Command) (*Client, error) {
	c.Path = filepath.Join(p.Dir, "parleyctl")
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	lines := newLines()
	process, err := Start(c, in, lines)
	in.Close() // the child has its own
	if err != nil {
		out.Close()
		return nil, err
	}
	return &Client{process, out, lines}, nil
}

// Tell writes a command line ("mute", "leave") to the client.
func (c *Client) Tell(command string) error {
	if _, err := io.WriteString(c.stdin, command+"\n"); err != nil {
		return fmt.Errorf("tell parleyctl %q: %w", command, err)
	}
	return nil
}

// Mark is a place in the events: Await with it sees only later ones.
func (c *Client) Mark() int { return c.lines.len() }

// Await returns the first event after mark (0: of all) with that name for which ok holds (nil: any), which may have come
// already. It fails when ctx ends or the program does.
func (c *Client) Await(ctx context.Context, mark int, name string, ok func(Event) bool) (Event, error) {
	var found Event
	_, next, err := c.lines.find(ctx, c.Done(), mark, func(b []byte) bool {
		e, is := parseEvent(b)
		if !is || e.Name != name || ok != nil && !ok(e) {
			return false
		}
		found = e
		return true
	})
	if err != nil {
		return Event{}, fmt.Errorf("await event %q: %w\nevents:\n%s\nstderr:\n%s", name, err, c.lines.text(), c.Stderr())
	}
	found.Next = next
	return found, nil
}

// Output is everything that the client has printed to standard output.
func (c *Client) Output() string { return c.lines.text() }

// Close lets go of the client's input and ends it.
func (c *Client) Close() error {
	c.stdin.Close()
	return c.Process.Close()
}

func parseEvent(line []byte) (Event, bool) {
	e := Event{JSON: bytes.Clone(line)}
	return e, json.Unmarshal(line, &e) == nil && e.Name != ""
}

// Leave asks the client to leave and returns its exit status.
func (c *Client) Leave(ctx context.Context) (int, error) {
	if err := c.Tell("leave"); err != nil {
		return 0, err
	}
	return c.Wait(ctx)
}

// Run runs a program of the folder to its end and returns its standard output and exit status.
func (p Programs) Run(ctx context.Context, program string, c Command) (stdout string, status int, err error) {
	lines := newLines()
	c.Path = filepath.Join(p.Dir, program)
	process, err := Start(c, nil, lines)
	if err != nil {
		return "", 0, err
	}
	defer process.Close()
	status, err = process.Wait(ctx)
	return lines.text(), status, err
}

// lines collects what a program prints and wakes those who wait for a certain line.
type lines struct {
	mu      sync.Mutex
	all     [][]byte
	partial []byte
	changed chan struct{} // closed and made anew at each change
}

func newLines() *lines { return &lines{changed: make(chan struct{})} }

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.partial = append(l.partial, b...)
	for {
		n, line, _ := bufio.ScanLines(l.partial, false)
		if n == 0 {
			break
		}
		l.all = append(l.all, bytes.Clone(line))
		l.partial = l.partial[n:]
	}
	close(l.changed)
	l.changed = make(chan struct{})
	return len(b), nil
}

// find returns the first line from the given index on for which ok holds, and the index behind it.
func (l *lines) find(ctx context.Context, done <-chan struct{}, from int, ok func([]byte) bool) (line []byte, next int, err error) {
	ended := false
	for {
		l.mu.Lock()
		all, changed := l.all, l.changed
		l.mu.Unlock()
		for ; from < len(all); from++ {
			if ok(all[from]) {
				return all[from], from + 1, nil
			}
		}
		if ended {
			return nil, from, fmt.Errorf("the program ended: %w", io.ErrUnexpectedEOF)
		}
		select {
		case <-changed:
		case <-done:
			ended = true // once more: its last lines are in by now
		case <-ctx.Done():
			return nil, from, ctx.Err()
		}
	}
}

func (l *lines) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(bytes.Join(l.all, []byte("\n")))
}

// Kill ends the server as a power cut would.
func (s *Server) Kill() error {
	if err := s.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-s.Done()
	return nil
}
