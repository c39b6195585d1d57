package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/internal/testkit"
	"ibsoak/trader/exit"
	"ibsoak/trader/keeper"
)

// firstLine waits for the line that a keeper prints when it listens.
func firstLine(out *io.PipeReader) (string, error) {
	late := time.AfterFunc(testkit.Patience, func() { _ = out.Close() })
	defer late.Stop()
	return bufio.NewReader(out).ReadString('\n')
}

// startKeeper runs trader keeper on a unix socket in front of the rig's Gateway.
func (r *rig) startKeeper(more ...string) (state string, stop func() exit.Code) {
	r.t.Helper()
	state, err := os.MkdirTemp("", "keeper") // a socket's path must be short
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = os.RemoveAll(state) })
	ctx, cancel := context.WithCancel(r.t.Context())
	out, writer := io.Pipe()
	var log testkit.Buffer
	ended := make(chan exit.Code, 1)
	go func() {
		defer writer.Close() // who waits for its line waits no longer
		ended <- exit.Code(Main(ctx, append([]string{
			"keeper", "--listen", "unix:" + filepath.Join(state, "api"), "--gateway", r.gw.Addr(), "--state", state,
		}, more...), writer, &log))
	}()
	if line, err := firstLine(out); err != nil || !strings.HasPrefix(line, "listening keeper=") {
		r.t.Fatalf("it said %q, %v\n%s", line, err, log.String())
	}
	return state, func() exit.Code { cancel(); return <-ended }
}

func TestTheTraderThroughAKeeper(t *testing.T) {
	r := newRig(t, fakegateway.Config{Profile: "leaky"})
	state, stop := r.startKeeper()
	for range 6 { // a leaky Gateway would be silent at the fourth that leaves a socket
		r.wantOnce(exit.OK, "--gateway", "unix:"+filepath.Join(state, "api"))
	}
	var out, errs testkit.Buffer
	if code := Main(t.Context(), []string{"keeper", "status", "--state", state, "--json"}, &out, &errs); code != 0 {
		t.Fatalf("status ended with %d\n%s", code, errs.String())
	}
	var st keeper.Status
	if err := json.Unmarshal([]byte(out.String()), &st); err != nil {
		t.Fatal(err)
	}
	if !st.Ready || len(st.Sessions) != 1 || st.Counts.Sessions != 1 || st.Counts.Clients != 6 {
		t.Errorf("%+v", st)
	}
	var table testkit.Buffer
	if code := Main(t.Context(), []string{"keeper", "status", "--state", state}, &table, &errs); code != 0 {
		t.Fatalf("status ended with %d\n%s", code, errs.String())
	}
	for _, want := range []string{"ready", "upstream age", "6 clients served by 1 sessions"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("no %q in\n%s", want, table.String())
		}
	}
	if code := stop(); code != exit.OK {
		t.Errorf("the keeper ended with %s", code)
	}
	if n := len(r.gw.Connections()); n != 1 {
		t.Errorf("%d connections at the Gateway, want 1", n)
	}
	r.wantOnce(exit.Refused, "--gateway", "unix:"+filepath.Join(state, "api"))
}

func TestKeeperUsage(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want exit.Code
		says string
	}{
		"open to strangers": {[]string{"--listen", "0.0.0.0:0"}, exit.Usage, "--allow-remote"},
		"no network":        {[]string{"--allow-remote", "here"}, exit.Usage, "192.168.1.0/24"},
		"keep":              {[]string{"--keep", "long"}, exit.Usage, "30m, 0, or forever"},
		"away":              {[]string{"--when-away", "cry"}, exit.Usage, "refuse or hold"},
		"rate":              {[]string{"--rate", "0"}, exit.Usage, "-1"},
		"version":           {[]string{"--server-version", "100"}, exit.Usage, "157..226"},
		"gateway":           {[]string{"--gateway", "4002"}, exit.Usage, "host:port"},
		"status of none":    {[]string{"status"}, exit.Refused, "start trader keeper"},
		"capture":           {[]string{"capture", "one", "begin"}, exit.Usage, "client id"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs testkit.Buffer
			args := append([]string{"keeper"}, tc.args...)
			code := exit.Code(Main(t.Context(), append(args, "--state", t.TempDir()), &out, &errs))
			if code != tc.want || !strings.Contains(errs.String(), tc.says) || strings.Count(errs.String(), "\n") != 1 {
				t.Errorf("ended with %s and said %q; want %s and %q", code, errs.String(), tc.want, tc.says)
			}
		})
	}
}
