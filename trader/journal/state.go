package journal

import "slices"

// State is what is known of an intent's order.
type State string

// The states. An intent in one of the last five is closed: its order can fill no further, or
// never existed.
const (
	Prepared State = "prepared" // on the disk; nothing was sent yet
	Sent     State = "sent"     // handed to the socket; the broker has not answered
	Working  State = "working"  // the broker has it
	Unknown  State = "unknown"  // it may be at the broker; only the broker's evidence resolves it
	Ended    State = "ended"    // the broker says it is dead, its executions are not yet checked

	Filled    State = "filled"    // executed in full
	Cancelled State = "cancelled" // ended, executions checked; may be filled in part
	Rejected  State = "rejected"  // refused by the broker, executions checked
	NotSent   State = "not-sent"  // provably never left this process
	Absent    State = "absent"    // complete answers of the broker, long after, know nothing of it
)

// Closed says whether the state is one of the last five.
func (s State) Closed() bool {
	switch s {
	case Filled, Cancelled, Rejected, NotSent, Absent:
		return true
	case Prepared, Sent, Working, Unknown, Ended:
		return false
	}
	return false
}

// next holds the allowed changes. Late evidence may reopen what was closed as cancelled, rejected
// or absent, because the broker's word is truth; nothing leads back to prepared or to not-sent
// but from prepared, because that would allow a second send.
var next = map[State][]State{
	Prepared:  {Sent, Working, Unknown, Ended, Filled, Cancelled, Rejected, NotSent, Absent},
	Sent:      {Working, Unknown, Ended, Filled, Cancelled, Rejected, Absent},
	Working:   {Unknown, Ended, Filled, Cancelled, Rejected},
	Unknown:   {Working, Ended, Filled, Cancelled, Rejected, Absent},
	Ended:     {Working, Unknown, Filled, Cancelled, Rejected},
	Cancelled: {Working, Filled},
	Rejected:  {Working, Filled},
	Absent:    {Working, Ended, Filled, Cancelled, Rejected},
	Filled:    {Cancelled}, // a correction may take shares away again
	NotSent:   {},
}

func (s State) mayBecome(to State) bool { return slices.Contains(next[s], to) }
