package trader

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/protect"
)

// protectedRig is a rig whose positions have a stop 2 % below their entry.
func protectedRig(t *testing.T, body func(r *rig)) {
	t.Helper()
	inBubble(t, func(r *rig) {
		r.protect("2%", "off")
		body(r)
		if r.w.oversold.IsPos() {
			t.Errorf("sell orders could have sold %s more than there was", r.w.oversold)
		}
		if r.w.lowest() != "0" {
			t.Errorf("the account went down to %s", r.w.lowest())
		}
		for ref, n := range r.w.refs() {
			if n != 1 {
				t.Errorf("%d orders carry the reference %s", n, ref)
			}
		}
	})
}

func (r *rig) protect(stop, target string) {
	r.t.Helper()
	var err error
	if r.cfg.Protect.Stop, err = protect.ParseStop(stop); err != nil {
		r.t.Fatal(err)
	}
	if r.cfg.Protect.Target, err = protect.ParseTarget(target); err != nil {
		r.t.Fatal(err)
	}
}

// wantProtection wants exactly these live orders.
func (r *rig) wantProtection(want ...string) {
	r.t.Helper()
	got := r.w.protection()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		r.t.Errorf("at the broker rest %q, want %q", got, want)
	}
}

func (r *rig) wantHeldAtBroker(shares string) {
	r.t.Helper()
	if held := r.w.held(); held.Cmp(d(shares)) != 0 {
		r.t.Errorf("holds %s, want %s", held, shares)
	}
}

// exitWaits makes the price fall, and comes back when an exit waits for a stop that does not give way.
func (r *rig) exitWaits() {
	r.t.Helper()
	r.w.setStubborn(true)
	r.w.fall(true)
	for r.w.cancelled() == 0 {
		r.later(100 * time.Millisecond)
	}
}

// fillsFirst executes so much of the first order, and says so.
func (r *rig) fillsFirst(shares string) {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.execute(r.w.orders[0], d(shares))
	r.w.session.say(r.w.executions[len(r.w.executions)-1])
}

func TestAPositionHasItsStop(t *testing.T) {
	for stop, want := range map[string]string{"2%": "98", "1.50": "98.5", "trail:1%": "99", "trail:0.75": "99.25"} {
		t.Run(stop, func(t *testing.T) {
			protectedRig(t, func(r *rig) {
				r.protect(stop, "off")
				l := r.start()
				r.later(2 * time.Second)
				o := r.w.resting()[0]
				if o.StopPrice.Cmp(d(want)) != 0 || o.TIF != "GTC" || o.OutsideRTH || o.OCAGroup == "" {
					t.Errorf("the stop is %+v", o.Order)
				}
				trailing := r.cfg.Protect.Stop.Trailing
				if trailing != (o.Type == broker.Trail) || !trailing && o.Type != broker.Stop {
					t.Errorf("the stop is a %s", o.Type)
				}
				r.later(20 * time.Minute) // it is no order that has become old
				if n := len(r.w.protection()); n != 1 || r.w.count() != 2 {
					t.Errorf("%d stops, %d orders", n, r.w.count())
				}
				r.wantCode(l.stop(), exit.OK)
				r.wantHeldAtBroker("10")
				r.wantProtection("SELL 10 " + o.Type)
			})
		})
	}
}

// TestPartsAreProtectedAsTheyFill: the stop is as large as what has filled, and one order throughout.
func TestPartsAreProtectedAsTheyFill(t *testing.T) {
	protectedRig(t, func(r *rig) {
		r.w.answers = []answer{acknowledge}
		l := r.start()
		r.later(time.Second)
		for _, part := range []struct{ shares, stop string }{{"3", "SELL 3 STP"}, {"1", "SELL 4 STP"}, {"6", "SELL 10 STP"}} {
			r.w.mu.Lock()
			x := r.w.execute(r.w.orders[0], d(part.shares))
			r.w.session.say(x)
			r.w.mu.Unlock()
			r.later(3 * time.Second) // well within the deadline of an order that works
			r.wantProtection(part.stop)
		}
		if r.w.count() != 2 {
			t.Errorf("%d orders, want the entry and one stop", r.w.count())
		}
		r.wantCode(l.stop(), exit.OK)
	})
}

