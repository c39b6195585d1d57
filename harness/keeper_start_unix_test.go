//go:build unix

package harness

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestKeeperThatCannotStart runs through keepers that end before they listen, and that are no program: the
// run ends with the reason, and nothing that it had started for its record goes on.
func TestKeeperThatCannotStart(t *testing.T) {
	for command, want := range map[string]string{"false": "the keeper ended", "/no/such/keeper": "start the keeper"} {
		s := Scenario{Name: "test", Summary: "A test.", Subject: Subject{Mode: Once, Runs: 1}, Checks: checks("exit-codes")}
		o := Options{Keeper: []string{command}, Command: []string{"true"}, OutDir: t.TempDir()}
		if _, err := Run(t.Context(), s, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", command, err, want)
		}
		if left := goroutinesLeft(); left != "" {
			t.Errorf("%s: still running:\n%s", command, left)
		}
	}
	harnessChildren.Lock()
	defer harnessChildren.Unlock()
	if len(harnessChildren.pids) > 0 || harnessChildren.runs != 0 {
		t.Errorf("processes %v of %d runs are left", harnessChildren.pids, harnessChildren.runs)
	}
}

// goroutinesLeft are the goroutines of this package but for the tests' own. It is for tests beside which no other
// runs. One whose owner does not wait for its very last step gets a moment for that.
func goroutinesLeft() (left string) {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for range 100 {
		left = ""
		all := make([]byte, 1<<20)
		for _, one := range strings.Split(string(all[:runtime.Stack(all, true)]), "\n\n") {
			if strings.Contains(one, "ibsoak/harness.(*") && !strings.Contains(one, "testing.tRunner") {
				left += one + "\n\n"
			}
		}
		if left == "" {
			return ""
		}
		<-again.C
	}
	return left
}
