package harness

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"ibsoak/internal/wire"
)

const leaksPage = "your-trader.md#leaks"

// leakDetectors are the checks of what grows.
var leakDetectors = []Detector{
	{
		Name: "steady-fds", Group: GroupLeaks, judge: steadyFDs, Page: leaksPage,
		Doc: descriptors.doc(), Least: leastCycles(steadyCycles),
		Do: "Close every file and socket on every way out of a cycle, errors included; " +
			"compare what is open after two cycles (ls -l /proc/PID/fd, or lsof -p PID).",
	},
	{
		Name: "steady-threads", Group: GroupLeaks, judge: steadyThreads, Page: leaksPage,
		Doc: threads.doc(), Least: leastCycles(steadyCycles),
		Do: "End or reuse the threads that a cycle or a session starts, one reader a session for " +
			"example; compare their names after two cycles.",
	},
	{
		Name: "memory", Group: GroupLeaks, judge: memory, Page: leaksPage,
		Doc: resident.doc() + " With fewer cycles than it needs it is informational, unless the " +
			"scenario sets Evidence.",
		Least: leastCycles(memoryCycles),
		Do: "Bound what is kept from cycle to cycle: answers by request id, bars, logs in memory; " +
			"compare two heap profiles that are an hour apart.",
	},
	{
		Name: "steady-subscriptions", Group: GroupLeaks, judge: steadySubscriptions, Page: leaksPage,
		Doc: subscribed.doc() + " A subscription is open from its request to its cancel, to an error that " +
			"answers it or to the end of its connection; one that was refused because there are too " +
			"many stays open.",
		Least: leastCycles(steadyCycles),
		Do: "Cancel each subscription under the id that it was asked for with, before you ask for the " +
			"same again; a real Gateway gives 100 market data lines and then error 101.",
	},
}

const (
	// warmupCycles are left out of every statement about growth: the first cycles open files,
	// start threads and fill caches once.
	warmupCycles = 2

	// steadyCycles is how many cycles it takes to judge a count, memoryCycles to judge memory: a
	// heap needs some sixty to settle.
	steadyCycles = 16
	memoryCycles = 100

	// unseenCycles is how many cycles in a row may go without a sample, or a tenth of all when that
	// is more: what grew in a longer gap nobody saw.
	unseenCycles = 5
)

// resourceUse is a kind of value that must not grow for ever.
type resourceUse struct {
	what  string
	slack slack
	// widest is the largest limit a cycle that still says something. A run whose own noise hides
	// more than that has not shown that nothing grows.
	widest float64
	show   func(float64) string
}

var (
	// Two files that are opened late, a log and a cache, are no leak.
	descriptors = resourceUse{"open descriptors", slack{once: 2, unit: 1, moments: true}, 2, number}

	// A runtime's thread count drifts by itself: Go and Java start a thread when others are blocked
	// and keep it.
	threads = resourceUse{"threads", slack{once: 4, unit: 1, moments: true}, 2, number}

	// A heap that is still settling after sixty cycles was seen to grow by 43 KiB a cycle in a build
	// for the race detector, and by 5 in an ordinary one.
	resident = resourceUse{"resident memory", slack{perCycle: 64 << 10}, 1 << 20, byteSize}

	// A trader that turns from one list of symbols to another drops many at once. What leaks more than
	// ten a cycle has no line left after ten cycles, and then fails by itself.
	subscribed = resourceUse{"open subscriptions", slack{once: 2, unit: 1, moments: true}, 10, number}
)

// doc says what fails the check, from the numbers that decide.
func (u resourceUse) doc() string {
	allowed := "more than " + u.show(u.slack.once)
	if u.slack.once == 0 {
		allowed = "more than " + u.show(u.slack.perCycle) + " a cycle"
	}
	return fmt.Sprintf("Over the last third, the last half or all of the cycles the subject's %s, "+
		"taken when a cycle was answered, rose by %s beyond the largest fall of the run, and still "+
		"rose at the end. The finding prints the leak that this run could not have shown; above %s "+
		"a cycle it is inconclusive.", u.what, allowed, u.show(u.widest))
}

func leastCycles(n int) string {
	return fmt.Sprintf("%d cycles after %d of warm-up, in one life", n, warmupCycles)
}

func steadyFDs(r *Record, c Check) Finding {
	return steady(r, c, descriptors, func(s Sample) int { return s.FDs })
}

func steadyThreads(r *Record, c Check) Finding {
	return steady(r, c, threads, func(s Sample) int { return s.Threads })
}

// steady judges a count. Want is what it may rise by once.
func steady(r *Record, c Check, u resourceUse, value func(Sample) int) Finding {
	f := open(c, "cycles", steadyCycles)
	if c.Want > 0 {
		u.slack.once = float64(c.Want)
	}
	return grows(r, f, u, func(s Sample) float64 { return float64(value(s)) })
}

