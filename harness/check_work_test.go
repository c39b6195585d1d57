package harness

import (
	"slices"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
)

// working is ten lives with a cycle each, and what they asked for.
func working() *Record {
	r := tenLives()
	for i, l := range r.Lives {
		at := l.Started + sec
		r.Messages = append(r.Messages,
			Message{At: at - ms, Life: l.Number, Connection: i + 1, FromClient: true, Kind: "startApi"},
			Message{At: at, Life: l.Number, Connection: i + 1, FromClient: true, Kind: "reqHistoricalData"})
		r.Cycles = append(r.Cycles, Cycle{Number: i + 1, Life: l.Number, Connection: i + 1, Requested: at, Answered: at + ms, Kind: "reqHistoricalData"})
	}
	return r
}

// idle takes the fifth life's cycle away, and makes it have asked for other things.
func idle(kinds ...string) func(*Record) {
	return func(r *Record) {
		r.Cycles = slices.DeleteFunc(r.Cycles, func(c Cycle) bool { return c.Life == 5 })
		r.Messages = slices.DeleteFunc(r.Messages, func(m Message) bool { return m.Life == 5 })
		for _, k := range kinds {
			r.Messages = append(r.Messages, Message{Life: 5, Connection: 5, FromClient: true, Kind: k})
		}
	}
}

// paceable gives a continuous subject a command by which it is told its interval.
func paceable(r *Record) { r.Header.Command = []string{"trader", "{args}"} }

func both(changes ...func(*Record)) func(*Record) {
	return func(r *Record) {
		for _, change := range changes {
			change(r)
		}
	}
}

// squeezed makes all cycles from the n-th on follow that one every gap, and the run end behind them.
func squeezed(n int, gap Moment) func(*Record) {
	return func(r *Record) {
		for i := n; i < len(r.Cycles); i++ {
			r.Cycles[i].Requested = r.Cycles[i-1].Requested + gap
			r.Cycles[i].Answered = r.Cycles[i].Requested + ms
		}
		stoppedAt(r.Cycles[len(r.Cycles)-1].Answered)(r)
	}
}

// stoppedAt is when the subject was asked to end.
func stoppedAt(at Moment) func(*Record) {
	return func(r *Record) { r.Lives[0].TermSent, r.Lives[0].Exited = at, at+20*ms }
}

func ending(stop Stop) func(*Record) { return func(r *Record) { r.Footer.Stop = stop } }

// unread lets the answer of the n-th cycle lie unread when its connection ends, as change says.
func unread(n int, change func(*Connection)) func(*Record) {
	return func(r *Record) {
		c := &r.Cycles[n]
		c.Through = 1000
		for i := range r.Connections {
			if conn := &r.Connections[i]; conn.ID == c.Connection {
				change(conn)
				r.Unread = append(r.Unread, Unread{At: r.Footer.Ended, Client: conn.Remote, Received: 1000, Unread: 900})
			}
		}
	}
}

func closedBy(who string) func(*Connection) { return func(c *Connection) { c.ClosedFirst = who } }

