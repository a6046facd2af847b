package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"parley/identity"
	"parley/profile"
)

// maxKeyFile is more than any exported key is long.
const maxKeyFile = 64 << 10

func identityCommand(_ context.Context, args []string) error {
	o := newOptions("identity")
	replace := o.flags.Bool("replace", false, "import: put the key in the place of the one that is there, which is kept aside")
	words, err := o.parse(args)
	if err != nil {
		return err
	}
	switch {
	case len(words) == 1 && words[0] == "show":
		return showKey(o)
	case len(words) >= 1 && len(words) <= 2 && words[0] == "export":
		return exportKey(o, append(words[1:], "-")[0])
	case len(words) == 2 && words[0] == "import":
		return importKey(o, words[1], *replace)
	}
	return usageError("identity takes show, export [FILE] or import FILE")
}

func showKey(o *options) error {
	home, err := o.open()
	if err != nil {
		return err
	}
	emit(map[string]any{"user": home.Key.ID(), "key": identity.FormatKey(home.Key.Public()), "name": o.name})
	return home.Close()
}

func exportKey(o *options, file string) error {
	home, err := o.open()
	if err != nil {
		return err
	}
	defer func() { _ = home.Close() }()
	passphrase, err := askPassphrase()
	if err != nil {
		return err
	}
	block, err := identity.Export(home.Key, passphrase)
	if err != nil {
		return &failure{exitRefused, "passphrase", err}
	}
	if file == "-" {
		_, err = os.Stdout.Write(block)
	} else {
		err = identity.WriteFile(file, block)
	}
	return err
}

func importKey(o *options, file string, replace bool) error {
	block, err := readBounded(file)
	if err != nil {
		return err
	}
	dir := o.home
	if dir == "" {
		if dir, err = profile.DefaultDir(); err != nil {
			return err
		}
	}
	p, _, err := profile.Open(dir) // for its lock: nobody may use the key while it changes
	if err != nil {
		return &failure{exitRefused, "home", err}
	}
	defer func() { _ = p.Close() }()
	passphrase, err := askPassphrase()
	if err != nil {
		return err
	}
	key, kept, err := identity.Import(profile.KeyPath(dir), block, passphrase, replace)
	if err != nil {
		return &failure{exitRefused, importCode(err), err}
	}
	emit(map[string]any{"user": key.ID(), "kept_aside": kept})
	return nil
}

func importCode(err error) string {
	switch {
	case errors.Is(err, identity.ErrPassphrase):
		return "passphrase"
	case errors.Is(err, identity.ErrKeyExists):
		return "key_exists"
	case errors.Is(err, identity.ErrArmour):
		return "bad_file"
	}
	return "failed"
}

func readBounded(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, &failure{exitUsage, "bad_file", err}
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(data) > maxKeyFile {
		err = fmt.Errorf("%s is too long to be an exported key", file)
	}
	if err != nil {
		return nil, &failure{exitRefused, "bad_file", err}
	}
	return data, nil
}

func askPassphrase() (string, error) {
	if p, ok := os.LookupEnv("PARLEY_PASSPHRASE"); ok {
		return p, nil
	}
	fmt.Fprint(os.Stderr, "Passphrase: ")
	line, err := bufio.NewReader(io.LimitReader(os.Stdin, 4096)).ReadString('\n')
	if err != nil && line == "" {
		return "", &failure{exitUsage, "passphrase", errors.New("no passphrase: set PARLEY_PASSPHRASE or type it")}
	}
	return strings.TrimRight(line, "\r\n"), nil
}
