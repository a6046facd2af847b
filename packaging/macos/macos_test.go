package macos_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// plist reads a property list as far as ours go: dictionaries, arrays, strings and true.
func plist(data []byte) (any, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local != "plist" {
			v, err := value(d, start)
			if err != nil {
				return nil, err
			}
			for { // to the end, which says that the whole file is in order
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					return v, nil
				} else if err != nil {
					return nil, err
				}
			}
		}
	}
}

func value(d *xml.Decoder, start xml.StartElement) (any, error) {
	switch start.Name.Local {
	case "string", "key":
		var text string
		err := d.DecodeElement(&text, &start)
		return text, err
	case "true":
		return true, d.Skip()
	case "array", "dict":
	default:
		return nil, fmt.Errorf("<%s>", start.Name.Local)
	}
	var list []any
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			v, err := value(d, token)
			if err != nil {
				return nil, err
			}
			isKey := token.Name.Local == "key"
			if want := start.Name.Local == "dict" && len(list)%2 == 0; isKey != want {
				return nil, fmt.Errorf("<%s> in the wrong place", token.Name.Local)
			}
			list = append(list, v)
		case xml.EndElement:
			if start.Name.Local == "array" {
				return list, nil
			}
			dict := map[string]any{}
			for i := 0; i+1 < len(list); i += 2 {
				key := list[i].(string)
				if _, twice := dict[key]; twice {
					return nil, fmt.Errorf("two keys %s", key)
				}
				dict[key] = list[i+1]
			}
			if len(list)%2 != 0 {
				return nil, fmt.Errorf("a key without a value: %v", list[len(list)-1])
			}
			return dict, nil
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); text != "" {
				return nil, fmt.Errorf("text between values: %q", text)
			}
		}
	}
}

func dict(t *testing.T, file string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	v, err := plist(data)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return v.(map[string]any)
}

func TestPlistRefuses(t *testing.T) {
	for _, bad := range []string{
		"", "<plist><dict><key>a</key></dict></plist>", "<plist><dict><string>a</string><true/></dict></plist>",
		"<plist><dict><key>a</key><true/><key>a</key><true/></dict></plist>", "<plist><dict><key>a</key><true/></dict>",
		"<plist><dict>a</dict></plist>", "<plist><dict><key>a</key><float/></dict></plist>",
	} {
		if v, err := plist([]byte(bad)); err == nil {
			t.Errorf("%s is %v", bad, v)
		}
	}
}

