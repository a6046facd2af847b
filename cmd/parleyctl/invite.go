package main

import (
	"context"
	"time"

	"parley/call"
)

func invite(ctx context.Context, args []string) error {
	o := newOptions("invite")
	uses := o.flags.Int("uses", 0, "how often it may be used (default: the server's, 25)")
	expires := o.flags.Duration("expires", 0, "how long it works (default: the server's, 7 days)")
	return visit(ctx, o, args, func(ctx context.Context, e *call.Engine, words []string) error {
		var c call.Command
		switch {
		case len(words) == 0, words[0] == "create" && len(words) == 1:
			if *uses < 0 || *expires < 0 || *expires > 0 && *expires < time.Second {
				return usageError("--uses and --expires are positive")
			}
			c = call.CreateInvite{Uses: *uses, Expires: *expires}
		case words[0] == "list" && len(words) == 1:
			c = call.ListInvites{}
		case words[0] == "revoke" && len(words) == 2:
			c = call.RevokeInvite{Invite: words[1]}
		default:
			return usageError("invite takes create, list or revoke ID")
		}
		reply, err := ask(ctx, e, c)
		for _, i := range reply.Invites {
			emit(i)
		}
		return err
	})
}
