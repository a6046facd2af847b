package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/call"
	"parley/cmd/internal/setup"
	"parley/wire"
)

const (
	connectTimeout = 20 * time.Second
	answerTimeout  = 15 * time.Second
)

// dial opens a session and waits until the server's state is there. A first connection that fails is not tried for ever:
// a shell wants to know.
func dial(ctx context.Context, e *call.Engine, home *setup.Home, link, name, status string, each func(*call.Snapshot)) error {
	if _, err := e.Ask(ctx, call.Connect{Link: link, Name: name, Status: status}); err != nil {
		return &failure{exitUsage, "bad_link", err}
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	for {
		s := e.Snapshot()
		if each != nil {
			each(s)
		}
		if s.Link == call.Online && s.Directory.Complete {
			return home.Used(link, s.Server)
		}
		if f := failedDial(s.Notices); f != nil {
			return f
		}
		select {
		case <-e.Changed():
		case <-ctx.Done():
			return &failure{exitConnect, call.CodeNetwork, fmt.Errorf("no connection: %w", ctx.Err())}
		}
	}
}

// maxTries is how often a first connection may fail.
const maxTries = 3

// failedDial is the failure that the notices tell of, if they do: one that is final, or the first of several.
func failedDial(notices []call.Notice) error {
	var failed []call.Notice
	for _, n := range notices {
		switch n.Kind {
		case call.NoticeOffline:
			return endOf(n)
		case call.NoticeRetry, call.NoticeLost:
			failed = append(failed, n)
		}
	}
	if len(failed) < maxTries {
		return nil
	}
	return endOf(failed[0])
}

// endOf makes the failure of a session that ended.
func endOf(n call.Notice) *failure {
	f := &failure{exitRefused, n.Code, fmt.Errorf("%s", n.Text)}
	switch n.Code {
	case call.CodeNetwork, "", wire.ReasonShutdown:
		f.status, f.code = exitConnect, call.CodeNetwork
	case call.CodeServerKey, call.CodeProtocol:
		f.status = exitConnect
	}
	return f
}

// ask waits for an answer, and not for ever.
func ask(ctx context.Context, e *call.Engine, c call.Command) (call.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	reply, err := e.Ask(ctx, c)
	return reply, refused(err)
}

// refused makes a failure of what the server answered, or did not.
func refused(err error) error {
	switch code := wire.CodeOf(err); {
	case err == nil:
		return nil
	case code == wire.SessionGone, errors.Is(err, context.DeadlineExceeded):
		return &failure{exitLost, call.CodeNetwork, fmt.Errorf("the server did not answer: %w", err)}
	case code == wire.BadMessage: // it was not even sent
		return &failure{exitUsage, string(code), err}
	case code == "":
		return &failure{exitRefused, "failed", err}
	default:
		return &failure{exitRefused, string(code), err}
	}
}

// visit runs f in a session that needs no sound.
func visit(ctx context.Context, o *options, args []string, f func(ctx context.Context, e *call.Engine, words []string) error) error {
	home, link, rest, err := o.begin(args)
	if err != nil {
		return err
	}
	defer func() { _ = home.Close() }()
	e, err := call.New(call.Config{Key: home.Key, People: setup.People{Profile: home.Profile}, Log: o.log()})
	if err != nil {
		return err
	}
	defer e.Close()
	if err := dial(ctx, e, home, link, o.name, "", nil); err != nil {
		return err
	}
	return f(ctx, e, rest)
}
