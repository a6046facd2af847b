// Command sbom writes a bill of materials for programs of ours, and packages that have more around them, as CycloneDX 1.5 in JSON: the
// modules are what the build has written into each program, and what is in it besides comes from the table in packaging/internal/parts, by
// what the program's own packages link and embed. The same programs give the same text: its time is SOURCE_DATE_EPOCH (s), and its serial
// number comes from what it says.
//
//	go run ./packaging/sbom PROGRAM|SETUP|APPIMAGE... >FILE
//
// Exit status: 0 done, 1 a program has something that the table does not name, or can't be read, 2 wrong usage.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"parley/packaging/internal/parts"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: sbom PROGRAM|SETUP|APPIMAGE...")
		os.Exit(2)
	}
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(files []string, out io.Writer) error {
	root, err := parts.Root()
	if err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	version, err := parts.Release(root)
	if err != nil {
		return err
	}
	var programs []program
	for _, file := range files {
		p, err := read(root, file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		programs = append(programs, p)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // names have &
	return enc.Encode(bill(programs, version, time.Unix(seconds, 0)))
}

// A program is a file of ours and what is in it.
type program struct {
	name    string           // parleyd, parleyd.exe
	sum     string           // SHA-256, hexadecimal
	build   *debug.BuildInfo // nil for a package
	program parts.Program
	parts   []part
}

type part struct {
	parts.Part
	version string
}

// read looks into a program. Its packages are asked for with its own build's settings.
func read(root, file string) (program, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return program{}, err
	}
	sum := sha256.Sum256(data)
	p := program{name: filepath.Base(file), sum: hex.EncodeToString(sum[:])}
	if around := parts.Around(p.name); len(around) > 0 {
		return p, p.add(around, parts.Source{Root: root})
	}
	if p.build, err = buildinfo.ReadFile(file); err != nil {
		return program{}, err
	}
	p.program = settings(p.build)
	packages, err := parts.List(root, p.program)
	if err != nil {
		return program{}, err
	}
	found, strange := parts.In(p.program, packages)
	if len(strange) > 0 {
		return program{}, fmt.Errorf("not in the table of packaging/internal/parts: %q", strange)
	}
	return p, p.add(found, parts.Source{Root: root, Modules: parts.Modules(packages)})
}

func (p *program) add(found []parts.Part, source parts.Source) error {
	for _, f := range found {
		version, err := f.Version(source)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		p.parts = append(p.parts, part{f, version})
	}
	return nil
}

func settings(info *debug.BuildInfo) parts.Program {
	p := parts.Program{Path: info.Path}
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS":
			p.System = s.Value
		case "GOARCH":
			p.Arch = s.Value
		case "CGO_ENABLED":
			p.Cgo = s.Value == "1"
		case "-tags":
			p.Tags = s.Value
		}
	}
	return p
}
