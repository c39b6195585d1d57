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
		{"", nil, "empty"},
		{"  ", nil, "empty"},
		{`a "b`, nil, `no closing "`},
		{"a 'b", nil, "no closing '"},
		{`a \`, nil, "nothing after the last backslash"},
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
		valid := make([]string, len(words))
		for i, w := range words {
			valid[i] = strings.ToValidUTF8(w, "\uFFFD")
		}
		if err != nil || !slices.Equal(got, valid) {
			t.Fatalf("%q, %v; want %q", got, err, valid)
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
		{[]string{"t", "--{args}"}, nil, "{args} stands alone"},
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
	once := Subject{Mode: Once, Args: []string{"--on-zombies", "fail"}}
	if got := once.arguments(0); !slices.Equal(got, []string{"--once", "--on-zombies", "fail"}) {
		t.Errorf("once: %q", got)
	}
	if got := (Subject{Mode: Continuous}).arguments(time.Second); !slices.Equal(got, []string{"--interval", "1s"}) {
		t.Errorf("continuous: %q", got)
	}
}
