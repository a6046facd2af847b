package main

import (
	"context"

	"parley/identity"
	"parley/profile"
)

// safety needs no connection: the keys of people met are in the profile. The flags record what the comparison gave.
func safety(_ context.Context, args []string) error {
	o := newOptions("safety")
	verified := o.flags.Bool("verified", false, "I compared the number with them, over another way than Parley, and it is the same")
	unverified := o.flags.Bool("unverified", false, "take that back")
	words, err := o.parse(args)
	if err != nil {
		return err
	}
	if len(words) != 1 || *verified && *unverified {
		return usageError("safety takes one person: a user id, a key, or the name of somebody met before")
	}
	home, err := o.open()
	if err != nil {
		return err
	}
	defer func() { _ = home.Close() }()
	person, err := findPerson(home.Profile, words[0])
	if err != nil {
		return err
	}
	if *verified || *unverified {
		if err := home.Profile.SetVerified(person.ID, *verified); err != nil {
			return &failure{exitRefused, "home", err}
		}
		person.Verified = *verified
	}
	emit(map[string]any{
		"user": person.ID, "name": person.Name, "verified": person.Verified,
		"safety_number": identity.SafetyNumber(home.Key.Public(), person.Key),
	})
	return nil
}

func findPerson(p *profile.Profile, want string) (profile.Person, error) {
	if person, ok := p.Person(want); ok {
		return person, nil
	}
	if key, err := identity.ParseKey(want); err == nil {
		return profile.Person{ID: identity.UserID(key), Key: key}, nil
	}
	switch list := p.Named(want); len(list) {
	case 0:
		return profile.Person{}, unknown("nobody met so far is called %q", want)
	case 1:
		return list[0], nil
	default:
		return profile.Person{}, unknown("several people met are called %q: use the user id that who prints", want)
	}
}
