package arrows_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"ibsoak/internal/testkit"
)

// rule forbids arrows between packages. A pattern is an import path, or one with "/..." for it and
// everything below it.
type rule struct {
	from   []string
	never  []string
	direct bool // only imports that the package itself writes, not what those import
	reason string
}

// The rules see programs, not tests: a test may use whatever it needs.
var rules = []rule{
	{
		from: []string{"ibsoak/trader/..."},
		never: []string{
			"ibsoak/backtest", "ibsoak/harness/...", "ibsoak/fakegateway/...", "ibsoak/scenarios/...",
		},
		reason: "the subject must not know that it is tested",
	},
	{
		from:   []string{"ibsoak/trader/protect"},
		never:  []string{"ibsoak/trader", "ibsoak/trader/broker", "ibsoak/trader/journal", "ibsoak/trader/link", "net", "os"},
		direct: true,
		reason: "what protects a position is decided from what is known: it asks nobody and sends nothing",
	},
	{
		from: []string{"ibsoak/backtest", "ibsoak/cmd/trader"},
		never: []string{
			"ibsoak/harness/...", "ibsoak/scenarios/...", "ibsoak/fakegateway", "ibsoak/fakegateway/connection",
			"ibsoak/fakegateway/control", "ibsoak/fakegateway/fault", "ibsoak/fakegateway/listener",
			"ibsoak/fakegateway/observe", "ibsoak/fakegateway/session/...",
		},
		reason: "a backtest joins the trader and the exchange: no socket, no fault and no judge is between them",
	},
	{
		from: []string{"ibsoak/trader/status"},
		never: []string{
			"net", "os", "log/...", "ibsoak/trader", "ibsoak/trader/broker", "ibsoak/trader/journal", "ibsoak/trader/link",
		},
		direct: true,
		reason: "a snapshot is data: it knows neither the engine nor who looks",
	},
	{
		from: []string{"ibsoak/trader"},
		never: []string{
			"net/http", "ibsoak/trader/alert", "ibsoak/trader/doctor", "ibsoak/trader/metrics", "ibsoak/trader/monitor",
		},
		reason: "the engine publishes snapshots and knows nobody who looks: no observer can hold up a cycle",
	},
	{
		from: []string{"ibsoak/trader/alert", "ibsoak/trader/metrics", "ibsoak/trader/monitor"},
		never: []string{
			"ibsoak/trader", "ibsoak/trader/broker", "ibsoak/trader/risk", "ibsoak/trader/strategy",
		},
		reason: "observers read the board and the journal's file, and nothing else of a trader",
	},
	{
		from:   []string{"ibsoak/scenarios/mutants"},
		never:  []string{"ibsoak/harness/...", "ibsoak/fakegateway/..."},
		reason: "the broken traders are subjects: they must not know that they are tested",
	},
	{
		from:   []string{"ibsoak/harness/..."},
		never:  []string{"ibsoak/trader/...", "ibsoak/scenarios/..."},
		reason: "the harness runs any subject as a command, and any scenario as data",
	},
	{
		from:   []string{"ibsoak/scenarios/..."},
		never:  []string{"ibsoak/trader/..."},
		reason: "what is claimed is claimed of every trader",
	},
	{
		from:   []string{"ibsoak/fakegateway/...", "ibsoak/cmd/fakegateway"},
		never:  []string{"ibsoak/harness/...", "ibsoak/trader/...", "ibsoak/scenarios/..."},
		reason: "the Gateway serves any client in any language, whether it is tested or not",
	},
	{
		from: []string{"ibsoak/fakegateway/exchange"},
		never: []string{
			"ibsoak/internal/wire", "ibsoak/fakegateway/fault", "github.com/scmhub/ibapi/...",
		},
		reason: "the books and the wire are independent: faults change what is told, never what is true",
	},
	{
		from: []string{"ibsoak/fakegateway/market"},
		never: []string{
			"ibsoak/fakegateway/exchange", "ibsoak/fakegateway/fault", "ibsoak/internal/...",
			"github.com/scmhub/ibapi/...",
		},
		reason: "prices are a function of seed, instrument and time: no order and no client moves them",
	},
	{
		from: []string{"ibsoak/fakegateway/fault"},
		never: []string{
			"ibsoak/fakegateway", "ibsoak/fakegateway/connection", "ibsoak/fakegateway/listener",
			"ibsoak/fakegateway/observe", "ibsoak/fakegateway/session/...", "ibsoak/fakegateway/exchange",
			"ibsoak/internal/sockets",
		},
		reason: "an action acts on small interfaces: what it acts on implements them",
	},
	{
		from:   []string{"ibsoak/fakegateway/fault", "ibsoak/fakegateway/hook", "ibsoak/fakegateway/observe"},
		never:  []string{"net", "syscall"},
		direct: true,
		reason: "faults and what is observed are the same on whatever carries the bytes",
	},
	{
		from: []string{"ibsoak/fakegateway/lock"},
		never: []string{
			"ibsoak/fakegateway", "ibsoak/fakegateway/connection", "ibsoak/fakegateway/exchange",
			"ibsoak/fakegateway/session/...", "ibsoak/internal/...",
		},
		reason: "what a lock guards is the business of its owner",
	},
	{
		from: []string{"ibsoak/fakegateway/clock", "ibsoak/fakegateway/stage"},
		never: []string{
			"ibsoak/fakegateway", "ibsoak/fakegateway/connection", "ibsoak/fakegateway/listener",
			"ibsoak/fakegateway/observe", "ibsoak/fakegateway/session/...", "ibsoak/fakegateway/fault",
		},
		reason: "who goes by the clock or waits for a stage is not their business",
	},
	{
		from: []string{"ibsoak/fakegateway/observe"},
		never: []string{
			"ibsoak/fakegateway", "ibsoak/fakegateway/connection", "ibsoak/fakegateway/listener",
			"ibsoak/fakegateway/control", "ibsoak/fakegateway/session/...",
		},
		reason: "whoever does something files it: the records look at nobody",
	},
	{
		from: []string{"ibsoak/fakegateway/connection"},
		never: []string{
			"ibsoak/fakegateway", "ibsoak/fakegateway/listener", "ibsoak/fakegateway/control",
			"ibsoak/internal/recording/...",
		},
		reason: "a connection asks its Owner: how the port is opened and steered is not for it to know",
	},
	{
		from:   []string{"ibsoak/fakegateway/listener"},
		never:  []string{"ibsoak/fakegateway", "ibsoak/fakegateway/control", "ibsoak/fakegateway/hook"},
		direct: true,
		reason: "the port admits sockets and ends them: what is said on them is their connections'",
	},
	{
		from:   []string{"ibsoak/fakegateway/control"},
		never:  []string{"ibsoak/fakegateway", "ibsoak/fakegateway/connection", "ibsoak/fakegateway/listener"},
		reason: "the control API has a Gateway by an interface: a request does what a method does",
	},
	{
		from: []string{"ibsoak/fakegateway/session/..."},
		never: []string{
			"ibsoak/fakegateway", "ibsoak/fakegateway/fault", "ibsoak/fakegateway/hook",
			"ibsoak/internal/recording/...", "ibsoak/internal/sockets",
		},
		reason: "a session answers what it is asked: sockets and what goes wrong with them are its connection's",
	},
	{
		from:   []string{"ibsoak/fakegateway/session/..."},
		never:  []string{"net", "os", "syscall"},
		direct: true,
		reason: "a session has a Conn: whether that is a socket is not for it to know",
	},
	{
		from: []string{
			"ibsoak/fakegateway/session/client", "ibsoak/fakegateway/session/contract",
			"ibsoak/fakegateway/session/feed",
		},
		never: []string{
			"ibsoak/fakegateway/session/news",
			"ibsoak/fakegateway/session/account", "ibsoak/fakegateway/session/advisor",
			"ibsoak/fakegateway/session/display", "ibsoak/fakegateway/session/history",
			"ibsoak/fakegateway/session/marketdata", "ibsoak/fakegateway/session/orders",
			"ibsoak/fakegateway/session/reference", "ibsoak/fakegateway/session/settings",
		},
		reason: "what all requests share knows none of them",
	},
	{
		from:   []string{"ibsoak/fakegateway/session/client"},
		never:  []string{"ibsoak/fakegateway/exchange"},
		reason: "where answers go does not depend on the books",
	},
	{
		from: []string{"ibsoak/fakegateway/session/orders"},
		never: []string{
			"ibsoak/fakegateway/session/news",
			"ibsoak/fakegateway/session/account", "ibsoak/fakegateway/session/display",
			"ibsoak/fakegateway/session/feed", "ibsoak/fakegateway/session/history",
			"ibsoak/fakegateway/session/marketdata", "ibsoak/fakegateway/session/reference",
		},
		reason: "an order's story comes from the books as events, not from what a client has subscribed to",
	},
	{
		from: []string{"ibsoak/fakegateway/session/account"},
		never: []string{
			"ibsoak/fakegateway/session/news",
			"ibsoak/fakegateway/session/display", "ibsoak/fakegateway/session/feed",
			"ibsoak/fakegateway/session/history", "ibsoak/fakegateway/session/marketdata",
			"ibsoak/fakegateway/session/orders", "ibsoak/fakegateway/session/reference",
			"ibsoak/fakegateway/session/settings",
		},
		reason: "what an account holds comes from the books, whoever has traded it",
	},
	{
		from: []string{"ibsoak/fakegateway/session/history"},
		never: []string{
			"ibsoak/fakegateway/session/news",
			"ibsoak/fakegateway/session/account", "ibsoak/fakegateway/session/advisor",
			"ibsoak/fakegateway/session/display", "ibsoak/fakegateway/session/marketdata",
			"ibsoak/fakegateway/session/orders", "ibsoak/fakegateway/session/reference",
			"ibsoak/fakegateway/session/settings",
		},
		reason: "live market data begins with ticks of the past, and the past does not need it",
	},
	{
		from: []string{"ibsoak/fakegateway/session/marketdata"},
		never: []string{
			"ibsoak/fakegateway/session/news",
			"ibsoak/fakegateway/session/account", "ibsoak/fakegateway/session/advisor",
			"ibsoak/fakegateway/session/display", "ibsoak/fakegateway/session/orders",
			"ibsoak/fakegateway/session/reference", "ibsoak/fakegateway/session/settings",
		},
		reason: "the market is the same for every account and every order",
	},
	{
		from: []string{"ibsoak/fakegateway/session/reference"},
		never: []string{
			"ibsoak/fakegateway/session/news",
			"ibsoak/fakegateway/session/account", "ibsoak/fakegateway/session/advisor",
			"ibsoak/fakegateway/session/display", "ibsoak/fakegateway/session/feed",
			"ibsoak/fakegateway/session/history", "ibsoak/fakegateway/session/marketdata",
			"ibsoak/fakegateway/session/orders", "ibsoak/fakegateway/session/settings",
		},
		reason: "reference data is looked up: nobody subscribes to it",
	},
	{
		from: []string{"ibsoak/fakegateway/session/news"},
		never: []string{
			"ibsoak/fakegateway/session/account", "ibsoak/fakegateway/session/advisor",
			"ibsoak/fakegateway/session/display", "ibsoak/fakegateway/session/marketdata",
			"ibsoak/fakegateway/session/orders", "ibsoak/fakegateway/session/reference",
			"ibsoak/fakegateway/session/settings",
		},
		reason: "news is the same for every account; its times are read as history's",
	},
	{
		from: []string{
			"ibsoak/fakegateway/session/advisor", "ibsoak/fakegateway/session/settings",
		},
		never: []string{
			"ibsoak/fakegateway/exchange", "ibsoak/fakegateway/session/contract",
			"ibsoak/fakegateway/session/feed",
		},
		reason: "settings are read by those who follow them, and know no books",
	},
	{
		from: []string{"ibsoak/internal/recording"},
		never: []string{
			"ibsoak/fakegateway", "ibsoak/fakegateway/exchange", "ibsoak/fakegateway/fault",
		},
		reason: "a recording is of any Gateway, and is replayed without one",
	},
	{
		from:   []string{"ibsoak/fakegateway"},
		never:  []string{"ibsoak/internal/recording/..."},
		reason: "the Gateway does not know who listens to it",
	},
	{
		from: []string{"ibsoak/trader/lots", "ibsoak/trader/risk"},
		never: []string{
			"ibsoak/trader", "ibsoak/trader/broker", "ibsoak/trader/journal", "ibsoak/trader/link",
			"database/sql", "net", "os", "time",
		},
		direct: true,
		reason: "money and limits are arithmetic: what they are counted from is the journal's",
	},
	{
		from: []string{"ibsoak/trader/keeper/subs", "ibsoak/trader/keeper/pool"},
		never: []string{
			"ibsoak/trader/link", "ibsoak/trader/keeper/serve", "ibsoak/trader/keeper/book", "ibsoak/trader/keeper",
		},
		reason: "what passes between a client and a session is decided without sockets, clocks and files",
	},
	{
		from:   []string{"ibsoak/trader/keeper/subs", "ibsoak/trader/keeper/pool", "ibsoak/trader/keeper/pace"},
		never:  []string{"net", "os", "time"},
		direct: true,
		reason: "what passes between a client and a session is decided without sockets, clocks and files",
	},
	{
		from: []string{"ibsoak/trader/keeper/..."},
		never: []string{
			"ibsoak/trader", "ibsoak/trader/broker", "ibsoak/trader/journal", "ibsoak/trader/risk",
			"ibsoak/trader/strategy", "github.com/scmhub/ibapi",
		},
		reason: "a keeper serves any client: it knows no trader, and no client's library but its message types",
	},
	{
		from:   []string{"ibsoak/trader/link"},
		never:  []string{"ibsoak/trader/keeper/..."},
		reason: "the link owns one socket: whose frames it carries is not for it to know",
	},
	{
		from:   []string{"ibsoak/internal/wire"},
		never:  []string{"net", "os", "log/..."},
		direct: true,
		reason: "the codec is bytes: no sockets, files or logs",
	},
	{
		from: []string{
			"ibsoak/internal/loopback", "ibsoak/internal/memnet", "ibsoak/internal/sockets", "ibsoak/internal/strictyaml",
			"ibsoak/internal/testkit", "ibsoak/internal/wire", "ibsoak/internal/witness",
		},
		never:  []string{"ibsoak/trader/...", "ibsoak/harness/...", "ibsoak/fakegateway/...", "ibsoak/scenarios/..."},
		reason: "the tools at the bottom serve both sides and know neither",
	},
	{
		from:   []string{"ibsoak/internal/captures", "ibsoak/internal/conformance"},
		never:  []string{"ibsoak/trader/...", "ibsoak/harness/...", "ibsoak/scenarios/..."},
		reason: "the maintainers' tools look at the Gateway and its codec, not at who tests or is tested",
	},
	{
		from: []string{
			"ibsoak/cmd/...", "ibsoak/fakegateway/...", "ibsoak/harness/...", "ibsoak/scenarios/...",
			"ibsoak/trader/...",
		},
		never:  []string{"ibsoak/internal/captures", "ibsoak/internal/conformance"},
		reason: "the maintainers' tools need what is not in the repository: the programs do without them",
	},
	{
		from:   []string{"ibsoak/cmd/...", "ibsoak/fakegateway/...", "ibsoak/harness/...", "ibsoak/scenarios/...", "ibsoak/trader/..."},
		never:  []string{"ibsoak/internal/browser", "ibsoak/internal/pictures"},
		reason: "a page is drawn without a browser: only tests and the pictures of docs/ look at it in one",
	},
	{
		from:   []string{"ibsoak/harness"},
		never:  []string{"ibsoak/harness/report", "ibsoak/harness/history", "ibsoak/harness/metrics", "ibsoak/harness/shard"},
		reason: "a verdict does not depend on how it is drawn, nor on other runs",
	},
	{
		from:   []string{"ibsoak/harness/shard"},
		never:  []string{"net", "os/exec", "ibsoak/harness/report", "ibsoak/harness/history"},
		direct: true,
		reason: "records are merged as they are: nothing is run, and nobody is asked",
	},
	{
		from:   []string{"ibsoak/harness/report"},
		never:  []string{"net/http", "os/exec"},
		direct: true,
		reason: "a page is a function of the record: it asks nobody and runs nothing",
	},
	{
		from:   []string{"ibsoak/internal/wire"},
		never:  []string{"ibsoak/internal/memnet", "ibsoak/internal/sockets"},
		reason: "the codec is bytes: it works on whatever carries them",
	},
	{
		from:   []string{"ibsoak/..."},
		never:  []string{"ibsoak/internal/memnet", "ibsoak/internal/testkit"},
		reason: "they are for tests: a program's connections are the kernel's, and its client is its own",
	},
	{
		from: []string{"ibsoak/..."},
		never: []string{
			"testing", "github.com/onsi/ginkgo/v2/...", "github.com/onsi/gomega/...", "pgregory.net/rapid",
		},
		reason: "programs do not carry the test framework: it adds flags and weight",
	},
}

