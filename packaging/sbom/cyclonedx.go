package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// What of CycloneDX 1.5 is used; the names are its own.
type (
	document struct {
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Serial       string       `json:"serialNumber,omitempty"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Timestamp string    `json:"timestamp"`
		Component component `json:"component"`
	}
	component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Name       string     `json:"name"`
		Version    string     `json:"version,omitempty"`
		Hashes     []hash     `json:"hashes,omitempty"`
		Licences   []licence  `json:"licenses,omitempty"`
		Purl       string     `json:"purl,omitempty"`
		Properties []property `json:"properties,omitempty"`
	}
	hash struct {
		Alg     string `json:"alg"`
		Content string `json:"content"`
	}
	licence struct {
		Expression string `json:"expression"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref string   `json:"ref"`
		On  []string `json:"dependsOn,omitempty"`
	}
)

// bill is the whole document: the programs, what they are made of, and which of it is in which.
func bill(programs []program, version string, at time.Time) document {
	release := component{Type: "application", Ref: "parley@" + version, Name: "parley", Version: version, Licences: []licence{{"MIT"}}}
	doc := document{
		Format: "CycloneDX", Spec: "1.5", Version: 1,
		Metadata: metadata{Timestamp: at.UTC().Format(time.RFC3339), Component: release},
	}
	known := map[string]component{}
	whole := dependency{Ref: release.Ref}
	for _, p := range programs {
		c := p.component(version)
		known[c.Ref] = c
		whole.On = append(whole.On, c.Ref)
		parts := dependency{Ref: c.Ref}
		if p.build != nil {
			for _, m := range p.build.Deps {
				part := module(m)
				known[part.Ref] = part
				parts.On = append(parts.On, part.Ref)
			}
		}
		for _, part := range p.parts {
			c := part.component()
			known[c.Ref] = c
			parts.On = append(parts.On, c.Ref)
		}
		slices.Sort(parts.On)
		doc.Dependencies = append(doc.Dependencies, parts)
	}
	slices.Sort(whole.On)
	doc.Dependencies = append(doc.Dependencies, whole)
	for _, c := range known {
		doc.Components = append(doc.Components, c)
	}
	slices.SortFunc(doc.Components, func(a, b component) int { return strings.Compare(a.Ref, b.Ref) })
	slices.SortFunc(doc.Dependencies, func(a, b dependency) int { return strings.Compare(a.Ref, b.Ref) })
	doc.Serial = serial(doc)
	return doc
}

func (p program) component(version string) component {
	if p.build == nil {
		return component{Type: "file", Ref: p.name, Name: p.name, Version: version, Hashes: []hash{{"SHA-256", p.sum}}}
	}
	c := component{
		Type: "application", Ref: fmt.Sprintf("%s@%s?os=%s&arch=%s", p.name, version, p.program.System, p.program.Arch),
		Name: p.name, Version: version,
		Hashes: []hash{{"SHA-256", p.sum}}, Licences: []licence{{"MIT"}},
		Properties: []property{{"parley:go", p.build.GoVersion}, {"parley:package", p.build.Path}},
	}
	for _, s := range p.build.Settings {
		switch s.Key {
		case "-tags", "CGO_ENABLED", "GOAMD64", "GOARM64":
			c.Properties = append(c.Properties, property{"parley:build:" + s.Key, s.Value})
		}
	}
	return c
}

// module names a module as the package URL type "golang" does. Its sum is go.sum's: of a list of files, so it is none of CycloneDX's
// hashes.
func module(m *debug.Module) component {
	if m.Replace != nil {
		m = m.Replace
	}
	purl := "pkg:golang/" + m.Path + "@" + m.Version
	c := component{Type: "library", Ref: purl, Name: m.Path, Version: m.Version, Purl: purl}
	if m.Sum != "" {
		c.Properties = []property{{"parley:go.sum", m.Sum}}
	}
	return c
}

func (p part) component() component {
	ref := "part:" + p.Name + "@" + p.version
	return component{Type: "library", Ref: ref, Name: p.Name, Version: p.version, Licences: []licence{{p.Licence}}}
}

// serial is a UUID of version 8 (RFC 9562 section 5.8: made as one likes) out of what the document says.
func serial(doc document) string {
	doc.Serial = ""
	data, err := json.Marshal(doc)
	if err != nil {
		return "" // strings and numbers alone: there is no such error
	}
	sum := sha256.Sum256(data)
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	s := hex.EncodeToString(sum[:16])
	return "urn:uuid:" + s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