// steadySubscriptions judges what the last life has asked for and not cancelled, at the moments of
// the samples. Want is what it may rise by once.
func steadySubscriptions(r *Record, c Check) Finding {
	if lost := r.Footer.MessagesLost; lost > 0 {
		return open(c, "cycles", steadyCycles).undecided("%s could not be kept, so what is still "+
			"subscribed to is not known", count(lost, "messages"))
	}
	var made []*lifetime
	if n := len(r.Lives); n > 0 {
		made = r.subscriptions(r.Lives[n-1].Number)
	}
	return steady(r, c, subscribed, func(s Sample) int {
		n := 0
		for _, sub := range made {
			if sub.asked <= s.At && (sub.ended == 0 || sub.ended > s.At) {
				n++
			}
		}
		return n
	})
}

// subscription is a request that goes on until it is cancelled.
type subscription struct {
	connection int
	kind       string
	id         int
}

// lifetime is of one subscription; ended is 0 while it is open.
type lifetime struct{ asked, ended Moment }

// subscriptions are all that a life has made. A keeper cancels for it what it left.
func (r *Record) subscriptions(life int) []*lifetime {
	var all []*lifetime
	open, orders := map[subscription]*lifetime{}, map[subscription]bool{}
	asked := map[subscription][]subscription{} // what requests under an id began: one without a kind nothing
	end := func(sub subscription, at Moment) bool {
		l, is := open[sub]
		if is {
			l.ended = at
			delete(open, sub)
		}
		return is
	}
	endAll := func(connection int, at Moment) {
		for sub := range open {
			if sub.connection == connection {
				end(sub, at)
			}
		}
	}
	for _, m := range r.exchanged() {
		this, id := subscription{m.Connection, m.Kind, m.ReqID}, subscription{m.Connection, "", m.ReqID}
		order := subscription{m.Connection, placeOrder, m.ReqID} // an error may be about one with a request's number
		switch {
		case m.Life != life:
		case m.FromClient && (m.Kind == placeOrder || m.OrderID != 0):
			orders[subscription{m.Connection, placeOrder, m.OrderID}] = true
		case m.FromClient && strings.HasPrefix(m.Kind, "cancel"):
			this.kind = "req" + strings.TrimPrefix(m.Kind, "cancel")
			if !end(this, m.At) {
				asked[id] = append(asked[id], id)
			}
		case m.Kind == wire.TickSnapshotEnd.String():
			this.kind = wire.ReqMktData.String() // a regulatory snapshot
			end(this, m.At)
		case m.FromClient && subscribes(m) && open[this] == nil:
			open[this] = &lifetime{asked: m.At}
			all, asked[id] = append(all, open[this]), append(asked[id], this)
		case m.FromClient && m.ReqID != 0:
			asked[id] = append(asked[id], id)
		case m.Kind == errorMessage && m.Code == dataLost:
			endAll(m.Connection, m.At)
		case m.Kind == errorMessage && endsRequest(m.Code) && !orders[order] && len(asked[id]) > 0:
			last := len(asked[id]) - 1 // the error answers the last request that no other has answered
			if endsSubscription(m.Code) {
				end(asked[id][last], m.At)
			}
			asked[id] = asked[id][:last]
		}
	}
	for _, c := range r.of(life) {
		endAll(c.ID, c.ended())
	}
	return all
}

// subscribes reports a request that stays open after its first answer, under an id of its own.
func subscribes(m Message) bool {
	w, known := workByRequest[m.Kind]
	if !known || w.unnumbered {
		return false
	}
	switch w.request {
	case wire.ReqMktData:
		return !m.Snapshot
	case wire.ReqHistoricalData:
		return m.KeepUpToDate
	case wire.ReqAccountSummary, wire.ReqAccountUpdatesMulti, wire.ReqPositionsMulti:
		return true
	default:
		return len(w.ends) == 0
	}
}

// dataLost is the notice that the servers are back and every subscription has to be made again.
const dataLost = 1101

// endsSubscription reports an error that ends the subscription it is about. Those that say that there are too
// many do not: a trader that asks again and again without a cancel must not seem to stop growing.
func endsSubscription(code int) bool {
	const tooManyTickers, tooMuchDepth, duplicateOrTooMany, tooManyTickByTick = 101, 309, 322, 10190
	switch code {
	case tooManyTickers, tooMuchDepth, duplicateOrTooMany, tooManyTickByTick:
		return false
	default:
		return endsRequest(code)
	}
}

