package deploy

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"ibsoak/harness/metrics"
)

// TestDashboard wants every metric of the dashboard to be one that soak serves, and every one of those to be
// on it.
func TestDashboard(t *testing.T) {
	var dashboard struct {
		Templating struct {
			List []struct {
				Query json.RawMessage `json:"query"`
			} `json:"list"`
		} `json:"templating"`
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal([]byte(text(t, "grafana-soak.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	served, shown := map[string]bool{}, map[string]bool{}
	for _, row := range metrics.Metrics() {
		served[row[0]] = true
	}
	look := func(where, expr string) {
		names := regexp.MustCompile(`\b(?:soak|trader|gateway)_[a-z_]+`).FindAllString(expr, -1)
		for _, name := range names {
			if base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, ""); strings.HasSuffix(base, "_seconds") {
				name = base
			}
			if shown[name] = true; !served[name] {
				t.Errorf("%s: soak does not serve %s", where, name)
			}
		}
		if len(names) == 0 {
			t.Errorf("%s: %q asks for nothing", where, expr)
		}
	}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			look(p.Title, target.Expr)
		}
	}
	look("variables", string(dashboard.Templating.List[1].Query))
	for name := range served {
		if !shown[name] {
			t.Errorf("%s is on no panel", name)
		}
	}
}
