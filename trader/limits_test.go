package trader

import (
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

func TestOrdersADayHoldOverRestarts(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.Limits.MaxOrdersPerDay = 3
		r.later(6 * time.Hour) // one in the morning in New York: the bubble begins at midnight UTC
		for i := range 6 {
			r.w.falling = i%2 == 1
			want := exit.OK
			if i >= 3 && i%2 == 0 {
				want = exit.Interlock // an entry; exits are never refused
			}
			r.wantCode(r.once(), want)
			r.later(time.Minute)
		}
		if n := r.w.count(); n != 4 {
			t.Errorf("%d orders, want buy, sell, buy, sell", n)
		}
		r.w.fall(false)
		r.later(24 * time.Hour)
		r.wantCode(r.once(), exit.OK)
	})
}

func TestARefusedOrderIsNotSentAndDoesNotEndTheTrader(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.Limits.MaxOrderNotional = d("100")
		l := r.start()
		r.later(10 * time.Minute)
		if r.w.count() != 0 || len(r.w.dials) != 1 {
			t.Errorf("%d orders, %d dials", r.w.count(), len(r.w.dials))
		}
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks()
		r.wantCode(r.once(), exit.Interlock)
	})
}

func TestStaleDataDecidesNothing(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.frozen = true
		r.wantCode(r.once(), exit.OK)
		r.wantBooks()
		r.w.frozen = false
		r.wantCode(r.once(), exit.OK)
		r.wantBooks(journal.Filled)
	})
}

// TestABrokenHistoricalFarm stops the contracts that it serves, until it or IBKR is told to be back, or
// for farmMemory. A farm of another continent stops nothing.
func TestABrokenHistoricalFarm(t *testing.T) {
	farm := func(name, kind string, broken bool) broker.DataFarm {
		return broker.DataFarm{Name: name, Kind: kind, Broken: broken}
	}
	for name, c := range map[string]struct {
		broken broker.DataFarm
		back   broker.Body
		orders int // a minute later
	}{
		"market data":   {farm("usfarm", "market data", true), nil, 2},
		"Europe's":      {farm("euhmds", "historical data", true), nil, 2},
		"of currencies": {farm("cashhmds", "historical data", true), nil, 2},
		"ours":          {farm("ushmds", "historical data", true), nil, 1},
		"ours, back":    {farm("ushmds", "historical data", true), farm("ushmds", "historical data", false), 2},
		"ours, 1102":    {farm("ushmds", "historical data", true), broker.StateChange{State: broker.Ready, Code: 1102}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				l := r.start()
				synctest.Wait()
				r.w.fall(true)
				r.w.say(c.broken)
				if c.back != nil {
					r.w.say(c.back)
				}
				r.later(time.Minute)
				if r.w.count() != c.orders || len(r.w.dials) != 1 {
					t.Errorf("%d orders, %d dials, want %d orders", r.w.count(), len(r.w.dials), c.orders)
				}
				r.later(farmMemory)
				if r.w.count() != 2 {
					t.Errorf("%d orders after its time was over", r.w.count())
				}
				r.wantCode(l.stop(), exit.OK)
			})
		})
	}
}

// TestWhatTheAccountHeldBeforeIsNotSold: the strategy wants to be flat, the account is not ours.
func TestWhatTheAccountHeldBeforeIsNotSold(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.positions["AAPL"], r.w.positions["KO"] = d("100"), d("-7")
		r.w.fall(true)
		r.wantCode(r.once(), exit.OK)
		r.wantBooks()
		r.w.fall(false)
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK)
		r.w.fall(true)
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK)
		r.wantBooks(journal.Filled, journal.Filled)
		if held := r.w.held(); held.Cmp(d("100")) != 0 {
			t.Errorf("holds %s, want the 100 of before", held)
		}
	})
}

