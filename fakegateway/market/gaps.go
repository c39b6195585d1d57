package market

import "time"

// filled puts bars where a window has none: what was quoted or last traded holds on, with no volume.
// IBKR has a bar for every second and every five seconds of a session. Made bars get the start of
// their second, and those of quotes the quote that holds then.
func filled(
	c curve, made []tally, origin time.Time, windows []Window, now time.Time, size time.Duration,
	trades bool,
) []tally {
	var bars []tally
	for _, w := range windows {
		if w.Close.After(now) {
			w.Close = now
		}
		at := origin.Add(w.Open.Sub(origin).Truncate(size))
		for ; at.Before(w.Close); at = at.Add(size) {
			start := at
			if start.Before(w.Open) {
				start = w.Open
			}
			price := c.at(leafAt(start))
			held := tally{start: start}
			held.add(span{price, price, price, price}, 1)
			if len(made) > 0 && made[0].start.Before(at.Add(size)) {
				if !trades && start.Before(made[0].start) {
					held.weight, held.turnover = 0, 0
					held.join(made[0])
				} else {
					held = made[0]
					held.start = start
				}
				made = made[1:]
			}
			bars = append(bars, held)
		}
	}
	return bars
}

// stepsFrom is the first moment at or after t at which a step begins.
func stepsFrom(t time.Time) time.Time { return nextStep(t.Add(-1)) }
