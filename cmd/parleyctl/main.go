// Command parleyctl is Parley without a window: everything the app does, from a shell, for bots, tests, load and diagnosis.
// Events and errors are JSON lines on standard output, text for people goes to standard error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"parley/cmd/internal/calm"
	"parley/wire"
)

// Exit statuses.
const (
	exitDone    = 0
	exitFailed  = 1 // of doctor: a step did
	exitUsage   = 2
	exitConnect = 3 // no connection came about
	exitRefused = 4 // the server, or this machine, said no
	exitLost    = 5 // it was there and is gone
)

type subcommand struct {
	name, args, help string
	run              func(ctx context.Context, args []string) error
}

func subcommands() []subcommand {
	return []subcommand{
		{"devices", "[--watch]", "list microphones, speakers and cameras", devices},
		{"screens", "[ID FILE.png]", "list the screens and windows that can be shown, or write the picture of one", screens},
		{"check", "[--echo]", "record the microphone and hear it as others would, or test what becomes of the speaker's echo", check},
		{"doctor", "[INVITE|URL]", "look for what stands in the way of calls: the server, its relay, the network, microphone and speaker", examine},
		{"join", "INVITE|URL --channel NAME", "sit in a voice channel; commands on standard input", join},
		{"call", "[INVITE|URL] PEER [--video] [--camera SRC]", "call somebody; commands on standard input", ring},
		{"answer", "[INVITE|URL] [--auto] [--video] [--camera SRC] [--for N]", "wait for calls; commands on standard input", answer},
		{"send", "[INVITE|URL] FILE PEER [--channel NAME]", "send a file to somebody in a voice channel, or by a call", send},
		{"calls", "[INVITE|URL] [--forget]", "list the calls that you have missed", calls},
		{"who", "[INVITE|URL]", "list the people of a server and where they sit", who},
		{"channels", "[INVITE|URL] [list | add NAME | rename CHANNEL NAME | move CHANNEL POSITION | remove CHANNEL]", "the channels of a server", channels},
		{"invite", "[INVITE|URL] [create [--uses N] [--expires 24h] | list | revoke ID]", "make and revoke invites (owner)", invite},
		{"claim", "INVITE|URL SECRET", "become the owner, with the secret that the server prints until it has one", claim},
		{"kick", "[INVITE|URL] USER", "end somebody's membership (owner)", kick},
		{"ptt", "down | up | toggle", "press the key to talk of the Parley that runs with this profile; down holds it until up, or until this program ends", pressing("ptt")},
		{"priority", "", "talk, and others are turned down, until ptt up, or until this program ends", pressing("priority")},
		{"whisper", "PEER", "talk to somebody alone, likewise", pressing("whisper")},
		{"mute", "[on | off]", "switch the microphone of the Parley that runs with this profile", pressing("mute")},
		{"deafen", "[on | off]", "hear nobody there, or everybody again", pressing("deafen")},
		{"safety", "PEER [--verified|--unverified]", "the safety number that you share with somebody", safety},
		{"identity", "show | export [FILE] | import FILE [--replace]", "your key; the passphrase comes from PARLEY_PASSPHRASE or standard input", identityCommand},
		{"update", "[check | get]", "say whether there is a newer version, or fetch it for the next start of the Parley beside this program", renew},
		{"version", "", "print the version", func(context.Context, []string) error { emit(map[string]any{"version": wire.Release}); return nil }},
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "parleyctl COMMAND [ARGUMENTS] [FLAGS]    (parleyctl COMMAND --help lists the flags)")
	for _, c := range subcommands() {
		fmt.Fprintf(os.Stderr, "  %-9s %s\n            %s\n", c.name, c.args, c.help)
	}
}

func main() {
	calm.Runtime()
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(args) > 0 {
		for _, c := range subcommands() {
			if c.name == args[0] {
				return status(c.run(ctx, args[1:]))
			}
		}
		if args[0] != "help" && args[0] != "--help" && args[0] != "-h" {
			usage()
			return status(usageError("there is no command %q", args[0]))
		}
		usage()
		return exitDone
	}
	usage()
	return status(usageError("no command given"))
}

// failure is an error with its exit status and a code for programs.
type failure struct {
	status int
	code   string
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func usageError(format string, args ...any) error {
	return &failure{exitUsage, "usage", fmt.Errorf(format, args...)}
}

// unknown is for a person or a channel that is not there, or not only once.
func unknown(format string, args ...any) error {
	return &failure{exitRefused, string(wire.NotFound), fmt.Errorf(format, args...)}
}

// status prints an error for programs and for people, and says how to exit.
func status(err error) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	f := &failure{exitRefused, "failed", err}
	errors.As(err, &f)
	emit(map[string]any{"event": "error", "code": f.code, "text": err.Error()})
	tell("%v", err)
	return f.status
}