func TestUnexplainedSharesBlockUntilAdopted(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.wantCode(r.once(), exit.OK)
		r.w.positions["AAPL"] = d("17") // seven from nowhere
		r.w.positions["KO"] = d("5")    // somebody else's business
		r.w.fall(true)
		r.later(time.Minute)
		r.wantCode(r.once(), exit.Incomplete)
		if r.w.count() != 1 {
			t.Fatal("traded on shares that nobody can explain")
		}
		r.cfg.AdoptPositions = true
		r.wantCode(r.once(), exit.OK)
		if held := r.w.held(); held.Cmp(d("7")) != 0 {
			t.Errorf("holds %s, want the seven that are not ours", held)
		}
		r.wantBooks(journal.Filled, journal.Filled)
	})
}

func TestInterlock(t *testing.T) {
	const liveAccount = "U1234567"
	for _, c := range []struct {
		name       string
		live       bool
		configured string
		account    string
		want       exit.Code
	}{
		{"paper", false, "", paper, exit.OK},
		{"paper, named", false, paper, paper, exit.OK},
		{"another paper account", false, "DU1", paper, exit.WrongAccount},
		{"live without --live", false, "", liveAccount, exit.Interlock},
		{"live, named, without --live", false, liveAccount, liveAccount, exit.Interlock},
		{"live without a name", true, "", liveAccount, exit.Interlock},
		{"--live on paper", true, paper, paper, exit.Interlock},
		{"all three agree", true, liveAccount, liveAccount, exit.OK},
		{"no account", false, "", "", exit.WrongAccount},
	} {
		inBubble(t, func(r *rig) {
			r.cfg.Live, r.cfg.Account, r.w.account = c.live, c.configured, c.account
			err := r.once()
			t.Log(c.name)
			r.wantCode(err, c.want)
			if (r.w.count() > 0) != (c.want == exit.OK) {
				t.Errorf("%s: %d orders", c.name, r.w.count())
			}
			r.cfg.Once = false
			if c.want != exit.OK { // not even a continuous trader tries again
				r.w.dials = nil
				r.wantCode(r.start().wait(), c.want)
				if len(r.w.dials) != 1 {
					t.Errorf("%s: %d dials", c.name, len(r.w.dials))
				}
			}
		})
	}
}

func TestAnotherContractForTheSymbolIsRefused(t *testing.T) {
	inBubble(t, func(r *rig) {
		l := r.start()
		synctest.Wait()
		l.engine.contracts["AAPL"] = instrument{details: broker.ContractDetails{
			Contract: broker.Contract{Symbol: "AAPL", ConID: 1},
		}}
		r.w.fall(true)
		r.w.drop() // the next session names another contract than the first one
		r.later(5 * time.Minute)
		if r.w.count() != 1 {
			t.Errorf("%d orders although the contract changed", r.w.count())
		}
		r.wantCode(l.stop(), exit.OK)
	})
}

func TestConfigIsChecked(t *testing.T) {
	inBubble(t, func(r *rig) {
		for name, spoil := range map[string]func(c *Config){
			"no symbols":    func(c *Config) { c.Symbols = nil },
			"twice":         func(c *Config) { c.Symbols = []string{"A", "A"} },
			"too many":      func(c *Config) { c.Symbols = make([]string, MaxSymbols+1) },
			"spin":          func(c *Config) { c.Interval = time.Microsecond },
			"no strategy":   func(c *Config) { c.Strategy = nil },
			"order type":    func(c *Config) { c.OrderType = "MAYBE" },
			"reconnects":    func(c *Config) { c.MaxReconnects = -1 },
			"below a price": func(c *Config) { c.LimitOffset = d("-0.01") },
			"twice a price": func(c *Config) { c.LimitOffset = d("1") },
			"absence wait":  func(c *Config) { c.AbsenceWait = -1 },
		} {
			c := r.cfg
			spoil(&c)
			if _, err := New(c, r.w.connect(func() int64 { return 0 }), nil); err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
		c := r.cfg
		c.OrderType, c.LimitOffset = broker.Limit, d("0")
		e, err := New(c, r.w.connect(func() int64 { return 0 }), nil)
		if err != nil || !e.cfg.LimitOffset.IsZero() {
			t.Errorf("a limit at the last close: %v", err)
		}
	})
}
