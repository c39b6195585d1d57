package keeper_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"ibsoak/trader/keeper"
	"ibsoak/trader/keeper/pace"
	"ibsoak/trader/keeper/serve"
	"ibsoak/trader/link"
)

// TestThePageSaysTheBounds holds docs/keeper.md against the constants that decide.
func TestThePageSaysTheBounds(t *testing.T) {
	text, err := os.ReadFile("../../docs/keeper.md")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Join(strings.Fields(string(text)), " ")
	short := func(d time.Duration) string { return fmt.Sprintf("%.0fm", d.Minutes()) }
	for _, want := range []string{
		fmt.Sprintf("`--keep` (%s)", short(keeper.DefaultKeep)),
		fmt.Sprintf("%d messages a second", link.DefaultMessagesPerSecond),
		fmt.Sprintf("%d requests of a client may wait", pace.MaxWaiting),
		fmt.Sprintf("when %d MiB wait for it, or when it has taken nothing for %s", serve.MaxUnread>>20, serve.ReadWithin),
		fmt.Sprintf("%s at most. Then the session is opened anew", keeper.DefaultDrainWithin),
		fmt.Sprintf("up to %s, and the port opens", short(keeper.DefaultBackoffCap)),
	} {
		if !strings.Contains(page, want) {
			t.Errorf("docs/keeper.md does not say %q", want)
		}
	}
}
