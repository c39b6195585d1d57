package main

import (
	"context"
	"fmt"
	"slices"
)

// Verdict is how a capture and the fake compare.
type Verdict string

// The verdicts.
const (
	Matched       Verdict = "matched"        // apart from ids, times, prices, and what was tolerated
	Differing     Verdict = "differing"      // Result.Findings says in what
	NotComparable Verdict = "not comparable" // Result.Findings says why
)

// Result is what became of one capture.
type Result struct {
	File    string
	Live    bool // of Capture
	Verdict Verdict
	// Requests and Messages are how many of the client's lines were played, and how many of the
	// Gateway's were compared.
	Requests, Messages int
	// Findings say what differs, each with the line of the capture and the request that it is an
	// answer to.
	Findings []string
	// Tolerated are the names of the Tolerances that were needed.
	Tolerated []string
	// Notes say what was made up: what a transcript implies but does not contain.
	Notes []string
}

// Reproduce plays a capture's client to a fake of its own, on a free port of loopback, and
// compares what it answers. A capture that cannot be played is not comparable.
func Reproduce(ctx context.Context, c Capture) Result {
	r := Result{File: c.File, Live: c.Live, Verdict: Matched}
	p, err := play(ctx, c)
	if err != nil {
		r.Verdict, r.Findings = NotComparable, []string{err.Error()}
		return r
	}
	r.Notes = p.notes
	for _, e := range p.exchanges {
		if e.request != 0 && !e.follows {
			r.Requests++
		}
		r.Messages += len(e.want)
		j := judge(e)
		for _, finding := range j.findings {
			r.Findings = append(r.Findings, asked(e)+": "+finding)
		}
		for _, name := range j.tolerated {
			if !slices.Contains(r.Tolerated, name) {
				r.Tolerated = append(r.Tolerated, name)
			}
		}
	}
	switch {
	case len(r.Findings) > 0:
		r.Verdict = Differing
	case r.Messages == 0:
		r.Verdict = NotComparable
		r.Findings = []string{"the transcript has no message of the Gateway"}
	}
	return r
}

func asked(e exchange) string {
	if e.request == 0 {
		return "bootstrap"
	}
	return fmt.Sprintf("%s of line %d", e.request, e.number)
}
