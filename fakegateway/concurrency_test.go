package fakegateway

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryGoroutineAndLockIsOnThePage keeps docs/concurrency.md complete for the packages of the
// connection and the port. Session and exchange have their own account in session/doc.go.
func TestEveryGoroutineAndLockIsOnThePage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "concurrency.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, dir := range []string{".", "clock", "connection", "control", "fault", "listener", "observe", "stage"} {
		notTest := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
		packages, err := parser.ParseDir(token.NewFileSet(), dir, notTest, 0) //nolint:staticcheck // names are enough
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range packages {
			for _, file := range p.Files {
				for _, what := range concurrencyIn(file) {
					found++
					if entry := fmt.Sprintf("| `%s.%s` |", name, what); !strings.Contains(string(text), entry) {
						t.Errorf("docs/concurrency.md has no row of %s.%s", name, what)
					}
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d goroutines and locks were found in the sources", found)
	}
}

// concurrencyIn names the functions that start goroutines and the fields that are locks.
func concurrencyIn(file *ast.File) (names []string) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && startsGoroutine(f.Body) && f.Name.Name != "Go" {
			names = append(names, f.Name.Name)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		s, ok := spec.Type.(*ast.StructType)
		if !ok {
			return false
		}
		for _, f := range s.Fields.List {
			kind, ok := f.Type.(*ast.SelectorExpr)
			if !ok || !strings.HasSuffix(kind.Sel.Name, "Mutex") {
				continue
			}
			for _, name := range f.Names {
				names = append(names, spec.Name.Name+"."+name.Name)
			}
		}
		return false
	})
	return names
}

func startsGoroutine(body ast.Node) (starts bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			starts = true
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Go" {
				starts = true
			}
		}
		return true
	})
	return starts
}
