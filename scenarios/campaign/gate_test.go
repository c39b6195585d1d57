package campaign_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
)

// onItsWay is how long after a word of the Gateway's an order may still come that was sent before. Real time.
const onItsWay = 500 * time.Millisecond

// gate is what one session has been told.
type gate struct {
	id   bool            // a next order id was offered
	ends map[string]bool // answers that came to their end since the session began, or since an outage
	lost time.Time       // since when 1100 holds; zero: it does not
}

// reconciling are the answers without which no order may be sent.
var reconciling = []string{"openOrderEnd", "execDetailsEnd", "completedOrdersEnd", "positionEnd"}

// outsideGate lists the orders that came when none may be sent: before an id was offered, before everything was
// reconciled in a session or after an outage, and in an outage.
func outsideGate(frames []fakegateway.Frame) (bad []string) {
	sessions := map[int]*gate{}
	for _, f := range frames {
		s, known := sessions[f.Connection]
		if !known {
			s = &gate{ends: map[string]bool{}}
			sessions[f.Connection] = s
		}
		switch f.Kind {
		case "nextValidId":
			s.id = true
		case "errMsg":
			s.notice(f)
		case "placeOrder":
			if why := s.refuses(f); why != "" {
				bad = append(bad, fmt.Sprintf("gate: connection %d ordered %s", f.Connection, why))
			}
		default:
			for _, end := range reconciling {
				if f.Kind == end {
					s.ends[end] = true
				}
			}
		}
	}
	return bad
}

// notice takes an error or a notice: an outage, or its end, after which everything is asked anew.
func (s *gate) notice(f fakegateway.Frame) {
	var m struct {
		Code int `json:"errorCode"`
	}
	if json.Unmarshal(f.Body, &m) != nil {
		return
	}
	switch m.Code {
	case 1100:
		s.lost = f.At
	case 1101, 1102:
		s.lost = time.Time{}
		clear(s.ends)
	}
}

func (s *gate) refuses(f fakegateway.Frame) string {
	switch {
	case !s.id:
		return "before an order id was offered"
	case !s.lost.IsZero() && f.At.Sub(s.lost) > onItsWay:
		return fmt.Sprintf("%s after 1100", f.At.Sub(s.lost))
	}
	for _, end := range reconciling {
		if !s.ends[end] && s.lost.IsZero() {
			return "before " + end
		}
	}
	return ""
}

// outsideHours lists orders that came when the exchange was closed, by a Gateway's clock that runs scale times as
// fast as the trader's. A stop may: it waits at the broker for the hours. What comes late by onItsWay was on its way;
// a sale of this trader, which is never short, is an exit, and waits besides until its stop has given way, for
// exitDeadline at most. The trader's own clock, by which it asks whether it is too late, sees no more pass than that.
func outsideHours(orders []exchange.Order, scale float64) (bad []string) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		return []string{err.Error()}
	}
	for _, o := range orders {
		if o.OrderID == 0 || o.Type == exchange.StopOrder {
			continue
		}
		late := onItsWay
		if o.Action == exchange.Sell {
			late += exitDeadline
		}
		at := o.PlacedAt.In(newYork)
		open := time.Date(at.Year(), at.Month(), at.Day(), 9, 30, 0, 0, newYork)
		closes := time.Date(at.Year(), at.Month(), at.Day(), 16, 0, 0, 0, newYork).Add(time.Duration(float64(late) * scale))
		if weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday; weekend || at.Before(open) || at.After(closes) {
			bad = append(bad, fmt.Sprintf("hours: %s %d in %s came at %s", o.Action, o.OrderID, o.Symbol, at.Format(time.RFC1123)))
		}
	}
	return bad
}

type gateCase struct {
	frames []fakegateway.Frame
	bad    int
}

// gateFrames are sessions that end in one order, and whether it may be there.
func gateFrames() map[string]gateCase {
	began := time.Date(2026, time.March, 5, 15, 0, 0, 0, time.UTC)
	frames := func(kinds ...string) (out []fakegateway.Frame) {
		for i, kind := range kinds {
			f := fakegateway.Frame{Connection: 1, Kind: kind, At: began.Add(time.Duration(i) * time.Second)}
			if code, isError := strings.CutPrefix(kind, "error "); isError {
				f.Kind, f.Body = "errMsg", []byte(`{"errorCode": `+code+`}`)
			}
			out = append(out, f)
		}
		return out
	}
	asked := append([]string{"nextValidId"}, reconciling...)
	after := func(more ...string) []string { return slices.Concat(asked, more, []string{"placeOrder"}) }
	return map[string]gateCase{
		"after all answers":            {frames(after()...), 0},
		"before an id":                 {frames(append(slices.Clone(reconciling), "placeOrder")...), 1},
		"before the last answer":       {frames("nextValidId", "openOrderEnd", "execDetailsEnd", "positionEnd", "placeOrder"), 1},
		"in an outage":                 {frames(after("error 1100")...), 1},
		"after an outage":              {frames(after("error 1100", "error 1102")...), 1},
		"after a question about it":    {frames(after(append([]string{"error 1100", "error 1102"}, reconciling...)...)...), 0},
		"after an error about nothing": {frames(after("error 2104")...), 0},
	}
}
