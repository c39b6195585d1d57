package fakegateway

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// TestControlCountsForPrometheus: the counts are the ledger's and the receipts', Prometheus' own parser and
// linter take them, and docs/control-api.md has each.
func TestControlCountsForPrometheus(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		ID: "leaves", Where: fault.Where{Connection: 2}, When: fault.When{Phase: fault.BootstrapSent}, What: fault.What{Do: fault.FIN},
	}))
	http := serveControl(t, s)
	if err := s.PlantZombies(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	c := dial(t, s).connect(4)
	c.askTime()
	c.until(wire.CurrentTime)
	dial(t, s).connect(5)
	await(t, s, "the fault", func(v *View) bool { return len(v.Receipts()) == 1 })
	text := http.do("GET", "/metrics", "", 200, nil)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if problems, err := promlint.New(bytes.NewReader([]byte(text))).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "control-api.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range families {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/control-api.md does not have %s", name)
		}
	}
	for _, want := range []string{
		`fakegateway_stage{stage="ready"} 1`, `fakegateway_stage{stage="refusing"} 0`, "fakegateway_planted_zombies 3",
		"fakegateway_connections_total 2", `fakegateway_connections_ended_total{by="gateway"} 1`,
		`fakegateway_connections{end="gateway",state="ESTABLISHED"} 1`, `fakegateway_connections{end="gateway",state="FIN_WAIT"} 1`,
		`fakegateway_connections{end="client",state="CLOSE_WAIT"} 1`, `fakegateway_connections{end="gateway",state="CLOSE_WAIT"} 0`,
		`fakegateway_messages_total{from="client",message="reqCurrentTime"} 1`, `fakegateway_faults_total{action="fin",fault="leaves"} 1`,
		`fakegateway_handshake_seconds_count{phase="version-sent"} 2`, `fakegateway_close_wait_seconds_count{end="client"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no line %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}
