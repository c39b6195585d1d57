package harness

import (
	"math"

	"ibsoak/fakegateway/fault"
)

// Outcome is the result of a check or of a run.
type Outcome string

// The outcomes. Only a verdict can be HarnessError: then nothing was learnt about the subject.
const (
	Pass         Outcome = "pass"
	Fail         Outcome = "fail"
	Inconclusive Outcome = "inconclusive"
	HarnessError Outcome = "harness-error"
)

// Finding is what one check found.
type Finding struct {
	Check   string  `json:"check"`
	Group   Group   `json:"group"`
	Outcome Outcome `json:"outcome"`
	// Evidence is how many things were looked at, Least how many it takes to conclude.
	Evidence int `json:"evidence"`
	Least    int `json:"least"`
	// Unit is what is counted: "connections", "lives", "samples".
	Unit   string `json:"unit"`
	Detail string `json:"detail"` // one line for people
	// Leg is what was judged in a run through a keeper; "" without one.
	Leg string `json:"leg,omitempty"`
	// Examples are the first few violations; Lives are all lives that have one.
	Examples []Example `json:"examples,omitempty"`
	Lives    []int     `json:"lives,omitempty"`
	// Informational findings are printed and do not decide the verdict.
	Informational bool `json:"informational,omitempty"`
	// Do and Page say what to do about it and where docs/ explains it, unless it passed.
	Do   string `json:"do,omitempty"`
	Page string `json:"page,omitempty"`
	// Harness is set when the check found the harness itself at fault.
	Harness string `json:"harness,omitempty"`

	busy string // what a busy machine left open; see doubted
}

// Example is one violation, with what is needed to find it in the record.
type Example struct {
	Life       int    `json:"life,omitempty"`
	Connection int    `json:"connection,omitempty"`
	At         Moment `json:"at,omitempty"`
	What       string `json:"what"`
	// Missing marks what had not come by the end of the run, and might have if the run had gone on:
	// a run that was cut short cannot show it.
	Missing bool `json:"missing,omitempty"`
}

// Verdict is the result of a run and everything that its report says.
type Verdict struct {
	Version   int       `json:"version"`
	Scenario  string    `json:"scenario"`
	Summary   string    `json:"summary"`
	Outcome   Outcome   `json:"outcome"`
	Sentence  string    `json:"sentence"` // what the outcome rests on, in words
	Findings  []Finding `json:"findings"`
	Harness   []string  `json:"harness,omitempty"` // errors of the harness
	Seed      uint64    `json:"seed"`
	TimeScale float64   `json:"timeScale"`
	Command   []string  `json:"command"`
	Started   string    `json:"started"` // RFC 3339, UTC
	Took      Moment    `json:"took"`
	Host      Host      `json:"host"`
	Stop      Stop      `json:"stop"`
	Sabotage  Sabotage  `json:"sabotage,omitempty"`

	Lives    []LifeVerdict   `json:"lives"`
	Passed   int             `json:"passed"` // lives
	Bound    float64         `json:"bound"`  // on the failure rate of a life, 95 %; 1 when unknown
	Cycles   int             `json:"cycles"`
	Timings  []PhaseTiming   `json:"timings"`
	Sockets  []SocketCount   `json:"sockets"`
	Faults   []FaultDelivery `json:"faults,omitempty"`
	Oracles  string          `json:"oracles"` // which of them spoke
	Recovery []Recovery      `json:"recovery,omitempty"`
	Keeper   *KeeperLeg      `json:"keeper,omitempty"` // it stood between the subject and the Gateway
}

// LifeVerdict is one life's share of the verdict.
type LifeVerdict struct {
	Number   int      `json:"number"`
	Outcome  Outcome  `json:"outcome"`
	Took     Moment   `json:"took"`
	ExitCode int      `json:"exitCode"`
	End      string   `json:"end"`               // in words
	Reasons  []string `json:"reasons,omitempty"` // of a failure, one per check
	// Stderr is the last of what it said, at most lastWords lines, unless it passed.
	Stderr []string `json:"stderr,omitempty"`
}

// PhaseTiming is the distribution of one phase of the handshake on the Gateway's clock.
type PhaseTiming struct {
	Phase string         `json:"phase"`
	From  string         `json:"from"`
	To    string         `json:"to"`
	N     int            `json:"n"`
	P50   fault.Duration `json:"p50"`
	P90   fault.Duration `json:"p90"`
	P99   fault.Duration `json:"p99,omitempty"` // only when N >= PercentileFloor
	Max   fault.Duration `json:"max"`
}

// SocketCount is what became of the connections at one side.
type SocketCount struct {
	Side Side `json:"side"`
	// Passed is how many sockets went through CLOSE_WAIT by the Gateway's timing, Longest the
	// longest dwell; Seen is how many the kernel's table showed there, SeenLongest likewise.
	Passed      int            `json:"passed"`
	Longest     fault.Duration `json:"longest"`
	Seen        int            `json:"seen"`
	SeenLongest fault.Duration `json:"seenLongest"`
	Zombies     int            `json:"zombies"`
	Planted     int            `json:"planted,omitempty"`
	// States is the largest number of sockets seen at once in each state of the kernel's.
	States map[string]int `json:"states,omitempty"`
}

// FaultDelivery is a fault planned beside what went out.
type FaultDelivery struct {
	ID       string       `json:"id"`
	Planned  fault.Action `json:"planned"`
	When     string       `json:"when"`
	Times    int          `json:"times"`
	Wire     string       `json:"wire"` // of the first receipt
	Mismatch string       `json:"mismatch,omitempty"`
}

// Recovery is one return to work after a connection was lost.
type Recovery struct {
	Life   int    `json:"life"`
	Lost   Moment `json:"lost"`   // the connection before it ended
	Served Moment `json:"served"` // the Gateway would have served it from here on
	Cycle  Moment `json:"cycle"`  // its first cycle was answered; without one, its first order was read
	// Took is from Served to Cycle: a subject does not pay for the Gateway's downtime.
	Took fault.Duration `json:"took"`
}

// ExitCode is the exit code of soak for the verdict.
func (v Verdict) ExitCode() int {
	switch v.Outcome {
	case Pass:
		return 0
	case Fail:
		return 1
	case Inconclusive:
		return 2
	case HarnessError:
		return 3
	}
	return 3
}

// FailureRateBound is the 95 % upper bound on the failure rate of which n runs without a failure
// are evidence: a trader with a higher rate would have shown a failure in 95 of 100 such series.
// It is 1 for n < 1.
func FailureRateBound(n int) float64 {
	if n < 1 {
		return 1
	}
	return 1 - math.Pow(0.05, 1/float64(n))
}
