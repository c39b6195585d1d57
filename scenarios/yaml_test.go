package scenarios_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/govalues/decimal"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
	"ibsoak/scenarios"
)

var _ = Describe("the YAML form", func() {
	var settings, market string
	BeforeEach(func() {
		dir := GinkgoT().TempDir()
		settings, market = filepath.Join(dir, "settings.yaml"), filepath.Join(dir, "market.csv")
		Expect(os.WriteFile(settings, []byte("fillLatency: 8m\n"), 0o600)).To(Succeed())
		bars := "symbol,date,open,high,low,close,volume\nAAPL,2024-03-01 09:30:00,10,11,9,10,100\n"
		Expect(os.WriteFile(market, []byte(bars), 0o600)).To(Succeed())
	})

	for _, s := range scenarios.All() {
		It("gives "+s.Name+" back as it was", func() {
			data, err := scenarios.Marshal(s)
			Expect(err).NotTo(HaveOccurred())
			Expect(scenarios.Parse(s.Name, data)).To(Equal(s), "%s", data)
		})
	}

	It("gives all of them back as JSON", func() {
		data, err := scenarios.MarshalJSON(scenarios.All())
		Expect(err).NotTo(HaveOccurred())
		Expect(scenarios.ParseFile("all.json", data)).To(Equal(scenarios.All()))
	})

	It("carries every field of a scenario", func() {
		one, none := decimal.One, decimal.Zero
		once := harness.Scenario{
			Name: "full", Summary: "s", Why: "w", Labels: []string{"short"}, Limit: time.Minute,
			Gateway: harness.Gateway{
				Catalogue: "F12", Market: market, Profile: "leaky", MaxServerVersion: 178, PlantedZombies: 1, PlantedLives: 1,
				Faults: []fault.Fault{{
					When: fault.When{Phase: fault.Accepted}, What: fault.What{Do: fault.RST},
				}},
			},
			Subject: harness.Subject{
				Mode: harness.Once, Runs: 1, LifeLimit: 1, Symbols: []string{"AAPL"},
				Args: []string{"--once"}, KillAt: &fault.When{Inbound: "placeOrder", Nth: 1},
				Trader: harness.Trader{
					Command: []string{"a", "{args}"}, Env: map[string]string{"A": "b"},
					OnceArgs: []string{}, ContinuousArgs: []string{"-i", "{interval}"},
					ConnectWithin: time.Second, Grace: time.Second,
					Exits:     map[harness.ExitClass][]int{harness.ExitRefused: {10, 11}},
					Cycle:     harness.CycleRule{Request: "placeOrder", Symbol: "AAPL", Ref: "r"},
					Positions: []harness.WantedPosition{{Symbol: "AAPL", Want: &one, Max: &one}, {Symbol: "KO", Max: &none}},
					Reference: harness.RefIntent, OrderLimit: 1, KeepsHistoryLimits: true, KeepsStops: true,
				},
			},
			Checks: []harness.Check{
				{
					Name: "recovery", Want: 1, Within: 1, Exits: []int{0}, Evidence: 1, Fault: "f1",
					Classes: []harness.ExitClass{harness.ExitOK},
					ByFault: map[string][]harness.ExitClass{"f1": {harness.ExitRefused}},
				},
			},
		}
		continuous := once
		continuous.Gateway = harness.Gateway{SettingsFile: settings}
		continuous.Subject = harness.Subject{Mode: harness.Continuous, Interval: 1, Cycles: 1, For: 1}
		withSettings := continuous
		withSettings.Gateway = harness.Gateway{Settings: &harness.Settings{Accounts: []string{"DU1"}}}
		killed := once
		killed.Subject.KillAt, killed.Subject.Interval = nil, 1
		killed.Subject.KillPoints = []fault.When{{Inbound: "placeOrder", Nth: 1}}
		for _, full := range []harness.Scenario{once, continuous, withSettings, killed} {
			data, err := scenarios.Marshal(full)
			Expect(err).NotTo(HaveOccurred())
			Expect(scenarios.Parse("full", data)).To(Equal(full), "%s", data)
		}
		haveNoZeroField(once)
		haveNoZeroField(once.Gateway, continuous.Gateway, withSettings.Gateway)
		haveNoZeroField(once.Subject, continuous.Subject, killed.Subject)
		haveNoZeroField(once.Subject.Trader)
		haveNoZeroField(once.Checks[0])
	})

	const good = `
name: my-own
summary: My trader survives a reset.
gateway:
  profile: healthy
  faults:
    - when: {inbound: reqHistoricalData, nth: 2}
      what: {do: rst}
subject:
  mode: continuous
  interval: 30s
  cycles: 6
checks:
  - name: recovery
    want: 1
    within: 2m
limit: 10m
`

	It("reads a scenario of one's own", func() {
		s, err := scenarios.Parse("my-own.yaml", []byte(good))
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Subject.Mode).To(Equal(harness.Continuous))
		Expect(s.Gateway.Faults).To(HaveLen(1))
		Expect(s.Checks).To(ConsistOf(HaveField("Name", "recovery")))
	})

	DescribeTable("refuses", func(old, new string, says ...string) {
		Expect(good).To(ContainSubstring(old), "the table's entry replaces nothing")
		_, err := scenarios.Parse("my-own.yaml", []byte(strings.Replace(good, old, new, 1)))
		Expect(err).To(MatchError(ContainSubstring("my-own.yaml")))
		for _, part := range says {
			Expect(err).To(MatchError(ContainSubstring(part)))
		}
	},
		Entry("an unknown key, with its place", "  cycles: 6", "  cycels: 6", "my-own.yaml:12:3", "cycels", "symbols"),
		Entry("a duration without a unit", "interval: 30s", "interval: 30", "my-own.yaml:11:13", `"30"`, "like 1.5s or 2m"),
		Entry("a word for a duration", "interval: 30s", "interval: soon", "my-own.yaml:11:13", `"soon"`),
		Entry("an unknown mode", "mode: continuous", "mode: forever", "my-own.yaml:10:9", "forever", "continuous"),
		Entry("an unknown check, with those there are", "name: recovery", "name: recovry", "my-own.yaml:14:11", "recovry", "connect-rate"),
		Entry("an unknown fault action", "do: rst", "do: explode", "my-own.yaml:8:18", "explode"),
		Entry("an unknown key in a fault", "do: rst", "to: rst", "my-own.yaml:8:14", "to", "downtime"),
		Entry("an unknown block", "- when: {inbound: reqHistoricalData, nth: 2}\n      what: {do: rst}", "- use: nothing", "my-own.yaml:7:7", "ack-withheld"),
		Entry("an unknown profile", "profile: healthy", "profile: hale", "my-own.yaml:5", "hale", "leaky"),
		Entry("an unknown setting", "profile: healthy", "settings: {fillLatencies: 1m}", "my-own.yaml:5:14", "fillLatency"),
		Entry("a setting out of range", "profile: healthy", "settings: {dialog: all}", "my-own.yaml:5:22", "client-id"),
		Entry("two bases", "profile: healthy", "catalogue: F12\n  settings: {seed: 1}", "my-own.yaml:5", "exclude each other"),
		Entry("an entry that is not there", "profile: healthy", "catalogue: F99", "my-own.yaml:5", "F01a"),
		Entry("an unknown class of exits", "  cycles: 6", "  cycles: 6\n  exits: {fine: [0]}", "my-own.yaml:13", "no-handshake-reply"),
		Entry("a position without a number", "  cycles: 6", "  cycles: 6\n  positions: [{symbol: AAPL}]", "my-own.yaml:13", "want or max"),
		Entry("a position that is never to be held", "  cycles: 6", "  cycles: 6\n  positions: [{symbol: AAPL, want: -1, min: 0, max: 1}]", "my-own.yaml:13", "want -1 lies beyond"),
		Entry("a least position alone", "  cycles: 6", "  cycles: 6\n  positions: [{symbol: AAPL, want: -1, min: -1}]", "my-own.yaml:13", "and max beside it"),
		Entry("an unknown placeholder", "  cycles: 6", "  cycles: 6\n  env: {HOME: '{stat}'}", "my-own.yaml:13", "{stat}", "{state}"),
		Entry("a command without words", "  cycles: 6", "  cycles: 6\n  command: []", "my-own.yaml:13:12", "command is empty"),
		Entry("a command that is null", "  cycles: 6", "  cycles: 6\n  command: null", "my-own.yaml:13:12", "command is empty"),
		Entry("a command that is nothing", "  cycles: 6", "  cycles: 6\n  command:", "my-own.yaml:13", "command is empty"),
		Entry("a second document", "limit: 10m", "limit: 10m\n---\nname: more", "want one YAML document"),
		Entry("a run without an end", "  cycles: 6\n", "", "cycles"),
		Entry("no summary", "summary: My trader survives a reset.", "", "summary"),
		Entry("no limit", "limit: 10m", "", "limit"),
		Entry("a name with blanks", "name: my-own", "name: my own", "my own"),
		Entry("one check twice", "    within: 2m", "    within: 2m\n  - name: recovery", "twice"),
		Entry("lives in a continuous run", "  cycles: 6", "  cycles: 6\n  runs: 3", "runs"),
	)
})

