package fault

import (
	"strings"
	"testing"
)

func TestActionThatCouldDoNothingIsRefused(t *testing.T) {
	good := func() action {
		return action{
			name: "wink", doc: "wink", group: groupEnd, sentence: saying("wink"),
			onConnection: func(Connection, Hit) Effect { return Effect{Wire: "wink"} },
		}
	}
	into := map[Action]*action{}
	if err := register(into, good()); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*action){
		"registered already":       func(*action) {},
		"needs a name, a doc":      func(a *action) { a.name, a.doc = "nod", "" },
		"a group and a sentence":   func(a *action) { a.name, a.sentence = "nod", nil },
		"no behaviour for phase":   func(a *action) { a.name, a.onConnection = "nod", nil },
		"no behaviour for inbound": func(a *action) { a.name, a.onConnection = "nod", nil; a.triggers = []trigger{atInbound} },
		"no behaviour for at": func(a *action) { // a time is between messages
			a.name, a.onConnection = "nod", nil
			a.onMessage = func(Flow, Hit) Effect { return Effect{} }
		},
		"never falls": func(a *action) {
			a.name, a.onConnection = "nod", nil
			a.onClientFIN = func(Connection, Hit, func(string)) bool { return true }
		},
	} {
		a := good()
		spoil(&a)
		if err := register(into, a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	if len(into) != 1 {
		t.Errorf("%d actions registered, want the good one", len(into))
	}
}

func TestRemovalAndTimeLiftAFault(t *testing.T) {
	lifted := func(h *Hit) bool {
		select {
		case <-h.Lifted():
			return true
		default:
			return false
		}
	}
	phase := When{Phase: Accepted}
	p, now := planned(
		Fault{ID: "removed", When: phase, What: What{Do: Mute}, Until: Until{Count: 1}},
		Fault{ID: "timed", When: phase, What: What{Do: Mute}, Until: Until{Count: 1, Elapsed: 10}},
		Fault{ID: "replaced", When: phase, What: What{Do: Mute}, Until: Until{Count: 1}},
	)
	var hits []*Hit
	for i := range 3 {
		hits = append(hits, p.Track(i+1, i+1).Phase(Accepted).Hit)
	}
	for _, h := range hits {
		if lifted(h) {
			t.Errorf("%s is lifted before its end", h.ID)
		}
	}
	if err := p.Remove("removed"); err != nil || !lifted(hits[0]) {
		t.Errorf("removed: %v, lifted %v", err, lifted(hits[0]))
	}
	if at, ok := p.NextAt(); !ok || at != 0 {
		t.Errorf("next at %v, %v: want now, for what the removed fault has kept back", at, ok)
	}
	p.Due(nil)
	if at, ok := p.NextAt(); !ok || at != 10 {
		t.Errorf("next at %v, %v: want the end of the timed fault", at, ok)
	}
	*now = 10
	p.Due(nil)
	if !lifted(hits[1]) || lifted(hits[2]) {
		t.Errorf("at its end: timed lifted %v, the other %v", lifted(hits[1]), lifted(hits[2]))
	}
	if _, ok := p.NextAt(); ok {
		t.Error("a fault that is over has a next time")
	}
	p.Set(Schedule{})
	if !lifted(hits[2]) {
		t.Error("a schedule that was replaced still holds")
	}
}
