package parts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Part is something in a program that is no Go module: linked, compiled into a package of C, or embedded.
type Part struct {
	Name    string
	Licence string // SPDX expression
	Ours    bool
	// Not among Allowed, and yet no hindrance, for what About says.
	Excepted bool
	About    string // who made it and where it is had, as its licence wants it said

	// How it gets in; any of them will do. Flags and PkgConfig are what a package's #cgo lines say: names as path.Match has them, against a
	// flag's last element.
	Flags     []string
	PkgConfig []string
	Package   string   // the import path that has its source
	Embeds    []string // IMPORTPATH:FILE, both as path.Match has them
	Systems   []string // with C on one of these systems
	Around    string   // in no program, but in what is around it: the end of a package's name

	Version func(Source) (string, error)
	Texts   []Text
}

// A Source is where versions and texts are read.
type Source struct {
	Root    string // the repository
	Modules []Module
}

// A Text is a file of licence terms: of the repository, a module, Go, a Debian package, or those that Debian has once for all packages.
// From, unless it is "", is where it begins.
type Text struct {
	In   string // "", a module's path, "go", "debian" or "common"
	File string
	From string
}

// Table is what there is, ordered as in the notices.
var Table = []Part{
	{
		Name: "Go standard library and runtime", Licence: "BSD-3-Clause", Systems: []string{"linux", "windows", "darwin"},
		Version: func(Source) (string, error) { return goVersion() },
		Texts:   []Text{{In: "go", File: "LICENSE"}, {In: "go", File: "PATENTS"}},
	},
	{
		Name: "libvpx", Licence: "BSD-3-Clause", Flags: []string{"-l:libvpx.a"}, PkgConfig: []string{"vpx"},
		Version: debian("libvpx-dev"), Texts: []Text{{In: "debian", File: "libvpx-dev"}},
	},
	{
		Name: "libyuv", Licence: "BSD-3-Clause", Flags: []string{"-l:libyuv.a", "-lyuv"}, PkgConfig: []string{"libyuv"},
		Version: debian("libyuv-dev"), Texts: []Text{{In: "debian", File: "libyuv-dev"}},
	},
	{
		Name: "Opus", Licence: "BSD-3-Clause", Flags: []string{"libopus-*.a"}, PkgConfig: []string{"opus"},
		Version: match(mediadevices, "pkg/codec/opus/lib/libopus-linux-x64.a", `libopus ([0-9][0-9.]*)`),
		Texts:   []Text{{In: mediadevices, File: "pkg/codec/opus/LICENSE"}},
	},
	{
		Name: "miniaudio", Licence: "Unlicense OR MIT-0", Package: malgo,
		Version: match(malgo, "miniaudio.h", `MA_VERSION_MAJOR +([0-9]+)\n[^\n]*MA_VERSION_MINOR +([0-9]+)\n[^\n]*MA_VERSION_REVISION +([0-9]+)`),
		Texts:   []Text{{In: malgo, File: "miniaudio.h", From: "This software is available as a choice of the following licenses."}},
	},
	{
		Name: "GLFW", Licence: "Zlib", Package: glfw,
		Version: match(glfw, "glfw/include/GLFW/glfw3.h",
			`(?s)GLFW_VERSION_MAJOR +([0-9]+)\n.*GLFW_VERSION_MINOR +([0-9]+)\n.*GLFW_VERSION_REVISION +([0-9]+)`),
		Texts: []Text{{In: glfw, File: "glfw/LICENSE.md"}},
	},
	{
		Name: "RNNoise as WebAssembly, with its model", Licence: "BSD-3-Clause AND MIT", Embeds: []string{"parley/assets:models/*.wasm"},
		About: "RNNoise by Mozilla, Jean-Marc Valin, Xiph.Org and Mark Borgerding; " +
			"made into WebAssembly by the npm package @sapphi-red/web-noise-suppressor.",
		Version: match("", "assets/fetch.sh", `package=@sapphi-red/web-noise-suppressor@([0-9.]+)`),
		Texts:   []Text{{File: "assets/models/RNNoise.COPYING.txt"}, {File: "assets/models/web-noise-suppressor.LICENSE.txt"}},
	},
	{
		Name: "Parley's sounds, icons and pictures", Licence: "MIT", Ours: true,
		Embeds:  []string{"parley/assets:sounds/*.wav", "parley/assets:icons/*/*.png"},
		Version: match("", "wire/release.go", `const Release = "([^"]+)"`), Texts: []Text{{File: "LICENSE"}},
	},
	{
		Name: "Fyne's icon", Licence: "BSD-3-Clause", Embeds: []string{fyne + "/theme:icons/fyne.png"},
		Version: version(fyne), Texts: []Text{{In: fyne, File: "LICENSE"}},
	},
	{
		Name: "Noto Sans", Licence: "OFL-1.1", Embeds: []string{fyne + "/theme:font/NotoSans-*.ttf"},
		Version: version(fyne), Texts: []Text{{In: fyne, File: "theme/font/LICENSE.txt"}},
	},
	{
		Name: "Inter, some symbols of it", Licence: "OFL-1.1", Embeds: []string{fyne + "/theme:font/InterSymbols-Regular.ttf"},
		Version: version(fyne), Texts: []Text{{In: fyne, File: "theme/font/LICENSE_Inter.txt"}},
	},
	{
		Name: "DejaVu Sans Mono for Powerline", Licence: "Bitstream-Vera", Embeds: []string{fyne + "/theme:font/DejaVuSansMono-Powerline.ttf"},
		Version: version(fyne), Texts: []Text{{In: fyne, File: "theme/font/LICENSE_DejaVu-Powerline.txt"}},
	},
	{
		// The font's own licence entry; Fyne has no file for it.
		Name: "EmojiOne Color", Licence: "CC-BY-4.0", Embeds: []string{fyne + "/theme:font/EmojiOneColor.otf"},
		About: "Emoji art supplied by EmojiOne, http://emojione.com, under the licence Creative Commons Attribution 4.0 " +
			"(https://creativecommons.org/licenses/by/4.0/legalcode); as a font by Adobe Systems Incorporated, 2016. Not changed by us.",
		Version: version(fyne),
	},
	{
		Name: "mingw-w64 runtime", Licence: "ZPL-2.1 AND MIT", Systems: []string{"windows"},
		Version: debian("mingw-w64-x86-64-dev"), Texts: []Text{{In: "debian", File: "mingw-w64-x86-64-dev"}},
	},
	{
		Name: "GCC runtime libraries", Licence: "GPL-3.0-or-later WITH GCC-exception-3.1", Excepted: true, Systems: []string{"windows"},
		About:   "The exception lets programs that GCC has compiled contain libgcc and libstdc++ under terms of their own.",
		Version: debian("gcc-mingw-w64-x86-64-posix-runtime"), Texts: []Text{{In: "debian", File: "gcc-mingw-w64-base"}},
	},
	{
		Name: "NSIS", Licence: "Zlib AND CPL-1.0", Excepted: true, Around: "Setup-*.exe",
		About: "The setup begins with the installer of NSIS, which is under the zlib licence; what unpacks it (LZMA) is under the Common " +
			"Public License 1.0, whose authors permit it to be linked with anything under that thing's own terms.",
		Version: debian("nsis"), Texts: []Text{{In: "debian", File: "nsis"}},
	},
	{
		Name: "squashfuse", Licence: "BSD-2-Clause", Around: "*.AppImage",
		Version: debian("libsquashfuse-dev"), Texts: []Text{{In: "debian", File: "libsquashfuse-dev"}},
	},
	{
		Name: "Zstandard", Licence: "BSD-3-Clause", Around: "*.AppImage",
		Version: debian("libzstd-dev"), Texts: []Text{{In: "debian", File: "libzstd-dev"}},
	},
	{
		Name: "GNU C Library", Licence: "LGPL-2.1-or-later", Excepted: true, Around: "*.AppImage",
		About: "In what starts the AppImage, not in the programs. That is linked by packaging/linux/appimage.sh of Parley's repository, " +
			"whose source is there as well: with these anyone can link it with another C library, as section 6 of its licence wants it.",
		Version: debian("libc6-dev"), Texts: []Text{{In: "debian", File: "libc6-dev"}, {In: "common", File: "LGPL-2.1"}},
	},
}

