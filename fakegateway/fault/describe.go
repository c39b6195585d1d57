package fault

import (
	"fmt"
	"strings"
)

// String says in one English sentence what the fault does.
func (f Fault) String() string {
	var s strings.Builder
	s.WriteString(f.When.sentence())
	s.WriteString(f.Where.phrase())
	s.WriteString(", ")
	s.WriteString(f.What.sentence())
	s.WriteString(f.Until.phrase())
	s.WriteByte('.')
	if f.Why != "" {
		fmt.Fprintf(&s, " (%s)", f.Why)
	}
	return s.String()
}

func (w When) sentence() string {
	var s string
	switch {
	case w.Phase != "":
		s = "When " + phaseSentences[w.Phase]
	case w.Inbound != "":
		s = fmt.Sprintf("When %s has been read", messagePhrase(w.Nth, w.Inbound, w.Of))
	case w.Outbound == "" && w.AnswerTo != nil:
		s = "Before every message is written"
	case w.Outbound != "" && w.Byte > 0:
		s = fmt.Sprintf("After byte %d of %s", w.Byte, messagePhrase(w.Nth, w.Outbound, w.Of))
	case w.Outbound != "":
		s = fmt.Sprintf("Before %s is written", messagePhrase(w.Nth, w.Outbound, w.Of))
	case w.BytesOut != nil && *w.BytesOut == 0:
		s = "Before the first byte goes out"
	case w.BytesOut != nil:
		s = fmt.Sprintf("When exactly %d bytes have gone out", *w.BytesOut)
	case w.At != nil:
		s = fmt.Sprintf("At %s after the Gateway's start", w.At)
	default:
		s = "Never"
	}
	if r := w.AnswerTo; r != nil {
		s += " in answer to " + messagePhrase(r.Nth, r.Inbound, r.Of)
	}
	if w.After != nil {
		s += ", from when " + w.After.clause()
	}
	if w.Delay > 0 {
		s += fmt.Sprintf(" and %s have passed", w.Delay)
	}
	return s
}

var phaseSentences = map[Phase]string{
	Accepted:       "a connection is accepted",
	PreambleRead:   "the client's greeting has been read",
	VersionSent:    "the version reply is out",
	StartAPIRead:   "startApi has been read",
	BootstrapSent:  "the bootstrap is out",
	FirstRequested: "the first request has been read",
}

func nth(n int, message string) string {
	if message == Any {
		message = "message"
	}
	if n == 0 {
		return "every " + message
	}
	return fmt.Sprintf("the %s %s", ordinal(n), message)
}

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}

func (w Where) phrase() string {
	var s string
	switch {
	case w.Connection > 0:
		s = fmt.Sprintf(" on connection %d", w.Connection)
	case w.FromConnection > 0:
		s = fmt.Sprintf(" on connection %d and later", w.FromConnection)
	}
	if w.ClientID != nil {
		s += fmt.Sprintf(" of client id %d", *w.ClientID)
	}
	return s
}

func (u Until) phrase() string {
	var s string
	switch {
	case u.Count == 1:
		s = ", once in all"
	case u.Count > 1:
		s = fmt.Sprintf(", at most %d times in all", u.Count)
	}
	if u.Elapsed > 0 {
		s += fmt.Sprintf(", until %s after the start", u.Elapsed)
	}
	return s
}

func (w What) sentence() string { return w.Do.action().sentence(w) }

// saying is the sentence of an action without parameters.
func saying(text string) func(What) string { return func(What) string { return text } }