var _ = Describe("Named", func() {
	It("finds every scenario by its name, and no name is there twice", func() {
		seen := make(map[string]bool)
		for _, s := range scenarios.All() {
			Expect(seen).NotTo(HaveKey(s.Name))
			seen[s.Name] = true
			Expect(scenarios.Named(s.Name)).To(Equal(s))
		}
	})

	DescribeTable("names the nearest for", func(asked, nearest string) {
		_, err := scenarios.Named(asked)
		Expect(err).To(MatchError(ContainSubstring(nearest)))
	},
		Entry("a misspelling", "consecutve-10", "consecutive-10"),
		Entry("a part", "kill-9", "kill-9-mid-session"),
		Entry("another word order", "recovery-restart", "restart-recovery"),
		Entry("nothing", "", "once"),
	)

	It("gives each caller scenarios of its own", func() {
		scenarios.All()[0].Labels[0] = "changed"
		Expect(scenarios.All()[0].Labels).NotTo(ContainElement("changed"))
	})
})

var _ = Describe("every scenario", func() {
	for _, s := range scenarios.All() {
		It(s.Name+" says what it claims and why its numbers provoke the defect", func() {
			Expect(scenarios.Validate(s)).To(Succeed())
			Expect(s.Why).NotTo(BeEmpty())
			Expect(s.Labels).To(Or(ContainElement("short"), ContainElement("long")))
		})
	}
})

// haveNoZeroField asserts that each field of a type is set in at least one of the values: else a
// field that was added later could be lost on its way through YAML, and no spec would see it.
func haveNoZeroField(values ...any) {
	GinkgoHelper()
	for i := range reflect.TypeOf(values[0]).NumField() {
		set := false
		for _, v := range values {
			set = set || !reflect.ValueOf(v).Field(i).IsZero()
		}
		Expect(set).To(BeTrue(), "set %T.%s here, and carry it in YAML",
			values[0], reflect.TypeOf(values[0]).Field(i).Name)
	}
}
