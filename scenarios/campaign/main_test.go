package campaign_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"modernc.org/sqlite"

	"ibsoak/trader/cli"
)

// traderWord is the argument by which the test binary is the trader. So nothing is built but the test.
const traderWord = "trader"

// commitVariable tells a trader at which commit of its journal it is killed: "12 350µs" is when its
// twelfth commit has begun and so much time has passed. It is the only way to meet the places between
// two steps of the journal: nothing outside the process sees them.
const commitVariable = "IBSOAK_KILL_AT_COMMIT"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == traderWord {
		if at := os.Getenv(commitVariable); at != "" {
			if err := dieAtCommit(at); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(2)
			}
		}
		os.Exit(cli.Main(context.Background(), os.Args[2:], os.Stdout, os.Stderr)) //nolint:forbidigo // a process
	}
	os.Exit(m.Run())
}

// dieAtCommit kills this process when its journal is about to commit for the nth time. Without a
// delay nothing of that commit is on the disk.
func dieAtCommit(at string) error {
	var nth int64
	var text string
	if _, err := fmt.Sscanf(at, "%d %s", &nth, &text); err != nil {
		return fmt.Errorf("read %s=%q: %w", commitVariable, at, err)
	}
	delay, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("read %s=%q: %w", commitVariable, at, err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	var commits atomic.Int64
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		hooks, ok := conn.(sqlite.HookRegisterer)
		if !ok {
			return fmt.Errorf("the driver's %T has no hooks", conn)
		}
		hooks.RegisterCommitHook(func() int32 {
			switch {
			case commits.Add(1) != nth:
			case delay == 0:
				_ = self.Kill()
				select {} // nothing is done while the signal is on its way
			default:
				time.AfterFunc(delay, func() { _ = self.Kill() })
			}
			return 0
		})
		return nil
	})
	return nil
}

// skipWithoutSignals passes over what needs SIGTERM to end a trader in good order.
func skipWithoutSignals(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be asked to end by another one here")
	}
}