// memory judges the resident set. Too few cycles say nothing about it. A scenario that lists the
// check among others is not held up by that: the finding is then informational. One that is about
// memory sets Evidence.
func memory(r *Record, c Check) Finding {
	f := open(c, "cycles", memoryCycles)
	samples := r.cycleSamples()
	if slices.ContainsFunc(samples, func(s Sample) bool { return s.RSSBytes <= 0 }) {
		return f.undecided("resident memory of the subject could not be read")
	}
	f.Informational = c.Evidence == 0 && len(samples) < f.Least
	return grows(r, f, resident, func(s Sample) float64 { return float64(s.RSSBytes) })
}

// grows fails when the values leak, and is inconclusive when this run could not have shown a leak
// that matters.
func grows(r *Record, f *Finding, u resourceUse, value func(Sample) float64) Finding {
	samples := r.cycleSamples()
	f.Evidence = len(samples)
	if len(samples) < leakLateCycles {
		return f.conclude("too few cycles for a statement about %s", u.what)
	}
	if reason := r.unsampled(samples); reason != "" {
		return f.undecided("%s", reason)
	}
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = value(s)
	}
	g := growthOf(values, u.slack)
	last := samples[len(samples)-1]
	if g.Leaks && f.Evidence >= f.Least {
		f.violated(Example{
			Life: last.Life, At: last.At,
			What: fmt.Sprintf("%s rose by %s in the last %d cycles (%s a cycle) and still rose at the "+
				"end; %s would have been noise", u.what, u.show(g.Rise), g.Cycles,
				u.show(g.Rise/float64(span(g.Cycles))), u.show(g.Needed)),
		})
	}
	seen := fmt.Sprintf("%s: %s at the start, %s at the end, largest fall %s; ",
		u.what, u.show(g.Start), u.show(g.End), u.show(g.Fall))
	if f.Outcome != Fail && f.Evidence >= f.Least && g.Unsure {
		return f.undecided("%sit rose by %s in the last %d cycles and still rose at the end, but not evenly: more "+
			"cycles would tell", seen, u.show(g.Rise), g.Cycles)
	}
	limit := r.limitText(g, u, samples)
	if f.Outcome != Fail && f.Evidence >= f.Least && g.Limit > u.widest {
		return f.undecided("%s%s: above %s a cycle that shows nothing", seen, limit, u.show(u.widest))
	}
	return f.conclude("%s%s", seen, limit)
}

// limitText says which leak this run could not have shown. The hour is one of the Gateway's clock.
func (r *Record) limitText(g growth, u resourceUse, samples []Sample) string {
	text := fmt.Sprintf("a leak below %s a cycle", u.show(g.Limit))
	first, last := samples[0], samples[len(samples)-1]
	if took := last.At.Since(first.At); took > 0 && r.Header.TimeScale > 0 {
		hours := float64(took) / float64(time.Hour) * r.Header.TimeScale
		text += fmt.Sprintf(" (%s an hour)", u.show(g.Limit*float64(last.Cycle-first.Cycle)/hours))
	}
	return text + fmt.Sprintf(" in the last %d cycles might not show", g.Late)
}

// cycleSamples are the samples taken when a cycle was answered, warm-up left out, of the last
// life: another life is another process, with descriptors of its own.
func (r *Record) cycleSamples() []Sample {
	if len(r.Lives) == 0 {
		return nil
	}
	life := r.Lives[len(r.Lives)-1].Number
	var out []Sample
	for _, s := range r.Samples {
		if s.Life == life && s.Cycle > 0 {
			out = append(out, s)
		}
	}
	return out[min(warmupCycles, len(out)):]
}

// unsampled says why samples do not speak for the subject; "" when they do: too many cycles in a
// row went without one, or what was measured is not what talked to the Gateway.
func (r *Record) unsampled(samples []Sample) string {
	life := samples[0].Life
	seen, total := samples[0].Cycle, len(samples)
	allowed := max(unseenCycles, total/10)
	last := seen
	for _, c := range r.Cycles {
		if c.Life == life {
			last = max(last, c.Number)
		}
	}
	for _, s := range append(slices.Clone(samples), Sample{Cycle: last}) {
		if s.Cycle-seen > allowed {
			return fmt.Sprintf("no sample from cycle %d to %d: at most %d may be missing in a row",
				seen, s.Cycle, allowed)
		}
		seen = max(seen, s.Cycle)
	}
	owns := func(s Sample) bool { return s.Life == life && s.OwnsSession }
	if r.Header.Host.Owners && !slices.ContainsFunc(r.Samples, owns) {
		return "the sampled processes never held the Gateway's socket: what grows elsewhere was not measured"
	}
	return ""
}

// number shows a count, or a mean of counts.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

// byteSize shows bytes in the unit that suits them.
func byteSize(v float64) string {
	if math.Abs(v) >= 1<<20 {
		return fmt.Sprintf("%.4g MiB", v/(1<<20))
	}
	return fmt.Sprintf("%.3g KiB", v/(1<<10))
}
