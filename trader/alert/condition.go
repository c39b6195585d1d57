package alert

import (
	"fmt"
	"strings"
	"time"

	"ibsoak/trader/status"
)

// Row explains one kind of alert.
type Row struct {
	Name    string
	Meaning string
	Do      string
}

// The kinds of alerts.
const (
	Blind        = "blind"
	Reconnecting = "reconnecting"
	Degraded     = "degraded"
	Stuck        = "stuck"
	UnknownOrder = "unknown-order"
	Halted       = "halted"
	Unprotected  = "unprotected"
	Zombies      = "zombies"
	Unrecorded   = "unrecorded"
	Exit         = "exit"
)

// Table has every kind.
var Table = []Row{
	{
		Blind, "a symbol, or all, could not be decided on for --blind-after: nothing is bought or sold",
		"look at the Gateway and its data farms; trader doctor says more",
	},
	{
		Reconnecting, "no session has been synced for --alert-after",
		"run trader doctor: it says what the Gateway does",
	},
	{
		Degraded, "the Gateway has had no connection to IBKR (1100) for --alert-after",
		"wait for IBKR; if it lasts, look at the Gateway's network and at IBKR's system status",
	},
	{
		Stuck, "the engine makes no step: neither trading nor watching goes on",
		"restart the trader, and report its log as a defect; under systemd the watchdog does the first",
	},
	{
		UnknownOrder, "what became of an order is not known for --alert-after; its symbol is not traded",
		"find out in TWS or from IBKR, stop the trader, then: trader resolve INTENT filled|absent --reason TEXT",
	},
	{
		Halted, "the kill switch is on: nothing increases a position",
		"find the cause, then: trader resume --reason TEXT",
	},
	{
		Unprotected, "shares are held without their stop at the broker",
		"look at the orders in TWS: place a stop by hand, or sell",
	},
	{
		Zombies, "the Gateway holds sockets in CLOSE_WAIT: after a few it answers nobody",
		"restart the Gateway at the next quiet moment; never kill -9 by port",
	},
	{
		Unrecorded, "the audit or the log could not be written",
		"free space on the disk that --state is on; trading goes on, and the journal is kept apart",
	},
	{Exit, "the trader has ended, and not because it was told to", "read the line: it says what to do"},
}

func row(name string) Row {
	for _, r := range Table {
		if r.Name == name {
			return r
		}
	}
	return Row{Name: name}
}

// Condition is something that holds now and is worth waking up for.
type Condition struct {
	Name    string    `json:"name"`
	Subject string    `json:"subject,omitempty"` // a symbol or an intent
	Text    string    `json:"text"`
	Do      string    `json:"do"`
	Since   time.Time `json:"since"`
}

// key is what makes two sights of a condition the same one.
func (c Condition) key() string { return c.Name + " " + c.Subject }

// Conditions are those of a snapshot. after is how long a trader may be without a session, without IBKR, or
// without knowing an order before that is one; and for how long lost lines are one when lines are written again.
func Conditions(s *status.Snapshot, now time.Time, after time.Duration) (found []Condition) {
	add := func(name, subject, text string, since time.Time) {
		found = append(found, Condition{name, subject, text, row(name).Do, since})
	}
	if ok, why := s.Alive(now); !ok && s.Ended == "" {
		add(Stuck, "", why, s.Step)
	}
	down := s.Session.Down
	switch {
	case s.Session.State == status.Degraded && now.Sub(s.Session.Since) >= after:
		add(Degraded, "", s.Session.Why, s.Session.Since)
	case s.Session.State != status.Degraded && !down.IsZero() && now.Sub(down) >= after:
		add(Reconnecting, "", "session is "+s.Session.State+": "+s.Session.Why, down)
	}
	found = append(found, blindness(s, now)...)
	for _, o := range s.Orders {
		if o.State == status.Unknown && now.Sub(o.Since) >= after {
			add(UnknownOrder, o.Intent, fmt.Sprintf("%s %s %s: %s", o.Action, o.Quantity, o.Symbol, o.Reason), o.Since)
		}
	}
	if s.Halted != "" {
		add(Halted, "", s.Halted, s.At)
	}
	for _, symbol := range s.Unguarded {
		add(Unprotected, symbol, "no stop at the broker covers "+symbol, s.At)
	}
	if n := s.CloseWait.Gateway; n > 0 {
		what := fmt.Sprintf("%d sockets in CLOSE_WAIT held by the Gateway on %s", n, s.Gateway)
		add(Zombies, "", what, s.CloseWait.At)
	}
	for kind, loss := range s.Lost {
		if !loss.Repaired || now.Sub(loss.At) < after {
			add(Unrecorded, kind, fmt.Sprintf("%d lines of the %s were lost", s.Losses[kind], kind), loss.At)
		}
	}
	return found
}

// blindness is one condition for all symbols when none can be seen, else one for each.
func blindness(s *status.Snapshot, now time.Time) (found []Condition) {
	for _, symbol := range s.Symbols {
		age, blind := s.BlindFor(symbol, now)
		if !blind || !status.Late(age, false, s.BlindAfter) { // a life that begins has its time too
			continue
		}
		held := ""
		if !symbol.Held.IsZero() {
			held = ", " + symbol.Held.String() + " held"
		}
		found = append(found, Condition{
			Blind, symbol.Symbol, symbol.Symbol + held + ": " + symbol.Why, row(Blind).Do, now.Add(-age),
		})
	}
	if len(found) < len(s.Symbols) || len(found) < 2 {
		return found
	}
	all := found[0]
	all.Subject = "all"
	var held []string
	for i, c := range found {
		if c.Since.Before(all.Since) {
			all.Since = c.Since
		}
		if !s.Symbols[i].Held.IsZero() {
			held = append(held, s.Symbols[i].Held.String()+" "+s.Symbols[i].Symbol)
		}
	}
	all.Text = fmt.Sprintf("all %d symbols: %s", len(found), s.Symbols[0].Why)
	if len(held) > 0 {
		all.Text += "; held: " + strings.Join(held, ", ")
	}
	return []Condition{all}
}
