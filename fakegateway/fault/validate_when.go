package fault

import (
	"fmt"
	"slices"

	"ibsoak/internal/wire"
)

// validate checks when the fault falls and returns by which trigger, "" when that is not clear.
func (w When) validate(report reporter) trigger {
	if w.Delay < 0 {
		report("when.delay", "%s is below 0", w.Delay)
	}
	given := triggersOf(w.Phase, w.Inbound, w.Outbound, w.At)
	if w.BytesOut != nil {
		given = append(given, atBytesOut)
	}
	if w.AnswerTo != nil && w.Outbound == "" {
		given = append(given, atOutbound)
	}
	if len(given) != 1 {
		report("when", "want exactly one of phase, inbound, outbound, bytesOut and at, got %d",
			len(given))
		return ""
	}
	at := given[0]
	w.validateValue(report, at)
	validateSelection(report, "when", at, w.Nth, w.Of, w.Inbound+w.Outbound)
	if w.AnswerTo != nil {
		w.AnswerTo.validate(report, "when.answerTo")
		if at != atOutbound {
			report("when.answerTo", "selects what the Gateway sends: it needs outbound, or neither")
		}
	}
	if w.After != nil {
		w.After.validate(report, "when.after")
		if w.After.Delay != 0 {
			report("when.after.delay", "after is a moment without delay")
		}
		if at != atInbound && at != atOutbound {
			report("when.after", "needs inbound or outbound")
		}
	}
	return at
}

// triggersOf lists those of the triggers that are given.
func triggersOf(phase Phase, inbound, outbound string, at *Duration) []trigger {
	var given []trigger
	for _, t := range []struct {
		is    trigger
		given bool
	}{
		{atPhase, phase != ""},
		{atInbound, inbound != ""},
		{atOutbound, outbound != ""},
		{atTime, at != nil},
	} {
		if t.given {
			given = append(given, t.is)
		}
	}
	return given
}

func (w When) validateValue(report reporter, at trigger) {
	switch at {
	case atPhase:
		validatePhase(report, "when.phase", w.Phase, Phases())
	case atInbound:
		validateMessage(report, "when.inbound", w.Inbound, true)
	case atOutbound:
		if w.Outbound != "" || w.AnswerTo == nil {
			validateMessage(report, "when.outbound", w.Outbound, false)
		}
	case atBytesOut:
		if *w.BytesOut < 0 {
			report("when.bytesOut", "%d is below 0", *w.BytesOut)
		}
	case atTime:
		if *w.At < 0 {
			report("when.at", "%s is below 0", w.At)
		}
	}
	if w.Byte != 0 && at != atOutbound {
		report("when.byte", "needs outbound")
	}
	if w.Byte < 0 {
		report("when.byte", "%d is below 0", w.Byte)
	}
}

func validatePhase(report reporter, path string, p Phase, allowed []Phase) {
	if !slices.Contains(allowed, p) {
		report(path, "%q is no phase: want one of %s", p, list(allowed))
	}
}

// validateSelection checks what narrows a message's name.
func validateSelection(report reporter, path string, at trigger, nth int, of Values, name string) {
	if at != atInbound && at != atOutbound {
		if nth != 0 {
			report(path+".nth", "needs inbound or outbound")
		}
		if len(of) > 0 {
			report(path+".of", "needs inbound or outbound")
		}
		return
	}
	if nth < 0 {
		report(path+".nth", "%d is below 0", nth)
	}
	of.validate(report, path+".of", name, false)
}

func (f Fault) validateTrigger(report reporter, a *action, at trigger) {
	if a.triggers != nil && !slices.Contains(a.triggers, at) {
		report("when."+string(at), "%s falls only at %s", a.name, list(a.triggers))
	}
	if a.version && (f.When.Phase == Accepted || f.When.Phase == PreambleRead) {
		report("when.phase", "%s needs a version: it falls from %s on", a.name, VersionSent)
	}
	if f.When.Byte > 0 && (!a.bytes || f.What.Telling()) {
		report("when.byte", "%s takes whole messages", a.name)
	}
	if f.When.Delay > 0 && f.What.Telling() {
		report("when.delay", "%s acts at once: withhold with release says when to tell", a.name)
	}
	for _, name := range a.beside {
		if at != atOutbound && f.What.given(name) {
			report("what."+name, "needs outbound")
		}
	}
	if a.answers && f.When.AnswerTo == nil {
		report("when", "%s needs answerTo, the request whose answers it exchanges", a.name)
	}
	if a.answers && f.When.AnswerTo != nil {
		f.When.AnswerTo.validateSwap(report, "when.answerTo.inbound")
	}
	if a.onGateway != nil && f.Where != (Where{}) && at == atTime {
		report("where", "%s at a time is on the whole Gateway: it selects no connection", a.name)
	}
}

