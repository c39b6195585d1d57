package harness

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"ibsoak/fakegateway/fault"
)

func lifeCases() []judged {
	handshakes := Check{Name: "completed-handshakes", Want: 10}
	exits := Check{Name: "exit-codes"}
	refused := Check{Name: "exit-codes", Exits: []int{20}}
	soon := Check{Name: "classified", Exits: []int{13, 14}, Within: 100 * time.Millisecond}
	classes := Check{Name: "classified", ByFault: map[string][]ExitClass{"f1": {ExitHandshakeReset}}}
	zombies := Check{
		Name: "classified", Classes: []ExitClass{ExitOK}, Within: 3 * time.Second,
		ByFault: map[string][]ExitClass{PlantedFault: {ExitZombies}},
	}
	term := Check{Name: "sigterm"}
	return []judged{
		{"ten of ten", tenLives(), handshakes, nil, Pass, "10 completed"},
		{"one without a request", tenLives(), handshakes, func(r *Record) { r.Connections[4].FirstRequested = 0 }, Fail, "no request followed"},
		{"one without accounts", tenLives(), handshakes, func(r *Record) {
			r.Connections[4].FirstRequested, r.Connections[4].BootstrapSent = 0, 0
		}, Fail, "accounts and order id were not sent"},
		{"a second connection does not make up", tenLives(), handshakes, func(r *Record) {
			r.Connections[4] = clean(5, 4, 45*sec)
		}, Fail, "never connected"},
		{"continuous", oneLife(3), Check{Name: "completed-handshakes", Want: 1}, nil, Pass, "1 completed"},
		{"nobody", tenLives(), handshakes, func(r *Record) { r.Connections = nil }, Inconclusive, "never connected"},

		{"all zero", tenLives(), exits, nil, Pass, "10 of 10"},
		{"one other", tenLives(), exits, func(r *Record) { r.Lives[2].ExitCode = 1 }, Fail, "exit 1"},
		{"a signal", tenLives(), exits, func(r *Record) { r.Lives[2].ExitCode, r.Lives[2].Signal = -1, "killed" }, Fail, "killed"},
		{"still running after its work", tenLives(), exits, func(r *Record) {
			l := &r.Lives[2]
			l.EndedBy, l.TermSent = EndedOverlong, l.Started+30*sec
			r.Cycles = []Cycle{{Number: 1, Life: 3, Answered: l.Started + sec}}
		}, Fail, "still running 29s after its last cycle; exit 0 after life-limit"},
		{"still running and never worked", tenLives(), exits, func(r *Record) {
			l := &r.Lives[2]
			l.EndedBy, l.TermSent = EndedOverlong, l.Started+30*sec
		}, Fail, "still running 30s after its start, without a cycle"},
		{"cut short by the scenario's limit", tenLives(), exits, func(r *Record) {
			r.Header.Scenario.Subject.Runs, r.Footer.Stop = 20, StopLimit
			r.Lives[9].EndedBy, r.Lives[9].ExitCode, r.Lives[9].Signal = EndedLimit, -1, "SIGTERM"
		}, Inconclusive, "9 lives seen, 20 needed"},
		{"not connected in time", tenLives(), exits, notDialled, Inconclusive, "life 4 had not connected within 10s, when the harness stopped it: a trader that needs longer says so with --connect-within"},
		{"not connected in time", tenLives(), handshakes, notDialled, Inconclusive, "9 completed, 10 wanted; life 4 had not connected within 10s"},
		{"cut short by the scenario's limit", tenLives(), Check{Name: "completed-handshakes", Want: 20}, func(r *Record) {
			r.Header.Scenario.Subject.Runs, r.Footer.Stop = 20, StopLimit
		}, Inconclusive, "10 completed, 20 wanted"},
		{"cut short, and one failed before", tenLives(), Check{Name: "completed-handshakes", Want: 20}, func(r *Record) {
			r.Header.Scenario.Subject.Runs, r.Footer.Stop = 20, StopLimit
			r.Connections[4].FirstRequested = 0
		}, Fail, "no request followed"},
		{"refuses without connecting", tenLives(), refused, func(r *Record) {
			r.Connections = nil
			for i := range r.Lives {
				r.Lives[i].ExitCode = 20
			}
		}, Pass, "10 of 10"},
		{"exits 0 without connecting", tenLives(), refused, func(r *Record) { r.Connections = nil }, Inconclusive, "0 lives seen, 10 needed"},
		{"one life unheard", tenLives(), exits, func(r *Record) { r.Connections = r.Connections[1:] }, Inconclusive, "9 lives seen"},

		{"at once", tenLives(), soon, faultedLives(14, 50*ms), Pass, "slowest 50ms"},
		{"late", tenLives(), soon, faultedLives(14, 150*ms), Fail, "exit 14 150ms after fault f1"},
		{"receipts written when the lives were over", tenLives(), classes, func(r *Record) {
			tabled(faultedLives(14, 50*ms))(r)
			for i := range r.Receipts {
				r.Receipts[i].At += 60 * ms
			}
		}, Pass, "exits as the faults ask"},
		{"late as the machine was", tenLives(), soon, func(r *Record) {
			faultedLives(14, 150*ms)(r)
			for _, l := range r.Lives {
				r.Loads = append(r.Loads, strained(l.Exited, 60*ms, 1)...)
			}
		}, Pass, "slowest 150ms"},
		{"late on a crowded machine", tenLives(), soon, func(r *Record) {
			faultedLives(14, 150*ms)(r)
			for _, l := range r.Lives {
				for i := range Moment(5) {
					r.Loads = append(r.Loads, strained(l.Exited-i*100*ms, 0, 5)...)
				}
			}
		}, Pass, "slowest 150ms"},
		{"later than the machine was", tenLives(), soon, func(r *Record) {
			faultedLives(14, 650*ms)(r)
			r.Loads = strained(r.Lives[0].Exited, 60*ms, 5)
		}, Fail, "exit 14 650ms"},
		{"other code", tenLives(), soon, faultedLives(12, 50*ms), Fail, "exit 12"},
		{"success is no classification", tenLives(), soon, faultedLives(0, 50*ms), Fail, "exit 0"},
		{"no evidence", tenLives(), soon, func(r *Record) { r.Connections = nil }, Inconclusive, "0 lives seen"},

		{"the class of its fault", tenLives(), classes, tabled(faultedLives(14, 50*ms)), Pass, "slowest 50ms"},
		{"the class of another fault", tenLives(), classes, tabled(faultedLives(13, 50*ms)), Fail, "exit 13 (handshake-closed), met by f1; wanted handshake-reset"},
		{"a code that the table lacks", tenLives(), classes, tabled(faultedLives(15, 50*ms)), Fail, "exit 15, met by f1"},
		{"no table", tenLives(), classes, faultedLives(13, 50*ms), Inconclusive, "an exit with 13 means: give the table"},
		{"no table, and success", tenLives(), classes, faultedLives(0, 50*ms), Fail, "exit 0 (ok), met by f1"},
		{"no table, and late", tenLives(), classes, faultedLives(13, 1050*ms), Fail, "1.05s after fault f1"},
		{"no table, and a signal", tenLives(), classes, func(r *Record) {
			faultedLives(-1, 50*ms)(r)
			r.Lives[1].Signal = "SIGSEGV"
		}, Fail, "SIGSEGV"},
		{"half a table", tenLives(), classes, func(r *Record) {
			faultedLives(15, 50*ms)(r)
			r.Header.Scenario.Subject.Exits = map[ExitClass][]int{ExitHandshakeClosed: {13}}
		}, Inconclusive, "give the table"},
		{"a prefix", tenLives(), Check{Name: "classified", ByFault: map[string][]ExitClass{
			"f*": {ExitHandshakeClosed}, "f1*": {ExitHandshakeReset},
		}}, tabled(faultedLives(14, 50*ms)), Pass, ""},
		{"zombies refused, and work without", tenLives(), zombies, plantedFor(1, 20, 0), Pass, ""},
		{"refused whatever there is", tenLives(), zombies, plantedFor(1, 20, 20), Fail, "exit 20 (zombies), met by no fault; wanted ok"},
		{"dialled into zombies", tenLives(), zombies, func(r *Record) {
			plantedFor(1, 20, 0)(r)
			r.Connections = append(r.Connections, clean(77, 1, r.Lives[0].Started+ms))
		}, Fail, "dialled 1 time"},
		{"refusal without a table", tenLives(), zombies, func(r *Record) {
			plantedFor(1, 3, 0)(r)
			r.Header.Scenario.Subject.Exits = nil
		}, Inconclusive, "an exit with 3 means"},

		{"prompt", oneLife(3), term, nil, Pass, "20ms"},
		{"slow", oneLife(3), term, func(r *Record) { r.Lives[0].Exited += 3 * sec }, Fail, "gone only after 3.02s"},
		{"slow, and allowed to be", oneLife(3), term, func(r *Record) {
			r.Lives[0].Exited += 3 * sec
			r.Header.Scenario.Subject.Grace = 4 * time.Second
		}, Pass, "3.02s after SIGTERM, 4s allowed"},
		{"wrong code", oneLife(3), term, func(r *Record) { r.Lives[0].ExitCode = 143 }, Fail, "exit 143"},
		{"left before it was asked", oneLife(3), term, func(r *Record) { r.Lives[0].TermSent = 0 }, Inconclusive, "0 lives seen"},
	}
}

