package cli

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ibsoak/internal/testkit"
)

// TestMain lets this test's binary be the trader: for scripts, and for tests that signal it.
func TestMain(m *testing.M) {
	const marker = "TRADER_CLI_TEST" // of the tests' children, which have their environment already
	if os.Getenv(marker) == "" && os.Getenv("XDG_STATE_HOME") == "" {
		for name, value := range map[string]string{
			marker: "1", "XDG_STATE_HOME": filepath.Join(os.TempDir(), "trader-cli-test"), // not this user's own
		} {
			if err := os.Setenv(name, value); err != nil {
				panic(err)
			}
		}
	}
	testscript.Main(m, map[string]func(){
		"trader": func() { os.Exit(Main(contextOfMain(), os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// contextOfMain is what package main hands over.
func contextOfMain() context.Context {
	return context.Background() //nolint:forbidigo // no test is running in this process
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
			env.Setenv("GORACE", "atexit_sleep_ms=0") // else every child of a race build waits 1 s
			env.Setenv("CLOSED", strconv.Itoa(int(testkit.ClosedPort(t).Port())))
			return nil
		},
	})
}
