package fault

import "fmt"

// phrase says until when something is withheld.
func (m *Moment) phrase() string {
	switch {
	case m == nil:
		return " for ever"
	case m.bare():
		return " for " + m.Delay.String()
	default:
		return " until " + m.clause()
	}
}

// clause says the moment: "the next cancelOrder has been read".
func (m *Moment) clause() string {
	var s string
	switch {
	case m.Phase != "":
		s = sessionSentences[m.Phase]
	case m.Inbound != "":
		s = momentPhrase(m.Nth, m.Inbound, m.Of) + " has been read"
	case m.Outbound != "":
		s = momentPhrase(m.Nth, m.Outbound, m.Of) + " has been told"
	case m.At != nil:
		s = m.At.String() + " after the Gateway's start"
	}
	if m.Delay > 0 {
		s += " and " + m.Delay.String() + " have passed"
	}
	return s
}

var sessionSentences = map[Phase]string{
	StartAPIRead:   "startApi of the client's next session has been read",
	BootstrapSent:  "the bootstrap of the client's next session is out",
	FirstRequested: "the first request of the client's next session has been read",
}

// messagePhrase names messages in a sentence: "the 2nd orderStatus of orderId 7".
func messagePhrase(n int, message string, of Values) string {
	return nth(n, message) + about(of)
}

func momentPhrase(n int, message string, of Values) string {
	if n == 0 {
		if message == Any {
			message = "message"
		}
		return "the next " + message + about(of)
	}
	return messagePhrase(n, message, of)
}

func about(of Values) string {
	if len(of) == 0 {
		return ""
	}
	return " of " + of.phrase()
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
