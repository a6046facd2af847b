//go:build packages

package windows_test

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"parley/wire"
)

// Subsystems (PE format, "Windows Subsystem").
const (
	window  = 2
	console = 3
)

// system are the libraries that every Windows 10 has.
var system = []string{
	"advapi32.dll", "gdi32.dll", "kernel32.dll", "msvcrt.dll", "ole32.dll", "oleaut32.dll", "opengl32.dll", "quartz.dll", "shell32.dll",
	"user32.dll", "winmm.dll", "ws2_32.dll",
}

func TestPrograms(t *testing.T) {
	for name, subsystem := range map[string]uint16{"parley.exe": window, "parleyctl.exe": console} {
		t.Run(name, func(t *testing.T) {
			data, file := read(t, filepath.Join(folder("BUILD", "build"), "windows-amd64"), name)
			checkHeader(t, file, subsystem)
			checkImports(t, file)
			checkLeftovers(t, data, file)
			r := resources(t, file)
			checkIcon(t, r)
			if len(r[kindManifest]) != 1 {
				t.Fatalf("%d manifests", len(r[kindManifest]))
			}
			checkManifest(t, r[kindManifest][0])
			checkVersion(t, r, map[string]string{
				"FileVersion": wire.Release, "ProductVersion": wire.Release, "ProductName": "Parley", "OriginalFilename": name,
				"CompanyName": "The Parley authors", "LegalCopyright": "Copyright (c) 2026 The Parley authors",
			})
		})
	}
}

// TestSetup: the setup asks for no administrator, says which version it is, and is signed; packaging/test/setup.sh verifies by whom.
func TestSetup(t *testing.T) {
	_, file := read(t, folder("DIST", "dist"), "Parley-Setup-"+wire.Release+".exe")
	h, ok := file.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || file.Machine != pe.IMAGE_FILE_MACHINE_AMD64 || h.Subsystem != window {
		t.Fatalf("machine %#x", file.Machine)
	}
	if h.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_SECURITY].Size == 0 {
		t.Error("it is not signed")
	}
	r := resources(t, file)
	if len(r[kindManifest]) != 1 || len(r[kindIcons]) != 1 {
		t.Fatalf("%d manifests, %d icons", len(r[kindManifest]), len(r[kindIcons]))
	}
	var m manifest
	if err := xml.Unmarshal(r[kindManifest][0], &m); err != nil || m.Level.Level != "asInvoker" || !strings.HasPrefix(m.Settings.OldDPI, "true") {
		t.Errorf("%v: %s", err, r[kindManifest][0])
	}
	checkVersion(t, r, map[string]string{
		"FileVersion": wire.Release, "ProductVersion": wire.Release, "ProductName": "Parley", "CompanyName": "The Parley authors",
	})
}

// folder is what the environment's variable says, or else that folder of the tree.
func folder(variable, name string) string {
	if path := os.Getenv(variable); path != "" {
		return path
	}
	return filepath.Join("..", "..", name)
}

func read(t *testing.T, folder, name string) ([]byte, *pe.File) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatalf("%v; packaging/windows/build.sh and setup.sh make it", err)
	}
	file, err := pe.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return data, file
}

// checkHeader wants what makes a mistake in C hard to use, and no time: it would differ between two builds.
func checkHeader(t *testing.T, file *pe.File, subsystem uint16) {
	t.Helper()
	h, ok := file.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || file.Machine != pe.IMAGE_FILE_MACHINE_AMD64 {
		t.Fatalf("machine %#x", file.Machine)
	}
	if h.Subsystem != subsystem {
		t.Errorf("subsystem %d, want %d", h.Subsystem, subsystem)
	}
	const want = pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE | pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT | pe.IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA
	if h.DllCharacteristics&want != want {
		t.Errorf("DLL characteristics %#x lack some of %#x", h.DllCharacteristics, want)
	}
	if h.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_BASERELOC].Size == 0 {
		t.Error("no relocations: it can't be at another address")
	}
	if file.TimeDateStamp != 0 {
		t.Errorf("time stamp %d", file.TimeDateStamp)
	}
}

func checkImports(t *testing.T, file *pe.File) {
	t.Helper()
	symbols, err := file.ImportedSymbols()
	if err != nil {
		t.Fatal(err)
	}
	if len(symbols) == 0 {
		t.Error("nothing is imported")
	}
	var seen []string
	for _, s := range symbols {
		_, library, _ := strings.Cut(s, ":")
		if library = strings.ToLower(library); slices.Contains(seen, library) {
			continue
		}
		seen = append(seen, library)
		if !slices.Contains(system, library) {
			t.Errorf("needs %s, which not every Windows has", library)
		}
	}
	t.Logf("needs %q", seen)
}

