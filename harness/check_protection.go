package harness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"
)

// protectWithin is how long a position may differ from what its protective orders would close, counted while
// its trader has a session. Real time.
const protectWithin = 10 * time.Second

var protectionDetectors = []Detector{{
	Name: "protected", Group: GroupOrders, judge: protected,
	Doc: fmt.Sprintf("For more than Within (default %s) in which the trader had a session, the stops at the "+
		"broker (STP, STP LMT, TRAIL, TRAIL LIMIT) would have closed more or less than the position of a symbol. "+
		"Of an OCA group and of a parent's children the largest counts, a child when its parent has filled; "+
		"their prices are not judged. "+
		"Or a life ended, of itself or on SIGTERM, and had taken its stops back before, or changed them to that. "+
		"Informational when the trader does not say that it keeps stops.", protectWithin),
	Least: "one position that was held for longer than that",
	Do: "Send the stop with the order, as its child; compare its quantity with the position after every fill, " +
		"and at each reconciliation; leave it at the broker when you go.",
	Page: "your-trader.md#orders",
}}

// protected walks each symbol's position and its stops through time.
func protected(r *Record, c Check) Finding {
	f := open(c, "positions", 1)
	if !r.Books.Taken {
		return f.undecided("the Gateway's books were not read")
	}
	if !r.Header.Scenario.Subject.KeepsStops {
		f.Informational = c.Evidence == 0
		return f.undecided("not said that it keeps stops at the broker: give subject.keepsStops")
	}
	log := ordersOf(r)
	if why := log.unseen(); why != "" {
		return f.undecided("%s", why)
	}
	allowed := cmp.Or(c.Within, protectWithin)
	var longest time.Duration
	for _, place := range r.traded() {
		h := log.holding(place[0], place[1])
		differs, held, err := h.unprotected(r.Footer.Ended)
		if err != nil {
			return f.broken("add up the protection of %s: %v", place[1], err)
		}
		if held > allowed {
			f.Evidence++
		}
		for _, d := range differs {
			alive := r.inSession(d.from, d.to)
			longest = max(longest, alive)
			what := fmt.Sprintf("%s %s held, stops for %s", d.position, h.symbol, d.stops)
			f.late(r.lateness(alive, allowed, d.from, d.to), Example{
				At: d.from, What: fmt.Sprintf("%s, for %s", what, round(alive)),
			})
			if l, left := r.leftAt(d); left && h.tookBack(d.from) {
				f.violated(Example{
					At: d.from, Life: l.Number, What: fmt.Sprintf("%s, when life %d had ended", what, l.Number),
				})
			}
		}
	}
	return f.conclude("position and stops differed for %s at most, %s allowed", round(longest), allowed)
}

// leftAt is the life that ended of itself, or on SIGTERM, within a span, and had a session that the Gateway did not
// end before. A keeper keeps it for the next one.
func (r *Record) leftAt(d difference) (Life, bool) {
	for _, l := range r.Lives {
		if l.EndedBy != EndedItself && l.EndedBy != EndedSIGTERM || !r.sentBy(l, d.from) || d.to <= l.Exited {
			continue
		}
		var last Connection
		for _, c := range r.subjects() {
			if last.BootstrapSent < c.BootstrapSent && c.BootstrapSent < l.Exited {
				last = c
			}
		}
		ended := cmp.Or(last.ended(), r.Footer.Ended)
		if last.BootstrapSent != 0 && (ended >= l.Exited || ended > l.Started && last.ClosedFirst == "client") {
			return l, true
		}
	}
	return Life{}, false
}

// sentBy reports that the life may have sent what the Gateway read at a moment: it lived, or had just ended, and no
// other had begun. A Gateway, and a keeper before it, read what a process has written after it is gone.
func (r *Record) sentBy(l Life, at Moment) bool {
	return at < l.Exited || at.Since(l.Exited) <= afterEnd && r.lifeAt(at, false) == l.Number
}

