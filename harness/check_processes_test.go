package harness

import (
	"ibsoak/fakegateway/fault"
)

// withProcesses gives each life its first process.
func withProcesses(r *Record) *Record {
	for _, l := range r.Lives {
		r.Processes = append(r.Processes, Process{
			Life: l.Number, PID: l.PID, Command: "trader", Related: RelatedStarted,
			Started: l.Started, FirstSeen: l.Started, Gone: l.Exited,
		})
	}
	return r
}

// openAfter is the look after a life that found a session of it not over.
func openAfter(life int, state, holder string) func(*Record) {
	return func(r *Record) {
		c := &r.Connections[life-1]
		c.ClientFIN, c.GatewayFIN, c.Closed = 0, 0, 0
		look := &r.Looks[life-1]
		look.Settled, look.At = false, r.Lives[life-1].Exited+1500*ms
		look.Open = []OpenSession{{Connection: c.ID, Client: c.Remote, State: state, Holder: holder}}
	}
}

// breeding makes the number of processes rise by one every so many cycles, from a cycle on, and
// stop at most more.
func breeding(every, from, most int) func(*Record) {
	return func(r *Record) {
		for i := range r.Samples {
			r.Samples[i].Processes = 2 + min(max(0, i-from)/every, most)
		}
	}
}

