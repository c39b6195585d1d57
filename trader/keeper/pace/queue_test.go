package pace_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"ibsoak/internal/wire"
	"ibsoak/trader/keeper/pace"
	"ibsoak/trader/keeper/subs"
)

func item(k wire.Kind, request wire.Kind, id int64) pace.Item {
	return pace.Item{Kind: k, Key: subs.Key{Request: request, ID: id}}
}

func push(l *pace.Lane, i pace.Item) { l.Push(i, pace.IsFirst(i.Kind)) }

func take(q *pace.Queue) (kinds []wire.Kind) {
	for {
		i, ok := q.Take()
		if !ok {
			return kinds
		}
		q.Sent()
		kinds = append(kinds, i.Kind)
	}
}

func TestOrdersAndCancelsGoFirst(t *testing.T) {
	q := pace.NewQueue()
	a, b := q.Lane(), q.Lane()
	push(a, item(wire.ReqContractDetails, wire.ReqContractDetails, 1))
	push(a, item(wire.ReqExecutions, wire.ReqExecutions, 2))
	push(a, item(wire.ReqPositions, wire.ReqPositions, 0))
	push(b, item(wire.ReqIds, wire.ReqIds, 0))
	push(b, item(wire.PlaceOrder, wire.PlaceOrder, 0))
	push(a, item(wire.CancelMktData, wire.ReqMktData, 9))
	want := []wire.Kind{
		wire.PlaceOrder, wire.CancelMktData, // as they came
		wire.ReqContractDetails, wire.ReqIds, wire.ReqExecutions, wire.ReqPositions, // in turns
	}
	if got := take(q); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestACancelGoesBehindItsOwnRequest(t *testing.T) {
	q := pace.NewQueue()
	l := q.Lane()
	push(l, item(wire.ReqMktData, wire.ReqMktData, 1))
	push(l, item(wire.CancelMktData, wire.ReqMktData, 1))
	push(l, item(wire.CancelMktData, wire.ReqMktData, 2))
	want := []wire.Kind{wire.CancelMktData, wire.ReqMktData, wire.CancelMktData}
	if got := take(q); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestADepartedClientsOrdersStay(t *testing.T) {
	q := pace.NewQueue()
	a, b := q.Lane(), q.Lane()
	push(a, item(wire.ReqIds, wire.ReqIds, 0))
	push(a, item(wire.PlaceOrder, wire.PlaceOrder, 0))
	push(b, item(wire.ReqPositions, wire.ReqPositions, 0))
	if dropped := a.Drop(); len(dropped) != 1 || dropped[0].Kind != wire.ReqIds {
		t.Errorf("dropped %v", dropped)
	}
	if got := take(q); !slices.Equal(got, []wire.Kind{wire.PlaceOrder, wire.ReqPositions}) {
		t.Errorf("got %v", got)
	}
	push(a, item(wire.CancelOrder, wire.CancelOrder, 0))
	if n := a.Clear(); n != 1 || !q.Idle() {
		t.Errorf("cleared %d, idle %v", n, q.Idle())
	}
}

func TestALaneIsBounded(t *testing.T) {
	q := pace.NewQueue()
	l := q.Lane()
	for range pace.MaxWaiting {
		if err := l.Await(t.Context()); err != nil {
			t.Fatal(err)
		}
		push(l, item(wire.ReqIds, wire.ReqIds, 0))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if l.Await(ctx) == nil {
		t.Fatal("there is room beyond the bound")
	}
	waited := make(chan error, 1)
	go func() { waited <- l.Await(t.Context()) }()
	_, _ = q.Take()
	if err := <-waited; err != nil {
		t.Error(err)
	}
	if q.Idle() {
		t.Error("idle while one is on its way")
	}
}
