// Package deploy has no code: it tests what stands beside it.
package deploy

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ibsoak/fakegateway"
)

// programs is where build has put them.
var programs string

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "ibsoak-deploy-"); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := os.RemoveAll(programs); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// build makes the three programs as the Containerfile does, once.
func build(t *testing.T) (dir string) {
	t.Helper()
	if err := built(); err != nil {
		t.Fatal(err)
	}
	return programs
}

var built = sync.OnceValue(func() error {
	// The race detector needs cgo, and what is delivered has neither.
	cmd := exec.Command("go", "build", "-race=false", "-o", programs+"/", "../cmd/...") //nolint:noctx // it serves all tests
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
})

// TestProbe shakes hands as the tests' service of compose.yaml does.
func TestProbe(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not here")
	}
	gateway, err := fakegateway.Start(fakegateway.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Close()
	_, port, _ := strings.Cut(gateway.Addr(), ":")
	out, err := exec.CommandContext(t.Context(), python, "probe/probe.py", "127.0.0.1", port).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "server version 225") {
		t.Errorf("%v\n%s", err, out)
	}
}

// copied are what the Containerfile's last stage copies from the build, by base name.
func copied(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile("Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, last, found := strings.Cut(string(text), "FROM scratch")
	if !found {
		t.Fatal("the last stage is not FROM scratch")
	}
	for _, line := range regexp.MustCompile(`(?m)^COPY --from=build (.+) /$`).FindAllStringSubmatch(last, -1) {
		for _, file := range strings.Fields(line[1]) {
			names = append(names, filepath.Base(file))
		}
	}
	if len(names) != 3 {
		t.Fatalf("copies %v, want the three programs", names)
	}
	return names
}

// TestActionStartsGateway runs the script of the action, as a job would.
func TestActionStartsGateway(t *testing.T) {
	output := filepath.Join(t.TempDir(), "output")
	tree, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	build(t) // before the deadline of the script begins
	cmd := bash(t, filepath.Join(tree, ".github/actions/fakegateway/start"))
	cmd.Env = append(os.Environ(), "TREE="+tree, "PROGRAMS="+build(t), "PROFILE=leaky", "SCHEDULE=", "GITHUB_OUTPUT="+output)
	// What it starts outlives it, as in a job: its end is this test's.
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, line := range strings.Fields(string(text)) {
		key, value, _ := strings.Cut(line, "=")
		values[key] = value
	}
	defer endListener(t, values["port"])
	answer, err := http.Get("http://" + values["control"] + "/healthz") //nolint:noctx // loopback, and the test's own deadline
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	defer answer.Body.Close()
	var body bytes.Buffer
	_, _ = body.ReadFrom(answer.Body)
	if !strings.Contains(body.String(), `"leaky"`) || values["host"] != "127.0.0.1" {
		t.Errorf("%s\n%s", text, body.String())
	}
}

// TestActionSoaks wants the exit status of soak: 0 for a pass, 1 for a failure, 2 for inconclusive.
func TestActionSoaks(t *testing.T) {
	tree, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	trader := filepath.Join(build(t), "trader") +
		" --symbols AAPL --host {host} --port {port} --state {state} --max-clock-skew 1000000h --quiet-windows none --strategy hold {args}"
	for name, c := range map[string]struct {
		trader string
		status int
	}{
		"pass":         {trader, 0},
		"inconclusive": {"/bin/true", 2},
		"usage":        {"/no/such/trader", 64},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			summary := filepath.Join(dir, "summary")
			cmd := bash(t, filepath.Join(tree, ".github/actions/soak/run"))
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "TREE="+tree, "PROGRAMS="+build(t), "TRADER="+c.trader, "SCENARIOS=once", "ARGUMENTS=--seed 7",
				"OUT=runs", "GITHUB_STEP_SUMMARY="+summary)
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != c.status {
				t.Errorf("exit status %d, want %d\n%s", got, c.status, out)
			}
			if _, err := os.Stat(summary); (err == nil) != (c.status != 64) {
				t.Errorf("the job's summary: %v", err)
			}
		})
	}
}

// TestActionArguments runs the script with a program that says what it was given, twice in one job.
func TestActionArguments(t *testing.T) {
	tree, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fake := "#!/bin/sh\nmkdir -p \"$7\"\nprintf '<%s>' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "soak"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	const begins = "<run><--scenario><once><--trader><t {args}><--out><"
	for _, c := range []struct {
		arguments, out string
		want           string
		status         int
	}{
		{"--seed 7\n--env \"G=a b\"\n\n  --env 'H=*' --once-args ''\n", "", "runs/step-1><--seed><7><--env><G=a b><--env><H=*><--once-args><>", 0},
		{"", "", "runs/step-2>", 0},
		{" \n", "mine/here", "mine/here>", 0},
		{"--env 'G=a", "", "", 64},
	} {
		output := filepath.Join(t.TempDir(), "output")
		cmd := bash(t, filepath.Join(tree, ".github/actions/soak/run"))
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "TREE="+tree, "PROGRAMS="+dir, "TRADER=t {args}", "SCENARIOS=once",
			"ARGUMENTS="+c.arguments, "OUT="+c.out, "GITHUB_OUTPUT="+output)
		out, _ := cmd.Output()
		if got := cmd.ProcessState.ExitCode(); got != c.status || c.status == 0 && string(out) != begins+c.want {
			t.Errorf("%q: exit status %d, want %d\n%s, want\n%s", c.arguments, got, c.status, out, begins+c.want)
		}
		where, _, _ := strings.Cut(c.want, ">")
		want := fmt.Sprintf("out=%s\nname=%s\n", where, strings.ReplaceAll(where, "/", "-"))
		if said, err := os.ReadFile(output); c.status == 0 && (err != nil || string(said) != want) {
			t.Errorf("%q: said %q, want %q, %v", c.arguments, said, want, err)
		}
	}
}

func bash(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not here")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "bash", script)
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// ready reads a fake Gateway's ready line.
func ready(line string) (gateway, control string, ok bool) {
	words := strings.Fields(line)
	if len(words) != 3 || words[0] != "listening" {
		return "", "", false
	}
	return strings.TrimPrefix(words[1], "gateway="), strings.TrimPrefix(words[2], "control="), true
}

func firstLine(r *bufio.Reader) string {
	line, _ := r.ReadString('\n')
	return line
}
