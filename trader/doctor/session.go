package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"ibsoak/trader"
	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/link"
)

// oldest is the version from which on executions of earlier days can be asked for.
const oldest = 200

// session asks what a trader would ask.
func (x *examination) session(ctx context.Context, s *broker.Session) {
	if v := s.ServerVersion(); v < oldest {
		x.add("version", Warning, "update the Gateway: below 200 it cannot tell executions of earlier days",
			"server version %d", v)
	} else {
		x.add("version", OK, "", "server version %d", v)
	}
	x.account(s)
	if !x.clock(ctx, s) {
		return // nothing else will be answered either
	}
	x.answers(ctx, s)
	if s.State() != broker.Over {
		x.marketData(ctx, s)
	}
}

func (x *examination) account(s *broker.Session) {
	name, masked := s.Account(), link.MaskAccount(s.Account())
	kind := "a live account"
	if strings.HasPrefix(name, "D") {
		kind = "a paper account"
	}
	if err := trader.Interlock(x.cfg.Live, x.cfg.Account, name); err != nil {
		x.bad(exit.Interlock, "account", "log in to the account that is meant, or give --live and --account on purpose",
			"%s is logged in, %s: %v", masked, kind, err)
		return
	}
	x.add("account", OK, "", "%s, %s", masked, kind)
}

// ask makes a request in time.
func ask[T any](ctx context.Context, x *examination, fn func(context.Context) (T, error)) (T, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, x.cfg.Answer)
	defer cancel()
	began := time.Now()
	answer, err := fn(ctx)
	return answer, time.Since(began), err
}

// clock compares the Gateway's time with this host's. False means that nobody answers.
func (x *examination) clock(ctx context.Context, s *broker.Session) bool {
	now, took, err := ask(ctx, x, s.CurrentTime)
	if errors.Is(err, broker.ErrOver) {
		return false // which has a sentence of its own
	}
	if err != nil {
		x.bad(exit.Incomplete, "answers", "restart the Gateway: the session is open and dead",
			"the Gateway does not answer the question for its time within %s", x.cfg.Answer)
		return false
	}
	skew := time.Since(now) - took
	switch rounded := skew.Round(time.Second); {
	case skew > x.cfg.MaxSkew+time.Second:
		x.add("clock", Warning, "set the clocks of both hosts by NTP: old prices look fresh, so nothing is traded",
			"the Gateway's clock is %s behind this host's", rounded)
	case -skew > x.cfg.MaxSkew+time.Second:
		x.add("clock", Warning, "set the clocks of both hosts by NTP",
			"the Gateway's clock is %s ahead of this host's", -rounded)
	default:
		x.add("clock", OK, "", "the Gateway's clock agrees with this host's to the second or two")
	}
	if took > slow {
		x.add("round trip", Warning, "look at the Gateway's CPU and memory: it is slow",
			"the Gateway took %s to tell its time", took.Round(time.Millisecond))
	} else {
		x.add("round trip", OK, "", "%s", took.Round(time.Microsecond))
	}
	return true
}

// answers asks what orders and reconciling need.
func (x *examination) answers(ctx context.Context, s *broker.Session) {
	var late, missing []string
	note := func(what string, took time.Duration, err error) {
		switch {
		case err != nil:
			missing = append(missing, what)
		case took > slow:
			late = append(late, what+" "+took.Round(time.Millisecond).String())
		}
	}
	readOnly, took, err := ask(ctx, x, s.ReadOnly)
	note("next order id", took, err)
	if readOnly {
		x.bad(exit.Incomplete, "read-only",
			"in the Gateway: Configure, API, Settings, take the tick from Read-Only API",
			"the API is read-only: it refuses every order")
	} else if err == nil {
		x.add("read-only", OK, "", "the API takes orders")
	}
	_, took, err = ask(ctx, x, s.OpenOrders)
	note("open orders", took, err)
	_, took, err = ask(ctx, x, s.Positions)
	note("positions", took, err)
	_, took, err = ask(ctx, x, s.Executions)
	note("executions", took, err)
	switch {
	case s.State() == broker.Over: // which has a sentence of its own
	case len(missing) > 0:
		x.bad(exit.Incomplete, "answers", "restart the Gateway if this stays so: a trader cannot reconcile",
			"no complete answer within %s to: %s", x.cfg.Answer, strings.Join(missing, ", "))
	case len(late) > 0:
		x.add("answers", Warning, "look at the Gateway's CPU and memory: it is slow",
			"late answers: %s", strings.Join(late, ", "))
	default:
		x.add("answers", OK, "", "open orders, positions and executions are told to their end")
	}
}

func (x *examination) marketData(ctx context.Context, s *broker.Session) {
	kind, _, err := ask(ctx, x, func(ctx context.Context) (broker.MarketData, error) {
		return s.MarketData(ctx, x.cfg.Symbol)
	})
	refusal, refused := errors.AsType[*broker.Error](err)
	switch {
	case refused:
		x.add("market data", Warning, "subscribe to the exchange's data in IBKR's Client Portal, for this user",
			"none for %s: %d %s", x.cfg.Symbol.Symbol, refusal.Code, link.Redact(refusal.Message))
	case err != nil:
		x.add("market data", Unknown, "", "no quote of %s came within %s", x.cfg.Symbol.Symbol, x.cfg.Answer)
	case kind == broker.DelayedData || kind == broker.DelayedFrozenData:
		x.add("market data", Warning, "subscribe to the exchange's data: when bars are as late, none is traded on",
			"%s for %s", kind, x.cfg.Symbol.Symbol)
	default:
		x.add("market data", OK, "", "%s for %s", kind, x.cfg.Symbol.Symbol)
	}
}

// farmsAndIBKR tells what the Gateway said of its own connections.
func (x *examination) farmsAndIBKR() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state == broker.Degraded {
		x.bad(exit.Incomplete, "IBKR",
			"wait: the Gateway connects again by itself; else look at its network and at IBKR's system status",
			"the Gateway has lost its connection to IBKR (%d)", x.lost)
	}
	var broken, well []string
	for name, farm := range x.farms {
		if farm.Broken {
			broken = append(broken, name)
		} else {
			well = append(well, name)
		}
	}
	slices.Sort(broken)
	slices.Sort(well)
	switch {
	case len(broken) > 0:
		x.add("farms", Warning, "wait, or look at IBKR's system status: their data are stale",
			"broken: %s", strings.Join(broken, ", "))
	case len(well) > 0:
		x.add("farms", OK, "", "%s", strings.Join(well, ", "))
	default:
		x.add("farms", Unknown, "", "the Gateway said nothing of its data farms")
	}
}
