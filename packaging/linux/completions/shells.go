package main

import (
	"fmt"
	"strings"
)

const made = "# Completion of %s, made of its own help by packaging/linux/completions.\n"

// bash writes a function for bash-completion 2, which is loaded when the program's name is typed. It does without that package's helpers.
func bash(p program) string {
	var b strings.Builder
	fmt.Fprintf(&b, made, p.name)
	fmt.Fprintf(&b, "_%s() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n\tCOMPREPLY=()\n", p.name)
	if p.commands == nil {
		b.WriteString(bashFlags("\t", p.flags, nil))
	} else {
		var names []string
		for _, c := range p.commands {
			names = append(names, c.name)
		}
		fmt.Fprintf(&b, "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W '%s --help' -- \"$cur\")\n"+
			"\t\treturn\n\tfi\n", strings.Join(names, " "))
		b.WriteString("\tcase ${COMP_WORDS[1]} in\n")
		for _, c := range p.commands {
			if len(c.flags)+len(c.words) > 0 {
				fmt.Fprintf(&b, "\t%s)\n%s\t\t;;\n", c.name, bashFlags("\t\t", c.flags, c.words))
			}
		}
		b.WriteString("\tesac\n")
	}
	b.WriteString("\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n")
	b.WriteString("\t[ \"${#COMPREPLY[@]}\" -gt 0 ] || case $cur in -*) ;; *) compopt -o default ;; esac\n}\n")
	fmt.Fprintf(&b, "complete -F _%s %s\n", p.name, p.name)
	return b.String()
}

// bashFlags leaves in words what can stand at the cursor, or returns with the value of the flag before it.
func bashFlags(indent string, flags []option, words []string) string {
	var b, names strings.Builder
	b.WriteString(indent + "case $prev in\n")
	for _, o := range flags {
		fmt.Fprintf(&names, "--%s ", o.name)
		var does string
		switch {
		case o.takes == nothing:
			continue
		case o.takes == folder:
			does = `compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")`
		case o.takes == file:
			does = `compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")`
		case o.choices != nil:
			does = fmt.Sprintf(`mapfile -t COMPREPLY < <(compgen -W '%s' -- "$cur")`, strings.Join(o.choices, " "))
		}
		if does != "" {
			does += "; "
		}
		fmt.Fprintf(&b, "%s--%s) %sreturn ;;\n", indent, o.name, does)
	}
	b.WriteString(indent + "esac\n")
	fmt.Fprintf(&b, "%swords='%s--help'\n", indent, &names)
	if len(words) > 0 {
		fmt.Fprintf(&b, "%scase $cur in -*) ;; *) words='%s' ;; esac\n", indent, strings.Join(words, " "))
	}
	return b.String()
}

// zsh writes a function for compinit.
func zsh(p program) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#compdef %s\n"+made+"\n", p.name, p.name)
	if p.commands == nil {
		fmt.Fprintf(&b, "_arguments \\\n%s\t'*: :_files'\n", zshFlags("\t", p.flags))
		return b.String()
	}
	b.WriteString("local line state\nlocal -a commands\ncommands=(\n")
	for _, c := range p.commands {
		fmt.Fprintf(&b, "\t%s\n", quoteZsh(c.name+withColon(strings.ReplaceAll(c.help, ":", `\:`))))
	}
	b.WriteString(")\n_arguments -C '--help[how it is used]' '1: :->command' '*:: :->rest'\ncase $state in\n" +
		"command) _describe command commands ;;\nrest)\n\tcase $line[1] in\n")
	for _, c := range p.commands {
		if len(c.flags)+len(c.words) == 0 {
			continue
		}
		rest := "'*: :_files'"
		if len(c.words) > 0 {
			rest = quoteZsh("*: :(" + strings.Join(c.words, " ") + ")")
		}
		fmt.Fprintf(&b, "\t%s)\n\t\t_arguments \\\n%s\t\t\t%s\n\t\t;;\n", c.name, zshFlags("\t\t\t", c.flags), rest)
	}
	b.WriteString("\tesac\n\t;;\nesac\n")
	return b.String()
}

func withColon(help string) string {
	if help == "" {
		return ""
	}
	return ":" + help
}

func zshFlags(indent string, flags []option) string {
	var b strings.Builder
	for _, o := range flags {
		spec := "--" + o.name
		if o.help != "" {
			spec += "[" + strings.NewReplacer("[", `\[`, "]", `\]`, ":", `\:`).Replace(o.help) + "]"
		}
		switch {
		case o.takes == folder:
			spec += ": :_files -/"
		case o.takes == file:
			spec += ": :_files"
		case o.choices != nil:
			spec += ": :(" + strings.Join(o.choices, " ") + ")"
		case o.takes == value:
			spec += ": : "
		}
		fmt.Fprintf(&b, "%s%s \\\n", indent, quoteZsh(spec))
	}
	fmt.Fprintf(&b, "%s'--help[how it is used]' \\\n", indent)
	return b.String()
}

func quoteZsh(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// fish writes a line for each word.
func fish(p program) string {
	var b strings.Builder
	fmt.Fprintf(&b, made, p.name)
	line := func(condition string, o option) {
		fmt.Fprintf(&b, "complete -c %s%s -l %s", p.name, condition, o.name)
		switch {
		case o.takes == folder:
			b.WriteString(" -x -a '(__fish_complete_directories)'")
		case o.takes == file:
			b.WriteString(" -r -F")
		case o.choices != nil:
			fmt.Fprintf(&b, " -x -a '%s'", strings.Join(o.choices, " "))
		case o.takes == value:
			b.WriteString(" -x")
		}
		b.WriteString(described(o.help))
	}
	if p.commands == nil {
		for _, o := range p.flags {
			line("", o)
		}
		line("", option{name: "help", help: "how it is used"})
		return b.String()
	}
	for _, c := range p.commands {
		fmt.Fprintf(&b, "complete -c %s -n __fish_use_subcommand -f -a %s%s", p.name, c.name, described(c.help))
	}
	fmt.Fprintf(&b, "complete -c %s -l help%s", p.name, described("how it is used"))
	for _, c := range p.commands {
		condition := " -n '__fish_seen_subcommand_from " + c.name + "'"
		if len(c.words) > 0 {
			fmt.Fprintf(&b, "complete -c %s%s -f -a '%s'\n", p.name, condition, strings.Join(c.words, " "))
		}
		for _, o := range c.flags {
			line(condition, o)
		}
	}
	return b.String()
}

func described(help string) string {
	if help == "" {
		return "\n"
	}
	return " -d '" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(help) + "'\n"
}
