package fakegateway

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ibsoak/fakegateway/fault"
)

// example is a request of docs/control-api.md and the answer that it shows.
type example struct {
	line               int
	method, path, body string
	status             int
	answer             any
	lines              []any // of an answer that is a stream: those behind the first
}

// examples reads the lines of code blocks that begin with > and <.
func examples(t *testing.T) []example {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "control-api.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	for i, line := range strings.Split(string(text), "\n") {
		if request, ok := strings.CutPrefix(line, "> "); ok {
			e := example{line: i + 1}
			request, e.body, _ = strings.Cut(request, " {")
			if e.body != "" {
				e.body = "{" + e.body
			}
			e.method, e.path, _ = strings.Cut(request, " ")
			all = append(all, e)
		}
		if text, ok := strings.CutPrefix(line, "< {"); ok {
			var more any
			if err := json.Unmarshal([]byte("{"+text), &more); err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
			e := &all[len(all)-1]
			e.lines = append(e.lines, more)
			continue
		}
		if answer, ok := strings.CutPrefix(line, "< "); ok {
			e := &all[len(all)-1]
			status, body, _ := strings.Cut(answer, " ")
			if e.status, err = strconv.Atoi(status); err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
			if err := json.Unmarshal([]byte(body), &e.answer); err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
		}
	}
	return all
}

// shows reports what of an example's answer is missing in the real one; "" when it is all there.
// "…" in a text stands for anything.
func shows(want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			return "an object"
		}
		for key, value := range want {
			if missing := shows(value, got[key]); missing != "" || got[key] == nil {
				return key + ": " + missing
			}
		}
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) < len(want) || len(want) == 0 && len(got) > 0 {
			return "a list"
		}
		for i, value := range want {
			if missing := shows(value, got[i]); missing != "" {
				return strconv.Itoa(i) + ": " + missing
			}
		}
	case string:
		before, _, any := strings.Cut(want, "…")
		text, ok := got.(string)
		if ok && any && strings.HasPrefix(text, before) || want == "…" && got != nil || text == want {
			return ""
		}
		return want
	default:
		if want != got {
			return "another value"
		}
	}
	return ""
}

// jsonLines is a stream of JSON values as a list.
func jsonLines(t *testing.T, text string) any {
	t.Helper()
	list := []any{}
	for in := json.NewDecoder(strings.NewReader(text)); in.More(); {
		var v any
		if err := in.Decode(&v); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		list = append(list, v)
	}
	return list
}

func TestExamplesOfTheControlPort(t *testing.T) {
	s := startServer(t, Config{
		Startup: &fault.Downtime{Approval: true}, PortSettings: PortSettings{Dialog: DialogEach},
	})
	await(t, s, "the login", func(v *View) bool { return v.Stage() == VersionOnly })
	dial(t, s)
	awaitDialogs(t, s, 1)
	c := serveControl(t, s)
	for _, e := range examples(t) {
		var got any
		var text string
		if e.lines == nil {
			text = c.do(e.method, e.path, e.body, e.status, &got)
		} else {
			text = c.do(e.method, e.path, e.body, e.status, nil)
			got, e.answer = jsonLines(t, text), append([]any{e.answer}, e.lines...)
		}
		if missing := shows(e.answer, got); missing != "" {
			t.Errorf("docs/control-api.md:%d: the answer lacks %s: %s", e.line, missing, text)
		}
	}
}

func TestControlRefusesWhatIsWrong(t *testing.T) {
	s := startServer(t, Config{})
	c := serveControl(t, s)
	for _, r := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/dialog", `{"answer": "maybe"}`, http.StatusBadRequest, "want one of accept, reject, dismiss"},
		{"/dialog", `{"anser": "accept"}`, http.StatusBadRequest, "anser"},
		{"/2fa", `{"code": 1}`, http.StatusBadRequest, "code"},
		{"/2fa", ``, http.StatusConflict, "no login waits for its second factor"},
		{"/connectivity", `{"state": "gone"}`, http.StatusBadRequest, "want lost, restored"},
		{"/connectivity", `{"state": "restored"}`, http.StatusConflict, "is not lost"},
		{"/login", `{"accounts": ["DU1", "DU1"]}`, http.StatusBadRequest, "there twice"},
		{"/login", `{"accounts": ["DU1,DU2"]}`, http.StatusBadRequest, "no comma"},
		{"/operate", `{"operation": "coffee"}`, http.StatusBadRequest, "want one of connection-lost"},
		{"/operate", `{"operation": "farm-ok", "farm": "mars"}`, http.StatusConflict, "has usfarm"},
	} {
		if got := c.do("POST", r.path, r.body, r.status, nil); !strings.Contains(got, r.want) {
			t.Errorf("POST %s %s: %s, want %q", r.path, r.body, got, r.want)
		}
	}
	if n := len(s.Receipts()); n != 0 {
		t.Errorf("%d receipts of requests that were refused", n)
	}
}