// notDialled makes the harness stop life 4 because it had not connected.
func notDialled(r *Record) {
	l := &r.Lives[3]
	l.EndedBy, l.TermSent, l.ExitCode, l.Signal = EndedNoDial, l.Started+10*sec, -1, "SIGTERM"
	l.Exited = l.TermSent + ms
	r.Connections = append(r.Connections[:3:3], r.Connections[4:]...)
}

// faultedLives makes a fault meet each life's connection, and the life exit with code after it.
func faultedLives(code int, after Moment) func(*Record) {
	return func(r *Record) {
		for i, c := range r.Connections {
			at := c.VersionSent
			r.Receipts = append(r.Receipts, Receipt{Fault: "f1", Planned: fault.RST, Wire: "RST", Connection: c.ID, At: at})
			r.Lives[i].ExitCode, r.Lives[i].Exited = code, at+after
		}
	}
}

// tabled gives the trader a table of exit codes.
func tabled(change func(*Record)) func(*Record) {
	return func(r *Record) {
		change(r)
		r.Header.Scenario.Subject.Exits = map[ExitClass][]int{
			ExitHandshakeClosed: {13}, ExitHandshakeReset: {14}, ExitZombies: {20},
		}
	}
}

// plantedFor makes the first n lives meet planted zombies, connect to nothing and exit with one
// code, and the others with another, without a connection too when it is not 0.
func plantedFor(n, code, others int) func(*Record) {
	return func(r *Record) {
		tabled(func(*Record) {})(r)
		for i := range r.Lives {
			r.Lives[i].ExitCode = others
			if i < n {
				r.Lives[i].ExitCode = code
			}
		}
		r.Connections = slices.DeleteFunc(r.Connections, func(c Connection) bool { return c.Life <= n || others != 0 })
		r.Connections = append(r.Connections, Connection{
			ID: 99, Planted: true, Local: gatewayAddr, Remote: clientAddr(99), Accepted: ms,
			ClientFIN: 2 * ms, GatewayRST: r.Lives[n-1].Exited + ms, Closed: r.Lives[n-1].Exited + ms,
		})
	}
}

