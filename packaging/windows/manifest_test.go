// Package windows_test looks at what is made for Windows: without a tag at what stands here, with "packages" at the programs that
// packaging/windows/build.sh has made.
package windows_test

import (
	"encoding/xml"
	"os"
	"slices"
	"testing"
)

// manifest is what of an application's manifest is looked at.
type manifest struct {
	Level struct {
		Level    string `xml:"level,attr"`
		UIAccess string `xml:"uiAccess,attr"`
	} `xml:"trustInfo>security>requestedPrivileges>requestedExecutionLevel"`
	Systems []struct {
		ID string `xml:"Id,attr"`
	} `xml:"compatibility>application>supportedOS"`
	Settings struct {
		DPI      string `xml:"http://schemas.microsoft.com/SMI/2016/WindowsSettings dpiAwareness"`
		OldDPI   string `xml:"http://schemas.microsoft.com/SMI/2005/WindowsSettings dpiAware"`
		LongPath string `xml:"http://schemas.microsoft.com/SMI/2016/WindowsSettings longPathAware"`
		CodePage string `xml:"http://schemas.microsoft.com/SMI/2019/WindowsSettings activeCodePage"`
	} `xml:"application>windowsSettings"`
	Needs []struct {
		Name string `xml:"name,attr"`
	} `xml:"dependency>dependentAssembly>assemblyIdentity"`
}

func TestManifest(t *testing.T) {
	data, err := os.ReadFile("parley.manifest")
	if err != nil {
		t.Fatal(err)
	}
	checkManifest(t, data)
}

// checkManifest wants no administrator, a sharp picture on each screen, UTF-8, and Windows 10 and later told that we know them.
func checkManifest(t *testing.T, data []byte) {
	t.Helper()
	var m manifest
	if err := xml.Unmarshal(data, &m); err != nil {
		t.Fatalf("manifest: %v", err)
	}
	if m.Level.Level != "asInvoker" || m.Level.UIAccess != "false" {
		t.Errorf("manifest asks for %+v", m.Level)
	}
	const windows10 = "{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"
	if len(m.Systems) != 1 || m.Systems[0].ID != windows10 {
		t.Errorf("manifest names the systems %v", m.Systems)
	}
	if s := m.Settings; s.DPI != "PerMonitorV2, PerMonitor" || s.OldDPI != "true/pm" || s.LongPath != "true" || s.CodePage != "UTF-8" {
		t.Errorf("manifest sets %+v", s)
	}
	var needs []string
	for _, n := range m.Needs {
		needs = append(needs, n.Name)
	}
	if !slices.Equal(needs, []string{"Microsoft.Windows.Common-Controls"}) {
		t.Errorf("manifest needs %q", needs)
	}
}