// graph has the imports of every package, without those of its tests.
type graph map[string][]string

func matches(pattern, pkg string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == below || strings.HasPrefix(pkg, below+"/")
	}
	return pkg == pattern
}

func matchesAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, pkg) })
}

// violations names each forbidden arrow by its shortest path, with the reason.
func violations(g graph, rules []rule) []string {
	var found []string
	for _, r := range rules {
		for _, from := range slices.Sorted(maps.Keys(g)) {
			if !matchesAny(r.from, from) || matchesAny(r.never, from) {
				continue
			}
			for _, path := range forbiddenPaths(g, from, r) {
				found = append(found, strings.Join(path, " -> ")+": "+r.reason)
			}
		}
	}
	return found
}

// forbiddenPaths goes no further than to the first forbidden package of a path.
func forbiddenPaths(g graph, from string, r rule) (found [][]string) {
	seen := map[string]bool{from: true}
	for queue := [][]string{{from}}; len(queue) > 0; queue = queue[1:] {
		path := queue[0]
		for _, to := range g[path[len(path)-1]] {
			if seen[to] {
				continue
			}
			seen[to] = true
			next := append(slices.Clone(path), to)
			switch {
			case matchesAny(r.never, to):
				found = append(found, next)
			case !r.direct:
				queue = append(queue, next)
			}
		}
	}
	return found
}

