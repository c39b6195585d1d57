package cli

import (
	"context"
	"flag"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/browser"
)

// picture is where to keep what the browser saw: go test ./trader/cli -run TestTheStatusPage -picture FILE.
var picture = flag.String("picture", "", "write the status page as PNG to this file")

// chromium is a headless Chromium that runs, with its own profile, or a visible skip. One that crashes while it
// starts, as one does now and then on a busy machine, says nothing of the page: it is started again.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := browser.Find()
	if err != nil {
		t.Skipf("SKIPPED: nobody has seen the status page: %v", err)
	}
	const width, height, starts = 1100, 1250, 3
	for range starts {
		options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path),
			chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(width, height))
		allocated, end := chromedp.NewExecAllocator(t.Context(), options...)
		t.Cleanup(end)
		ctx, cancel := chromedp.NewContext(allocated)
		t.Cleanup(cancel)
		if err = chromedp.Do(ctx); err == nil {
			return ctx
		}
		t.Logf("started again: %v", err)
	}
	t.Skipf("SKIPPED: nobody has seen the status page: Chromium did not start %d times: %v", starts, err)
	return nil
}

// reads waits until the page says all of the texts, and its chart is drawn, and gives what it says.
func reads(ctx context.Context, t *testing.T, texts ...string) string {
	t.Helper()
	said := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); pause(t) {
		var err error
		said, err = chromedp.Run(ctx, chromedp.EvaluateAsDevTools[string](
			`(document.querySelector('#equity canvas') ? 'chart ' : '') + document.title + ' ' + document.body.innerText`))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(append(texts, "chart "), func(text string) bool { return !strings.Contains(said, text) }) {
			return said
		}
	}
	t.Fatalf("the page does not say %q, but: %s", texts, said)
	return ""
}

// TestTheStatusPage is what a browser makes of it while a trader trades, through a restart of its Gateway, and
// when the trader has gone.
func TestTheStatusPage(t *testing.T) {
	ctx := chromium(t)
	r := newRig(t, fakegateway.Config{Clock: fakegateway.Clock{Start: time.Now(), Scale: 60}})
	run := r.start("--symbols", "AAPL,NVDA,BRK B", "--strategy", "alternate", "--shares", "10", "--interval", "0.2",
		"--status-listen", "127.0.0.1:0", "--absence-wait", "1s", "--log-level", "info")
	run.readyz(http.StatusOK, "ok")
	load := func() {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(run.page()+"/")); err != nil {
			t.Fatal(err)
		}
	}
	load()
	reads(ctx, t, "ready - trader", "ready: synced", "AAPL", "BRK B")
	r.await("six fills", func(*fakegateway.View) bool { return len(r.gw.Books().Executions) >= 6 })
	if err := r.gw.Restart(fault.Downtime{Refused: fault.Duration(4 * time.Minute)}, fault.FIN); err != nil { // 4 s of ours
		t.Fatal(err)
	}
	reads(ctx, t, "NOT READY - trader", "not ready", "no session: ")
	reads(ctx, t, "ready: synced")
	r.await("more fills", func(*fakegateway.View) bool { return len(r.gw.Books().Executions) >= 12 })
	load()
	if said := reads(ctx, t, "is ready, server version", "the books are reconciled", "no session: "); strings.Contains(said, "DU9000001") {
		t.Error("the page shows the account")
	}
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if *picture != "" {
		if err := os.WriteFile(*picture, png, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run.cancel()
	<-run.done
	reads(ctx, t, "the trader does not answer")
}