// stay puts connection 1 of the record in CLOSE_WAIT at one end for d, by both oracles.
func stay(side Side, d Moment) func(*Record) {
	return func(r *Record) {
		c := &r.Connections[0]
		from := c.Accepted + sec
		c.ClientFIN, c.GatewayFIN, c.Closed, c.ClosedFirst = from, from+d, from+d, "client"
		if side == TraderSide {
			c.ClientFIN, c.GatewayFIN, c.ClosedFirst = from+d, from, "gateway"
		}
		r.Sightings = []Sighting{{
			Side: side, Gateway: c.Local, Client: c.Remote, Inode: 7,
			Before: from - 5*ms, First: from + 15*ms, Last: from + d - 5*ms, After: from + d + 15*ms,
		}}
	}
}

// killed makes it a run whose first n lives ended in the harness's kill.
func killed(n int) func(*Record) {
	return func(r *Record) {
		r.Header.Scenario.Subject.KillAt = &fault.When{Phase: fault.VersionSent}
		for i := range n {
			r.Lives[i].EndedBy = EndedKillAt
		}
	}
}

// strained is a reading of the control.
func strained(at, delay Moment, crowd float64) []MachineLoad {
	return []MachineLoad{{At: at, Delay: fault.Duration(delay), Crowd: crowd}}
}

