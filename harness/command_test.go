package harness

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSplit(t *testing.T) {
	cases := []struct {
		line string
		want []string
		err  string
	}{
		{"python3 trader.py --port {port}", []string{"python3", "trader.py", "--port", "{port}"}, ""},
		{`  a   "b c"'d e'f  `, []string{"a", "b cd ef"}, ""},
		{`sh -c 'echo "$IB_PORT"'`, []string{"sh", "-c", `echo "$IB_PORT"`}, ""},
		{`a "" ''`, []string{"a", "", ""}, ""},
		{`a\ b "c\"d\\e\f" 'g\h'`, []string{"a b", `c"d\e\f`, `g\h`}, ""},
		{"a\tb\nc", []string{"a", "b", "c"}, ""},
		{`"$HOME" {a,b} *.go a#b '#c'`, []string{"$HOME", "{a,b}", "*.go", "a#b", "#c"}, ""},
		{"", nil, "empty"},
		{"  ", nil, "empty"},
		{`a "b`, nil, "Unterminated double-quoted"},
		{"a 'b", nil, "Unterminated single-quoted"},
		{`a \`, nil, "Unterminated backslash"},
	}
	for _, c := range cases {
		got, err := Split(c.line)
		if !slices.Equal(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("Split(%q) = %q, %v\nwant %q, %q", c.line, got, err, c.want, c.err)
		}
	}
}

// TestSplitUndoesQuoting quotes any words as a shell wants them and splits them again.
func TestSplitUndoesQuoting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.String(), 1, 5).Draw(t, "words")
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		got, err := Split(strings.Join(quoted, " "))
		if err != nil || !slices.Equal(got, words) {
			t.Fatalf("%q, %v; want %q", got, err, words)
		}
	})
}

func TestSubstitute(t *testing.T) {
	v := values{
		Host: "127.0.0.1", Port: 4711, ClientID: 7, Symbols: []string{"AAPL", "NVDA"},
		Interval: 1500 * time.Millisecond, State: "/a b", Args: []string{"--once", "-x"},
	}
	cases := []struct {
		template, want []string
		err            string
	}{
		{
			[]string{"t", "--at={host}:{port}", "{client_id}", "{symbols}", "{interval}", "{state}", "{args}"},
			[]string{"t", "--at=127.0.0.1:4711", "7", "AAPL,NVDA", "1.5s", "/a b", "--once", "-x"},
			"",
		},
		{[]string{"sh", "-c", `echo ${HOME} {"json": 1} {} {port}`}, []string{"sh", "-c", `echo ${HOME} {"json": 1} {} 4711`}, ""},
		{[]string{"t", "{prot}"}, nil, "{prot}"},
		{[]string{"t", "--{args}"}, nil, "{args} as its own word"},
		{[]string{"{args}"}, []string{"--once", "-x"}, ""},
		{nil, nil, "empty"},
	}
	for _, c := range cases {
		got, err := substitute(c.template, v)
		if !slices.Equal(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("substitute(%q) = %q, %v\nwant %q, %q", c.template, got, err, c.want, c.err)
		}
	}
}

func TestArguments(t *testing.T) {
	fails := []string{"--on-zombies", "fail"}
	cases := []struct {
		subject Subject
		bundled bool
		want    string
	}{
		{Subject{Mode: Once, Args: fails}, true, "--once --on-zombies fail"},
		{Subject{Mode: Once, Args: fails}, false, "--once"},
		{Subject{Mode: Continuous, Args: fails}, false, "--interval {interval}"},
		{Subject{Mode: Once, Trader: Trader{OnceArgs: []string{"one"}}}, false, "one"},
		{Subject{Mode: Once, Trader: Trader{OnceArgs: []string{}}}, false, ""},
		{Subject{Mode: Continuous, Trader: Trader{ContinuousArgs: []string{"-i={interval}"}}}, false, "-i={interval}"},
	}
	for _, c := range cases {
		if got := strings.Join(c.subject.arguments(c.bundled), " "); got != c.want {
			t.Errorf("%+v, bundled %v: %q, want %q", c.subject, c.bundled, got, c.want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	v := values{Host: "127.0.0.1", Port: 4711, ClientID: 7}
	got, err := v.environment(map[string]string{"URL": "tcp://{host}:{port}", "A": "b"})
	want := []string{"IB_HOST=127.0.0.1", "IB_PORT=4711", "IB_CLIENT_ID=7", "A=b", "URL=tcp://127.0.0.1:4711"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v\nwant %q", got, err, want)
	}
	if _, err := v.environment(map[string]string{"URL": "{prot}"}); err == nil {
		t.Error("an unknown placeholder in a value was passed through")
	}
}
