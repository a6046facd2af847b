package main

import (
	"context"
	"strconv"

	"parley/call"
)

func channels(ctx context.Context, args []string) error {
	return visit(ctx, newOptions("channels"), args, func(ctx context.Context, e *call.Engine, words []string) error {
		if len(words) == 0 || words[0] == "list" && len(words) == 1 {
			listChannels(e.Snapshot())
			return nil
		}
		c, err := channelCommand(e.Snapshot(), words)
		if err != nil {
			return err
		}
		reply, err := ask(ctx, e, c)
		if err != nil {
			return err
		}
		if reply.Channel.ID != "" {
			emit(reply.Channel)
		}
		return nil
	})
}

func listChannels(s *call.Snapshot) {
	for _, c := range s.Directory.Channels {
		people := []string{}
		for _, m := range s.Directory.Sitting[c.ID] {
			people = append(people, m.Name)
		}
		emit(map[string]any{"id": c.ID, "name": c.Name, "position": c.Position, "people": people})
	}
}

func channelCommand(s *call.Snapshot, words []string) (call.Command, error) {
	verb, rest := words[0], words[1:]
	if verb == "add" && len(rest) == 1 {
		return call.AddChannel{Name: rest[0]}, nil
	}
	if len(rest) == 0 {
		return nil, usageError("channels %s: of which channel?", verb)
	}
	id, err := findChannel(s, rest[0])
	switch {
	case err != nil:
		return nil, err
	case verb == "remove" && len(rest) == 1:
		return call.RemoveChannel{Channel: id}, nil
	case verb == "rename" && len(rest) == 2:
		return call.RenameChannel{Channel: id, Name: rest[1]}, nil
	case verb == "move" && len(rest) == 2:
		n, err := strconv.Atoi(rest[1])
		if err != nil || n < 0 {
			return nil, usageError("a position is a number from 0")
		}
		return call.MoveChannel{Channel: id, Position: n}, nil
	}
	return nil, usageError("channels takes list, add NAME, rename CHANNEL NAME, move CHANNEL POSITION or remove CHANNEL")
}

func findChannel(s *call.Snapshot, want string) (string, error) {
	found := ""
	for _, c := range s.Directory.Channels {
		if c.ID == want {
			return want, nil
		}
		if c.Name != want {
			continue
		}
		if found != "" {
			return "", unknown("several channels are called %q: use the id that list prints", want)
		}
		found = c.ID
	}
	if found == "" {
		return "", unknown("there is no channel %q", want)
	}
	return found, nil
}