// sessionPhases are those at which a client's next session can be told something.
var sessionPhases = []Phase{StartAPIRead, BootstrapSent, FirstRequested}

func (m Moment) validate(report reporter, path string) {
	given := triggersOf(m.Phase, m.Inbound, m.Outbound, m.At)
	if m.Delay < 0 {
		report(path+".delay", "%s is below 0", m.Delay)
	}
	if len(given) > 1 || len(given) == 0 && m.Delay == 0 {
		report(path, "want exactly one of phase, inbound, outbound, at and delay, got %d", len(given))
		return
	}
	var at trigger
	if len(given) > 0 {
		at = given[0]
	}
	switch at { //nolint:exhaustive // a moment has no other trigger
	case atPhase:
		validatePhase(report, path+".phase", m.Phase, sessionPhases)
	case atInbound:
		validateMessage(report, path+".inbound", m.Inbound, true)
	case atOutbound:
		validateMessage(report, path+".outbound", m.Outbound, false)
	case atTime:
		if *m.At < 0 {
			report(path+".at", "%s is below 0", m.At)
		}
	}
	validateSelection(report, path, at, m.Nth, m.Of, m.Inbound+m.Outbound)
}

func (r Request) validate(report reporter, path string) {
	if r.Inbound == "" || r.Inbound == Any {
		report(path+".inbound", "want the name of a request, like %q", example(true))
		return
	}
	validateMessage(report, path+".inbound", r.Inbound, true)
	validateSelection(report, path, atInbound, r.Nth, r.Of, r.Inbound)
}

func (r Request) validateSwap(report reporter, path string) {
	kind, known := wire.ParseKind(r.Inbound)
	if !known {
		return // reported
	}
	d := wire.NewBody(kind).ProtoReflect().Descriptor().Fields()
	if _, latest := answersByKind[r.Inbound]; latest ||
		d.ByName("reqId") == nil && d.ByName("orderId") == nil {
		report(path, "%s carries no id that its answers could exchange", r.Inbound)
	}
}

// validate checks fields and values against the message that they are of.
func (vs Values) validate(report reporter, path, message string, edits bool) {
	if len(vs) == 0 {
		return
	}
	kind, known := wire.ParseKind(message)
	if !known {
		if message == Any || message == "" {
			report(path, "needs the name of one message")
		}
		return // an unknown name has been reported
	}
	d := wire.NewBody(kind).ProtoReflect().Descriptor()
	for _, name := range vs.paths() {
		f, err := fieldAt(d, name)
		at := fmt.Sprintf("%s.'%s'", path, name)
		if err != nil {
			report(at, "%v in %s: want one of %s", err, message, list(fieldPaths(d)))
			continue
		}
		v := vs[name]
		e, isEdit := asEdit(v)
		switch {
		case v == nil:
		case isEdit && edits:
			if wrong := e.wrong(f.leaf()); wrong != "" {
				report(at, "%s", wrong)
			}
		default:
			if _, err := valueOf(f.leaf(), v); err != nil {
				report(at, "%v", err)
			}
		}
	}
}

// validateTelling checks what needs the message that the action is on.
func (w What) validateTelling(report reporter, outbound string) {
	if w.Release != nil {
		w.Release.validate(report, "what.release")
	}
	if w.With != nil {
		w.With.validate(report, "what.with")
		w.With.validateSwap(report, "what.with.inbound")
	}
	w.Set.validate(report, "what.set", outbound, true)
	if kind, known := wire.ParseKind(outbound); known && w.Field != "" {
		d := wire.NewBody(kind).ProtoReflect().Descriptor()
		if _, err := fieldAt(d, w.Field); err != nil {
			report("what.field", "%v in %s: want one of %s", err, outbound, list(fieldPaths(d)))
		}
	} else if w.Field != "" {
		report("what.field", "needs the name of one message in when.outbound")
	}
}
