package arrows_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ibsoak/internal/testkit"
)

// systems are those that the programs are built for. Their files differ, and so may their imports.
var systems = []string{"linux", "darwin", "windows"}

// modulesGraph lists everything that our packages are built from on this system, and the imports
// of our own packages on every system.
func modulesGraph(t *testing.T) graph {
	t.Helper()
	root := testkit.ModuleRoot(t)
	touchSources(t, root)
	g := make(graph)
	g.add(t, list(t, root, "", graphFields, "-deps", "./..."))
	for _, system := range systems {
		// What other systems' modules need may not have been downloaded here: -e goes on without it.
		g.add(t, list(t, root, system, graphFields, "-e", "./..."))
	}
	if len(g["ibsoak/internal/wire"]) == 0 {
		t.Fatalf("go list gave %d packages, and no imports of ibsoak/internal/wire among them", len(g))
	}
	outside(t, root)
	return g
}

func (g graph) add(t *testing.T, listed []byte) {
	t.Helper()
	for d := json.NewDecoder(bytes.NewReader(listed)); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
			Error      *struct{ Err string }
		}
		err := d.Decode(&pkg)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("read what go list printed: %v", err)
		}
		if pkg.Error != nil {
			t.Fatalf("list package %s: %s", pkg.ImportPath, pkg.Error.Err)
		}
		known := append(slices.Clone(g[pkg.ImportPath]), pkg.Imports...)
		slices.Sort(known)
		g[pkg.ImportPath] = slices.Compact(known)
	}
}

// outside fails when a rule names a package that is not ours and not there.
func outside(t *testing.T, root string) {
	t.Helper()
	var names []string
	for _, r := range rules {
		for _, pattern := range r.never {
			if name := strings.TrimSuffix(pattern, "/..."); !matches("ibsoak/...", name) {
				names = append(names, name)
			}
		}
	}
	list(t, root, "", graphFields, append([]string{"-find"}, names...)...)
}

// graphFields are the fields of a package that go list prints for the graph.
const graphFields = "ImportPath,Imports,Error"

// list runs go list and returns these fields of each package as JSON. system is the system to list
// for, "" for this one. Another system is listed without cgo, so without the race detector that
// GOFLAGS may ask for.
func list(t *testing.T, root, system, fields string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-race=false", "-json=" + fields}, args...)...)
	cmd.Dir = root
	cmd.Env = os.Environ()
	if system != "" {
		cmd.Env = append(cmd.Env, "GOOS="+system, "CGO_ENABLED=0")
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s (GOOS=%s): %v\n%s", cmd, system, err, stderr.String())
	}
	return out
}

// touchSources looks at every source file. "go test" takes a cached result as long as the files that
// the test itself has looked at are the same; what go list reads it does not know.
func touchSources(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go"):
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("look at the sources: %v", err)
	}
}
