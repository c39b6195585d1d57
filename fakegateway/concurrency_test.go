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

	"ibsoak/fakegateway/lock"
)

// TestEveryGoroutineAndLockIsOnThePage keeps docs/concurrency.md complete, with every lock's level. That
// locks are taken in the order of their levels is checked while the other tests run: see
// lock.CheckOrder.
func TestEveryGoroutineAndLockIsOnThePage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "concurrency.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, dir := range []string{
		".", "clock", "connection", "control", "exchange", "fault", "listener", "market", "observe", "session",
		"session/account", "session/advisor", "session/client", "session/contract", "session/display",
		"session/feed", "session/history", "session/marketdata", "session/news", "session/orders",
		"session/reference", "session/settings", "stage",
	} {
		notTest := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
		packages, err := parser.ParseDir(token.NewFileSet(), dir, notTest, 0) //nolint:staticcheck // names are enough
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range packages {
			for _, file := range p.Files {
				for _, what := range concurrencyIn(file) {
					found++
					if entry := fmt.Sprintf("| `%s.%s |", name, what); !strings.Contains(string(text), entry) {
						t.Errorf("docs/concurrency.md has no row of %s.%s", name, what)
					}
				}
			}
		}
	}
	if found < 25 {
		t.Errorf("only %d goroutines and locks were found in the sources", found)
	}
}

// concurrencyIn gives the rows' beginnings of the functions that start goroutines and of the fields that
// are locks.
func concurrencyIn(file *ast.File) (names []string) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && startsGoroutine(f.Body) && f.Name.Name != "Go" {
			names = append(names, f.Name.Name+"`")
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
			for _, name := range fieldNames(f) {
				if level := lockLevel(f.Type); level != "" {
					names = append(names, fmt.Sprintf("%s.%s` | %s", spec.Name.Name, name, level))
				}
			}
		}
		return false
	})
	return names
}

// fieldNames are those of a field; an embedded lock is called by its type.
func fieldNames(f *ast.Field) (names []string) {
	for _, name := range f.Names {
		names = append(names, name.Name)
	}
	if len(names) == 0 {
		names = []string{"Mutex"}
	}
	return names
}

// lockLevel is the level of a lock's type, "none" for a lock without one, and "" for any other type. A
// pointer is somebody else's lock.
func lockLevel(t ast.Expr) string {
	if of, ok := t.(*ast.IndexExpr); ok {
		kind, isLock := of.X.(*ast.SelectorExpr)
		level, named := of.Index.(*ast.SelectorExpr)
		if isLock && named && strings.HasSuffix(kind.Sel.Name, "Mutex") {
			return level.Sel.Name
		}
	}
	if kind, ok := t.(*ast.SelectorExpr); ok && strings.HasSuffix(kind.Sel.Name, "Mutex") {
		return "none"
	}
	return ""
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

// TestLocksAreChecked shows that the tests of this package run with checks.
func TestLocksAreChecked(t *testing.T) {
	if raceDetector {
		t.Skip("the order is not checked under the race detector")
	}
	defer func() {
		if recover() == nil {
			t.Error("two locks of the last level at once were let pass")
		}
	}()
	var first, second lock.Mutex[lock.Last]
	first.Lock()
	defer first.Unlock()
	second.Lock()
}