func cycleCases() []judged {
	one, three := Check{Name: "cycles"}, Check{Name: "cycles", Want: 3}
	fifth := func(do fault.Action) func(*Record) {
		return func(r *Record) {
			r.Receipts = []Receipt{{Fault: "f", Planned: do, Connection: 5, At: 51 * sec}}
		}
	}
	return slices.Concat(paceCases(), []judged{
		{"every life", working(), one, nil, Pass, "work shown by 10 of 10"},
		{"asked for the time", working(), one, idle("startApi", "reqCurrentTime"), Fail, "no cycle was shown: it asked only for reqCurrentTime"},
		{"sent what nobody knows", working(), one, idle(fakegateway.KindMalformed), Fail, "asked only for what the Gateway could not read, which is no work"},
		{"asked for nothing", working(), one, idle("startApi"), Fail, "it asked for nothing"},
		{"asked and was not answered", working(), one, idle("reqHistoricalData", "reqHistoricalData"), Fail, "reqHistoricalData (2), and nothing of it was answered"},
		{"asked and was refused", working(), one, both(idle("reqMktData"), func(r *Record) {
			r.Messages = append(r.Messages, Message{Life: 5, Kind: "errMsg", Digest: fakegateway.Digest{ReqID: 1, Code: 10089}},
				Message{Life: 5, Kind: "errMsg", Digest: fakegateway.Digest{ReqID: -1, Code: 1100}})
		}), Fail, "the Gateway answered with error 10089"},
		{"asked for what may be work", working(), one, idle("reqMarketRule", "reqCurrentTime"), Inconclusive, "life 5: it asked for reqMarketRule, which may be its work or not"},
		{"asked for what has no rule", working(), one, idle("exerciseOptions"), Inconclusive, "exerciseOptions"},
		{"did not what its author said", working(), one, both(idle("reqPositions"), func(r *Record) {
			r.Header.Scenario.Subject.Cycle = CycleRule{Request: "reqHistoricalData"}
		}), Fail, "nothing that subject.cycle names (request reqHistoricalData) was done; it asked for reqPositions"},
		{"messages were lost", working(), one, both(idle("reqIds"), func(r *Record) { r.Footer.MessagesLost = 7 }), Inconclusive, "7 messages could not be kept"},
		{"no handshake", working(), one, both(idle(), func(r *Record) {
			r.Connections[4].BootstrapSent, r.Connections[4].StartAPIRead = 0, 0
		}), Fail, "no START_API came"},
		{"killed", working(), one, both(idle(), func(r *Record) { r.Lives[4].EndedBy = EndedKillAt }), Pass, "9 of 9"},
		{"kept from it by a fault", working(), one, both(idle("reqHistoricalData"), fifth(fault.RST)), Pass, "9 of 9"},
		{"not kept from it by a fault", working(), one, both(idle("reqIds"), fifth(fault.IgnoreEOF)), Fail, "reqIds"},
		{"lives that were not run", working(), one, func(r *Record) { r.Header.Scenario.Subject.Runs = 11 }, Inconclusive, "10 lives seen, 11 needed"},
		{"one that did too little", working(), three, nil, Fail, "1 cycle shown, 3 wanted"},

		{"left an answer unread", working(), one, unread(4, closedBy(fakegateway.ByClient)), Fail, "never read: it left with 900 of 1000 bytes unread"},
		{"read to the end of its answer", working(), one, both(unread(4, closedBy(fakegateway.ByClient)), func(r *Record) {
			r.Cycles[4].Through = 100
		}), Pass, "10 of 10"},
		{"was left by the Gateway before it read", working(), one, unread(4, closedBy(fakegateway.ByGateway)), Pass, "10 of 10"},
		{"another client left its answer unread", working(), one, both(unread(4, closedBy(fakegateway.ByClient)), func(r *Record) {
			r.Unread[0].At = r.Cycles[4].Answered - 1
		}), Pass, "10 of 10"},
		{"was stopped with one answer unread", oneLife(3), three, both(paceable, unread(2, closedBy(fakegateway.ByClient))), Pass, "3 seen"},
		{"left an answer unread before it was asked to end", oneLife(3), three, both(paceable, both(unread(2, closedBy(fakegateway.ByClient)),
			func(r *Record) { r.Unread[0].At = r.Cycles[2].Answered + ms })), Fail, "the last of 2"},
		{"answers that were never read may have been missed", working(), one, func(r *Record) { r.Footer.UnreadLost = "no room" }, Inconclusive, "may have been missed: no room"},
		{"answers that were never read cannot be seen", working(), one, func(r *Record) { r.Header.UnreadUnseen = "darwin" }, Pass, "could not be seen: darwin"},
		{"was reset with one answer unread", oneLife(3), three, both(paceable, unread(2, closedBy(fakegateway.ByGateway))), Pass, "3 seen"},
		{"was reset with two answers unread", oneLife(3), three, both(paceable, both(unread(1, closedBy(fakegateway.ByGateway)),
			unread(2, closedBy(fakegateway.ByGateway)))), Fail, "the last of 2"},
		{"read none of its answers", oneLife(3), three, both(paceable, both(unread(0, closedBy(fakegateway.ByClient)),
			unread(1, closedBy(fakegateway.ByClient)), unread(2, closedBy(fakegateway.ByClient)))), Fail, "the last of 1"},

		{"enough", oneLife(3), three, nil, Pass, "3 seen"},
		{"too few", oneLife(2), three, paceable, Fail, "the last of 2"},
		{"too few at an own pace", oneLife(2), three, nil, Inconclusive, "put {interval} into its command"},
		{"silent after an own pace", oneLife(2), three, stoppedAt(9 * sec), Fail, "the last of 2"},
		{"none", oneLife(2), three, func(r *Record) { r.Cycles = nil }, Fail, "no cycle was shown: it asked for nothing"},
		{"none that can be told", oneLife(2), three, func(r *Record) {
			r.Cycles = nil
			r.Messages = []Message{{Life: 1, FromClient: true, Kind: "reqFA"}}
		}, Inconclusive, "reqFA"},
		{"interrupted", oneLife(2), three, both(paceable, ending(StopInterrupted)), Inconclusive, "2 of 3 cycles when the run was interrupted"},
		{"nobody", oneLife(2), three, func(r *Record) { r.Connections = nil }, Inconclusive, "never connected"},
	})
}