func processCases() []judged {
	left, rate, steady := Check{Name: "nothing-left"}, Check{Name: "log-rate"}, Check{Name: "steady-processes"}
	held := func(r *Record) {
		openAfter(4, "", "")(r)
		r.Connections[3].Held = true
	}
	late := func(after Moment) func(*Record) {
		return func(r *Record) {
			c := clean(11, 10, r.Lives[9].Exited+after)
			r.Connections = append(r.Connections, c)
		}
	}
	asks := func(after Moment) func(*Record) {
		return func(r *Record) {
			at := r.Lives[3].Exited + after
			r.Messages = append(r.Messages, Message{
				At: at, Begun: at, Life: 4, Connection: 4, FromClient: true, Kind: "placeOrder",
			})
		}
	}
	ten := func() *Record { return withProcesses(tenLives()) }
	return []judged{
		{"nothing", ten(), left, nil, Pass, "10 processes followed by parent"},
		{"a process", ten(), left, func(r *Record) { r.Lives[3].Leftovers = []string{"sleep 60 (pid 7)"} }, Fail, "left 1 process, which the harness ended: sleep 60 (pid 7)"},
		{"a process of a life that the harness stopped before it had connected", ten(), left, func(r *Record) {
			notDialled(r)
			r.Lives[3].Leftovers = []string{"python3 trader.py (pid 7)"}
		}, Inconclusive, "9 lives seen, 10 needed"},
		{"an open output", ten(), left, func(r *Record) { r.Lives[3].OutputHeld = true }, Fail, "could not see holds it"},
		{"a session", ten(), left, openAfter(4, "ESTABLISHED", "python3 d.py (pid 9)"), Fail, "connection 4 from 127.0.0.1:50004 was not over 1.5s after the end of life 4: ESTABLISHED, held by python3 d.py (pid 9)"},
		{"a session, by the Gateway alone", ten(), left, openAfter(4, "", ""), Fail, "connection 4"},
		{"a session that the trader has let go of", ten(), left, openAfter(4, SessionGone, ""), Pass, ""},
		{"a session whose end a fault hides", ten(), left, held, Inconclusive, "a fault holds it"},
		{"no look at the end", ten(), left, func(r *Record) { r.Looks[3].Blind = "netlink: no buffer" }, Inconclusive, "after life 4: netlink: no buffer"},
		{"no look lines", ten(), left, func(r *Record) { r.Looks = nil }, Inconclusive, "0 lives seen, 10 needed"},
		{"not followed", tenLives(), left, nil, Inconclusive, "0 lives seen, 10 needed"},
		{"asks after its end", ten(), left, asks(400 * ms), Fail, "asked for placeOrder on connection 4 400ms after the end of life 4"},
		{"what was on its way at its end", ten(), left, asks(80 * ms), Pass, ""},
		{"what a fault had read late", ten(), left, func(r *Record) {
			asks(400 * ms)(r)
			r.Connections[3].Faults = []string{"slow"}
		}, Pass, ""},
		{"what was read late on a busy machine", ten(), left, func(r *Record) {
			asks(400 * ms)(r)
			r.Loads = []MachineLoad{{At: r.Lives[3].Exited + 200*ms, Delay: fault.Duration(300 * ms)}}
		}, Pass, ""},
		{"sessions that something outside of the life makes", ten(), left, func(r *Record) {
			r.Samples = []Sample{{Life: 4, At: r.Lives[3].Started + ms, Processes: 1, Foreign: 4}}
		}, Inconclusive, "connection 4 is open in no process of life 4"},
		{"a session of its own beside another's", ten(), left, func(r *Record) {
			at := r.Lives[3].Started + ms
			r.Samples = []Sample{{Life: 4, At: at, Foreign: 4}, {Life: 4, At: at + ms, OwnsSession: true}}
		}, Pass, ""},
		{"a process, and sessions from outside", ten(), left, func(r *Record) {
			r.Samples = []Sample{{Life: 4, At: r.Lives[3].Started + ms, Foreign: 4}}
			r.Lives[3].Leftovers = []string{"sleep 60 (pid 7)"}
		}, Fail, "sleep 60"},
		{"somebody connects after the end", ten(), left, late(3 * sec), Fail, "127.0.0.1:50011 connected 3s after the end of life 10, when none ran"},
		{"a connection that was accepted late", ten(), left, late(600 * ms), Pass, ""},
		{"a Gateway that accepted nothing for a time", ten(), left, func(r *Record) {
			late(3 * sec)(r)
			r.Receipts = []Receipt{{Fault: "full", Planned: fault.BacklogFull, At: sec}}
		}, Pass, ""},
		{"somebody connects before the first life", ten(), left, func(r *Record) {
			r.Connections = append(r.Connections, clean(11, 0, sec))
		}, Inconclusive, "before the first life"},
		{"no life connected", ten(), left, func(r *Record) { r.Connections = nil }, Pass, ""},
		{"no life connected, and one left a process", ten(), left, func(r *Record) {
			r.Connections = nil
			r.Lives[3].Leftovers = []string{"sleep 60 (pid 7)"}
		}, Fail, "sleep 60"},

		{"quiet", ten(), rate, nil, Pass, "16.0 MiB allowed"},
		{"much, slowly", ten(), rate, func(r *Record) { r.Lives[3].StdoutBytes, r.Lives[3].BusiestBytes = 1<<30, 15<<20 }, Pass, ""},
		{"a storm", ten(), rate, func(r *Record) { r.Lives[3].StderrBytes, r.Lives[3].BusiestBytes = 1<<30, 1<<30 }, Fail, "wrote 1024.0 MiB within 2s, 1024.0 MiB in all"},
		{"nobody", ten(), rate, func(r *Record) { r.Connections = nil }, Inconclusive, "never connected"},

		{"flat", oneLife(80), steady, breeding(1, 0, 0), Pass, "[2 2 2 2]"},
		{"one more a cycle", oneLife(80), steady, breeding(1, 0, 99), Fail, "processes rose from 42 to 81"},
		{"one more in nine cycles, from late on", oneLife(80), steady, breeding(9, 50, 99), Fail, "processes rose from 2 to 5"},
		{"a pool of workers", oneLife(80), steady, breeding(2, 0, 16), Pass, "[18 18 18 18]"},
		{"short", oneLife(30), steady, breeding(1, 0, 99), Inconclusive, "30 cycles seen, 40 needed"},
		{"not counted", oneLife(80), steady, nil, Inconclusive, "0 cycles seen"},
	}
}
