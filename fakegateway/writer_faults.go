package fakegateway

import (
	"fmt"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// partial writes the first bytes of a unit that will not, or not yet, go out as a whole.
func (w *writer) partial(it item, bytes int, note string) bool {
	if bytes <= 0 || len(it.raw) == 0 {
		return true
	}
	it.raw = it.raw[:min(bytes, len(it.raw))]
	return w.direct(it, note)
}

// direct writes a piece of the stream past the batch, which must be empty or on its way out.
func (w *writer) direct(it item, note string) bool {
	f := w.c.frame(wire.FromServer, it, note)
	f.version = 0 // not a whole message
	frames := []frame{f}
	w.c.srv.board.outbound(frames)
	n, goOn := w.send(f.raw)
	w.c.srv.board.written(w.c.row, n, nil)
	return goOn
}

// strike lets a fault act on the unit that is about to be written. It reports whether the writer
// goes on.
func (w *writer) strike(hit fault.Hit, it item) bool {
	c := w.c
	switch hit.What.Do {
	case fault.Delay:
		if !w.partial(it, hit.When.Byte, "held back inside") {
			return false
		}
		c.filed(hit, "held back "+hit.What.For.String())
		if !c.wait(time.Duration(hit.When.Delay + hit.What.For)) {
			return false
		}
		return w.rest(it, hit.When.Byte)
	case fault.Drop:
		c.filed(hit, "message dropped")
		return c.wait(time.Duration(hit.When.Delay))
	case fault.Error:
		if !c.wait(time.Duration(hit.When.Delay)) {
			return false
		}
		c.filed(hit, fmt.Sprintf("error %d", hit.What.Code))
		m := c.errorMessage(hit, c.requestID(it))
		goOn := w.add(c.errorItem(hit, m), "in place of "+it.kind)
		c.made(m)
		return goOn
	case fault.Reorder:
		c.filed(hit, "message behind the next one")
		w.late = append(w.late, it)
		return true
	case fault.Duplicate:
		return w.duplicate(hit, it)
	case fault.Drip:
		return w.drip(hit, it)
	case fault.Cut, fault.Garbage, fault.BadLength:
		return w.spoil(hit, it)
	default:
		return w.strikeConnection(hit, it)
	}
}

// rest writes what partial left of a unit.
func (w *writer) rest(it item, from int) bool {
	if from <= 0 {
		return len(it.raw) == 0 || w.add(it, "")
	}
	if from < len(it.raw) {
		it.raw = it.raw[from:]
		if !w.direct(it, "the rest of it") {
			return false
		}
	}
	w.c.srv.board.written(w.c.row, 0, []frame{{kind: it.kind}})
	return true
}

func (w *writer) duplicate(hit fault.Hit, it item) bool {
	if !w.c.wait(time.Duration(hit.When.Delay)) {
		return false
	}
	w.c.filed(hit, fmt.Sprintf("%d copies", max(2, hit.What.Times)))
	for i := range max(2, hit.What.Times) {
		note := ""
		if i > 0 {
			note = "duplicate"
		}
		if !w.add(it, note) {
			return false
		}
	}
	return true
}

// drip writes the unit at hand byte by byte; without one, everything from now on.
func (w *writer) drip(hit fault.Hit, it item) bool {
	if !w.c.wait(time.Duration(hit.When.Delay)) {
		return false
	}
	before := w.every.Load()
	w.every.Store(int64(hit.What.Every))
	w.c.filed(hit, "byte by byte, "+hit.What.Every.String()+" apart")
	if len(it.raw) == 0 {
		return true
	}
	goOn := w.add(it, "drip") && w.flush()
	w.every.Store(before)
	return goOn
}

// spoil breaks the stream: a cut frame, noise, or a bad length, and then what the fault says.
func (w *writer) spoil(hit fault.Hit, it item) bool {
	c := w.c
	if !w.partial(it, hit.When.Byte, "cut by "+hit.ID) || !c.wait(time.Duration(hit.When.Delay)) {
		return false
	}
	wrote := fmt.Sprintf("%d bytes of %s", hit.When.Byte, it.kind)
	goOn := true
	if hit.What.Do != fault.Cut {
		noise := c.srv.noise(hit)
		wrote = fmt.Sprintf("%d bytes", len(noise))
		goOn = w.direct(item{raw: noise, kind: KindGarbage}, "by "+hit.ID)
	}
	then := hit
	if hit.What.Then == "" {
		c.filed(hit, wrote)
		return goOn && (hit.What.Do == fault.Cut || w.rest(it, hit.When.Byte))
	}
	then.What = fault.What{Do: hit.What.Then}
	then.When.Byte, then.When.Delay = 0, 0
	return goOn && w.act(then, wrote+", then ", hit.What.Do)
}

// strikeConnection lets an action on the connection or the listener act at the writer.
func (w *writer) strikeConnection(hit fault.Hit, it item) bool {
	if !w.partial(it, hit.When.Byte, "cut by "+hit.ID) {
		return false
	}
	byteCut := hit.When.Byte
	hit.When.Byte = 0
	if hit.When.Delay > 0 {
		w.c.later(hit)
		return w.rest(it, byteCut)
	}
	return w.act(hit, "", hit.What.Do) && w.gate.pass(w.c.over) && w.rest(it, byteCut)
}

// act performs an action on the connection in the writer's own goroutine, so that nothing comes
// between the bytes before and the end.
func (w *writer) act(hit fault.Hit, wrote string, planned fault.Action) bool {
	switch hit.What.Do {
	case fault.FIN, fault.HalfClose:
		w.discard()
		w.c.sendFIN(hit.What.Do == fault.HalfClose, string(planned)+" by fault "+hit.ID,
			func(mismatch string) { w.c.receipt(hit, planned, wrote+"FIN", mismatch) })
		return false
	default:
		w.c.do(hit, wrote, planned)
		return !hit.What.Do.EndsConnection()
	}
}
