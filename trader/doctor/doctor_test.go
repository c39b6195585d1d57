package doctor_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session/marketdata"
	"ibsoak/internal/testkit"
	"ibsoak/trader/doctor"
	"ibsoak/trader/exit"
)

func start(t *testing.T, cfg fakegateway.Config) *fakegateway.Server {
	t.Helper()
	g, err := fakegateway.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func found(r doctor.Report, name string) doctor.Check {
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	return doctor.Check{Found: "no such check"}
}

// TestTheDoctorLeavesNoTrace, by the Gateway's ledger: one connection with a whole greeting, ended by the
// doctor's FIN, and nothing that changes anything.
func TestTheDoctorLeavesNoTrace(t *testing.T) {
	cfg := fakegateway.Config{}
	cfg.LiveMarketData = true
	g := start(t, cfg)
	report := doctor.Examine(t.Context(), configOf(g))
	if worst := report.Worst(); worst != nil || report.Code != exit.OK {
		t.Errorf("a healthy Gateway: %+v", report.Checks)
	}
	for _, name := range []string{
		"port", "CLOSE_WAIT", "handshake", "version", "account", "clock", "round trip", "read-only", "answers",
		"market data", "farms",
	} {
		if c := found(report, name); c.Verdict != doctor.OK {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := found(report, "port"); !strings.Contains(c.Found, fmt.Sprintf("(pid %d)", os.Getpid())) {
		t.Errorf("the port's holder is this process: %s", c.Found)
	}
	if c := found(report, "account"); strings.Contains(c.Found, "DU9000001") {
		t.Errorf("the account is shown: %s", c.Found)
	}
	if err := g.Wait(t.Context(), "the end", func(v *fakegateway.View) bool { return !v.Connections()[0].Closed.IsZero() }); err != nil {
		t.Fatal(err)
	}
	all := g.Connections()
	c := all[0]
	if len(all) != 1 || !c.Preamble || c.ClosedFirst != "client" || c.ClientFIN.IsZero() ||
		(!c.ClientRST.IsZero() && c.ClientRST.Before(c.GatewayFIN)) || c.GatewayFIN.IsZero() || c.InCloseWait() {
		t.Errorf("%d connections, the first: %+v", len(all), c)
	}
	if stayed := c.ClientFIN.Sub(c.BootstrapSent); stayed < time.Second {
		t.Errorf("it stayed for %s: Gateways crash when they are left in a hurry", stayed)
	}
	harmless := map[string]bool{
		"preamble": true, "startApi": true, "reqIds": true, "reqCurrentTime": true, "reqAllOpenOrders": true, "reqPositions": true,
		"reqExecutions": true, "reqMarketDataType": true, "reqMktData": true, "cancelMktData": true,
	}
	for message := range c.MessagesIn {
		if !harmless[message] {
			t.Errorf("it sent %s", message)
		}
	}
	if c.MessagesIn["reqMktData"] != c.MessagesIn["cancelMktData"] {
		t.Errorf("a subscription was left: %v", c.MessagesIn)
	}
}

// TestSentencesOfWellGateways with settings that a trader cannot trade with.
func TestSentencesOfWellGateways(t *testing.T) {
	for name, c := range map[string]struct {
		change func(cfg *fakegateway.Config)
		want   want
	}{
		"read-only API": {
			func(cfg *fakegateway.Config) { cfg.ReadOnlyAPI = true },
			want{"read-only", "the API is read-only", exit.Incomplete},
		},
		"delayed data": {
			func(cfg *fakegateway.Config) { cfg.LiveMarketData = false },
			want{"market data", "delayed for AAPL", 0},
		},
		"no data": {
			func(cfg *fakegateway.Config) {
				cfg.LiveMarketData, cfg.MarketDataDenial = false, marketdata.DeniedAltogether
			},
			want{"market data", "none for AAPL: 354", 0},
		},
		"old": {
			func(cfg *fakegateway.Config) { cfg.MaxServerVersion = 178 },
			want{"version", "server version 178", 0},
		},
		"clock behind": {
			func(cfg *fakegateway.Config) { cfg.Clock.Start = time.Now().Add(-10 * time.Minute) },
			want{"clock", "10m", 0},
		},
		"clock ahead": {
			func(cfg *fakegateway.Config) { cfg.Clock.Start = time.Now().Add(10 * time.Minute) },
			want{"clock", "ahead of this host's", 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fakegateway.Config{}
			cfg.LiveMarketData = true
			c.change(&cfg)
			judge(t, name, doctor.Examine(t.Context(), configOf(start(t, cfg))), c.want)
		})
	}
}

// TestLostIBKR is told of in the first seconds of a session.
func TestLostIBKR(t *testing.T) {
	cfg := fakegateway.Config{}
	cfg.LiveMarketData = true
	g := start(t, cfg)
	if err := g.Operate(fault.ConnectionLost, ""); err != nil {
		t.Fatal(err)
	}
	report := doctor.Examine(t.Context(), configOf(g))
	if c := found(report, "IBKR"); c.Verdict != doctor.Bad || report.Code == exit.OK {
		t.Errorf("%+v", report.Checks)
	}
}

func TestNothingListens(t *testing.T) {
	closed := testkit.ClosedPort(t)
	report := doctor.Examine(t.Context(), doctor.Config{Host: "127.0.0.1", Port: int(closed.Port())})
	judge(t, "closed", report, want{"port", "nothing listens on port", exit.Refused})
}
