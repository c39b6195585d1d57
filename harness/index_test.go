package harness

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ibsoak/fakegateway/fault"
)

// TestIndexSaysWhatAWalkSays asks any record, in order or not, by its index and by walking over all of it.
func TestIndexSaysWhatAWalkSays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		few := rapid.IntRange(0, 12)
		moment := func(what string) Moment { return Moment(few.Draw(rt, what)) * sec }
		r := &Record{}
		var at Moment
		for n := range few.Draw(rt, "lives") {
			if at += moment("pause"); rapid.Bool().Draw(rt, "astray") {
				at = moment("start")
			}
			l := Life{Number: n + 1, Started: at, Exited: at + moment("took")}
			at = l.Exited
			r.Lives = append(r.Lives, l)
		}
		for n := range few.Draw(rt, "connections") {
			r.Connections = append(r.Connections, Connection{
				ID: n + 1, Life: few.Draw(rt, "life"), Remote: clientAddr(few.Draw(rt, "client") % 3), Accepted: moment("accepted"),
			})
		}
		for range few.Draw(rt, "readings") {
			r.Loads = append(r.Loads, MachineLoad{At: moment("read"), Delay: fault.Duration(moment("delay")), Crowd: float64(few.Draw(rt, "crowd"))})
			r.Receipts = append(r.Receipts, Receipt{Fault: string(rune('a' + len(r.Receipts))), At: moment("fell"), Connection: few.Draw(rt, "on")})
		}
		x := r.indexed()
		from, to := moment("from"), moment("to")
		delay, crowd := x.busy(from, to)
		if wantDelay, wantCrowd := walkBusy(r, from, to); delay != wantDelay || crowd < wantCrowd-1e-9 || crowd > wantCrowd+1e-9 {
			rt.Errorf("busy: %s %v, want %s %v", delay, crowd, wantDelay, wantCrowd)
		}
		if got, want := x.lifeDuring(from), walkLifeDuring(r, from); got != want {
			rt.Errorf("life at %s: %d, want %d", from, got, want)
		}
		client := clientAddr(1)
		if got, want := x.connectionOf(client, from), walkConnectionOf(r, client, from); !reflect.DeepEqual(got, want) {
			rt.Errorf("connection from %s at %s: %d, want %d", client, from, got.ID, want.ID)
		}
		for _, l := range r.Lives {
			got, ok := x.faultOn(l)
			if want, wantOK := walkFaultOn(r, l); got.At != want.At || ok != wantOK {
				rt.Errorf("fault on life %d: %+v, want one of the moment of %+v", l.Number, got, want)
			}
		}
	})
}

func walkBusy(r *Record, from, to Moment) (delay time.Duration, crowd float64) {
	const around = Moment(2 * loadEvery)
	from, to = from-around, to+around
	readings, excess := max(1, float64(to.Since(from))/float64(loadEvery)), 0.0
	for _, l := range r.Loads {
		if l.At >= from && l.At-Moment(l.Delay) <= to {
			delay, excess = max(delay, time.Duration(l.Delay)), excess+max(0, l.Crowd-1)
		}
	}
	return delay, 1 + excess/readings
}

func walkLifeDuring(r *Record, at Moment) int {
	for _, l := range r.Lives {
		if l.Started <= at && (l.Exited == 0 || at <= l.Exited) {
			return l.Number
		}
	}
	return 0
}

func walkConnectionOf(r *Record, client netip.AddrPort, at Moment) (match Connection) {
	for _, c := range r.Connections {
		if c.Remote == client && (match.ID == 0 || c.Accepted <= at) {
			match = c
		}
	}
	return match
}

func walkFaultOn(r *Record, l Life) (last Receipt, found bool) {
	for _, receipt := range r.Receipts {
		if receipt.At < l.Started || receipt.At < last.At {
			continue
		}
		on := receipt.Connection == 0 && receipt.At <= l.Exited
		for _, c := range r.Connections {
			on = on || c.ID == receipt.Connection && c.Life == l.Number
		}
		if on {
			last = receipt
		}
	}
	return last, last.At != 0
}