func socketCases() []judged {
	gateway, trader := Check{Name: "no-zombies-at-gateway"}, Check{Name: "no-zombies-at-trader", Within: time.Second}
	agree := Check{Name: "oracles-agree"}
	never := func(r *Record) { // the Gateway never answers the FIN of connection 1
		c := &r.Connections[0]
		c.GatewayFIN, c.Closed = 0, 0
	}
	planted := func(r *Record) {
		c := Connection{ID: 99, Local: gatewayAddr, Remote: clientAddr(99), Accepted: ms, ClientFIN: 2 * ms, Planted: true}
		r.Connections = append(r.Connections, c)
		r.Sightings = append(r.Sightings, Sighting{
			Side: GatewaySide, Gateway: c.Local, Client: c.Remote, Inode: 8, Before: ms, First: 20 * ms, Last: r.Footer.Ended, Planted: true,
		})
	}
	return []judged{
		{"moments only", tenLives(), gateway, nil, Pass, "longest stay in CLOSE_WAIT 1ms"},
		{"under the bound", tenLives(), gateway, stay(GatewaySide, 900*ms), Pass, "900ms"},
		{"over the bound", tenLives(), gateway, stay(GatewaySide, 1200*ms), Fail, "CLOSE_WAIT for 1.2s, after a complete handshake"},
		{"own bound", tenLives(), Check{Name: "no-zombies-at-gateway", Within: 500 * time.Millisecond}, stay(GatewaySide, 900*ms), Fail, "900ms"},
		{"for ever", tenLives(), gateway, never, Fail, "still there at the end"},
		{"for ever, by one oracle", tenLives(), gateway, func(r *Record) {
			never(r)
			r.Header.Kernel = "no netlink"
		}, Fail, "by the Gateway's timing alone"},
		{"the other end's", tenLives(), gateway, stay(TraderSide, 1200*ms), Pass, ""},
		{"planted", tenLives(), gateway, planted, Pass, ""},
		{"seen by the kernel alone, in the accept queue", tenLives(), gateway, func(r *Record) {
			r.Sightings = []Sighting{{Side: GatewaySide, Gateway: gatewayAddr, Client: clientAddr(77), First: 20 * sec, Last: 23 * sec}}
		}, Fail, "in the accept queue (kernel's table)"},
		{"at quiescence", tenLives(), gateway, func(r *Record) {
			r.Looks[3].Gateway = []netip.AddrPort{clientAddr(4)}
		}, Fail, "at quiescence"},
		{"every life killed", tenLives(), gateway, killed(10), Pass, ""},
		{"one life left before the kill", tenLives(), gateway, killed(9), Inconclusive, "9 killed lives seen, 10 needed"},
		{"kept by a fault of the Gateway", tenLives(), gateway, func(r *Record) {
			stay(GatewaySide, 1200*ms)(r)
			r.Receipts = []Receipt{{Fault: "past-eof", Planned: fault.SendAfterEOF, Wire: "30 bytes", Connection: 1, At: sec}}
		}, Pass, "1 socket kept by a fault"},
		{"a Gateway whose fault it is to leak", tenLives(), gateway, func(r *Record) {
			stay(GatewaySide, 1200*ms)(r)
			r.Receipts = []Receipt{{Fault: "leak", Planned: fault.IgnoreEOF, Wire: "nothing", Connection: 1, At: sec}}
		}, Fail, "CLOSE_WAIT for 1.2s"},
		{"late as the machine was", tenLives(), gateway, func(r *Record) {
			stay(GatewaySide, 1200*ms)(r)
			r.Loads = strained(r.Connections[0].ClientFIN+sec, 300*ms, 1)
		}, Pass, "1.2s"},
		{"later than the machine was", tenLives(), gateway, func(r *Record) {
			stay(GatewaySide, 1500*ms)(r)
			r.Loads = strained(r.Connections[0].ClientFIN+sec, 300*ms, 1)
		}, Fail, "1.5s"},
		{"on a machine that says nothing", tenLives(), gateway, func(r *Record) {
			stay(GatewaySide, 2500*ms)(r)
			r.Loads = strained(r.Connections[0].ClientFIN+sec, 2200*ms, 1)
		}, Inconclusive, "too busy"},
		{"nobody", tenLives(), gateway, func(r *Record) { r.Connections = nil }, Inconclusive, "never connected"},

		{"moments only", tenLives(), trader, stay(TraderSide, ms), Pass, ""},
		{"over the bound", tenLives(), trader, stay(TraderSide, 1500*ms), Fail, "trader's end of 127.0.0.1:50001"},
		{"at quiescence", tenLives(), trader, func(r *Record) {
			r.Looks[9].Trader = []netip.AddrPort{clientAddr(10)}
		}, Fail, "at quiescence"},
		{"nobody", tenLives(), trader, func(r *Record) { r.Connections = nil }, Inconclusive, "never connected"},

		{"nothing to see", tenLives(), agree, nil, Pass, "agree"},
		{"the same stay", tenLives(), agree, stay(GatewaySide, 1200*ms), Pass, "agree"},
		{"planted", tenLives(), agree, func(r *Record) { planted(r); r.Connections = r.Connections[10:] }, Pass, "agree"},
		{"one oracle", tenLives(), agree, func(r *Record) { r.Header.Kernel = "no netlink" }, Inconclusive, "no netlink"},
		{"kernel saw none", tenLives(), agree, func(r *Record) { stay(GatewaySide, 1200*ms)(r); r.Sightings = nil }, Inconclusive, "the kernel showed none"},
		{"gateway timed none", tenLives(), agree, func(r *Record) {
			stay(GatewaySide, 1200*ms)(r)
			r.Connections[0].ClientFIN, r.Connections[0].GatewayFIN = 0, 0
		}, Inconclusive, "the Gateway timed none"},
		{"different lengths", tenLives(), agree, func(r *Record) {
			stay(GatewaySide, 1200*ms)(r)
			r.Connections[0].GatewayFIN += 2 * sec
			r.Connections[0].Closed += 2 * sec
		}, Inconclusive, "3.2s in CLOSE_WAIT by the Gateway's timing"},
		{"gateway had no descriptor left", tenLives(), agree, func(r *Record) {
			stay(TraderSide, 1200*ms)(r)
			r.Connections[0].ClientFIN, r.Connections[0].Closed = 0, r.Connections[0].GatewayFIN
		}, Pass, "agree"},
		{"seldom looked", tenLives(), agree, func(r *Record) {
			r.Footer.LongestGap = fault.Duration(OracleFloor + time.Millisecond)
		}, Inconclusive, "too busy"},
		{"never looked", tenLives(), agree, func(r *Record) { r.Footer.Looks = 0 }, Inconclusive, "never read"},
	}
}

// knocking adds n connects to a closed port, so far apart.
func knocking(n int, apart Moment) func(*Record) {
	return func(r *Record) {
		for i := range n {
			r.Attempts = append(r.Attempts, Attempt{
				At: r.Lives[0].Started + sec + Moment(i)*apart/Moment(n), Client: clientAddr(900 + i),
			})
			if apart > 10*sec {
				r.Attempts[i].At = r.Lives[0].Started + Moment(i)*apart
			}
		}
		r.Lives[0].Exited = max(r.Lives[0].Exited, Moment(n)*apart)
	}
}

// unwatched closes the port for a while where only the host's failed connects are known.
func unwatched(failed []int) func(*Record) {
	return func(r *Record) {
		r.Header.Unseen = "not permitted"
		r.Outages = []Outage{{From: sec, Listening: 5 * sec, Ready: 5 * sec}}
		for i, n := range failed {
			r.HostDials = append(r.HostDials, HostDials{At: Moment(i+1) * sec, Failed: n})
		}
	}
}