func checkLeftovers(t *testing.T, data []byte, file *pe.File) {
	t.Helper()
	if file.NumberOfSymbols != 0 {
		t.Errorf("%d symbols", file.NumberOfSymbols)
	}
	for _, s := range file.Sections {
		if strings.HasPrefix(s.Name, ".debug") || strings.HasPrefix(s.Name, ".zdebug") || strings.HasPrefix(s.Name, "/") {
			t.Errorf("section %s", s.Name)
		}
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{root + "/", home + "/", "/go-build"} {
		if at := bytes.Index(data, []byte(path)); at >= 0 {
			t.Errorf("a path of the machine that built it: %q", data[at:min(len(data), at+100)])
		}
	}
}

// Kinds of resources.
const (
	kindIcon     = 3
	kindIcons    = 14 // which of them are one
	kindVersion  = 16
	kindManifest = 24
)

// resources reads the tree of three levels (kind, name, language) of the section .rsrc.
func resources(t *testing.T, file *pe.File) map[uint32][][]byte {
	t.Helper()
	section := file.Section(".rsrc")
	if section == nil {
		t.Fatal("no resources")
	}
	data, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	found := map[uint32][][]byte{}
	var walk func(at, kind uint32, depth int) error
	walk = func(at, kind uint32, depth int) error {
		const head, entry, below = 16, 8, 1 << 31
		if depth > 3 || int64(at)+head > int64(len(data)) {
			return fmt.Errorf("directory at %#x of depth %d", at, depth)
		}
		n := uint32(binary.LittleEndian.Uint16(data[at+12:])) + uint32(binary.LittleEndian.Uint16(data[at+14:]))
		for i := range n {
			e := at + head + i*entry
			if int64(e)+entry > int64(len(data)) {
				return fmt.Errorf("entry at %#x", e)
			}
			id, to := binary.LittleEndian.Uint32(data[e:]), binary.LittleEndian.Uint32(data[e+4:])
			if depth == 1 {
				kind = id
			}
			if to&below != 0 {
				if err := walk(to&^below, kind, depth+1); err != nil {
					return err
				}
				continue
			}
			if int64(to)+8 > int64(len(data)) {
				return fmt.Errorf("data entry at %#x", to)
			}
			from, size := binary.LittleEndian.Uint32(data[to:])-section.VirtualAddress, binary.LittleEndian.Uint32(data[to+4:])
			if uint64(from)+uint64(size) > uint64(len(data)) {
				return fmt.Errorf("data at %#x", from)
			}
			found[kind] = append(found[kind], data[from:from+size])
		}
		return nil
	}
	if err := walk(0, 0, 1); err != nil {
		t.Fatalf("resources: %v", err)
	}
	return found
}

// checkIcon wants one icon with all the sizes that Windows shows.
func checkIcon(t *testing.T, r map[uint32][][]byte) {
	t.Helper()
	if len(r[kindIcons]) != 1 {
		t.Fatalf("%d icons", len(r[kindIcons]))
	}
	const head, entry = 6, 14
	var sizes []int
	for group := r[kindIcons][0][head:]; len(group) >= entry; group = group[entry:] {
		sizes = append(sizes, (int(group[0])+255)%256+1) // 0 is 256
	}
	slices.Sort(sizes)
	if want := []int{16, 24, 32, 48, 64, 128, 256}; !slices.Equal(sizes, want) || len(r[kindIcon]) != len(want) {
		t.Errorf("the icon has the sizes %v and %d pictures, want %v", sizes, len(r[kindIcon]), want)
	}
}

// checkVersion wants the version in numbers, and these words, with who we are among them.
func checkVersion(t *testing.T, r map[uint32][][]byte, words map[string]string) {
	t.Helper()
	if len(r[kindVersion]) != 1 {
		t.Fatalf("%d version blocks", len(r[kindVersion]))
	}
	block := r[kindVersion][0]
	at := bytes.Index(block, binary.LittleEndian.AppendUint32(nil, 0xfeef04bd)) // VS_FIXEDFILEINFO
	if at < 0 || len(block) < at+24 {
		t.Fatal("no fixed version")
	}
	high, low := binary.LittleEndian.Uint32(block[at+8:]), binary.LittleEndian.Uint32(block[at+12:])
	numbers, _, _ := strings.Cut(wire.Release, "-")
	if got := fmt.Sprintf("%d.%d.%d", high>>16, high&0xffff, low>>16); got != numbers {
		t.Errorf("version %s in numbers, want %s", got, numbers)
	}
	for key, value := range words {
		_, after, found := bytes.Cut(block, wide(key+"\x00"))
		if !found || !bytes.HasPrefix(bytes.TrimLeft(after, "\x00"), wide(value+"\x00")) {
			t.Errorf("the version block does not say %s: %s", key, value)
		}
	}
}

func wide(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}
