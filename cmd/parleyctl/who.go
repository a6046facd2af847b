package main

import (
	"context"

	"parley/call"
	"parley/identity"
)

func who(ctx context.Context, args []string) error {
	return visit(ctx, newOptions("who"), args, func(_ context.Context, e *call.Engine, words []string) error {
		if len(words) > 0 {
			return usageError("who takes a link and nothing else")
		}
		d := e.Snapshot().Directory
		names := map[string]string{}
		for _, c := range d.Channels {
			names[c.ID] = c.Name
		}
		for _, u := range d.Users {
			emit(map[string]any{
				"user": u.ID, "name": u.Name, "role": u.Role, "status": u.Status, "channel": names[u.Channel],
				"key": identity.FormatKey(identity.PublicKey(u.Key)),
			})
		}
		return nil
	})
}

func kick(ctx context.Context, args []string) error {
	return visit(ctx, newOptions("kick"), args, func(ctx context.Context, e *call.Engine, words []string) error {
		if len(words) != 1 {
			return usageError("kick takes one user: an id or a name")
		}
		user, err := findUser(e.Snapshot(), words[0])
		if err != nil {
			return err
		}
		_, err = ask(ctx, e, call.KickUser{User: user})
		return err
	})
}

func claim(ctx context.Context, args []string) error {
	return visit(ctx, newOptions("claim"), args, func(ctx context.Context, e *call.Engine, words []string) error {
		if len(words) != 1 {
			return usageError("claim takes a link and the secret")
		}
		if _, err := ask(ctx, e, call.Claim{Secret: words[0]}); err != nil {
			return err
		}
		emit(map[string]any{"event": "claimed", "role": "owner"})
		return nil
	})
}

// findUser takes an id, or a name that only one person has.
func findUser(s *call.Snapshot, want string) (string, error) {
	found := ""
	for _, u := range s.Directory.Users {
		if u.ID == want {
			return want, nil
		}
		if u.Name != want {
			continue
		}
		if found != "" {
			return "", unknown("several people are called %q: use the id that who prints", want)
		}
		found = u.ID
	}
	if found == "" {
		return "", unknown("there is nobody called %q", want)
	}
	return found, nil
}