func connectionCases() []judged {
	single := Check{Name: "one-connection-per-client"}
	preambles, first := Check{Name: "complete-preambles"}, Check{Name: "first-bytes"}
	rate := Check{Name: "connect-rate", Want: 5, Within: 10 * time.Second}
	probe := func(r *Record) {
		c := &r.Connections[3]
		*c = Connection{ID: 4, Life: 4, Local: c.Local, Remote: c.Remote, Accepted: c.Accepted, ClientFIN: c.Accepted + ms, Closed: c.Accepted + 2*ms, ClosedFirst: "client"}
	}
	return []judged{
		{"one after the other", tenLives(), single, nil, Pass, "at most one"},
		{"overlap", tenLives(), single, func(r *Record) { r.Connections[1].Accepted = r.Connections[0].Accepted + 500*ms }, Fail, "connection 1 was still established, for 500ms more"},
		{"overlap on a busy machine", tenLives(), single, func(r *Record) {
			r.Connections[1].Accepted = r.Connections[0].Accepted + 500*ms
			r.Loads = strained(r.Connections[1].Accepted, 250*ms, 9)
		}, Inconclusive, "this machine was too busy to judge it: client id 1: connection 1 was still established"},
		{"an end noted late", tenLives(), single, func(r *Record) {
			r.Connections[1].Accepted = r.Connections[0].ended() - 80*ms
			r.Loads = strained(r.Connections[1].Accepted, 40*ms, 1)
		}, Inconclusive, "too busy"},
		{"an overlap that no machine makes", tenLives(), single, func(r *Record) {
			r.Connections[1].Accepted = r.Connections[0].Accepted + 500*ms
			r.Loads = strained(r.Connections[1].Accepted, 40*ms, 5)
		}, Fail, "connection 1 was still established"},
		{"two ids", tenLives(), single, func(r *Record) {
			r.Connections[1].Accepted = r.Connections[0].Accepted + 500*ms
			r.Connections[1].ClientID = new(2)
		}, Pass, "2 client ids"},
		{"kept after a silent handshake", tenLives(), single, func(r *Record) {
			silent := &r.Connections[0]
			silent.ClientID, silent.ClientFIN, silent.GatewayFIN, silent.Closed = nil, 0, 0, 0
		}, Fail, "client id 1: connection 1 was still established"},
		{"nobody", tenLives(), single, func(r *Record) { r.Connections = nil }, Inconclusive, ""},
		{"a silent handshake kept beside two ids", tenLives(), single, connected("1 0 9000", "2 0 1000", "- 1100 9000", "2 3000 9000"), Fail, "connection 3 without a client id beside 2 others, 2 client ids in a life"},
		{"silent handshakes kept", tenLives(), single, connected("1 0 9000", "2 0 1000", "- 1100 9000", "- 2000 9000"), Fail, "connection 3 without a client id beside 2 others"},
		{"a reserve that never names itself", tenLives(), single, connected("1 0 9000", "2 0 1000", "answered 1100 9000", "3 1200 9000"), Fail, "connection 3 without a client id for 7.9s, answered"},
		{"two silent handshakes for two ids that ended", tenLives(), single, connected("1 0 1000", "2 0 1000", "- 1100 3000", "- 1200 3200", "2 3100 9000", "1 3300 9000"), Pass, "2 client ids"},
		{"the first silent handshake of one of two", tenLives(), single, connected("1 0 1000", "2 0 1000", "1 20000 29000", "- 20100 29000"), Pass, "2 client ids"},
		{"given up soon after the answer", tenLives(), single, connected("1 0 9000", "2 0 1000", "answered 1100 1500", "2 2100 9000"), Pass, "2 client ids"},

		{"all complete", tenLives(), preambles, nil, Pass, ""},
		{"a probe", tenLives(), preambles, probe, Fail, "carried 0 bytes"},
		{"cut by the Gateway", tenLives(), preambles, func(r *Record) {
			probe(r)
			c := &r.Connections[3]
			c.GatewayRST, c.ClientFIN = c.Accepted+ms/2, 0
		}, Pass, ""},
		{"killed by the harness", tenLives(), preambles, func(r *Record) {
			probe(r)
			r.Lives[3].KillSent = r.Connections[3].Accepted
		}, Pass, ""},
		{"only such", tenLives(), preambles, func(r *Record) {
			probe(r)
			r.Connections = r.Connections[3:4]
			r.Lives[3].KillSent = r.Connections[0].Accepted
		}, Inconclusive, "0 connections seen"},

		{"API", tenLives(), first, nil, Pass, ""},
		{"a web browser", tenLives(), first, func(r *Record) { r.Connections[3].FirstBytes = []byte("GET / HT") }, Fail, `begins with "GET / HT"`},
		{"half of it", tenLives(), first, func(r *Record) { r.Connections[3].FirstBytes = []byte("AP") }, Pass, ""},
		{"no bytes at all", tenLives(), first, func(r *Record) {
			for i := range r.Connections {
				r.Connections[i].FirstBytes = nil
			}
		}, Inconclusive, "0 connections seen"},

		{"one a life", tenLives(), rate, nil, Pass, "at most 1 connect in"},
		{"a storm", tenLives(), rate, func(r *Record) { r.Connections = storm(6, 0, 2*sec) }, Fail, "6 connects in 10s"},
		{"spread out", tenLives(), rate, func(r *Record) { r.Connections = storm(6, 0, 3*sec) }, Pass, "at most 4"},
		{"back-off that gives up", tenLives(), rate, func(r *Record) { r.Connections = storm(6, 0, 60*sec, 60*sec, 60*sec, 60*sec, 3*sec) }, Fail, "after pauses of up to 1m0s"},
		{"one connection", tenLives(), rate, func(r *Record) { r.Connections = r.Connections[:1] }, Pass, "at most 1 connect in"},
		{"knocks at a closed port", oneLife(3), rate, knocking(6, 1000*ms), Fail, "of which nobody accepted 6"},
		{"knocks seldom", oneLife(3), rate, knocking(5, 12*sec), Pass, "5 that nobody accepted"},
		{"accepted knocks count once", tenLives(), rate, func(r *Record) {
			for _, c := range r.Connections {
				r.Attempts = append(r.Attempts, Attempt{At: c.Accepted, Client: c.Remote})
			}
		}, Pass, "0 that nobody accepted"},
		{"a closed port that nobody can watch", oneLife(3), rate, unwatched(nil), Inconclusive, "not permitted"},
		{"the host's count acquits", oneLife(3), rate, unwatched([]int{7, 8, 8, 10}), Pass, "at most 3 of this host"},
		{"the host's count convicts nobody", oneLife(3), rate, unwatched([]int{7, 900}), Inconclusive, "up to 893 connects"},
		{"a port that was always open", oneLife(3), rate, func(r *Record) { r.Header.Unseen = "not permitted" }, Pass, ""},

		{"one", oneLife(3), Check{Name: "one-connection", Want: 1}, nil, Pass, "1 connection made"},
		{"two", twoSessions(sec), Check{Name: "one-connection", Want: 1}, nil, Fail, "connection 2 of the run"},
		{"none wanted, none made", tenLives(), Check{Name: "one-connection"}, func(r *Record) { r.Connections = nil }, Pass, "0 connections made"},
		{"none wanted, one made", oneLife(3), Check{Name: "one-connection"}, nil, Fail, "connection 1 of the run, 0 wanted"},
		{"no cycle", oneLife(3), Check{Name: "one-connection", Want: 1}, func(r *Record) { r.Cycles = nil }, Inconclusive, "0 cycles seen"},
	}
}

