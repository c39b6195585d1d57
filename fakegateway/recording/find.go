package recording

import (
	"strings"

	"ibsoak/internal/wire"
)

// find looks for what the client asks: in its own script first, what it has not asked yet before
// what it has, the whole of an order before its essentials; then in every other script.
func (t *turn) find(m wire.Message, id int32) *ask {
	want := contentOf(m)
	all := append([]*script{t.script}, t.player.scripts...)
	for _, matches := range []func(*ask) bool{
		func(a *ask) bool { return a.content.same(want) },
		func(a *ask) bool { return m.Kind == wire.PlaceOrder && a.content.sameOrder(want) },
	} {
		for _, s := range all {
			var again *ask
			for _, a := range s.asks {
				if a.Kind != m.Kind || !matches(a) || !t.sameSubject(a, m, id) {
					continue
				}
				if !t.done[a] {
					return a
				}
				again = a
			}
			if again != nil {
				return again
			}
		}
	}
	return nil
}

// sameSubject keeps a request about an order, or one that ends another, to what it is about: a
// cancel of one order is not the cancel of another that looks the same.
func (t *turn) sameSubject(a *ask, m wire.Message, id int32) bool {
	switch {
	case m.Kind == wire.PlaceOrder:
		recorded, placed := t.names.recordedOrder(id)
		_, taken := t.names.orders[a.id]
		return placed && recorded == a.id || !placed && !taken
	case m.Kind == wire.CancelOrder:
		recorded, _ := t.names.recordedOrder(id)
		return recorded == a.id
	case strings.HasPrefix(m.Kind.String(), "cancel"):
		subject := t.subjects[id]
		return subject == nil || subject.id == a.id
	}
	return true
}

// has says what the recording has of a kind.
func (t *turn) has(k wire.Kind) string {
	const shown = 3
	var contents []string
	n := 0
	for _, s := range t.player.scripts {
		for _, a := range s.asks {
			if a.Kind != k {
				continue
			}
			if n++; n <= shown {
				contents = append(contents, a.content.String())
			}
		}
	}
	if n == 0 {
		return "no " + k.String()
	}
	text := k.String() + " " + strings.Join(contents, ", or ")
	if n > shown {
		text += ", and others"
	}
	return text
}
