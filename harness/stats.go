package harness

import (
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"ibsoak/fakegateway/fault"
)

const (
	// PercentileFloor is the least n for which a 99th percentile is printed: below it p99 would
	// be the maximum under another name.
	PercentileFloor = 100

	// Handshake phases are kept in microseconds, to three digits, up to an hour.
	histogramMaxMicros = int64(time.Hour / time.Microsecond)
	histogramDigits    = 3

	// z95 is the two-sided 95 % point of the normal distribution.
	z95 = 1.959964
)

// theilSen is the median of the slopes between all pairs of points, with Sen's 95 % confidence
// interval by the normal approximation of Kendall's statistic. It needs two points or more with
// different x; a sawtooth's outliers do not bend it as they bend a least-squares line.
func theilSen(x, y []float64) (slope, low, high float64) {
	var slopes []float64
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			if x[j] != x[i] {
				slopes = append(slopes, (y[j]-y[i])/(x[j]-x[i]))
			}
		}
	}
	if len(slopes) == 0 {
		return 0, math.Inf(-1), math.Inf(1)
	}
	slices.Sort(slopes)
	n, pairs := float64(len(x)), float64(len(slopes))
	c := z95 * math.Sqrt(n*(n-1)*(2*n+5)/18)
	at := func(rank float64) float64 {
		return slopes[int(min(max(rank, 0), pairs-1))]
	}
	return (at((pairs-1)/2) + at(pairs/2)) / 2, at(math.Floor((pairs-c)/2) - 1), at(math.Ceil((pairs + c) / 2))
}

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
		h := hdrhistogram.New(1, histogramMaxMicros, histogramDigits)
		var longest time.Duration
		for _, c := range r.subjects() {
			begin, end := p.begin(c), p.end(c)
			if begin == 0 || end == 0 || end < begin {
				continue
			}
			took := end.Since(begin)
			longest = max(longest, took)
			_ = h.RecordValue(min(took.Microseconds(), histogramMaxMicros)) // within bounds
		}
		out = append(out, timing(p, h, longest))
	}
	return out
}

func timing(p phase, h *hdrhistogram.Histogram, longest time.Duration) PhaseTiming {
	at := func(percentile float64) fault.Duration {
		micros := h.ValueAtQuantile(percentile)
		return fault.Duration(min(time.Duration(micros)*time.Microsecond, longest))
	}
	t := PhaseTiming{
		Phase: p.name, From: p.from, To: p.to, N: int(h.TotalCount()),
		P50: at(50), P90: at(90), Max: fault.Duration(longest),
	}
	if t.N >= PercentileFloor {
		t.P99 = at(99)
	}
	return t
}
