package examples_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/session"
)

var update = flag.Bool("update", false, "write docs/clients/surface.md anew")

// callResult is a line of what the surface programs print.
type callResult struct {
	Call      string
	Outcome   string
	Callbacks []string
	Code      int
	Text      string
}

const surfacePage = "../docs/clients/surface.md"

// TestSurface makes every request that the two clients can make, each client at its highest
// version, and compares what came back with the page in docs. Nothing may hang, break the
// connection or stay without the answer that is due.
func TestSurface(t *testing.T) { compare(t, surfacePage, surfaces(t, directly)) }

// surfaces is the page as it comes out with something in front of the Gateway.
func surfaces(t *testing.T, f front) string {
	t.Helper()
	goClient := filepath.Join(t.TempDir(), "gosurface")
	build := exec.CommandContext(t.Context(), "go", "build", "-race=false", "-o", goClient, "./gosurface")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	node := installTypeScript(t)
	clients := []struct {
		name    string
		results []callResult
	}{
		{"github.com/scmhub/ibapi 0.10.47 at server version 225", surface(t, f, goClient)},
		{"@stoqey/ib 1.6.10 at server version 193", surface(t, f, node,
			filepath.Join("typescript", "dist", "surface.js"))},
	}
	var page strings.Builder
	page.WriteString(surfaceIntroduction)
	for _, c := range clients {
		for _, r := range c.results {
			if r.Outcome == "missing" || r.Outcome == "broken" {
				t.Errorf("%s: %s is %s: heard %v, error %d %s", c.name, r.Call, r.Outcome,
					r.Callbacks, r.Code, r.Text)
			}
		}
		fmt.Fprintf(&page, "\n## %s\n\n%s\n\n%s", c.name, tally(c.results), table(t, c.results))
	}
	return page.String()
}

const surfaceIntroduction = `# What the fake Gateway answers to each request of two clients

Every public request method, called once with arguments that make sense on a paper account that has
market data subscriptions. ` + "`go test -run TestSurface ./examples -update`" + ` makes this page,
and without ` + "`-update`" + ` the test fails when it is not true any more.

**answered**: the callback that is due came. **error**: the error that a Gateway sends came.
**silent**: a Gateway answers nothing, and nothing came. **unsupported**: the client itself
refuses. After each call the client asks for the time, which proves that stream and connection
outlived it.
`

// surface runs a client that makes all its requests, at its highest version.
func surface(t *testing.T, f front, client ...string) []callResult {
	t.Helper()
	gateway, err := fakegateway.Start(fakegateway.Config{
		Semantics: session.Semantics{LiveMarketData: true},
		// A clock that runs faster brings the first real-time bar sooner.
		Clock: fakegateway.Clock{Start: time.Date(2026, time.January, 5, 15, 0, 0, 0, time.UTC), Scale: 10},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := gateway.Close(); err != nil {
			t.Error(err)
		}
	})
	addr, over := f(t, gateway)
	defer over()
	var results []callResult
	for _, line := range output(t, addr, client...) {
		var r callResult
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("read %q: %v", line, err)
		}
		results = append(results, r)
	}
	return results
}

// tally counts the outcomes.
func tally(results []callResult) string {
	counts := make(map[string]int)
	for _, r := range results {
		counts[r.Outcome]++
	}
	var parts []string
	for _, outcome := range []string{"answered", "error", "silent", "unsupported", "missing", "broken"} {
		if n := counts[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	return fmt.Sprintf("%d calls: %s.", len(results), strings.Join(parts, ", "))
}

func table(t *testing.T, results []callResult) string {
	t.Helper()
	var text bytes.Buffer
	rows := tablewriter.NewTable(&text, tablewriter.WithRenderer(renderer.NewMarkdown()),
		tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithAlignment(tw.Alignment{tw.AlignLeft, tw.AlignLeft, tw.AlignLeft}),
		tablewriter.WithRowAutoWrap(tw.WrapNone))
	rows.Header("call", "outcome", "what came")
	var before []string
	for _, r := range results {
		came := strings.Join(r.Callbacks, ", ")
		switch r.Outcome {
		case "silent":
			// A cancel can cross with an update of the request before it.
			came = strings.Join(slices.DeleteFunc(slices.Clone(r.Callbacks), func(name string) bool {
				return slices.Contains(before, name)
			}), ", ")
		case "error":
			came = fmt.Sprintf("%d %s", r.Code, r.Text)
		case "unsupported":
			came = r.Text
		}
		before = r.Callbacks
		if err := rows.Append(r.Call, r.Outcome, came); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Render(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// compare holds a page against what it should say, or writes it. Callbacks are not compared: what
// else came between two calls is a matter of time.
func compare(t *testing.T, page, want string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(page), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	kept, now := outcomes(string(got)), outcomes(want)
	for i := range max(len(kept), len(now)) {
		if i >= len(kept) || i >= len(now) || kept[i] != now[i] {
			t.Errorf("%s is not what the clients say today: run this test with -update and read the "+
				"difference, from line %d on; today it is\n%s", page, i+1, want)
			return
		}
	}
}

// outcomes are a page's lines, of which a table's are cut behind the outcome.
func outcomes(page string) []string {
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			lines[i] = strings.TrimLeft(cells[1], ":- ") + "|" + strings.TrimLeft(cells[2], ":- ")
			lines[i] = strings.Join(strings.Fields(lines[i]), " ")
		}
	}
	return lines
}
