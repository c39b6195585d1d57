package doctor_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/catalogue"
	"ibsoak/trader/broker"
	"ibsoak/trader/doctor"
	"ibsoak/trader/exit"
)

func configOf(g *fakegateway.Server) doctor.Config {
	host, port := g.HostPort()
	return doctor.Config{
		Host: host, Port: port, ClientID: doctor.DefaultClientID, MaxSkew: time.Minute,
		Symbol:      broker.Contract{Symbol: "AAPL", SecType: "STK", Exchange: "SMART", Currency: "USD"},
		DialTimeout: time.Second, VersionTimeout: 1500 * time.Millisecond, ReadyTimeout: 2 * time.Second,
		Answer: 2 * time.Second, Stay: 1500 * time.Millisecond,
	}
}

// want is the first bad or warning check of a report, and a part of its sentence. "" is a Gateway that a first
// visitor finds well: its defect needs a second one, an order, or more time than the doctor stays.
type want struct {
	check, found string
	code         exit.Code
}

var well = want{}

// sick has every entry of the catalogue.
var sick = map[string]want{
	"F01a":  {"handshake", "accepts and answers nothing", exit.NoHandshakeReply},
	"F01b":  {"leaving", "leaks a socket for each client", 0},
	"F02":   well,
	"F03":   {"leaving", "leaks a socket for each client", 0},
	"F04":   {"session", "ended the session by itself: closed by the Gateway", exit.SessionLost},
	"F05":   {"CLOSE_WAIT", "3 sockets in CLOSE_WAIT held by the Gateway", 0},
	"F06a":  well,
	"F06b":  well,
	"F07a":  {"handshake", "accepts and answers nothing", exit.NoHandshakeReply},
	"F07b":  well,
	"F08a":  {"handshake", "accepts and answers nothing", exit.NoHandshakeReply},
	"F08b":  {"handshake", "accepts and answers nothing", exit.NoHandshakeReply},
	"F08c":  {"handshake", "accepts and answers nothing", exit.NoHandshakeReply},
	"F08d":  {"handshake", "does not answer START_API", exit.WrongAccount},
	"F09":   {"handshake", "accept queue is full", exit.DialTimeout},
	"F10":   {"port", "nothing listens on port", exit.Refused}, // at first
	"F11a":  {"handshake", "names no account", exit.WrongAccount},
	"F11b":  {"handshake", "or several and none was named", exit.WrongAccount},
	"F11c":  {"account", "a live account", exit.Interlock},
	"F11d":  well,
	"F11e":  well,
	"F12":   well,
	"F13":   {"answers", "late answers: positions", 0},
	"F14":   {"handshake", "accepts and answers nothing", exit.NoHandshakeReply},
	"F15":   {"session", "ended the session by itself: reset by the Gateway", exit.SessionLost},
	"F16a":  {"handshake", "closes the connection during the handshake", exit.HandshakeClosed},
	"F16b":  {"handshake", "resets the connection during the handshake", exit.HandshakeReset},
	"F16c":  {"handshake", "closes the connection during the handshake", exit.HandshakeClosed},
	"F17a":  {"handshake", "no API version in common (server version 100", exit.UnsupportedVersion},
	"F17b":  {"handshake", "no API version in common (server version 156", exit.UnsupportedVersion},
	"F17c":  {"handshake", "closes the connection during the handshake", exit.HandshakeClosed},
	"F17d":  well, // 203 and 225 say all that the doctor asks alike
	"F17e":  {"handshake", "does not speak the TWS API", exit.Malformed},
	"F17f":  {"handshake", "does not speak the TWS API", exit.Malformed},
	"F18":   well,
	"F19a":  {"answers", "does not answer the question for its time", exit.Incomplete},
	"F19b":  {"answers", "does not answer the question for its time", exit.Incomplete},
	"F19c":  {"answers", "does not answer the question for its time", exit.Incomplete},
	"F20":   well,
	"F34":   well,
	"F38a":  {"answers", "does not answer the question for its time", exit.Incomplete},
	"F38b":  {"answers", "does not answer the question for its time", exit.Incomplete},
	"F38c":  {"round trip", "took 1", 0},
	"F38d":  well,
	"F38e":  well,
	"F49a":  {"clock", "clock is", 0},
	"F49b":  {"clock", "clock is", 0},
	"F51a":  well,
	"F51b":  well,
	"F51c":  well,
	"F51d":  well,
	"F51d2": well,
	"F51d3": well,
	"F51e":  well,
}

// settled is when an entry that has to do something first is what it says.
var settled = map[string]func(v *fakegateway.View) bool{
	"F05": func(v *fakegateway.View) bool { return v.InCloseWait() == 3 },
	"F09": func(v *fakegateway.View) bool { return len(v.Receipts()) == 1 },
	"F10": func(v *fakegateway.View) bool { return v.Stage() == fakegateway.Refusing },
}

// TestEverySickGatewayGetsItsOwnSentence, and each well one none.
func TestEverySickGatewayGetsItsOwnSentence(t *testing.T) {
	const atOnce = 8
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for _, e := range catalogue.All() {
		expected, known := sick[e.ID]
		if !known {
			t.Errorf("%s is not in the table", e.ID)
			continue
		}
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			e.Config.LiveMarketData = true
			g, err := fakegateway.Start(e.Config)
			if err != nil {
				t.Error(err)
				return
			}
			if until := settled[e.ID]; until != nil {
				if err := g.Wait(t.Context(), e.ID, until); err != nil {
					t.Error(err)
				}
			}
			report := doctor.Examine(t.Context(), configOf(g))
			judge(t, e.ID, report, expected)
			if err := g.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func judge(t *testing.T, name string, report doctor.Report, expected want) {
	t.Helper()
	worst := report.Worst()
	switch {
	case expected == well && worst != nil:
		t.Errorf("%s: %s %s: %s, want it well", name, worst.Name, worst.Verdict, worst.Found)
	case expected == well:
	case worst == nil:
		t.Errorf("%s: nothing found, want %+v\n%+v", name, expected, report.Checks)
	case worst.Name != expected.check || !strings.Contains(worst.Found, expected.found) || report.Code != expected.code:
		t.Errorf("%s: %s %s: %s (code %d), want %+v", name, worst.Name, worst.Verdict, worst.Found, report.Code, expected)
	case worst.Do == "":
		t.Errorf("%s: nothing to do about %s", name, worst.Found)
	}
}

// TestASecondVisitorsSentence: what a Gateway does to the first client it may do otherwise to the next.
func TestASecondVisitorsSentence(t *testing.T) {
	for id, expected := range map[string]want{
		"F07b": {"handshake", "accepts and answers nothing", exit.NoHandshakeReply},
		"F11e": {"handshake", "another account", exit.WrongAccount},
		"F12":  {"handshake", "client id is in use (326)", exit.ClientIDInUse},
		"F14":  well,
	} {
		t.Run(id, func(t *testing.T) {
			e, err := catalogue.Named(id)
			if err != nil {
				t.Fatal(err)
			}
			e.Config.LiveMarketData = true
			g, err := fakegateway.Start(e.Config)
			if err != nil {
				t.Fatal(err)
			}
			cfg := configOf(g)
			cfg.Account = "DU9000001"
			doctor.Examine(t.Context(), cfg)
			judge(t, id, doctor.Examine(t.Context(), cfg), expected)
			if err := g.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