func paceCases() []judged {
	pace := Check{Name: "pace"}
	lagging := func(r *Record) { r.Footer.LongestLag = fault.Duration(10 * time.Second) }
	return []judged{
		{"every second", oneLife(20), pace, nil, Pass, "20 cycles in"},
		{"a burst", oneLife(20), pace, both(paceable, squeezed(1, 10*ms)), Fail, "20 cycles within 190ms, planned over 19s: a burst"},
		{"a burst at an own pace", oneLife(20), pace, squeezed(1, 10*ms), Fail, "a burst"},
		{"a pace of its own, six times as fast", oneLife(20), pace, squeezed(1, 150*ms), Inconclusive, "its pace cannot be set"},
		{"a pace that was set, six times as fast", oneLife(20), pace, both(paceable, squeezed(1, 150*ms)), Fail, "a burst"},
		{"a burst after three cycles", oneLife(120), pace, both(paceable, squeezed(3, 50*ms)), Fail, "120 cycles within"},
		{"a burst at the end", oneLife(20), pace, both(paceable, squeezed(12, 50*ms)), Fail, "came closer than 500ms together"},
		{"a burst in an hour that was waited for", oneLife(20), pace, both(paceable, squeezed(12, 50*ms), stoppedAt(21*sec)), Fail, "came closer than 500ms together"},
		{"twice as fast", oneLife(20), pace, both(paceable, squeezed(1, 500*ms)), Fail, "planned over 19s"},
		{"twice as fast at an own pace", oneLife(20), pace, squeezed(1, 400*ms), Inconclusive, "its pace cannot be set"},
		{"slower", oneLife(20), pace, squeezed(1, 3*sec), Pass, "20 cycles in 57"},
		{"at time scale 10", oneLife(20), pace, both(squeezed(1, 100*ms), func(r *Record) { r.Header.TimeScale = 10 }), Pass, "1.9s planned"},
		{"late once, and on time again", oneLife(20), pace, both(paceable, func(r *Record) {
			r.Cycles[9].Requested += 950 * ms
		}), Pass, ""},
		{"a session's first two", twoSessions(sec), pace, both(paceable, func(r *Record) {
			for i := range 6 { // the second session begins at cycle 4
				r.Cycles[i].Requested = Moment(i+1) * sec
			}
			r.Cycles[4].Requested = r.Cycles[3].Requested + 20*ms
		}), Pass, ""},
		{"behind on a busy machine", oneLife(20), pace, both(paceable, lagging, squeezed(12, 50*ms), stoppedAt(21*sec)), Inconclusive, "10s behind in 20s, and half of the cycles"},
		{"a little behind", oneLife(20), pace, both(paceable, func(r *Record) { r.Footer.LongestLag = fault.Duration(3 * time.Second) }, squeezed(14, 50*ms), stoppedAt(21*sec)), Pass, ""},
		{"a burst on a busy machine", oneLife(20), pace, both(paceable, lagging, squeezed(1, 10*ms)), Fail, "a burst"},
		{"too few", oneLife(5), pace, func(r *Record) { r.Header.Scenario.Subject.Cycles = 20 }, Inconclusive, "5 cycles seen, 20 needed"},
		{"one", oneLife(1), pace, nil, Inconclusive, "no pace was shown"},
		{"of lives", tenLives(), pace, nil, Inconclusive, "have no pace"},
	}
}

func TestPaceable(t *testing.T) {
	with := func(args ...string) Subject { return Subject{Trader: Trader{ContinuousArgs: args}} }
	for _, c := range []struct {
		name    string
		subject Subject
		command []string
		want    bool
	}{
		{"arguments of ours", Subject{}, []string{"t", "{args}"}, true},
		{"in the command", Subject{}, []string{"t", "--every={interval}"}, true},
		{"own arguments with it", with("--every", "{interval}"), []string{"t", "{args}"}, true},
		{"own arguments without", with("--loop"), []string{"t", "{args}"}, false},
		{"own arguments, not asked for", with("{interval}"), []string{"t"}, false},
		{"environment", Subject{Trader: Trader{Env: map[string]string{"EVERY": "{interval}"}}}, []string{"t"}, true},
		{"nothing", Subject{}, []string{"t"}, false},
	} {
		if got := c.subject.paceable(c.command); got != c.want {
			t.Errorf("%s: paceable %v, want %v", c.name, got, c.want)
		}
	}
}