// connected has the connections made by life 1 and, from 20 s on, life 2: "id from to" in milliseconds. "-" is a
// handshake that nobody answered, "answered" one that the client did not go on with.
func connected(made ...string) func(*Record) {
	return func(r *Record) {
		r.Connections = nil
		for i, what := range made {
			var id string
			var from, to Moment
			if _, err := fmt.Sscan(what, &id, &from, &to); err != nil {
				panic(err)
			}
			c := clean(i+1, 1+int(from/20000), sec+from*ms)
			c.ClientFIN, c.GatewayFIN, c.Closed = sec+to*ms, sec+to*ms, sec+to*ms
			if n, err := strconv.Atoi(id); err == nil {
				c.ClientID = &n
			} else {
				c.ClientID, c.StartAPIRead, c.BootstrapSent, c.FirstRequested = nil, 0, 0, 0
			}
			if id == "-" {
				c.VersionSent = 0
			}
			r.Connections = append(r.Connections, c)
		}
	}
}

// storm is n failed connections of life 1 with the given pauses, the last of which repeats.
func storm(n int, pauses ...Moment) []Connection {
	var out []Connection
	at := 10 * sec
	for i := range n {
		at += pauses[min(i, len(pauses)-1)]
		c := clean(i+1, 1, at)
		c.FirstRequested = 0
		out = append(out, c)
	}
	return out
}

// orderLost puts a session between the two, two seconds after the first was lost, that is lost when it
// has sent an order. The rule is that of a cycle's orderRef.
func orderLost(ref string, change func(*Message)) func(*Record) {
	return func(r *Record) {
		last := &r.Connections[1]
		lost := r.Connections[0].Closed
		between := *last
		between.ID, between.Accepted = 3, lost+sec
		m := Message{At: lost + 2*sec, Life: 1, Connection: 3, FromClient: true, Kind: placeOrder}
		if change != nil {
			change(&m)
		}
		between.GatewayRST, between.Closed = m.At+ms, m.At+ms
		last.Accepted, last.ClientFIN, last.GatewayFIN, last.Closed = m.At+2*ms, 20*sec+ms, 20*sec+ms, 20*sec+ms
		for i := 3; i < 6; i++ {
			r.Cycles[i].Answered = m.At + 2*sec + Moment(i)*ms
		}
		r.Messages = append(r.Messages, m)
		r.Connections = append(r.Connections, between)
		r.Lives[0].TermSent, r.Lives[0].Exited, r.Footer.Ended = 20*sec, 21*sec, 22*sec
		r.Header.Scenario.Subject.Cycle.Ref = ref
	}
}

// beside gives the first session another one beside it, with an id of its own, that ends at lost and works
// again at back; 0: never.
func beside(lost, back Moment) func(*Record) {
	return func(r *Record) {
		before := r.Connections[0]
		before.ID, before.ClientID, before.Accepted = 3, new(2), 100*ms
		before.GatewayRST, before.Closed = lost, lost
		if lost < r.Connections[0].GatewayRST {
			before.ClientFIN, before.GatewayRST, before.ClosedFirst = lost, 0, "client"
		}
		r.Connections = append(r.Connections, before)
		r.Cycles = append(r.Cycles, Cycle{Number: 7, Life: 1, Connection: 3, Answered: 500 * ms})
		if back != 0 {
			again := r.Connections[1]
			again.ID, again.ClientID, again.Accepted = 4, new(2), back
			r.Connections = append(r.Connections, again)
			r.Cycles = append(r.Cycles, Cycle{Number: 8, Life: 1, Connection: 4, Answered: back + sec})
		}
		r.Lives[0].TermSent, r.Lives[0].Exited, r.Footer.Ended = 20*sec, 21*sec, 22*sec
	}
}

