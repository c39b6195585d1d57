package exit

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestTableIsCompleteAndUnambiguous(t *testing.T) {
	names := map[string]Code{}
	last := Code(-1)
	for _, r := range Table {
		if r.Code <= last {
			t.Errorf("code %d follows %d: the table must be in order", r.Code, last)
		}
		last = r.Code
		if r.Name == "" || r.Meaning == "" || r.Do == "" {
			t.Errorf("code %d lacks a name, a meaning or an advice: %+v", r.Code, r)
		}
		if other, taken := names[r.Name]; taken {
			t.Errorf("codes %d and %d share the name %q", other, r.Code, r.Name)
		}
		names[r.Name] = r.Code
	}
}

func TestLineSaysWhatToDo(t *testing.T) {
	err := fmt.Errorf("connect 127.0.0.1:5: %w", Because(NoHandshakeReply, errors.New("no version\nin 5s")))
	line := Line(err)
	if strings.Contains(line, "\n") {
		t.Errorf("more than one line: %q", line)
	}
	for _, part := range []string{
		"connect 127.0.0.1:5: no version in 5s: ", "dialog", "(exit 12, no-handshake-reply)",
	} {
		if !strings.Contains(line, part) {
			t.Errorf("line %q lacks %q", line, part)
		}
	}
}

func TestOwnAdviceReplacesTheTables(t *testing.T) {
	line := Line(&Error{Code: Zombies, Do: "restart it now", Err: errors.New("3 zombies")})
	if line != "3 zombies: restart it now (exit 20, zombies)" {
		t.Errorf("got %q", line)
	}
}

func TestOf(t *testing.T) {
	if c, ok := Of(nil); c != OK || !ok {
		t.Errorf("nil gives %d, %v", c, ok)
	}
	if _, ok := Of(errors.New("x")); ok {
		t.Error("an error without a code claims one")
	}
	if c, _ := Of(fmt.Errorf("a: %w", Because(Interlock, nil))); c != Interlock {
		t.Errorf("wrapped code is %d", c)
	}
}
