package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// outsideProgram is the snippet of the README as a module of one's own would have it.
const outsideProgram = `package main

import (
	"fmt"

	"ibsoak/fakegateway"
)

func main() {
	gateway, err := fakegateway.Start(fakegateway.Config{Profile: "leaky"})
	if err != nil {
		panic(err)
	}
	defer gateway.Close()
	host, _ := gateway.HostPort()
	fmt.Print(host)
}
`

// TestFromAnotherModule follows docs/clients/go.md: a module outside this tree uses its packages by a
// workspace, and by a replacement in its own go.mod.
func TestFromAnotherModule(t *testing.T) {
	tree, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(tree, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := exec.CommandContext(t.Context(), "go", "list", "-m").Output()
	if err != nil {
		t.Fatal(err)
	}
	module := strings.TrimSpace(string(list))
	for name, steps := range map[string][][]string{
		"workspace": {{"work", "init", ".", tree}, {"run", "."}},
		"replacement": {
			{"mod", "edit", "-require=" + module + "@v0.0.0", "-replace=" + module + "=" + tree},
			{"run", "-mod=mod", "."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{
				"go.mod": "module example.com/outside\n\ngo 1.26.0\n", "main.go": outsideProgram, "go.sum": string(sums),
			} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out []byte
			for _, args := range steps {
				cmd := exec.CommandContext(t.Context(), "go", args...)
				cmd.Dir = dir
				// A workspace reads the go.mod files of modules, too, that no build of the tree has ever asked for:
				// on a fresh machine they are fetched.
				cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=")
				if out, err = cmd.CombinedOutput(); err != nil {
					t.Fatalf("go %v: %v\n%s", args, err, out)
				}
			}
			if string(out) != "127.0.0.1" {
				t.Errorf("the program said %q", out)
			}
		})
	}
}