// stale names the patterns of ours that match nothing: a rule about a package that was renamed would
// hold for ever.
func stale(g graph, rules []rule) []string {
	packages := slices.Collect(maps.Keys(g))
	var found []string
	for _, r := range rules {
		for _, pattern := range slices.Concat(r.from, r.never) {
			ours := matches("ibsoak/...", strings.TrimSuffix(pattern, "/..."))
			if ours && !slices.ContainsFunc(packages, func(p string) bool { return matches(pattern, p) }) {
				found = append(found, pattern+" does not exist any more: change the rule that says: "+r.reason)
			}
		}
	}
	return found
}

func TestArrows(t *testing.T) {
	g := modulesGraph(t)
	for _, v := range violations(g, rules) {
		t.Error(v)
	}
	for _, s := range stale(g, rules) {
		t.Error(s)
	}
}

func TestEveryRuleCanFail(t *testing.T) {
	for _, r := range rules {
		for _, never := range r.never {
			from := strings.TrimSuffix(r.from[0], "/...") + map[bool]string{true: "/x"}[strings.HasSuffix(r.from[0], "/...")]
			to := strings.TrimSuffix(never, "/...")
			found := violations(graph{from: {to}, to: nil}, []rule{r})
			if want := from + " -> " + to + ": " + r.reason; !slices.Equal(found, []string{want}) {
				t.Errorf("got %q, want %q", found, want)
			}
		}
	}
}

