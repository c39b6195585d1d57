package cli

import (
	"strings"
	"testing"

	"ibsoak/trader/config"
)

// TestInstanceNames: one for each Gateway, however it is written, and a name that any file may have.
func TestInstanceNames(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	name := func(address string) string {
		return instanceName(config.Config{Gateway: config.Gateway{Address: address}})
	}
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"127.0.0.1:4002", "LOCALHOST:4002", true},
		{"[::1]:4002", "127.0.0.1:4002", true},
		{"127.0.0.1:4002", "127.0.0.1:4001", false},
		{"unix:" + dir + "/api", "unix:api", true},
		{"unix:" + dir + "/api", "unix:" + dir + "/./api", true},
		{"unix:/run/a/b", "unix:/run/a_b", false},
		{"unix:/run/A", "unix:/run/a", false},
		{"unix:/run/" + strings.Repeat("long", 50), "unix:/run/" + strings.Repeat("long", 50) + "er", false},
	} {
		a, b := name(c.a), name(c.b)
		if (a == b) != c.same || len(a) > 200 || strings.ContainsAny(a, `/\:`) {
			t.Errorf("%s is %s, %s is %s, the same: want %v", c.a, a, c.b, b, c.same)
		}
	}
}