func TestAStopThatIsGoneIsReplaced(t *testing.T) {
	protectedRig(t, func(r *rig) {
		l := r.start()
		r.later(2 * time.Second)
		r.w.cancelOutside()
		r.wantProtection()
		r.later(6 * time.Second)
		r.wantProtection("SELL 10 STP")
		r.w.scale = d("1.1") // its price is that of the entry, not of the market
		r.w.cancelOutside()
		r.later(8 * time.Second)
		if stop := r.w.restingNow()[0]; stop.StopPrice.Cmp(d("98")) != 0 {
			t.Errorf("the stop is at %s", stop.StopPrice)
		}
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestAPositionWithoutAStopIsClosed in time, and none is opened again on that day.
func TestAPositionWithoutAStopIsClosed(t *testing.T) {
	protectedRig(t, func(r *rig) {
		r.w.refuseResting = true
		r.cfg.Limits.MaxRejects = -1 // refused stops would halt it for good
		l := r.start()
		r.later(DefaultProtectWithin - 2*time.Second)
		r.wantHeldAtBroker("10")
		r.later(6 * time.Second)
		r.wantHeldAtBroker("0")
		orders := r.w.count()
		r.later(10 * time.Minute)
		if r.w.count() != orders {
			t.Errorf("%d orders after it was closed", r.w.count()-orders)
		}
		r.wantCode(l.stop(), exit.OK)
		l = r.start() // nor by the next life
		r.later(5 * time.Minute)
		r.wantHeldAtBroker("0")
		r.w.mu.Lock()
		r.w.refuseResting = false
		r.w.mu.Unlock()
		r.later(25 * time.Hour)
		r.wantHeldAtBroker("10")
		r.wantProtection("SELL 10 STP")
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestAnExitAndItsStopNeverSellTwice: the stop is gone for certain before the exit is sent.
func TestAnExitAndItsStopNeverSellTwice(t *testing.T) {
	for name, c := range map[string]func(r *rig){
		"a stop that goes":                func(*rig) {},
		"a stop that does not let itself": func(r *rig) { r.w.stubborn = true },
	} {
		t.Run(name, func(t *testing.T) {
			protectedRig(t, func(r *rig) {
				l := r.start()
				r.later(2 * time.Second)
				r.w.mu.Lock()
				c(r)
				r.w.mu.Unlock()
				r.w.fall(true)
				r.later(3 * time.Minute)
				if r.w.stubborn {
					r.wantHeldAtBroker("10")
					r.wantProtection("SELL 10 STP")
				} else {
					r.wantHeldAtBroker("0")
					r.wantProtection()
				}
				r.wantCode(l.stop(), exit.OK)
			})
		})
	}
}

// TestAStopThatGoesSlowly: an exit that waited longer for its stop than a decision may be old is sent all the
// same, for what it was decided on was looked at again.
func TestAStopThatGoesSlowly(t *testing.T) {
	protectedRig(t, func(r *rig) {
		l := r.start()
		r.later(65 * time.Second) // another bar has closed
		r.exitWaits()
		r.later(DefaultMaxDecisionAge + time.Second)
		r.w.setStubborn(false)
		r.later(DefaultOrderDeadline - DefaultMaxDecisionAge - 2*time.Second)
		r.wantHeldAtBroker("0")
		r.wantProtection()
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestAnExitThatIsTooLateForItsDay is not sent: it would wait for the next opening, without a stop until then.
// The stop that gave way for it comes back at once, however long the interval is.
func TestAnExitThatIsTooLateForItsDay(t *testing.T) {
	protectedRig(t, func(r *rig) {
		r.w.hours = "20000101:CLOSED;19991231:0930-19991231:1911" // the bubble begins at 19:00 in New York
		r.cfg.OrderDeadline, r.cfg.Interval = time.Minute, 10*time.Minute
		began := time.Now()
		until := func(d time.Duration) { r.later(d - time.Since(began)) }
		until(45 * time.Second)
		l := r.start()
		until(10 * time.Minute)
		r.exitWaits()
		until(11*time.Minute + time.Second)
		r.w.setStubborn(false)
		r.later(10 * time.Second)
		r.wantHeldAtBroker("10")
		r.wantProtection("SELL 10 STP")
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestAFillLongAfterTheLastAnswer gets its stop at once, however long the interval is.
func TestAFillLongAfterTheLastAnswer(t *testing.T) {
	protectedRig(t, func(r *rig) {
		r.cfg.Interval = 10 * time.Minute
		r.w.answers = []answer{acknowledge}
		l := r.start()
		r.later(DefaultMaxRoundTrip + 30*time.Second)
		r.fillsFirst("4")
		r.later(5 * time.Second)
		r.wantProtection("SELL 4 STP")
		_ = l.stop() // the entry is working
	})
}

// TestADryRunLeavesProtectionAlone: it neither withdraws a stop nor waits for one that it does not send.
func TestADryRunLeavesProtectionAlone(t *testing.T) {
	protectedRig(t, func(r *rig) {
		l := r.start()
		r.later(2 * time.Second)
		r.wantCode(l.stop(), exit.OK)
		sent, places := r.w.count(), 0
		r.cfg.DryRun = true
		r.cfg.Audit = func(kind string, what any) {
			if s, ok := what.(sentOrder); ok && kind == "place" && s.Order.Type != broker.Stop {
				places++
			}
		}
		l = r.start()
		r.w.fall(true)
		r.later(3 * time.Minute)
		if r.w.count() != sent || r.w.cancelled() != 0 || places == 0 {
			t.Errorf("%d orders and %d cancels were sent, %d exits held back", r.w.count()-sent, r.w.cancelled(), places)
		}
		r.wantProtection("SELL 10 STP")
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestAStopThatFillsWhileItIsWithdrawn: the exit sells what is left.
func TestAStopThatFillsWhileItIsWithdrawn(t *testing.T) {
	for _, shares := range []string{"4", "10"} {
		t.Run(shares, func(t *testing.T) {
			protectedRig(t, func(r *rig) {
				l := r.start()
				r.later(2 * time.Second)
				r.w.mu.Lock()
				r.w.beforeCancel = func(o *worldOrder) { r.w.execute(o, d(shares)) } // not told
				r.w.mu.Unlock()
				r.w.fall(true)
				r.later(3 * time.Minute)
				r.wantHeldAtBroker("0")
				r.wantProtection()
				r.wantCode(l.stop(), exit.OK)
			})
		})
	}
}

// TestAfterAStopTheStrategyNeedsANewSignal: it is not bought back while the old one lasts.
func TestAfterAStopTheStrategyNeedsANewSignal(t *testing.T) {
	protectedRig(t, func(r *rig) {
		l := r.start()
		r.later(2 * time.Second)
		r.w.meet(broker.Stop, "10", true)
		r.later(10 * time.Minute)
		r.wantHeldAtBroker("0")
		r.w.fall(true)
		r.later(2 * time.Minute)
		r.w.fall(false)
		r.later(2 * time.Minute)
		r.wantHeldAtBroker("10")
		r.wantProtection("SELL 10 STP")
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestSharesThatLeaveTakeTheirStopAlong: somebody sells some, or all, or the exchange takes the fill back.
func TestSharesThatLeaveTakeTheirStopAlong(t *testing.T) {
	t.Run("some", func(t *testing.T) {
		inBubble(t, func(r *rig) {
			r.protect("2%", "off")
			l := r.start()
			r.later(2 * time.Second)
			r.w.byHand(broker.Sell, "AAPL", "4", true)
			r.later(3 * time.Second)
			r.wantProtection("SELL 6 STP")
			r.wantCode(l.stop(), exit.OK)
		})
	})
	t.Run("all", func(t *testing.T) {
		inBubble(t, func(r *rig) {
			r.protect("2%", "off")
			l := r.start()
			r.later(2 * time.Second)
			r.w.byHand(broker.Sell, "AAPL", "10", true)
			r.later(3 * time.Second)
			r.wantProtection()
			r.wantCode(l.stop(), exit.OK)
		})
	})
	t.Run("while the trader is away", func(t *testing.T) {
		inBubble(t, func(r *rig) {
			r.protect("2%", "off")
			l := r.start()
			r.later(2 * time.Second)
			r.wantCode(l.stop(), exit.OK)
			r.wantProtection("SELL 10 STP") // which a stop leaves
			r.w.byHand(broker.Sell, "AAPL", "7", false)
			l = r.start()
			r.later(3 * time.Second)
			r.wantProtection("SELL 3 STP")
			r.wantCode(l.stop(), exit.OK)
		})
	})
	t.Run("bust", func(t *testing.T) {
		inBubble(t, func(r *rig) {
			r.protect("2%", "off")
			l := r.start()
			r.later(2 * time.Second)
			r.w.answers = []answer{acknowledge} // and what it wants then does not fill
			r.w.bust(0)
			r.later(3 * time.Second)
			r.wantProtection()
			r.wantCode(l.stop(), exit.OK)
		})
	})
	t.Run("no execution tells of it", func(t *testing.T) {
		inBubble(t, func(r *rig) {
			r.protect("2%", "off")
			l := r.start()
			r.later(2 * time.Second)
			r.w.mu.Lock()
			r.w.positions["AAPL"] = d("4")
			r.w.session.say(broker.Position{Account: paper, Quantity: d("4"), Contract: broker.Contract{
				Symbol: "AAPL", ConID: r.w.conID("AAPL"),
			}})
			r.w.mu.Unlock()
			r.later(5 * time.Second)
			r.wantProtection("SELL 4 STP")
			r.wantCode(l.stop(), exit.OK)
		})
	})
}

// TestAStopWhoseSendIsInDoubt is one stop in the end, however the send went.
func TestAStopWhoseSendIsInDoubt(t *testing.T) {
	for name, how := range map[string]answer{
		"works, and the send is in doubt": doubt, "works, and nothing is said": withhold,
		"the session is lost": withholdAndDrop, "lost in the Gateway": swallow, "never left": leave,
		"lost with the session": swallowAndDrop,
	} {
		t.Run(name, func(t *testing.T) {
			protectedRig(t, func(r *rig) {
				r.w.restingAnswers = []answer{how}
				within := DefaultProtectWithin / 3
				if how == swallow { // no event says so: its answer is awaited first
					within += ackWait
				}
				l := r.start()
				r.later(within)
				r.wantProtection("SELL 10 STP")
				r.later(lostFor + time.Minute)
				r.wantProtection("SELL 10 STP")
				r.w.fall(true)
				r.later(3 * time.Minute)
				r.wantHeldAtBroker("0")
				r.wantProtection()
				r.wantCode(l.stop(), exit.OK)
			})
		})
	}
}

// TestAStopThatIsFoundAfterAll beside the one that took its place is withdrawn; both are of one group.
func TestAStopThatIsFoundAfterAll(t *testing.T) {
	protectedRig(t, func(r *rig) {
		l := r.start()
		r.later(2 * time.Second)
		r.w.mu.Lock()
		lost := r.w.resting()[0]
		lost.forgotten, r.w.stubborn = true, true
		r.w.session.end(errDropped)
		r.w.mu.Unlock()
		r.later(DefaultProtectWithin)
		r.wantProtection("SELL 10 STP", "SELL 10 STP")
		r.w.mu.Lock()
		lost.forgotten, r.w.stubborn = false, false
		for _, o := range r.w.resting() {
			if o.OCAGroup != lost.OCAGroup {
				t.Errorf("groups %q and %q", o.OCAGroup, lost.OCAGroup)
			}
		}
		r.w.session.say(broker.StateChange{State: broker.Ready, Code: 1102})
		r.w.mu.Unlock()
		r.later(20 * time.Second)
		r.wantProtection("SELL 10 STP")
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestAStopThatHasFilledInPartIsResized: an order's quantity counts what it has executed.
func TestAStopThatHasFilledInPartIsResized(t *testing.T) {
	protectedRig(t, func(r *rig) {
		l := r.start()
		r.later(2 * time.Second)
		r.w.meet(broker.Stop, "3", true)
		r.later(2 * time.Second)
		r.wantProtection("SELL 7 STP")
		r.w.byHand(broker.Sell, "AAPL", "2", true)
		r.later(3 * time.Second)
		r.wantProtection("SELL 5 STP")
		r.w.meet(broker.Stop, "5", true)
		r.later(3 * time.Second)
		r.wantHeldAtBroker("0")
		r.wantProtection()
		r.wantCode(l.stop(), exit.OK)
	})
}

func TestAChangeThatNobodyAnswers(t *testing.T) {
	protectedRig(t, func(r *rig) {
		r.w.answers = []answer{acknowledge}
		r.w.deaf = true
		l := r.start()
		r.later(time.Second)
		for _, part := range []string{"3", "7"} {
			r.w.mu.Lock()
			r.w.session.say(r.w.execute(r.w.orders[0], d(part)))
			r.w.mu.Unlock()
			r.later(2 * time.Second)
		}
		r.wantProtection("SELL 3 STP")
		r.w.mu.Lock()
		r.w.deaf = false
		r.w.mu.Unlock()
		r.later(12 * time.Second)
		r.wantProtection("SELL 10 STP")
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestAStopThatGoesInAnOutage is replaced when IBKR is back: the time in which nothing could be sent is
// not held against the position.
func TestAStopThatGoesInAnOutage(t *testing.T) {
	protectedRig(t, func(r *rig) {
		l := r.start()
		r.later(2 * time.Second)
		r.w.say(broker.StateChange{State: broker.Degraded, Code: 1100})
		r.w.cancelOutside()
		r.later(5 * time.Minute)
		r.wantProtection()
		r.w.say(broker.StateChange{State: broker.Ready, Code: 1102})
		r.later(5 * time.Second)
		r.wantProtection("SELL 10 STP")
		r.wantHeldAtBroker("10")
		r.wantCode(l.stop(), exit.OK)
		r.wantHeldAtBroker("10")
	})
}

// TestAStopForAContractThatWasRefused: what is held exists, whatever a Gateway says that has just started.
func TestAStopForAContractThatWasRefused(t *testing.T) {
	protectedRig(t, func(r *rig) {
		l := r.start()
		r.later(2 * time.Second)
		r.w.cancelOutside()
		r.w.mu.Lock()
		r.w.unknown = "AAPL"
		r.w.session.end(errDropped)
		r.w.mu.Unlock()
		r.later(10 * time.Second)
		r.wantProtection()
		r.w.knowAll()
		r.later(DefaultProtectWithin / 6)
		r.wantProtection("SELL 10 STP")
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestAShortThatABustLeaves has its stop above it until it is bought back.
func TestAShortThatABustLeaves(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.protect("2%", "off")
		l := r.start()
		r.later(2 * time.Second)
		r.w.fall(true)
		r.later(2 * time.Minute)
		r.w.mu.Lock()
		r.w.answers = []answer{acknowledge} // what buys it back works for a while
		r.w.mu.Unlock()
		r.w.bust(0)
		r.later(3 * time.Second)
		r.wantProtection("BUY 10 STP")
		if stop := r.w.restingNow()[0].StopPrice; stop.Cmp(d("102")) != 0 {
			t.Errorf("its stop is at %s", stop)
		}
		r.later(12 * time.Minute)
		r.wantHeldAtBroker("0")
		r.wantProtection()
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestAdoptedPricesMoveTheLevels: after a split nothing of the old price is true.
func TestAdoptedPricesMoveTheLevels(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.protect("2%", "off")
		l := r.start()
		r.later(2 * time.Second)
		r.w.mu.Lock()
		r.w.refuseResting = true
		r.w.mu.Unlock()
		r.w.cancelOutside() // as IBKR does
		r.later(3 * time.Second)
		r.wantCode(l.stop(), exit.OK)
		r.w.positions["AAPL"], r.w.scale, r.w.refuseResting = d("20"), d("0.5"), false
		r.cfg.AdoptPositions = true
		l = r.start()
		r.later(10 * time.Second)
		rest := r.w.restingNow()
		if len(rest) != 1 || rest[0].StopPrice.Cmp(d("49")) < 0 || rest[0].StopPrice.Cmp(d("50")) > 0 {
			t.Errorf("at the broker %v", rest)
		}
		r.wantCode(l.stop(), exit.OK)
	})
}

func TestATargetBesideTheStop(t *testing.T) {
	protectedRig(t, func(r *rig) {
		r.protect("2%", "4%")
		l := r.start()
		r.later(3 * time.Second)
		r.wantProtection("SELL 10 LMT", "SELL 10 STP")
		r.w.meet(broker.Limit, "4", true)
		r.later(3 * time.Second)
		r.wantProtection("SELL 6 LMT", "SELL 6 STP")
		r.w.byHand(broker.Sell, "AAPL", "1", true)
		r.later(DefaultProtectWithin / 3) // the stop shrinks alone, and no target is placed too soon after another
		r.wantProtection("SELL 5 LMT", "SELL 5 STP")
		r.w.cancelOutside()
		r.later(15 * time.Second)
		r.wantProtection("SELL 5 LMT", "SELL 5 STP")
		r.w.meet(broker.Limit, "5", true)
		r.later(time.Minute)
		r.wantHeldAtBroker("0")
		r.wantProtection()
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestOnceEndsProtected: for a trader that cron starts, nothing else looks after it.
func TestOnceEndsProtected(t *testing.T) {
	protectedRig(t, func(r *rig) {
		r.protect("2%", "4%")
		r.wantCode(r.once(), exit.OK)
		r.wantProtection("SELL 10 LMT", "SELL 10 STP")
		r.later(time.Hour)
		r.wantCode(r.once(), exit.OK)
		r.wantProtection("SELL 10 LMT", "SELL 10 STP")
	})
}

// TestProtectionThatIsTurnedOffIsWithdrawn: what the trader placed it takes back.
func TestProtectionThatIsTurnedOffIsWithdrawn(t *testing.T) {
	protectedRig(t, func(r *rig) {
		r.wantCode(r.once(), exit.OK)
		r.wantProtection("SELL 10 STP")
		r.protect("off", "off")
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK)
		r.wantProtection()
		r.wantHeldAtBroker("10")
	})
}

// TestALostJournalFindsItsStop: it is ours by its reference, and is not placed twice.
func TestALostJournalFindsItsStop(t *testing.T) {
	protectedRig(t, func(r *rig) {
		r.wantCode(r.once(), exit.OK)
		r.dir = t.TempDir()
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK)
		r.wantProtection("SELL 10 STP")
		r.wantHeldAtBroker("10")
	})
}

func TestStopPoliciesAndProtection(t *testing.T) {
	for policy, want := range map[string]struct {
		held string
		rest []string
	}{
		LeaveAtStop: {"10", []string{"SELL 10 STP"}}, CancelAtStop: {"10", []string{"SELL 10 STP"}},
		FlattenAtStop: {"0", nil},
	} {
		t.Run(policy, func(t *testing.T) {
			protectedRig(t, func(r *rig) {
				r.cfg.AtStop = policy
				l := r.start()
				r.later(2 * time.Second)
				r.wantCode(l.stop(), exit.OK)
				r.wantHeldAtBroker(want.held)
				r.wantProtection(want.rest...)
			})
		})
	}
}

// TestAFlatStopThatComesTooLate: what cannot be sold any more today keeps its stop, and the end says so.
func TestAFlatStopThatComesTooLate(t *testing.T) {
	for name, c := range map[string]struct {
		hours, quiet string        // the bubble begins at 19:00 in New York
		after        time.Duration // since then
		slow         time.Duration // how long the stop takes to give way
	}{
		"the exchange has closed":       {hours: "19991231:0930-19991231:1901", after: 90 * time.Second},
		"a quiet window":                {quiet: "19:01-19:30", after: 90 * time.Second},
		"the exchange closes meanwhile": {hours: "19991231:0930-19991231:1901", after: 59 * time.Second, slow: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			protectedRig(t, func(r *rig) {
				r.w.hours, r.cfg.AtStop = c.hours, FlattenAtStop
				if c.quiet != "" {
					r.cfg.Quiet = windows(t, c.quiet)
				}
				l := r.start()
				r.later(c.after)
				r.meanwhile("cancel", func() { <-time.After(c.slow) })
				r.wantCode(l.stop(), exit.NotFlat)
				r.wantHeldAtBroker("10")
				r.wantProtection("SELL 10 STP")
			})
		})
	}
}

// TestAStopLeavesNoPositionBare: a stop of the trader may come at any moment. A position that it finds without its
// stop at the broker gets one before the trader goes.
func TestAStopLeavesNoPositionBare(t *testing.T) {
	for name, stop := range map[string]func(r *rig, l *life){
		"an entry fills": func(r *rig, l *life) {
			r.later(2 * time.Second)
			r.fillsFirst("10")
			l.cancel()
		},
		"an entry fills a moment later": func(r *rig, l *life) {
			r.later(2 * time.Second)
			l.cancel()
			r.later(500 * time.Millisecond)
			r.fillsFirst("10")
		},
		"its stop gives way for an exit": func(r *rig, l *life) {
			r.later(65 * time.Second)
			r.meanwhile("cancel", func() {
				l.cancel()
				<-time.After(500 * time.Millisecond)
			})
			r.w.fall(true)
		},
		"its stop has gone for an exit, and the books are asked": func(r *rig, l *life) {
			r.later(65 * time.Second)
			r.w.fall(true)
			r.w.mu.Lock()
			defer r.w.mu.Unlock()
			r.w.ask = func(ctx context.Context, what string) error {
				if what != "positions" || r.w.cancelled() == 0 {
					return nil
				}
				r.w.ask = nil
				l.cancel()
				<-ctx.Done()
				return context.Cause(ctx)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			protectedRig(t, func(r *rig) {
				if strings.HasPrefix(name, "an entry fills") {
					r.w.answers = []answer{acknowledge}
				}
				l := r.start()
				stop(r, l)
				r.wantCode(l.wait(), exit.OK)
				r.wantHeldAtBroker("10")
				r.wantProtection("SELL 10 STP")
			})
		})
	}
}

// TestOnceEndsProtectedAfterARefusal: the stop of an exit that is refused at the wire is back before the life ends.
func TestOnceEndsProtectedAfterARefusal(t *testing.T) {
	protectedRig(t, func(r *rig) {
		r.w.hours = "20000101:CLOSED;19991231:0930-19991231:1902" // the bubble begins at 19:00 in New York
		r.wantCode(r.once(), exit.OK)
		r.later(119 * time.Second)
		r.w.fall(true)
		r.meanwhile("cancel", func() { <-time.After(2 * time.Second) })
		r.wantCode(r.once(), exit.Incomplete)
		r.wantHeldAtBroker("10")
		r.wantProtection("SELL 10 STP")
	})
}