// The bundle as bundle.sh makes it.
func TestBundle(t *testing.T) {
	build := t.TempDir()
	cmd := exec.Command("./bundle.sh")
	cmd.Env = append(os.Environ(), "BUILD="+build, "DIST="+build, "SOURCE_DATE_EPOCH=1700000000")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("bundle.sh: %v: %s", err, out)
	}
	app := filepath.Join(build, "macos", "Parley.app", "Contents")
	release, err := os.ReadFile("../../wire/release.go")
	if err != nil {
		t.Fatal(err)
	}
	version := string(regexp.MustCompile(`const Release = "(.*)"`).FindSubmatch(release)[1])
	numbers, _, _ := strings.Cut(version, "-")

	info := dict(t, filepath.Join(app, "Info.plist"))
	for key, want := range map[string]any{
		"CFBundleIdentifier": "chat.parley.app", "CFBundleExecutable": "parley", "CFBundleIconFile": "parley", "CFBundleName": "Parley",
		"CFBundlePackageType": "APPL", "CFBundleShortVersionString": numbers, "CFBundleVersion": numbers, "ParleyRelease": version,
		"CFBundleInfoDictionaryVersion": "6.0", "LSMinimumSystemVersion": "12.0", "NSHighResolutionCapable": true,
		"NSPrincipalClass": "NSApplication",
	} {
		if info[key] != want {
			t.Errorf("%s is %v, want %v", key, info[key], want)
		}
	}
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(numbers) {
		t.Errorf("macOS can't read the version %q", numbers)
	}
	// macOS shows these when it asks, and ends a program that has none.
	for _, key := range []string{"NSMicrophoneUsageDescription", "NSCameraUsageDescription", "NSLocalNetworkUsageDescription"} {
		if text, _ := info[key].(string); len(text) < 40 || !strings.HasPrefix(text, "Parley ") || !strings.HasSuffix(text, ".") {
			t.Errorf("%s is no sentence: %q", key, text)
		}
	}
	urls, _ := info["CFBundleURLTypes"].([]any)
	if len(urls) != 1 || !slices.Equal(urls[0].(map[string]any)["CFBundleURLSchemes"].([]any), []any{"parley"}) {
		t.Errorf("CFBundleURLTypes: %v", urls)
	}
	for file, begins := range map[string]string{"PkgInfo": "APPL????", "Resources/parley.icns": "icns", "Resources/LICENSE": "MIT License"} {
		data, err := os.ReadFile(filepath.Join(app, file))
		if err != nil || !strings.HasPrefix(string(data), begins) {
			t.Errorf("%s: %.20q %v", file, data, err)
		}
	}
	err = filepath.WalkDir(filepath.Dir(app), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if s, err := d.Info(); err != nil || s.ModTime().Unix() != 1700000000 {
			t.Errorf("%s: %v %v", path, s.ModTime(), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// No more than Parley needs: each of these lets a hole into the hardened runtime.
func TestEntitlements(t *testing.T) {
	got := dict(t, "entitlements.plist")
	want := []string{
		"com.apple.security.cs.allow-unsigned-executable-memory", "com.apple.security.device.audio-input", "com.apple.security.device.camera",
	}
	for _, key := range want {
		if got[key] != true {
			t.Errorf("%s is %v", key, got[key])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
}

// The workflow as far as it can be looked at without a Mac: it starts by hand alone, its shell is in order, and the files that it names are
// there.
func TestWorkflow(t *testing.T) {
	data, err := os.ReadFile("release.yml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), "WRITTEN, NEVER RUN BY US") {
		t.Error("it does not say that it was never run")
	}
	type step struct {
		Name string            `yaml:"name"`
		Uses string            `yaml:"uses"`
		With map[string]string `yaml:"with"`
		Env  map[string]string `yaml:"env"`
		Run  string            `yaml:"run"`
	}
	var w struct {
		Name        string            `yaml:"name"`
		On          map[string]any    `yaml:"on"`
		Permissions map[string]string `yaml:"permissions"`
		Env         map[string]string `yaml:"env"`
		Jobs        map[string]struct {
			Needs     string `yaml:"needs"`
			RunsOn    string `yaml:"runs-on"`
			Container string `yaml:"container"`
			Timeout   int    `yaml:"timeout-minutes"`
			Steps     []step `yaml:"steps"`
		} `yaml:"jobs"`
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&w); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.On["workflow_dispatch"]; !ok || len(w.On) != 1 || len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
		t.Errorf("on %v, permissions %v", w.On, w.Permissions)
	}
	if want := dict(t, "Info.plist")["LSMinimumSystemVersion"]; w.Env["MACOSX_DEPLOYMENT_TARGET"] != want {
		t.Errorf("built for macOS %s, and Info.plist says %v", w.Env["MACOSX_DEPLOYMENT_TARGET"], want)
	}
	all := ""
	for name, job := range w.Jobs {
		if job.RunsOn == "" || job.Timeout == 0 || len(job.Steps) == 0 {
			t.Errorf("%s: %+v", name, job)
		}
		if _, ok := w.Jobs[job.Needs]; job.Needs != "" && !ok {
			t.Errorf("%s needs %s, which is not there", name, job.Needs)
		}
		for _, s := range job.Steps {
			if (s.Run == "") == (s.Uses == "") {
				t.Errorf("%s: a step runs or uses: %+v", name, s)
			}
			if s.Uses != "" && !regexp.MustCompile(`^actions/[a-z-]+@[0-9a-f]{40}$`).MatchString(s.Uses) {
				t.Errorf("%s: %s may be another one tomorrow", name, s.Uses)
			}
			all += s.Run + "\n"
			// Bash is what the runner takes; what it puts in before is no shell's.
			cmd := exec.Command("bash", "-n")
			cmd.Stdin = strings.NewReader(regexp.MustCompile(`\$\{\{[^}]*\}\}`).ReplaceAllString(s.Run, "x"))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s, %s: %v: %s", name, s.Name, err, out)
			}
			if strings.Contains(s.Run, "${{") {
				t.Errorf("%s: a secret goes by the environment, not into a command", s.Name)
			}
		}
	}
	for _, tool := range []string{
		"lipo -create", "codesign --verify", "--options runtime", "notary submit", "Accepted", "stapler staple", "hdiutil create",
		"spctl --assess",
	} {
		if !strings.Contains(all, tool) {
			t.Errorf("nothing does %s", tool)
		}
	}
	for _, path := range regexp.MustCompile(`(?:packaging|assets|wire)/[\w./-]+|\./cmd/\w+`).FindAllString(all, -1) {
		if _, err := os.Stat(filepath.Join("../..", path)); err != nil {
			t.Error(err)
		}
	}
}
