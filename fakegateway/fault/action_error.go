package fault

import (
	"fmt"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// The actions that send an error message, which is also what IBKR's notices are.
const (
	Error  Action = "error"
	Notice Action = "notice"
)

// noID is the id of an error message that answers no request.
const noID = -1

var errorInstead = action{
	name: Error, group: groupMessage,
	doc: "send error `code` in the place of the answer",
	rule: rule{
		params: []string{"code", "message"}, required: []string{"code"},
		triggers: []trigger{atPhase, atInbound, atOutbound, atTime}, version: true,
	},
	nature:   nature{preventsAnswer: true, sends: true},
	sentence: func(w What) string { return fmt.Sprintf("send error %d (%s)", w.Code, w.text()) },
	onMessage: func(f Flow, h Hit) Effect {
		e := sendError(f, h, f.RequestID())
		e.Swallow = f.OnMessage()
		return e
	},
	onConnection: func(c Connection, h Hit) Effect { return sendError(c, h, noID) },
}

// notice goes beside a message, which stays: IBKR sends 2174 or 2176 ahead of the bars that were asked
// for, 10167 ahead of delayed ticks, and 399 between an order's reports.
var notice = action{
	name: Notice, group: groupMessage,
	doc: "send error or notice `code` `before` or `after` the message, which goes out all the same",
	rule: rule{
		params: []string{"code", "message", "id", "place"}, required: []string{"code"},
		beside:   []string{"place"},
		triggers: []trigger{atPhase, atInbound, atOutbound, atTime}, version: true,
	},
	nature: nature{sends: true},
	sentence: func(w What) string {
		s := fmt.Sprintf("add notice %d (%s)", w.Code, w.text())
		if w.ID != nil {
			s += fmt.Sprintf(" with id %d", *w.ID)
		}
		if w.Place == After {
			s += " behind it"
		}
		return s
	},
	onMessage:    func(f Flow, h Hit) Effect { return sendError(f, h, h.What.id(f.RequestID())) },
	onConnection: func(c Connection, h Hit) Effect { return sendError(c, h, h.What.id(noID)) },
	onTelling: func(x *telling) {
		w := x.Hit.What
		m := ErrorMessage(w.Code, w.text(), w.id(requestID(x.message)))
		x.Wire = fmt.Sprintf("notice %d", w.Code)
		if w.Place == After {
			x.tell("", x.message)
		}
		x.tell(x.note(), m)
		if w.Place != After {
			x.tell("", x.message)
		}
		x.Released = append(x.Released, x.track.pass(occasion{message: m, counts: x.track.outbound})...)
	},
}

// sendError files the receipt first: who sees the error finds it.
func sendError(c Connection, h Hit, id int64) Effect {
	w := h.What
	if !c.HasVersion() {
		return Effect{Wire: "nothing", Mismatch: "the connection has no version yet"}
	}
	return Effect{
		Wire: fmt.Sprintf("%s %d", w.Do, w.Code),
		Do:   func() bool { return c.SendError(h, w.Code, w.text(), id, nil) },
	}
}

func (w What) text() string {
	if w.Message != "" {
		return w.Message
	}
	return ErrorText(w.Code)
}

// id is the id that a notice says, or else the one that belongs there.
func (w What) id(else_ int64) int64 {
	if w.ID != nil {
		return int64(*w.ID)
	}
	return else_
}

// ErrorMessage is an error message without its time.
func ErrorMessage(code int, text string, id int64) wire.Message {
	return wire.Message{Kind: wire.ErrorMessage, Body: &protobuf.ErrorMessage{
		Id: proto.Int32(int32(id)), ErrorCode: proto.Int32(int32(code)), ErrorMsg: proto.String(text),
	}}
}
