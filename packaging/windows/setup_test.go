package windows_test

import (
	"encoding/xml"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// wxs is what of parley.wxs is looked at.
type wxs struct {
	Product struct {
		UpgradeCode string `xml:",attr"`
		Upgrade     struct {
			ID string `xml:"Id,attr"`
		}
		Components []struct {
			GUID  string `xml:"Guid,attr"`
			Win64 string `xml:",attr"`
			Files []struct {
				Name string `xml:",attr"`
			} `xml:"File"`
			Values []struct {
				Key   string `xml:",attr"`
				Value string `xml:",attr"`
			} `xml:"RegistryValue"`
		} `xml:"Directory>Directory>Directory>Component"`
		Menu struct {
			GUID string `xml:"Guid,attr"`
		} `xml:"Directory>Directory>Component"`
	}
}

func readWxs(t *testing.T) (w wxs) {
	t.Helper()
	text, err := os.ReadFile("parley.wxs")
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// A version that had others would be installed beside the one before.
func TestMSIIsKnownByItsCodes(t *testing.T) {
	p := readWxs(t).Product
	const upgrade = "8B6B1F0B-5A2B-5B52-9B0E-3C3E6B7C6A11"
	if p.UpgradeCode != upgrade || p.Upgrade.ID != upgrade {
		t.Errorf("the upgrade code is %s and %s", p.UpgradeCode, p.Upgrade.ID)
	}
	var codes []string
	for _, c := range p.Components {
		codes = append(codes, c.GUID)
		if c.Win64 != "yes" {
			t.Errorf("%s is of 32 bits", c.GUID)
		}
	}
	codes = append(codes, p.Menu.GUID)
	for i, code := range codes {
		if want := "2D0E4C5B-7A53-5B0C-8B55-5D3F5D1F0A0" + string(rune('1'+i)); code != want {
			t.Errorf("component %d is %s instead of %s", i+1, code, want)
		}
	}
	if len(codes) != 4 {
		t.Errorf("there are %d components", len(codes))
	}
}

// Both install the same, and have the same done about an invite's link. Only the setup has an uninstaller; Windows has the MSI's.
func TestSetupAndMSIInstallTheSame(t *testing.T) {
	text, err := os.ReadFile("parley.nsi")
	if err != nil {
		t.Fatal(err)
	}
	nsi := string(text)
	var files, inMSI []string
	for _, m := range regexp.MustCompile(`!insertmacro \$\{DO\} "(.+)"`).FindAllStringSubmatch(nsi, -1) {
		files = append(files, m[1])
	}
	command := ""
	for _, c := range readWxs(t).Product.Components {
		for _, f := range c.Files {
			inMSI = append(inMSI, f.Name)
		}
		for _, v := range c.Values {
			if strings.HasSuffix(v.Key, `\command`) {
				command = v.Value
			}
		}
	}
	if !slices.Equal(files, append(inMSI, "uninstall.exe")) {
		t.Errorf("the setup has %q, the MSI %q", files, inMSI)
	}
	if command != `"[#parley.exe]" -- "%1"` || !strings.Contains(nsi, `!define OPEN '"$INSTDIR\parley.exe" -- "%1"'`) {
		t.Errorf("a link starts %s", command)
	}
	if !strings.HasPrefix(regexp.MustCompile(`(?m)^(;.*)?\n`).ReplaceAllString(nsi, ""), "Target amd64-unicode") {
		t.Error("the target has to be named before anything else")
	}
	if strings.Contains(nsi, "RequestExecutionLevel admin") || strings.Contains(nsi, "HKLM") {
		t.Error("the setup would need administrator's rights")
	}
}

// Parley itself keeps what the setup compares versions by (cmd/internal/updates, whose test wants the same).
func TestKeyOfAVersion(t *testing.T) {
	script, err := os.ReadFile("setup.sh")
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`(?ms)^key\(\) \{.*?^\}`).FindString(string(script))
	for version, want := range map[string]string{
		"1.2.3":          "000000100000020000003~",
		"1.10.0-beta.2":  "000000100000100000000-1beta 000000000000000000002 ",
		"1.0.0-rc.1.x-y": "000000100000000000000-1rc 000000000000000000001 1x-y ",
	} {
		numbers, _, _ := strings.Cut(version, "-")
		c := exec.Command("sh", "-c", "IFS=. read -r major minor patch <<END\n"+numbers+"\nEND\n"+key+"\nkey")
		c.Env = append(os.Environ(), "VERSION="+version)
		if got, err := c.Output(); err != nil || string(got) != want {
			t.Errorf("%s: %q instead of %q: %v", version, got, want, err)
		}
	}
}
