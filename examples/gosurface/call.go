package main

import (
	"slices"

	"github.com/scmhub/ibapi"
)

const (
	answered = "answered"
	refused  = "error"
	silent   = "silent"
	missing  = "missing"
	broken   = "broken"
)

// call is one method of the client with arguments that make sense on a paper account.
type call struct {
	name string
	// want is the callback that answers it; empty for what a Gateway does not answer.
	want string
	do   func(*ibapi.EClient)
}

// farmNotice reports the notices about data farms that may come at any time.
func farmNotice(code int) bool { return code >= 2100 && code < 2200 }

func (c call) make(ib *ibapi.EClient, heard *ear) Result {
	c.do(ib)
	var got []callback
	if c.want != "" {
		names := []string{c.want, "Error"}
		for due := true; due; {
			more, ok := heard.until(answerWithin, names...)
			got = append(got, more...)
			due = ok && more[len(more)-1].isErr && farmNotice(more[len(more)-1].code)
		}
	}
	alive := true
	if c.name != "ReqCurrentTime" {
		ib.ReqCurrentTime()
		var more []callback
		more, alive = heard.until(answerWithin, "CurrentTime")
		got = append(got, more[:max(0, len(more)-1)]...)
	}
	return c.result(got, alive)
}

func (c call) result(got []callback, alive bool) Result {
	r := Result{Call: c.name, Outcome: silent}
	if c.want != "" {
		r.Outcome = missing
	}
	for _, g := range got {
		switch {
		case g.isErr && farmNotice(g.code):
			continue
		case g.isErr && r.Code == 0:
			r.Code, r.Text = g.code, g.text
		}
		if !slices.Contains(r.Callbacks, g.name) {
			r.Callbacks = append(r.Callbacks, g.name)
		}
	}
	switch {
	case !alive:
		r.Outcome = broken
	case slices.Contains(r.Callbacks, c.want):
		r.Outcome = answered
	case r.Code != 0:
		r.Outcome = refused
	}
	return r
}
