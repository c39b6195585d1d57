package recording

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

func parseFile(t *testing.T, name string) *Transcript {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	transcript, err := ParseTranscript(filepath.Base(name), data)
	if err != nil {
		t.Fatal(err)
	}
	return transcript
}

func imported(t *testing.T, name string) *Recording {
	t.Helper()
	var out bytes.Buffer
	if err := Import(parseFile(t, name), &out); err != nil {
		t.Fatal(err)
	}
	r, err := Read(&out)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestImportOfLines(t *testing.T) {
	r := imported(t, "testdata/lines.txt")
	const handshake = "c connected, c preamble, g versionReply, c startApi, "
	want := handshake + "g managedAccounts, g nextValidId, g errMsg, c placeOrder, g openOrder, " +
		"g orderStatus, c reqHistoricalData, g historicalData, g historicalDataEnd, " +
		"c reqCurrentTime, c FIN, " +
		handshake + "c reqMatchingSymbols, g symbolSamples, c FIN"
	if got := kinds(r); got != want {
		t.Fatalf("imported\n got %s\nwant %s", got, want)
	}
	if h := r.Header; h.ServerVersion != 200 || h.Source != "import" || h.Scrubbed {
		t.Errorf("header %+v", h)
	}
	place, open := r.Entries[7], r.Entries[8]
	if got := open.At.Sub(place.At); got != 250*time.Millisecond {
		t.Errorf("the answer is %s after the order, want the publisher's 250ms", got)
	}
	if got := r.Entries[len(r.Entries)-1].At.Sub(r.Header.Started); got < time.Minute {
		t.Errorf("the second session is %s after the start, want a minute", got)
	}
	m, err := place.Message(200)
	if err != nil {
		t.Fatal(err)
	}
	order := m.Body.(*protobuf.PlaceOrderRequest)
	if order.GetOrderId() != 7 || order.GetContract().GetSymbol() != "MSFT" ||
		order.GetOrder().GetLmtPrice() != 1.5 || order.GetOrder().GetTotalQuantity() != "3" {
		t.Errorf("the order is %v", order)
	}
	m, err = r.Entries[11].Message(200)
	if err != nil {
		t.Fatal(err)
	}
	if bars := m.Body.(*protobuf.HistoricalData); len(bars.GetHistoricalDataBars()) != 2 ||
		bars.GetReqId() != 1 {
		t.Errorf("the bars are %v", bars)
	}
}

func TestImportOfInteractions(t *testing.T) {
	r := imported(t, "testdata/interactions.yaml")
	if at := r.Header.Started; at.Format(time.DateTime) != "2026-03-02 15:00:00" {
		t.Errorf("started %s", at)
	}
	want := "c connected, c preamble, g versionReply, c startApi, c reqCurrentTime, " +
		"g currentTime, c cancelPositions, c FIN"
	if got := kinds(r); got != want {
		t.Fatalf("imported\n got %s\nwant %s", got, want)
	}
	if string(r.Entries[5].Raw[4:]) != "49\x001\x001772463600\x00" {
		t.Errorf("the answer's bytes are %q", r.Entries[5].Raw)
	}
}

func TestImportSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                                "no handshake line",
		"hello":                                           "t:1: line \"hello\"",
		"server managed_accounts {}":                      "t:1: a message outside a session",
		"handshake {":                                     "t:1: handshake:",
		`handshake {"server_version":3}`:                  "t:1: handshake: server version 3: want 157 to 226",
		hello200 + "raw client AAAA":                      "t:2: raw client:",
		hello200 + "raw client AAAABTQ5ADEAAA==":          "t:2: raw client: 1 bytes follow the frame",
		hello200 + "client frobnicate {}":                 "t:2: client frobnicate: no such message",
		hello200 + "client req_positions {":               "t:2: client req_positions:",
		hello200 + `client req_pnl {"x":1}`:               `t:2: client req_pnl: "x": no such word`,
		hello200 + `client req_pnl {"req_id":"x"}`:        `t:2: client req_pnl: "req_id":`,
		hello200 + `client req_quote {"contract":"AAPL"}`: `"contract": want an object`,
		hello200 + "sleep a while":                        "t:2: sleep",
		"header:\n  server_version: 1\n":                  "server version 1: want 157",
		"header: [":                                       "read interactions:",
	} {
		if _, err := ParseTranscript("t", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

const hello200 = "handshake {\"server_version\":200}\n"

// captures are published transcripts of real Gateways, beside the project.
func captures(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.txt", "*.yaml", "*/*.txt"} {
		found, err := filepath.Glob(filepath.Join(testkit.Captures(t), pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skip("no captures of real Gateways beside the project")
	}
	return files
}

func TestCapturesAreImported(t *testing.T) {
	for _, name := range captures(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			r := imported(t, name)
			version := wire.Version(r.Header.ServerVersion)
			for _, e := range r.Entries {
				if _, ok := wire.ParseKind(e.Kind); !ok {
					continue
				}
				if _, err := e.Message(version); err != nil {
					t.Errorf("%s: %v", e.Kind, err)
				}
			}
		})
	}
}
