package update

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a released version: three numbers, and a mark for those before a release.
type Version struct {
	Major, Minor, Patch int
	Pre                 string // "beta.2"; empty: a release
}

// ParseVersion reads "1.2.3" or "1.2.3-beta.2" (Semantic Versioning 2.0.0, without build metadata).
func ParseVersion(s string) (v Version, err error) {
	bad := fmt.Errorf("%.40q is no version", s)
	if len(s) > 64 {
		return v, bad
	}
	numbers, pre, marked := strings.Cut(s, "-")
	if marked {
		for _, part := range strings.Split(pre, ".") {
			if part == "" || strings.ContainsFunc(part, notInPre) || len(part) > 1 && part[0] == '0' && !strings.ContainsFunc(part, notDigit) {
				return v, bad
			}
		}
	}
	v.Pre = pre
	parts := strings.Split(numbers, ".")
	if len(parts) != 3 {
		return Version{}, bad
	}
	for i, to := range []*int{&v.Major, &v.Minor, &v.Patch} {
		if *to, err = strconv.Atoi(parts[i]); err != nil || strconv.Itoa(*to) != parts[i] || *to < 0 || *to > 1_000_000 {
			return Version{}, bad
		}
	}
	return v, nil
}

// notInPre and notDigit are for identifiers of Semantic Versioning 2.0.0, section 9.
func notInPre(r rune) bool { return notInName(r) || strings.ContainsRune("_+~", r) }
func notDigit(r rune) bool { return r < '0' || r > '9' }

func (v Version) String() string {
	s := fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
	if v.Pre != "" {
		s += "-" + v.Pre
	}
	return s
}

// Compare is negative where v comes before w (Semantic Versioning 2.0.0, section 11).
func (v Version) Compare(w Version) int {
	if c := cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch)); c != 0 {
		return c
	}
	switch {
	case v.Pre == w.Pre:
		return 0
	case v.Pre == "":
		return 1
	case w.Pre == "":
		return -1
	}
	return comparePre(strings.Split(v.Pre, "."), strings.Split(w.Pre, "."))
}

func comparePre(a, b []string) int {
	for i := range min(len(a), len(b)) {
		n, errN := strconv.Atoi(a[i])
		m, errM := strconv.Atoi(b[i])
		c := cmp.Compare(a[i], b[i])
		switch {
		case errN == nil && errM == nil:
			c = cmp.Compare(n, m)
		case errN == nil:
			c = -1 // numbers come before words
		case errM == nil:
			c = 1
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}
