package doctor

import (
	"fmt"
	"time"

	"ibsoak/trader/exit"
)

// Verdict is what a check found.
type Verdict string

// The verdicts.
const (
	OK      Verdict = "ok"
	Warning Verdict = "warning" // trading is possible, and something is not as it should be
	Bad     Verdict = "bad"     // trading is not possible
	Unknown Verdict = "unknown" // it cannot be told from here
)

// Check is one finding.
type Check struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	Found   string  `json:"found"`
	Do      string  `json:"do,omitempty"`
}

// Report is what an examination found.
type Report struct {
	Gateway string        `json:"gateway"`
	At      time.Time     `json:"at"`
	Took    time.Duration `json:"took"`
	Checks  []Check       `json:"checks"`
	Code    exit.Code     `json:"code"` // of the first thing that is bad; 0 when nothing is

	counts
}

// counts is what the examination needs to remember between checks.
type counts struct{ closeWait int }

func (r *Report) add(name string, v Verdict, do, format string, args ...any) {
	r.Checks = append(r.Checks, Check{Name: name, Verdict: v, Found: fmt.Sprintf(format, args...), Do: do})
}

// bad adds what makes trading impossible.
func (r *Report) bad(code exit.Code, name, do, format string, args ...any) {
	r.add(name, Bad, do, format, args...)
	if r.Code == exit.OK {
		r.Code = code
	}
}

// Worst is the first check that is bad, else the first warning, else nil.
func (r *Report) Worst() *Check {
	for _, v := range []Verdict{Bad, Warning} {
		for i := range r.Checks {
			if r.Checks[i].Verdict == v {
				return &r.Checks[i]
			}
		}
	}
	return nil
}
