package updates

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows/registry"

	"parley/update"
)

// listed is the entry that the setup makes in Windows' list of apps, for one person (packaging/windows/parley.nsi).
const listed = `Software\Microsoft\Windows\CurrentVersion\Uninstall\Parley`

// List has the system's list of apps, and the setup, which refuses to replace a newer version, know the version that runs: the entry says
// what was installed, and is old after an update. An entry that is another copy's is left as it is, and where there is none, none is made.
func (c Copy) List(version update.Version) error {
	if c.Kind != NSIS {
		return nil
	}
	return c.list(listed, version)
}

func (c Copy) list(path string, version update.Version) error {
	k, err := registry.OpenKey(registry.CURRENT_USER, path, registry.QUERY_VALUE|registry.SET_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the list of apps: %w", err)
	}
	defer k.Close()
	folder, _, err := k.GetStringValue("InstallLocation")
	if err != nil || !same(folder, filepath.Dir(c.Target)) {
		return nil
	}
	for _, v := range [][2]string{{"VersionKey", key(version)}, {"DisplayVersion", version.String()}} {
		if was, _, err := k.GetStringValue(v[0]); err == nil && was == v[1] {
			continue
		}
		if err := k.SetStringValue(v[0], v[1]); err != nil {
			return fmt.Errorf("the list of apps: %w", err)
		}
	}
	return nil
}

// same says whether two names are the same folder's.
func same(a, b string) bool {
	s, err := os.Stat(a)
	if err != nil {
		return false
	}
	t, err := os.Stat(b)
	return err == nil && os.SameFile(s, t)
}

// key is a version as the setup compares versions: byte by byte. packaging/windows/setup.sh makes the same.
func key(v update.Version) string {
	text := fmt.Sprintf("%07d%07d%07d", v.Major, v.Minor, v.Patch)
	if v.Pre == "" {
		return text + "~"
	}
	text += "-"
	for part := range strings.SplitSeq(v.Pre, ".") {
		if strings.Trim(part, "0123456789") == "" {
			text += fmt.Sprintf("0%020s ", part)
		} else {
			text += "1" + part + " "
		}
	}
	return text
}
