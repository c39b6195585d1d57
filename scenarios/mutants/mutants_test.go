package mutants

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestMainNamesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		says string
	}{
		"no name":      {nil, nil, "want one of control"},
		"no address":   {[]string{"naive"}, nil, "IB_HOST"},
		"unknown name": {[]string{"nave"}, address("7"), `"nave"`},
		"no client id": {[]string{"naive"}, address(""), "IB_CLIENT_ID"},
		"bad interval": {[]string{"naive", "--interval", "30"}, address("7"), "--interval"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, key := range []string{"IB_HOST", "IB_PORT", "IB_CLIENT_ID"} {
				t.Setenv(key, c.env[key])
			}
			var stderr bytes.Buffer
			if code := Main(t.Context(), c.args, &stderr); code != exitUsage {
				t.Errorf("exit %d, want %d", code, exitUsage)
			}
			if !strings.Contains(stderr.String(), c.says) {
				t.Errorf("said %q, want something about %q", stderr.String(), c.says)
			}
		})
	}
}

func address(clientID string) map[string]string {
	return map[string]string{"IB_HOST": "127.0.0.1", "IB_PORT": "1", "IB_CLIENT_ID": clientID}
}

func TestParsePassesOverTheTradersFlags(t *testing.T) {
	env := func(key string) string { return address("7")[key] }
	args := []string{"--once", "--on-zombies", "fail", "--interval", "500ms", "--strategy", "alternate"}
	p, err := parse(args, env, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !p.once || p.interval != 500*time.Millisecond || p.clientID != 7 {
		t.Errorf("parsed %+v", p)
	}
}

func TestNamesAreUniqueAndEachHasADefect(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range All() {
		if seen[m.Name] || m.Defect == "" || m.run == nil {
			t.Errorf("mutant %+v is there twice or is not complete", m.Name)
		}
		seen[m.Name] = true
	}
}
