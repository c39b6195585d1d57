package fault

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"google.golang.org/protobuf/proto"
)

// Shuffle changes the order of messages.
const Shuffle Action = "shuffle"

// shuffle gathers messages and lets them out together. Their order follows from the fault's id and the
// connection's number alone, and is never the one in which they came.
var shuffle = action{
	name: Shuffle, group: groupSpoil,
	doc: "keep messages back until there are so many `frames`, and write them out of order; " +
		"never, if fewer come and nothing lifts it",
	rule: rule{
		params: []string{"frames"}, required: []string{"frames"}, triggers: []trigger{atOutbound},
	},
	nature: nature{preventsAnswer: true, sends: true},
	sentence: func(w What) string {
		return fmt.Sprintf("keep it back until there are %d, and write them out of order", w.Frames)
	},
	onTelling: func(x *telling) {
		m := x.message
		m.Body = proto.Clone(m.Body) // a session writes its next tick into the same body
		window, _ := x.track.memory[x.fault].([]Withheld)
		window = append(window, Withheld{
			Hit: *x.Hit, ClientID: *x.track.clientID, Message: m, Copies: 1, Since: x.track.plan.elapsed(),
		})
		if len(window) < x.Hit.What.Frames {
			x.track.memory[x.fault] = window
			x.Wire = "nothing"
			return
		}
		delete(x.track.memory, x.fault)
		order := outOfOrder(len(window), x.Hit)
		for _, i := range order {
			x.tell(x.note(), window[i].Message)
		}
		x.Wire = fmt.Sprintf("%d messages out of order: %v", len(window), order)
	},
}

// outOfOrder is an order of n that is not the plain one.
func outOfOrder(n int, h *Hit) []int {
	name := fnv.New64a()
	_, _ = name.Write([]byte(h.ID)) // it cannot fail
	order := rand.New(rand.NewPCG(name.Sum64(), uint64(h.Connection))).Perm(n)
	if slices.IsSorted(order) {
		slices.Reverse(order)
	}
	return order
}
