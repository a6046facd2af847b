package parts

import (
	"slices"
	"strings"
	"testing"
)

func TestKinds(t *testing.T) {
	const bsd = "Redistribution and use in source and binary\n// forms, with or without\n *  modification, are permitted provided that"
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"All rights reserved.", ""},
		{bsd, "BSD-2-Clause"},
		{bsd + " … Neither the name of Google", "BSD-3-Clause"},
		{"                                 Apache License\n                           Version 2.0, January 2004", "Apache-2.0"},
		{"Apache License, Version 2.0", "Apache-2.0"},
		{"Permission is hereby granted, free of charge, to any person obtaining a\ncopy of this software and associated documentation files (the \"Software\")", "MIT"},
		{"Mozilla Public License Version 2.0\n 1.12. “Secondary License” means either the GNU General Public License, Version 2.0, the GNU Lesser General Public " +
			"License, Version 2.1, the GNU Affero General Public License, Version 3.0, or any later versions of those licenses.", "MPL-2.0"},
		{"GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007", "GPL"},
		{"GNU AFFERO GENERAL PUBLIC LICENSE\n Version 3", "AGPL"},
		{"redistribute it under the terms of the GNU Lesser General Public License", "LGPL"},
		{"Mozilla Public License Version 2.0\nThis part is under the terms of the GNU General Public License", "GPL MPL-2.0"},
		{"This is free and unencumbered software released into the public domain.", "Unlicense"},
	} {
		if got := strings.Join(Kinds(tt.text), " "); got != tt.want {
			t.Errorf("%.60q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestPermits(t *testing.T) {
	for expression, want := range map[string]bool{
		"":                     false,
		"MIT":                  true,
		"GPL":                  false,
		"MIT AND BSD-3-Clause": true,
		"MIT AND GPL":          false,
		"Unlicense OR MIT-0":   true,
		"GPL OR MIT AND Zlib":  true,
		"LGPL OR AGPL":         false,
		"GPL-3.0-or-later":     false,
		"GPL-3.0-or-later WITH GCC-exception-3.1": false,
	} {
		if got := Permits(expression); got != want {
			t.Errorf("%q: %v", expression, got)
		}
	}
}

// Every module and part of every program has terms, and none but those that Parley can be given on with.
func TestLicencesAreThereAndAllowed(t *testing.T) {
	var seen []string
	for _, p := range All() {
		list := listed(t, p)
		modules := Modules(list)
		if len(modules) == 0 {
			t.Errorf("%v: no modules", p)
		}
		for _, m := range modules {
			if slices.Contains(seen, m.Path) && p.Path != "parley/cmd/parley" { // the others have fewer packages of it
				continue
			}
			seen = append(seen, m.Path)
			files, err := Files(m, list)
			if licence := Licence(files); err != nil || !Permits(licence) {
				t.Errorf("%v: %s %s is under %q, %v", p, m.Path, m.Version, licence, err)
			}
			for _, f := range files {
				if strings.TrimSpace(f.Text) == "" {
					t.Errorf("%s: %s is empty", m.Path, f.Name)
				}
			}
		}
	}
	for _, part := range Table {
		if Permits(part.Licence) == part.Excepted || part.Excepted && part.About == "" {
			t.Errorf("%s is under %s", part.Name, part.Licence)
		}
	}
}
