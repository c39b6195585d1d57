package main

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/scmhub/ibapi"
)

// heardMax bounds the callbacks that wait to be looked at; a call makes some thousands at most.
const heardMax = 1 << 16

// callback is one that the client made.
type callback struct {
	name  string
	id    int
	code  int
	text  string
	isErr bool
}

// ear hears every callback through the log that the client's default wrapper writes: a line each,
// with the callback's name in angle brackets.
type ear struct{ callbacks chan callback }

func newEar() *ear { return &ear{callbacks: make(chan callback, heardMax)} }

// Write takes one line of the log.
func (e *ear) Write(line []byte) (int, error) {
	var entry struct {
		ReqID     int
		ErrCode   int
		ErrString string
		Message   string `json:"message"`
	}
	if json.Unmarshal(line, &entry) != nil || !strings.HasPrefix(entry.Message, "<") {
		return len(line), nil // the client's own words
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(entry.Message, "<"), ">")
	if base, raw := strings.CutSuffix(name, "ProtoBuf"); raw {
		if base != "ConfigResponse" && base != "UpdateConfigResponse" {
			return len(line), nil // the same again, as it came
		}
		name = base
	}
	e.callbacks <- callback{name, entry.ReqID, entry.ErrCode, entry.ErrString, name == "Error"}
	return len(line), nil
}

// listener is the client's default wrapper, but for a callback of which that logs nothing.
type listener struct {
	ibapi.Wrapper
	ear *ear
}

func (l listener) SoftDollarTiers(id int64, _ []ibapi.SoftDollarTier) {
	l.ear.callbacks <- callback{name: "SoftDollarTiers", id: int(id)}
}

// until collects callbacks up to the first with one of the names.
func (e *ear) until(within time.Duration, names ...string) (got []callback, ok bool) {
	late := time.After(within)
	for {
		select {
		case c := <-e.callbacks:
			got = append(got, c)
			for _, name := range names {
				if c.name == name {
					return got, true
				}
			}
		case <-late:
			return got, false
		}
	}
}