const (
	fyne         = "fyne.io/fyne/v2"
	glfw         = "github.com/go-gl/glfw/v3.3/glfw"
	malgo        = "github.com/gen2brain/malgo"
	mediadevices = "github.com/pion/mediadevices"
)

// system is what a program links of its system, and does not carry: X11, OpenGL, the C library, Windows' and macOS' own. mingw's import
// libraries belong to its runtime.
var system = map[string][]string{
	"linux":   {"-lGL", "-lX11", "-lXrandr", "-lXxf86vm", "-lXi", "-lXcursor", "-lXinerama", "-lm", "-ldl", "-lrt", "-lpthread"},
	"windows": {"-lgdi32", "-lopengl32", "-lole32", "-lquartz", "-lstrmiids", "-lm", "-lpthread"},
	"darwin": {"-framework", "-lm", "-lpthread", "AVFoundation", "AppKit", "Cocoa", "CoreFoundation", "CoreGraphics", "CoreMedia",
		"CoreVideo", "Foundation", "IOKit", "OpenGL", "UserNotifications"},
}

// own are packages whose C is their module's own work, under the module's licence.
var own = []string{
	"fyne.io/*", "github.com/go-gl/gl/*", glfw, malgo, "github.com/jeandeaual/go-locale", mediadevices + "/*", "parley/*",
	"golang.org/x/sys/*",
}

// code are the ends of embedded files that are text, and as such their module's own.
var code = []string{".css", ".frag", ".html", ".js", ".json", ".md", ".svg", ".txt", ".vert"}

