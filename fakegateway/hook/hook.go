// Package hook lets a Starlark program decide about single messages, where a fault schedule cannot
// say what is wanted. It is asked about a message and answers with an action in the vocabulary of
// package fault, or not at all; it can do nothing else: no files, no sockets, no clock.
//
//	def on_message(m, state):
//	    if m.kind == "orderStatus" and m.fields["status"] == "Filled":
//	        state["fills"] = state.get("fills", 0) + 1
//	        if state["fills"] % 2 == 0:
//	            return {"do": "withhold", "release": {"delay": "3s"}}
//
// The gotcha: globals are frozen once the file was read. What is to be remembered goes into state,
// which is a connection's own.
package hook

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

const (
	// MaxSteps bounds the reading of a file, and each call: about 10 ms of computing.
	MaxSteps = 100_000
	// MaxFileBytes bounds a program's text.
	MaxFileBytes = 1 << 20

	function   = "on_message"
	parameters = 2
)

// Hook is a program that was read.
type Hook struct {
	name  string
	call  *starlark.Function
	print func(text string)
}

// Load reads a program. Errors have the form "file:line:col: what is wrong". print hears what the
// program prints; nil discards it.
func Load(name string, source []byte, print func(text string)) (*Hook, error) {
	if len(source) > MaxFileBytes {
		return nil, fmt.Errorf("%s: %d bytes, want at most %d", name, len(source), MaxFileBytes)
	}
	if print == nil {
		print = func(string) {}
	}
	h := &Hook{name: name, print: print}
	thread := h.thread("load " + name)
	thread.SetMaxExecutionSteps(MaxSteps)
	globals, err := starlark.ExecFileOptions(&syntax.FileOptions{}, thread, name, source, nil)
	if err != nil {
		return nil, explained(err)
	}
	globals.Freeze()
	call, ok := globals[function].(*starlark.Function)
	if !ok {
		return nil, fmt.Errorf("%s:1:1: want a function %s(m, state)", name, function)
	}
	if call.NumParams() != parameters || call.HasVarargs() || call.HasKwargs() {
		return nil, fmt.Errorf("%s: %s takes %d parameters, want 2: m, state", call.Position(),
			function, call.NumParams())
	}
	h.call = call
	return h, nil
}

// explained is an error with its place, or with the whole backtrace when it came while running.
func explained(err error) error {
	var running *starlark.EvalError
	if errors.As(err, &running) {
		return errors.New(running.Backtrace())
	}
	return err
}

func (h *Hook) thread(name string) *starlark.Thread {
	return &starlark.Thread{Name: name, Print: func(_ *starlark.Thread, text string) { h.print(text) }}
}

// Thread is a program at work on one connection. It is not safe for concurrent use.
type Thread struct {
	Hook   *Hook
	thread *starlark.Thread
	state  *starlark.Dict
	counts map[wire.Kind]int
}

// Thread starts a program on a connection, with an empty state.
func (h *Hook) Thread(connection int) *Thread {
	return &Thread{
		Hook: h, thread: h.thread(fmt.Sprintf("connection %d", connection)),
		state: starlark.NewDict(0), counts: make(map[wire.Kind]int),
	}
}

// OnMessage asks about a message of either direction; nil is to go on with it. clientID is -1 before
// START_API. The error of a program that failed is its backtrace.
func (t *Thread) OnMessage(connection, clientID int, m wire.Message) (*fault.What, error) {
	t.counts[m.Kind]++
	direction := "inbound"
	if m.Kind.Direction() == wire.FromServer {
		direction = "outbound"
	}
	argument := starlarkstruct.FromStringDict(starlark.String("message"), starlark.StringDict{
		"direction":  starlark.String(direction),
		"kind":       starlark.String(m.Kind.String()),
		"connection": starlark.MakeInt(connection),
		"client_id":  starlark.MakeInt(clientID),
		"ordinal":    starlark.MakeInt(t.counts[m.Kind]),
		"fields":     fieldsOf(m.Body),
	})
	argument.Freeze()
	t.thread.Uncancel() // by a call that took too many steps
	t.thread.SetMaxExecutionSteps(t.thread.ExecutionSteps() + MaxSteps)
	answer, err := starlark.Call(t.thread, t.Hook.call, starlark.Tuple{argument, t.state}, nil)
	if err != nil {
		return nil, explained(err)
	}
	if answer == starlark.None {
		return nil, nil
	}
	what, err := actionOf(answer, m.Kind)
	if err != nil {
		return nil, fmt.Errorf("%s: %s answered %s: %w", t.Hook.call.Position(), function,
			answer, err)
	}
	return what, nil
}

// actionOf reads an action as strictly as a schedule's.
func actionOf(v starlark.Value, on wire.Kind) (*fault.What, error) {
	if _, ok := v.(*starlark.Dict); !ok {
		return nil, fmt.Errorf("want None or a dict, not a %s", v.Type())
	}
	plain, err := plainOf(v)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	f := fault.Fault{When: fault.When{Inbound: on.String()}}
	if on.Direction() == wire.FromServer {
		f.When = fault.When{Outbound: on.String()}
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f.What); err != nil {
		return nil, err
	}
	if err := (fault.Schedule{Faults: []fault.Fault{f}}).Validate(); err != nil {
		return nil, err
	}
	return &f.What, nil
}
