package cli

import (
	"context"
	"net"
	"os"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets this test's binary be the trader: for scripts, and for tests that signal it.
func TestMain(m *testing.M) {
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
			env.Setenv("CLOSED", strconv.Itoa(closedPort(t)))
			return nil
		},
	})
}

// closedPort is a port that nothing listens on.
func closedPort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
	}()
	return ln.Addr().(*net.TCPAddr).Port
}
