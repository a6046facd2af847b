// Command completions writes what the shells complete of our programs:
//
//	completions DIR PROGRAM...
//
// runs each program for its list of commands and flags, and writes DIR/bash/NAME, DIR/zsh/_NAME and DIR/fish/NAME.fish. So they know
// what the programs know.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: completions DIR PROGRAM...")
		os.Exit(2)
	}
	for _, path := range os.Args[2:] {
		if err := write(os.Args[1], path); err != nil {
			fmt.Fprintf(os.Stderr, "completions: %v\n", err)
			os.Exit(1)
		}
	}
}

func write(dir, path string) error {
	p, err := examine(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for name, text := range map[string]string{"bash/" + p.name: bash(p), "zsh/_" + p.name: zsh(p), "fish/" + p.name + ".fish": fish(p)} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
