package parts

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Allowed are the kinds of licences that what is shipped may have, by their SPDX names. Those of the GNU project are not: they would have
// Parley be under them, too, or be taken apart by whoever wants. The table excepts parts one by one, and says why.
var Allowed = []string{
	"0BSD", "Apache-2.0", "BSD-1-Clause", "BSD-2-Clause", "BSD-3-Clause", "Bitstream-Vera", "CC-BY-4.0", "CC0-1.0", "FTL", "ISC", "MIT",
	"MIT-0", "MPL-2.0", "OFL-1.1", "Unlicense", "ZPL-2.1", "Zlib",
}

// Permits says whether every licence of an SPDX expression of "AND"s and "OR"s is allowed; one of several to choose from is enough.
func Permits(expression string) bool {
	for _, all := range strings.Split(expression, " AND ") {
		if !slices.ContainsFunc(strings.Split(all, " OR "), func(one string) bool { return slices.Contains(Allowed, one) }) {
			return false
		}
	}
	return true
}

// terms are words by which licences are known. Several can stand in one file.
var terms = []struct{ name, words string }{
	{"AGPL", "gnu affero general public license version 3"},
	{"LGPL", "gnu lesser general public license version"},
	{"LGPL", "gnu library general public license version"},
	{"GPL", "gnu general public license version"},
	{"GPL", "under the terms of the gnu general public license"},
	{"LGPL", "under the terms of the gnu lesser general public license"},
	{"SSPL", "server side public license"},
	{"BUSL", "business source license"},
	{"CC-BY-NC", "creative commons attribution-noncommercial"},
	{"Apache-2.0", "apache license version 2.0"},
	{"MPL-2.0", "mozilla public license version 2.0"},
	{"OFL-1.1", "sil open font license version 1.1"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation " +
		"files"},
	{"MIT", "permission is hereby granted, without written agreement and without license or royalty fees, to use, copy, modify, and " +
		"distribute this software"},
	{"ISC", "permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted"},
	{"BSD-3-Clause", "redistribution and use in source and binary forms, with or without modification, are permitted"},
	{"Unlicense", "this is free and unencumbered software released into the public domain"},
	{"Zlib", "altered source versions must be plainly marked as such, and must not be misrepresented as being the original software"},
	{"CC0-1.0", "cc0 1.0 universal"},
	{"FTL", "the freetype project license"},
	{"Bitstream-Vera", "bitstream vera fonts copyright"},
}

var blanks = regexp.MustCompile(`[\s*#/"'“”‘’` + "`" + `]+`)

// secondary is where the Mozilla licence names the GNU ones as those that somebody may add.
var secondary = regexp.MustCompile(`secondary license means either the gnu general public license.{0,200}those licenses`)

// Kinds tells what licences a text has, in order, each once; none where it knows none.
func Kinds(text string) (kinds []string) {
	text = strings.ToLower(blanks.ReplaceAllString(text, " "))
	// Lines that differ between copies of one text.
	text = strings.NewReplacer("license, version", "license version", "license version v", "license version ",
		"license v2", "license version 2").Replace(text)
	text = secondary.ReplaceAllString(text, "")
	for _, t := range terms {
		words := strings.ToLower(blanks.ReplaceAllString(t.words, " "))
		if strings.Contains(text, words) && !slices.Contains(kinds, t.name) {
			kinds = append(kinds, t.name)
		}
	}
	if i := slices.Index(kinds, "BSD-3-Clause"); i >= 0 &&
		!strings.Contains(text, "neither the name") && !strings.Contains(text, "may not be used to endorse") &&
		!strings.Contains(text, "names of its contributors may") && !strings.Contains(text, "name of the author may not") {
		kinds[i] = "BSD-2-Clause"
	}
	slices.Sort(kinds)
	return kinds
}

var licenceFile = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying|copyright|notice|patents)([-._].*)?$`)

// A File is one that has licence terms, or a notice that has to go with them.
type File struct {
	Name string // below the module
	Text string
}

// Files are the files with terms of a module that are for packages: those in its own folder, in the packages' and in the ones between.
func Files(m Module, packages []Package) (files []File, err error) {
	dirs := map[string]bool{m.Dir: true}
	for _, p := range packages {
		if p.Module != nil && p.Module.Path == m.Path {
			for dir := p.Dir; len(dir) > len(m.Dir) && !dirs[dir]; dir = filepath.Dir(dir) {
				dirs[dir] = true
			}
		}
	}
	for dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		for _, e := range entries {
			if e.IsDir() || !licenceFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			data, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.Path, err)
			}
			name, err := filepath.Rel(m.Dir, filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, err
			}
			files = append(files, File{filepath.ToSlash(name), clean(string(data))})
		}
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, nil
}

// Licence is what a module's files come to, as an SPDX expression: all that they name, or "" where they name none.
func Licence(files []File) string {
	var kinds []string
	for _, f := range files {
		kinds = append(kinds, Kinds(f.Text)...)
	}
	slices.Sort(kinds)
	return strings.Join(slices.Compact(kinds), " AND ")
}