func workCases() []judged {
	back := Check{Name: "recovery", Want: 1, Within: 5 * time.Second}
	twice := Check{Name: "recovery", Want: 2, Within: 5 * time.Second}
	delivered := Check{Name: "faults-delivered"}
	return []judged{
		{"in time", twoSessions(2 * sec), back, nil, Pass, "1 recovery, 1 wanted; slowest 2s"},
		{"late", twoSessions(6 * sec), back, nil, Fail, "6s from the Gateway's readiness"},
		{"late, but the Gateway was down", twoSessions(6 * sec), back, func(r *Record) {
			r.Outages = []Outage{{From: 3*sec + 400*ms, Listening: 5 * sec, Ready: 8 * sec}}
		}, Pass, "slowest 1.5s"},
		{"never", twoSessions(2 * sec), back, func(r *Record) {
			r.Cycles, r.Connections = r.Cycles[:3], r.Connections[:1]
		}, Fail, "0 recovered of 1 lost connection"},
		{"once too often", twoSessions(2 * sec), back, func(r *Record) {
			third := r.Connections[1]
			third.ID, third.Accepted = 3, 8*sec
			r.Connections[1].GatewayRST = 7 * sec
			r.Connections = append(r.Connections, third)
			r.Lives[0].TermSent, r.Lives[0].Exited = 20*sec, 21*sec
			r.Cycles = append(r.Cycles, Cycle{Number: 7, Life: 1, Connection: 3, Answered: 9 * sec})
		}, Fail, "recovery 2, 1 wanted"},
		{"an order lost before anything was answered", twoSessions(2 * sec), twice, orderLost("", nil), Pass, "2 recoveries, 2 wanted; slowest 2s"},
		{"an order that came late", twoSessions(2 * sec), twice, orderLost("", func(m *Message) { m.At += 6 * sec }), Fail, "8s from the Gateway's readiness"},
		{"an order that only asks", twoSessions(2 * sec), twice, orderLost("", func(m *Message) { m.WhatIf = true }), Inconclusive, "1 lost connection seen, 2 needed"},
		{"an order that is no cycle of it", twoSessions(2 * sec), twice, orderLost("mine", nil), Inconclusive, "1 lost connection seen, 2 needed"},
		{"nothing lost", oneLife(6), back, nil, Inconclusive, "0 lost connections seen"},
		{"a second session works on, and the lost one never comes back", twoSessions(2 * sec), back, func(r *Record) {
			r.Connections[1].Accepted, r.Connections[1].ClientID = sec, new(2)
		}, Fail, "0 recovered of 1 lost connection"},
		{
			"both sessions are lost at once, and come back", twoSessions(2 * sec), back, beside(3*sec+500*ms, 6*sec), Pass,
			"1 recovery, 1 wanted; slowest 3.5s",
		},
		{
			"both sessions are lost at once, and one comes back", twoSessions(2 * sec), back, beside(3*sec+500*ms, 0), Inconclusive,
			"1 of 2 sessions that were lost at 3.5s came back",
		},
		{"a second session that was closed by the subject's wish", twoSessions(2 * sec), back, beside(2*sec, 0), Pass, "1 recovery"},

		{"delivered", twoSessions(sec), delivered, nil, Pass, "as planned"},
		{"missing", twoSessions(sec), delivered, func(r *Record) { r.Receipts = nil }, Inconclusive, "not delivered: [reset]"},
		{"differently", twoSessions(sec), delivered, func(r *Record) { r.Receipts[0].Mismatch = "RST in place of FIN" }, Inconclusive, "RST in place of FIN"},
		{"nothing planned", oneLife(3), delivered, nil, Inconclusive, "0 faults seen, 1 needed"},
	}
}

// leaking makes a sample value rise by one step every so many cycles.
func leaking(every int, set func(*Sample, int)) func(*Record) {
	return func(r *Record) {
		for i := range r.Samples {
			set(&r.Samples[i], i/every)
		}
	}
}

