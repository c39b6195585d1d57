package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

// testPatience bounds every wait of these tests.
const testPatience = 10 * time.Second

// running is a command in this process.
type running struct {
	t      *testing.T
	stop   context.CancelFunc
	code   chan int
	addr   string
	stderr *bytes.Buffer // once it has ended
}

// begin runs a command as far as its ready line.
func begin(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &running{t: t, stop: stop, code: make(chan int, 1), stderr: &bytes.Buffer{}}
	out, in := io.Pipe()
	go func() {
		code := run(ctx, args, in, r.stderr)
		_ = in.Close() // a pipe's Close does not fail
		r.code <- code
	}()
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("%s ended with %d: %s", args, <-r.code, r.stderr)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	if _, err := fmt.Sscanf(line, "listening gateway=%s", &r.addr); err != nil {
		t.Fatalf("ready line %q: %v", line, err)
	}
	t.Cleanup(stop)
	return r
}

// end stops the command and gives what it said on stderr.
func (r *running) end() string {
	r.t.Helper()
	r.stop()
	select {
	case code := <-r.code:
		if code != exitOK {
			r.t.Errorf("exit code %d: %s", code, r.stderr)
		}
	case <-time.After(testPatience):
		r.t.Fatal("the command did not stop")
	}
	return r.stderr.String()
}

// askTime connects a client at a version, and returns the kinds of the messages that it reads up to one
// of this kind.
func askTime(t *testing.T, addr string, version wire.Version, until wire.Kind) (heard []string) {
	t.Helper()
	c := testkit.Dial(t, addr, version).Hello().StartAPI(0).AskTime()
	defer c.Conn.Close()
	for {
		m := c.Message()
		heard = append(heard, m.Kind.String())
		if m.Kind == until {
			return heard
		}
	}
}

// The commands of docs/recording.md: record before a Gateway, replay what was recorded.
func TestRecordThenReplay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "day.jsonl")
	gateway := begin(t)
	tap := begin(t, "record", "--upstream", gateway.addr, "--out", file)
	want := askTime(t, tap.addr, 225, wire.CurrentTime)
	if said := tap.end(); !strings.Contains(said, "1 connections") {
		t.Errorf("record said %q", said)
	}
	gateway.end()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("DU9000001")) || !bytes.Contains(text, []byte("managedAccounts")) {
		t.Errorf("the recording names its account, or has none: %s", text)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("others can read the recording: %v %v", info.Mode(), err)
	}
	replay := begin(t, "replay", file, "--speed", "max")
	if got := askTime(t, replay.addr, 193, wire.CurrentTime); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("replayed\n got %s\nwant %s", got, want)
	}
	if said := replay.end(); !strings.Contains(said, "1 requests, 1 of them in the recording") {
		t.Errorf("replay said %q", said)
	}
}

const transcript = `handshake {"server_version":200,"connection_time":"20260302 15:00:00 CET"}
server managed_accounts {"accounts":["DU1111111"]}
server next_valid_id {"order_id":7}
client req_positions {}
server position_end {}
disconnect
`

func TestImportThenReplay(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "lines.txt"), filepath.Join(dir, "lines.jsonl")
	if err := os.WriteFile(from, []byte(transcript), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"import", from, "--out", to}, &stdout, &stderr); code != exitOK {
		t.Fatalf("import: %d %s", code, stderr.String())
	}
	replay := begin(t, "replay", to, "--next-order-id", "99")
	got := askTime(t, replay.addr, 200, wire.ErrorMessage)
	if strings.Join(got, " ") != "managedAccounts nextValidId errMsg" {
		t.Errorf("heard %s", got)
	}
	if said := replay.end(); !strings.Contains(said, "not in the recording, asked 1 times: reqCurrentTime") {
		t.Errorf("replay said %q", said)
	}
}

func TestRecordingUsage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"record"}, "wants --upstream"},
		{[]string{"record", "--out", "x"}, "no Gateway is dialled that was not named"},
		{[]string{"record", "--upstream", "127.0.0.1:1", "--out", file}, "exists"},
		{[]string{"record", "--upstream", "gateway", "--out", file + "2"}, "HOST:PORT"},
		{[]string{"replay"}, "replay wants one FILE"},
		{[]string{"replay", file}, "line 1"},
		{[]string{"replay", file, "--speed", "0"}, "--speed"},
		{[]string{"replay", file + "3"}, "no such file"},
		{[]string{"import", file}, "--out"},
		{[]string{"import", file, "--out", file + "4"}, "want handshake"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), c.args, &stdout, &stderr); code != exitUsage ||
			!strings.Contains(stderr.String(), c.want) {
			t.Errorf("%s: exit code %d, %q, want %d and %q", c.args, code, stderr.String(), exitUsage, c.want)
		}
	}
}