// In finds the parts of a program, and in words what it has that the table does not name.
func In(p Program, list []Package) (found []Part, strange []string) {
	seen := map[string]bool{}
	take := func(what, pkg string, matches func(Part) bool) bool {
		any := false
		for _, part := range Table {
			if matches(part) {
				seen[part.Name], any = true, true
			}
		}
		if !any && what != "" {
			strange = append(strange, fmt.Sprintf("%v: %s of %s", p, what, pkg))
		}
		return any
	}
	for _, pkg := range list {
		if pkg.Standard {
			continue
		}
		for _, flag := range pkg.CgoLDFLAGS {
			if !slices.Contains(system[p.System], flag) {
				take("the flag "+flag, pkg.ImportPath, func(part Part) bool { return matches(part.Flags, path.Base(flag)) })
			}
		}
		for _, name := range pkg.CgoPkgConfig {
			if name != "gl" { // the system's OpenGL
				take("pkg-config's "+name, pkg.ImportPath, func(part Part) bool { return matches(part.PkgConfig, name) })
			}
		}
		if pkg.C() && !take("", "", func(part Part) bool { return part.Package == pkg.ImportPath }) && !below(own, pkg.ImportPath) {
			strange = append(strange, fmt.Sprintf("%v: the C of %s", p, pkg.ImportPath))
		}
		for _, file := range pkg.EmbedFiles {
			if !slices.Contains(code, path.Ext(file)) {
				take("the file "+file, pkg.ImportPath, func(part Part) bool { return matches(part.Embeds, pkg.ImportPath+":"+file) })
			}
		}
	}
	for _, part := range Table {
		always := part.Name == Table[0].Name
		if seen[part.Name] || slices.Contains(part.Systems, p.System) && (p.Cgo || always) {
			found = append(found, part)
		}
	}
	return found, strange
}

// Around finds what is around the programs in a package, by the package's name.
func Around(name string) (found []Part) {
	for _, part := range Table {
		if part.Around != "" && matches([]string{"*" + part.Around}, name) {
			found = append(found, part)
		}
	}
	return found
}

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

func below(paths []string, name string) bool {
	return slices.ContainsFunc(paths, func(p string) bool {
		stem, deep := strings.CutSuffix(p, "/*")
		return name == stem || deep && strings.HasPrefix(name, stem+"/")
	})
}

// dir is where a text or version is read: see Text.In.
func (s Source) dir(in string) (string, error) {
	switch in {
	case "":
		return s.Root, nil
	case "go":
		out, err := exec.Command("go", "env", "GOROOT").Output()
		return strings.TrimSpace(string(out)), err
	}
	for _, m := range s.Modules {
		if m.Path == in {
			return m.Dir, nil
		}
	}
	return "", fmt.Errorf("no module %s here", in)
}

// Read gives a text, with line ends of Unix.
func (s Source) Read(t Text) (string, error) {
	switch t.In {
	case "debian":
		data, err := os.ReadFile(filepath.Join("/usr/share/doc", t.File, "copyright"))
		return clean(string(data)), err
	case "common":
		data, err := os.ReadFile(filepath.Join("/usr/share/common-licenses", t.File))
		return clean(string(data)), err
	}
	dir, err := s.dir(t.In)
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(filepath.Join(dir, t.File))
	if err != nil {
		return "", err
	}
	text := string(data)
	if t.From != "" {
		_, after, found := strings.Cut(text, t.From)
		if !found {
			return "", fmt.Errorf("%s: nothing begins with %q", t.File, t.From)
		}
		text = strings.TrimSuffix(strings.TrimSpace(t.From+after), "*/")
	}
	return clean(text), nil
}

func clean(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) + "\n"
}

func goVersion() (string, error) {
	out, err := exec.Command("go", "env", "GOVERSION").Output()
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "go"), err
}

// debian is the version of the Debian package that is linked; what is cross-built comes from the same source.
func debian(name string) func(Source) (string, error) {
	return func(Source) (string, error) {
		out, err := exec.Command("dpkg-query", "-W", "-f", "${Version}", name).Output()
		if err != nil || len(out) == 0 {
			return "", fmt.Errorf("dpkg-query: the package %s is not installed", name)
		}
		return string(out), nil
	}
}

// version is a module's.
func version(module string) func(Source) (string, error) {
	return func(s Source) (string, error) {
		for _, m := range s.Modules {
			if m.Path == module {
				return strings.TrimPrefix(m.Version, "v"), nil
			}
		}
		return "", fmt.Errorf("no module %s here", module)
	}
}

// match reads a version out of a file: what the pattern's groups find, with dots between.
func match(in, file, pattern string) func(Source) (string, error) {
	re := regexp.MustCompile(pattern)
	return func(s Source) (string, error) {
		dir, err := s.dir(in)
		if err != nil {
			return "", err
		}
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return "", err
		}
		found := re.FindSubmatch(data)
		if found == nil {
			return "", errors.New(file + " says no version")
		}
		var words []string
		for _, group := range found[1:] {
			words = append(words, string(group))
		}
		return strings.Join(words, "."), nil
	}
}
