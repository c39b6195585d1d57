package harness

import (
	"fmt"
	"testing"
)

// BenchmarkJudge judges an hour of short lives, each with a connection and a cycle, as the time of a life
// beside that of a tenth as many: what grows with the square is ten times as much.
func BenchmarkJudge(b *testing.B) {
	var few float64
	for _, lives := range []int{900, 9000} {
		b.Run(fmt.Sprintf("lives=%d", lives), func(b *testing.B) {
			r := manyLives(lives)
			for b.Loop() {
				Judge(r)
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N*lives)
			b.ReportMetric(each, "ns/life")
			if few == 0 {
				few = each
			}
			b.ReportMetric(each/few, "x-of-900")
		})
	}
}

// manyLives is a record of all checks that a once-run has.
func manyLives(n int) *Record {
	var all []Check
	for _, d := range Detectors {
		all = append(all, Check{Name: d.Name, Exits: []int{0}})
	}
	r := tenLives(all...)
	r.Lives, r.Connections, r.Looks = nil, nil, nil
	r.Header.Scenario.Subject.Runs = n
	for i := 1; i <= n; i++ {
		at := Moment(i) * 400 * ms
		r.Lives = append(r.Lives, Life{Number: i, PID: 100 + i, Started: at, Exited: at + 200*ms, EndedBy: EndedItself})
		c := clean(i, i, at+10*ms)
		r.Connections = append(r.Connections, c)
		r.Looks = append(r.Looks, Look{Life: i, At: at + 300*ms, Settled: true})
		r.Cycles = append(r.Cycles, Cycle{Number: i, Life: i, Connection: i, Requested: at + 30*ms, Answered: at + 40*ms, Through: 900})
		r.Unread = append(r.Unread, Unread{At: at + 200*ms, Client: c.Remote, Received: 1000, Unread: 10})
	}
	r.Footer.Ended = Moment(n+2) * 400 * ms
	return r
}