func TestViolations(t *testing.T) {
	g := graph{
		"m/a":        {"m/b", "fmt"},
		"m/b":        {"m/c", "m/d"},
		"m/c":        {"m/bad/deep"},
		"m/d":        {"m/bad/deep", "m/badly"},
		"m/bad/deep": {"m/bad"},
		"m/bad":      {"m/a"},
		"m/badly":    nil,
	}
	for name, c := range map[string]struct {
		rule rule
		want []string
	}{
		"indirect, by the shortest path and no further": {
			rule{from: []string{"m/a"}, never: []string{"m/bad/..."}, reason: "why"},
			[]string{"m/a -> m/b -> m/c -> m/bad/deep: why"},
		},
		"direct only":                     {rule{from: []string{"m/a"}, never: []string{"m/bad/..."}, direct: true}, nil},
		"direct":                          {rule{from: []string{"m/c"}, never: []string{"m/bad/..."}, direct: true, reason: "why"}, []string{"m/c -> m/bad/deep: why"}},
		"a name is not a prefix":          {rule{from: []string{"m/d"}, never: []string{"m/bad"}, direct: true}, nil},
		"a package may know itself":       {rule{from: []string{"m/bad/..."}, never: []string{"m/bad/..."}}, nil},
		"every package below the pattern": {rule{from: []string{"m/..."}, never: []string{"fmt"}, direct: true, reason: "why"}, []string{"m/a -> fmt: why"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := violations(g, []rule{c.rule}); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestStaleRulesAreFound(t *testing.T) {
	g := graph{"ibsoak/here": nil}
	old := []rule{{
		from:  []string{"ibsoak/here", "ibsoak/gone"},
		never: []string{"ibsoak/moved/...", "ibsoak/here/...", "net"}, reason: "why",
	}}
	want := []string{
		"ibsoak/gone does not exist any more: change the rule that says: why",
		"ibsoak/moved/... does not exist any more: change the rule that says: why",
	}
	if got := stale(g, old); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Scenarios are Ginkgo specs; all other tests are plain. Two idioms in one package are one too many.
func TestGinkgoIsForScenarios(t *testing.T) {
	var listed struct {
		ImportPath   string
		TestImports  []string
		XTestImports []string
	}
	specs := 0
	out := list(t, testkit.ModuleRoot(t), "", "ImportPath,TestImports,XTestImports", "./...")
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		listed.TestImports, listed.XTestImports = nil, nil
		if err := d.Decode(&listed); err != nil {
			t.Fatalf("read what go list printed: %v", err)
		}
		for _, pkg := range slices.Concat(listed.TestImports, listed.XTestImports) {
			switch {
			case !matchesAny([]string{"github.com/onsi/ginkgo/v2/...", "github.com/onsi/gomega/..."}, pkg):
			case matches("ibsoak/scenarios/...", listed.ImportPath):
				specs++
			default:
				t.Errorf("the tests of %s import %s: only scenarios are Ginkgo specs", listed.ImportPath, pkg)
			}
		}
	}
	if specs == 0 {
		t.Error("no specs were found: the test looks in the wrong place")
	}
}
