package harness

import (
	"math"
	"slices"
	"time"

	"ibsoak/fakegateway/fault"
)

// PercentileFloor is the least n for which a 99th percentile is printed: below it p99 would be the
// maximum under another name.
const PercentileFloor = 100

// phase is one part of the handshake, between two moments of the Gateway's ledger.
type phase struct {
	name, from, to string
	begin, end     func(Connection) Moment
}

func (c Connection) accepted() Moment      { return c.Accepted }
func (c Connection) preambleRead() Moment  { return c.PreambleRead }
func (c Connection) versionSent() Moment   { return c.VersionSent }
func (c Connection) startAPIRead() Moment  { return c.StartAPIRead }
func (c Connection) bootstrapSent() Moment { return c.BootstrapSent }
func (c Connection) requested() Moment     { return c.FirstRequested }

// phases are those of the handshake as the Gateway can time them. Only the first, third and
// fifth are the trader's; the others are the Gateway's own.
var phases = []phase{
	{"dial", "accepted", "preamble read", Connection.accepted, Connection.preambleRead},
	{"version", "preamble read", "version sent", Connection.preambleRead, Connection.versionSent},
	{"startApi", "version sent", "START_API read", Connection.versionSent, Connection.startAPIRead},
	{"accounts+ids", "START_API read", "accounts and id sent", Connection.startAPIRead, Connection.bootstrapSent},
	{"first request", "accounts and id sent", "first request read", Connection.bootstrapSent, Connection.requested},
	{"handshake", "accepted", "first request read", Connection.accepted, Connection.requested},
}

// timings are the distributions of the handshake's phases over all connections of the subject
// that passed through them.
func (r *Record) timings() []PhaseTiming {
	var out []PhaseTiming
	for _, p := range phases {
		out = append(out, timing(p, r.took(p)))
	}
	return out
}

// took are the durations of a phase, sorted.
func (r *Record) took(p phase) []time.Duration {
	var took []time.Duration
	for _, c := range r.subjects() {
		if begin, end := p.begin(c), p.end(c); begin != 0 && end >= begin {
			took = append(took, end.Since(begin))
		}
	}
	slices.Sort(took)
	return took
}

func timing(p phase, took []time.Duration) PhaseTiming {
	t := PhaseTiming{
		Phase: p.name, From: p.from, To: p.to, N: len(took),
		P50: quantile(took, 0.5), P90: quantile(took, 0.9), Max: quantile(took, 1),
	}
	if t.N >= PercentileFloor {
		t.P99 = quantile(took, 0.99)
	}
	return t
}

// quantile is the least of the sorted durations that a share q of them does not exceed; 0 of none.
func quantile(sorted []time.Duration, q float64) fault.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return fault.Duration(sorted[max(int(math.Ceil(q*float64(len(sorted)))), 1)-1])
}
