package observe

import (
	"math"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

// Digest says what a message is about, so that whoever follows the Gateway's events need not decode
// frames. A zero field is one that the message does not have. Names and values are IBKR's.
type Digest struct {
	// ReqID is of a request and its answers; of an error it is what the error is about: a request,
	// an order, or -1 for neither.
	ReqID    int    `json:"reqId,omitempty"`
	OrderID  int    `json:"orderId,omitempty"`
	PermID   int64  `json:"permId,omitempty"`
	ParentID int    `json:"parentId,omitempty"`
	ClientID int    `json:"clientId,omitempty"` // whose executions are asked for; 0: everybody's
	Account  string `json:"account,omitempty"`

	// The contract. Two messages may name one contract by more or fewer of these.
	Symbol   string `json:"symbol,omitempty"`
	SecType  string `json:"secType,omitempty"`
	ConID    int    `json:"conId,omitempty"`
	Currency string `json:"currency,omitempty"`
	Expiry   string `json:"expiry,omitempty"` // lastTradeDateOrContractMonth
	Strike   string `json:"strike,omitempty"`
	Right    string `json:"right,omitempty"`

	Action    string `json:"action,omitempty"` // BUY or SELL; of an execution BOT or SLD
	OrderType string `json:"orderType,omitempty"`
	Quantity  string `json:"quantity,omitempty"` // shares of an order, an execution or a position, as a decimal
	CashQty   string `json:"cashQty,omitempty"`  // of an order for an amount of money
	LmtPrice  string `json:"lmtPrice,omitempty"`
	AuxPrice  string `json:"auxPrice,omitempty"`
	OrderRef  string `json:"orderRef,omitempty"`
	OCAGroup  string `json:"ocaGroup,omitempty"`
	WhatIf    bool   `json:"whatIf,omitempty"` // an order that only asks what it would cost

	ExecID    string `json:"execId,omitempty"`
	Status    string `json:"status,omitempty"` // of an order
	Filled    string `json:"filled,omitempty"` // of an order; Remaining stands in its status only
	Remaining string `json:"remaining,omitempty"`
	Code      int    `json:"code,omitempty"` // of an error or a notice

	// BarSize and WhatToShow are of a request for bars or ticks.
	BarSize    string `json:"barSize,omitempty"`
	WhatToShow string `json:"whatToShow,omitempty"`
	// KeepUpToDate marks a history request whose answer goes on with updates, Snapshot a request for
	// market data that ends, Subscribe a request for account updates that is no cancel.
	KeepUpToDate bool `json:"keepUpToDate,omitempty"`
	Snapshot     bool `json:"snapshot,omitempty"`
	Subscribe    bool `json:"subscribe,omitempty"`
}

// digested is where the fields of a digest stand in the bodies of messages. A message has those of
// them that its type has.
var digested = []struct {
	paths string // separated by spaces; the first that is set counts
	set   func(*Digest, protoreflect.Value)
}{
	{"reqId id", func(d *Digest, v protoreflect.Value) { d.ReqID = int(v.Int()) }},
	{"orderId order.orderId execution.orderId", func(d *Digest, v protoreflect.Value) { d.OrderID = int(v.Int()) }},
	{"permId order.permId execution.permId", func(d *Digest, v protoreflect.Value) { d.PermID = v.Int() }},
	{"parentId order.parentId", func(d *Digest, v protoreflect.Value) { d.ParentID = int(v.Int()) }},
	{
		"account acctCode accountName accountsList order.account execution.acctNumber executionFilter.acctCode",
		func(d *Digest, v protoreflect.Value) { d.Account = v.String() },
	},
	{"contract.symbol executionFilter.symbol", func(d *Digest, v protoreflect.Value) { d.Symbol = v.String() }},
	{"contract.secType executionFilter.secType", func(d *Digest, v protoreflect.Value) { d.SecType = v.String() }},
	{"contract.conId", func(d *Digest, v protoreflect.Value) { d.ConID = int(v.Int()) }},
	{"contract.currency", func(d *Digest, v protoreflect.Value) { d.Currency = v.String() }},
	{"contract.lastTradeDateOrContractMonth", func(d *Digest, v protoreflect.Value) { d.Expiry = v.String() }},
	{"contract.strike", func(d *Digest, v protoreflect.Value) { d.Strike = number(v.Float()) }},
	{"contract.right", func(d *Digest, v protoreflect.Value) { d.Right = v.String() }},
	{"order.action execution.side executionFilter.side", func(d *Digest, v protoreflect.Value) {
		d.Action = v.String()
	}},
	{"executionFilter.clientId", func(d *Digest, v protoreflect.Value) { d.ClientID = int(v.Int()) }},
	{"order.orderType", func(d *Digest, v protoreflect.Value) { d.OrderType = v.String() }},
	{"order.totalQuantity execution.shares position", func(d *Digest, v protoreflect.Value) {
		d.Quantity = v.String()
	}},
	{"order.cashQty", func(d *Digest, v protoreflect.Value) { d.CashQty = number(v.Float()) }},
	{"order.lmtPrice", func(d *Digest, v protoreflect.Value) { d.LmtPrice = number(v.Float()) }},
	{"order.auxPrice", func(d *Digest, v protoreflect.Value) { d.AuxPrice = number(v.Float()) }},
	{"order.orderRef execution.orderRef", func(d *Digest, v protoreflect.Value) { d.OrderRef = v.String() }},
	{"order.ocaGroup", func(d *Digest, v protoreflect.Value) { d.OCAGroup = v.String() }},
	{"order.whatIf", func(d *Digest, v protoreflect.Value) { d.WhatIf = v.Bool() }},
	{"execId execution.execId", func(d *Digest, v protoreflect.Value) { d.ExecID = v.String() }},
	{"status orderState.status", func(d *Digest, v protoreflect.Value) { d.Status = v.String() }},
	{"filled order.filledQuantity", func(d *Digest, v protoreflect.Value) { d.Filled = v.String() }},
	{"remaining", func(d *Digest, v protoreflect.Value) { d.Remaining = v.String() }},
	{"errorCode", func(d *Digest, v protoreflect.Value) { d.Code = int(v.Int()) }},
	{"barSizeSetting", func(d *Digest, v protoreflect.Value) { d.BarSize = v.String() }},
	{"whatToShow", func(d *Digest, v protoreflect.Value) { d.WhatToShow = v.String() }},
	{"keepUpToDate", func(d *Digest, v protoreflect.Value) { d.KeepUpToDate = v.Bool() }},
	{"snapshot", func(d *Digest, v protoreflect.Value) { d.Snapshot = v.Bool() }},
	{"subscribe", func(d *Digest, v protoreflect.Value) { d.Subscribe = v.Bool() }},
}

// number writes a price as a decimal; "" for 0 and for the largest number, which clients send for
// "not set".
func number(v float64) string {
	if v == 0 || v >= math.MaxFloat64 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// digestField is one row of digested for one type of message.
type digestField struct {
	paths [][]protoreflect.FieldDescriptor
	set   func(*Digest, protoreflect.Value)
}

// digestFields keeps the rows of each kind of message, found once: wire.Kind to []digestField.
var digestFields sync.Map

// DigestOf says what a message is about. It looks at single fields only, so that bars and ticks
// cost no more than their ids.
func DigestOf(m wire.Message) *Digest {
	body := m.Body.ProtoReflect()
	fields, ok := digestFields.Load(m.Kind)
	if !ok {
		fields, _ = digestFields.LoadOrStore(m.Kind, digestFieldsOf(body.Descriptor()))
	}
	d := &Digest{}
	for _, f := range fields.([]digestField) {
		for _, path := range f.paths {
			if v, set := valueAt(body, path); set {
				f.set(d, v)
				break
			}
		}
	}
	return d
}

func valueAt(in protoreflect.Message, path []protoreflect.FieldDescriptor) (protoreflect.Value, bool) {
	last := len(path) - 1
	for _, f := range path[:last] {
		if !in.Has(f) {
			return protoreflect.Value{}, false
		}
		in = in.Get(f).Message()
	}
	if !in.Has(path[last]) {
		return protoreflect.Value{}, false
	}
	return in.Get(path[last]), true
}

func digestFieldsOf(body protoreflect.MessageDescriptor) []digestField {
	var out []digestField
	for _, row := range digested {
		f := digestField{set: row.set}
		for _, path := range strings.Fields(row.paths) {
			if found := pathIn(body, path); found != nil {
				f.paths = append(f.paths, found)
			}
		}
		if len(f.paths) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// pathIn finds a dotted path; nil when the message does not have it, or as another kind of thing.
func pathIn(body protoreflect.MessageDescriptor, path string) []protoreflect.FieldDescriptor {
	var out []protoreflect.FieldDescriptor
	names := strings.Split(path, ".")
	for i, name := range names {
		f := body.Fields().ByName(protoreflect.Name(name))
		if f == nil || f.IsList() || f.IsMap() || (f.Message() == nil) != (i == len(names)-1) {
			return nil
		}
		out = append(out, f)
		body = f.Message()
	}
	return out
}