func leakCases() []judged {
	fds, threads, rss := Check{Name: "steady-fds"}, Check{Name: "steady-threads"}, Check{Name: "memory"}
	addFD := func(s *Sample, n int) { s.FDs += n }
	addThread := func(s *Sample, n int) { s.Threads += n }
	addKiB := func(kib int64) func(*Sample, int) {
		return func(s *Sample, n int) { s.RSSBytes += int64(n)*kib<<10 + int64(n*7919%101)<<12 }
	}
	return []judged{
		{"flat", oneLife(30), fds, nil, Pass, "12 at the start, 12 at the end, largest fall 0; a leak below 0.308 a cycle"},
		{"one a cycle", oneLife(30), fds, leaking(1, addFD), Fail, "descriptors rose by 13 in the last 15 cycles"},
		{"one in three cycles", oneLife(30), fds, leaking(3, addFD), Fail, "rose by 4 in the last 15 cycles"},
		{"opened once", oneLife(30), fds, func(r *Record) {
			for i := 12; i < 30; i++ {
				r.Samples[i].FDs++
			}
		}, Pass, "12 at the start, 13 at the end"},
		{"open for a moment", oneLife(30), fds, func(r *Record) { r.Samples[20].FDs, r.Samples[29].FDs = 40, 41 }, Pass, "largest fall 0"},
		{"short", oneLife(12), fds, leaking(1, addFD), Inconclusive, "10 cycles seen, 16 needed"},
		{"two a cycle from cycle 86 on", oneLife(120), fds, func(r *Record) {
			for i := range r.Samples {
				r.Samples[i].FDs += 2 * max(0, i-85)
			}
		}, Fail, "in the last 39 cycles"},
		{"twenty every thirty cycles, sampled by a machine that came late once", oneLife(120), fds, func(r *Record) {
			for i := range r.Samples {
				r.Samples[i].FDs += int(step(i, 15, 20) + step(i, 38, 20) + step(i, 74, 20) + step(i, 104, 20))
			}
		}, Inconclusive, "it rose by 80 in the last 118 cycles and still rose at the end, but not evenly"},
		{"twenty every thirty cycles, the last of them long ago", oneLife(120), fds, func(r *Record) {
			for i := range r.Samples {
				r.Samples[i].FDs += 20 * ((i + 5) / 30)
			}
		}, Inconclusive, "still rose at the end, but not evenly"},
		{"three times twenty, and then no more", oneLife(120), fds, func(r *Record) {
			for i := range r.Samples {
				r.Samples[i].FDs += int(step(i, 10, 20) + step(i, 20, 20) + step(i, 40, 20))
			}
		}, Pass, "12 at the start, 72 at the end"},
		{"two a cycle, sampled by a machine that came late twice", oneLife(120), fds, func(r *Record) {
			for i := range r.Samples {
				r.Samples[i].FDs += int(step(i, 83, 6)) + 2*max(0, min(i, 92)-85) + int(step(i, 92, 14)) + 3*max(0, min(i, 99)-92)/2 +
					max(0, i-99)
			}
		}, Inconclusive, "still rose at the end, but not evenly"},
		{"three a cycle, most of it given back once", oneLife(120), fds, func(r *Record) {
			for i := range r.Samples {
				r.Samples[i].FDs += 3*i - int(step(i, 62, 160))
			}
		}, Fail, "largest fall 154"},
		{"three a cycle, all of it given back twice", oneLife(120), fds, func(r *Record) {
			for i := range r.Samples {
				r.Samples[i].FDs += 3 * (i % 60)
			}
		}, Inconclusive, "above 2 a cycle that shows nothing"},
		{"five at once, late", oneLife(120), fds, func(r *Record) {
			for i := range r.Samples {
				r.Samples[i].FDs += int(step(i, 100, 5))
			}
		}, Pass, ""},
		{"Want allows more", oneLife(30), Check{Name: "steady-fds", Want: 30}, leaking(1, addFD), Inconclusive, "shows nothing"},
		{"not sampled at the end", oneLife(120), fds, func(r *Record) { r.Samples = r.Samples[:100] }, Inconclusive, "no sample from cycle 100 to 120"},
		{"not sampled in between", oneLife(120), fds, func(r *Record) {
			r.Samples = slices.Delete(r.Samples, 40, 60)
		}, Inconclusive, "no sample from cycle 40 to 61"},
		{"another process has the socket", oneLife(30), fds, func(r *Record) { r.Header.Host.Owners = true }, Inconclusive, "never held the Gateway's socket"},
		{"it has the socket", oneLife(30), fds, func(r *Record) {
			r.Header.Host.Owners, r.Samples[3].OwnsSession = true, true
		}, Pass, ""},

		{"flat", oneLife(30), threads, nil, Pass, ""},
		{"drifts by four", oneLife(30), threads, leaking(6, addThread), Pass, ""},
		{"one a cycle", oneLife(30), threads, leaking(1, addThread), Fail, "threads rose by 13"},
		{"none", oneLife(30), threads, func(r *Record) { r.Samples = nil }, Inconclusive, "0 cycles seen"},

		{"flat", oneLife(200), rss, leaking(1, addKiB(0)), Pass, "might not show"},
		{"256 KiB a cycle", oneLife(200), rss, leaking(1, addKiB(256)), Fail, "a cycle) and still rose at the end"},
		{"40 KiB a cycle is below the floor", oneLife(200), rss, leaking(1, addKiB(40)), Pass, "might not show"},
		{"grows at first and stops", oneLife(200), rss, func(r *Record) {
			for i := range r.Samples {
				r.Samples[i].RSSBytes += int64(min(i, 80)) << 18
			}
		}, Pass, "40.5 MiB at the start, 60 MiB at the end"},
		{"1 MiB a cycle, 120 MiB given back once", oneLife(120), rss, func(r *Record) {
			for i := range r.Samples {
				r.Samples[i].RSSBytes += int64(i)<<20 + 120<<20 - int64(step(i, 90, 120<<20))
			}
		}, Inconclusive, "above 1 MiB a cycle that shows nothing"},
		{"1 MiB a cycle, 40 MiB given back once", oneLife(120), rss, func(r *Record) {
			for i := range r.Samples {
				r.Samples[i].RSSBytes += int64(i)<<20 - int64(step(i, 60, 40<<20))
			}
		}, Fail, "still rose at the end"},
		{"short", oneLife(40), rss, leaking(1, addKiB(256)), Inconclusive, "38 cycles seen, 100 needed"},
		{"unreadable", oneLife(200), rss, func(r *Record) { r.Samples[150].RSSBytes = 0 }, Inconclusive, "could not be read"},
	}
}