// tookBack reports that at a moment it was the trader who changed what its stops would close, and no fill.
func (h holding) tookBack(at Moment) bool {
	return slices.ContainsFunc(h.orders, func(o *sentOrder) bool {
		if !o.stops() {
			return false
		}
		return o.book.DoneAt == at && o.book.CanceledByClient ||
			slices.ContainsFunc(o.sends(), func(sent sentAt) bool { return sent.at == at })
	})
}

// traded are account and symbol of the subject's orders, in order.
func (r *Record) traded() [][2]string {
	var out [][2]string
	for _, o := range r.Books.Orders {
		place := [2]string{o.Account, o.Symbol}
		if !o.Manual && !derived(o.SecType) && !slices.Contains(out, place) {
			out = append(out, place)
		}
	}
	return out
}

// inSession is how much of a span the subject had a session in; sessions at the same time count once.
func (r *Record) inSession(from, to Moment) (sum time.Duration) {
	sessions := r.subjects()
	slices.SortStableFunc(sessions, func(a, b Connection) int { return cmp.Compare(a.BootstrapSent, b.BootstrapSent) })
	for _, c := range sessions {
		ended := min(cmp.Or(c.ended(), r.Footer.Ended), to)
		if begun := max(c.BootstrapSent, from); c.BootstrapSent != 0 && begun < ended {
			sum += ended.Since(begun)
			from = ended
		}
	}
	return sum
}

// difference is a span in which a position and its stops were not the same.
type difference struct {
	from, to        Moment
	position, stops decimal.Decimal
}

// unprotected lists the spans in which the stops differ from the position, and how long there was one.
func (h holding) unprotected(end Moment) (out []difference, held time.Duration, err error) {
	w := h.walk()
	moments := h.moments()
	for i, at := range moments {
		if err := w.advance(at, nil); err != nil {
			return nil, 0, err
		}
		until := end
		if i+1 < len(moments) {
			until = moments[i+1]
		}
		stops, err := h.stops(w, at)
		if err != nil {
			return nil, 0, err
		}
		if !w.position.IsZero() {
			held += until.Since(at)
		}
		last := len(out) - 1
		switch {
		case stops.Cmp(w.position) == 0:
		case last >= 0 && out[last].to == at: // it goes on, with other numbers
			out[last] = difference{out[last].from, until, w.position, stops}
		default:
			out = append(out, difference{at, until, w.position, stops})
		}
	}
	return out, held, nil
}

// moments are those at which the position or a stop changes.
func (h holding) moments() []Moment {
	var out []Moment
	for _, fill := range h.fills {
		out = append(out, fill.At)
	}
	for _, o := range h.orders {
		if !o.stops() {
			continue
		}
		for _, sent := range o.sends() {
			out = append(out, sent.at)
		}
		if o.book.DoneAt != 0 {
			out = append(out, o.book.DoneAt)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// stops is the position that the working stops would close at a moment: positive when they sell.
func (h holding) stops(w *walk, at Moment) (sum decimal.Decimal, err error) {
	groups := map[string]decimal.Decimal{}
	for _, o := range h.orders {
		if !o.stops() || !o.works(at) || h.waits(o, w.filled) {
			continue
		}
		rest, err := o.quantityAt(at).Sub(w.filled[o.book.PermID])
		if err != nil {
			return sum, err
		}
		group := o.book.Action + o.group()
		if rest.Cmp(groups[group].Abs()) > 0 {
			if o.book.Action == "BUY" {
				rest = rest.Neg()
			}
			groups[group] = rest
		}
	}
	for _, rest := range groups {
		if sum, err = sum.Add(rest); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// stops reports an order that closes when the price goes against its position.
func (o *sentOrder) stops() bool {
	kind := strings.ToUpper(o.book.Type)
	return strings.HasPrefix(kind, "STP") || strings.HasPrefix(kind, "TRAIL")
}
