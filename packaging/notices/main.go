// Command notices writes the licence terms of everything that is in a program of ours and that others have made, as their licences want
// it: out of the modules' own folders, and for what is no module by the table in packaging/internal/parts.
//
//	go run ./packaging/notices [PROGRAM...] >FILE      PROGRAM is parley, parleyctl or parleyd; default: all
//
// It is one text for every system that the programs are for. The same commit on the same Debian gives the same text.
// Exit status: 0 done, 1 something has no terms, or none that are allowed.
package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"parley/packaging/internal/parts"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	err := run(os.Args[1:], out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(programs []string, out io.Writer) error {
	root, err := parts.Root()
	if err != nil {
		return err
	}
	version, err := parts.Release(root)
	if err != nil {
		return err
	}
	all, err := gather(root, programs)
	if err != nil {
		return err
	}
	return write(out, version, all)
}

// A work is something that others have made.
type work struct {
	name, version, licence, about string
	in                            map[string]bool // program's names
	texts                         []string
}

// gather finds the works of the programs for all systems, ordered by name. A part of the table stands before the modules.
func gather(root string, programs []string) (all []*work, err error) {
	parted, modules := map[string]*work{}, map[string]*work{}
	for _, p := range parts.All() {
		name := path.Base(p.Path)
		if len(programs) > 0 && !slices.Contains(programs, name) {
			continue
		}
		packages, err := parts.List(root, p)
		if err != nil {
			return nil, err
		}
		source := parts.Source{Root: root, Modules: parts.Modules(packages)}
		for _, m := range source.Modules {
			if err := addModule(modules, m, name, packages); err != nil {
				return nil, err
			}
		}
		found, strange := parts.In(p, packages)
		if len(strange) > 0 {
			return nil, fmt.Errorf("not in the table of packaging/internal/parts: %q", strange)
		}
		for _, f := range found {
			if f.Ours {
				continue
			}
			if err := addPart(parted, f, name, source); err != nil {
				return nil, err
			}
		}
	}
	for _, part := range parts.Table {
		if part.Around != "" && (len(programs) == 0 || slices.Contains(programs, "parley")) {
			if err := addPart(parted, part, "what is around parley in a package", parts.Source{Root: root}); err != nil {
				return nil, err
			}
		}
		if w := parted[part.Name]; w != nil {
			all = append(all, w)
		}
	}
	return append(all, slices.SortedFunc(maps.Values(modules), func(a, b *work) int { return cmp.Compare(a.name, b.name) })...), nil
}

// addModule adds what a program has of a module: one that has more of its packages than another can have more of its texts.
func addModule(to map[string]*work, m parts.Module, program string, packages []parts.Package) error {
	files, err := parts.Files(m, packages)
	if err != nil {
		return err
	}
	w := to[m.Path]
	if w == nil {
		w = &work{name: m.Path, version: m.Version, in: map[string]bool{}}
		to[m.Path] = w
	}
	w.in[program] = true
	for _, f := range files {
		if !slices.Contains(w.texts, f.Text) {
			w.texts = append(w.texts, f.Text)
		}
	}
	if licence := parts.Licence(files); len(licence) > len(w.licence) {
		w.licence = licence
	}
	if !parts.Permits(w.licence) {
		return fmt.Errorf("%s %s is under %q", m.Path, m.Version, w.licence)
	}
	return nil
}

func addPart(to map[string]*work, p parts.Part, program string, source parts.Source) error {
	if w := to[p.Name]; w != nil {
		w.in[program] = true
		return nil
	}
	version, err := p.Version(source)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	w := &work{name: p.Name, version: version, licence: p.Licence, about: p.About, in: map[string]bool{program: true}}
	to[p.Name] = w
	for _, t := range p.Texts {
		text, err := source.Read(t)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		w.texts = append(w.texts, text)
	}
	return nil
}

// write gives a list of all works, and then each text once, with whose it is.
func write(out io.Writer, version string, all []*work) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, "Parley %s has been made with the work of others, which is listed here with its licences. "+
		"Parley itself is under the MIT licence.\n\n", version)
	var texts []string
	whose := map[string][]string{}
	for _, w := range all {
		programs := slices.Sorted(maps.Keys(w.in))
		fmt.Fprintf(b, "* %s %s\n  %s; in %s\n", w.name, w.version, w.licence, strings.Join(programs, ", "))
		if w.about != "" {
			fmt.Fprintf(b, "  %s\n", w.about)
		}
		for _, text := range w.texts {
			if whose[text] == nil {
				texts = append(texts, text)
			}
			whose[text] = append(whose[text], w.name)
		}
	}
	for _, text := range texts {
		fmt.Fprintf(b, "\n%s\n%s\n\n%s", strings.Repeat("=", 80), strings.Join(whose[text], ", "), text)
	}
	_, err := io.WriteString(out, b.String())
	return err
}
