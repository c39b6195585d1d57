package fault

import (
	"fmt"
	"regexp"
)

const (
	// maxGarbageBytes, maxCopies, maxHexDigits and maxShuffled bound what one fault may write.
	maxGarbageBytes = 16 << 20
	maxCopies       = 10_000
	maxHexDigits    = 2 << 16
	maxShuffled     = 1000
)

// What is the action and its parameters; a parameter that the action does not use is an error.
type What struct {
	Do Action `json:"do" yaml:"do"`
	// For is how long: of delay, stop-* and mute in real time, of refuse and backlog-full on the
	// scenario's clock. 0 is for ever (delay: an error).
	For Duration `json:"for,omitempty" yaml:"for,omitempty"`
	// Every is the gap between bytes of a drip.
	Every Duration `json:"every,omitempty" yaml:"every,omitempty"`
	// Times is the number of copies of a duplicate, from 2. 0: 2.
	Times int `json:"times,omitempty" yaml:"times,omitempty"`
	// Frames is how many messages a shuffle gathers.
	Frames int `json:"frames,omitempty" yaml:"frames,omitempty"`
	// Release is when a withheld message is told after all, and when the copies of a duplicate are.
	// nil is never, and for copies at once. A moment (other than a mere delay) that releases something
	// or closes what When.After has opened ends the fault on that connection, until After comes again.
	Release *Moment `json:"release,omitempty" yaml:"release,omitempty"`
	// Set changes fields of a replaced or withheld message, and of the copies of a duplicate.
	Set Values `json:"set,omitempty" yaml:"set,omitempty"`
	// Field is the dotted path of the field that corrupt spoils.
	Field string `json:"field,omitempty" yaml:"field,omitempty"`
	// Hex is what corrupt writes into the field: any bytes but NUL, two hexadecimal digits each.
	Hex string `json:"hex,omitempty" yaml:"hex,omitempty"`
	// Unset lets corrupt write the number that stands for "unset" in IBKR's API: of a double, an
	// integer or a decimal, as the field is.
	Unset bool `json:"unset,omitempty" yaml:"unset,omitempty"`
	// With is the other request of a swap.
	With *Request `json:"with,omitempty" yaml:"with,omitempty"`
	// Bytes is the amount of garbage.
	Bytes int `json:"bytes,omitempty" yaml:"bytes,omitempty"`
	// Length is the bad length, as the peer would read it (signed 32 bits). nil: 0.
	Length *int64 `json:"length,omitempty" yaml:"length,omitempty"`
	// Code and Message are those of an error or a notice.
	Code    int    `json:"code,omitempty" yaml:"code,omitempty"`
	Message string `json:"message,omitempty" yaml:"message,omitempty"`
	// ID is the request id of a notice; -1 is none. Not given: that of the message beside it.
	ID *int32 `json:"id,omitempty" yaml:"id,omitempty"`
	// Place is on which side of an outbound message a notice goes: before (default) or after.
	Place Place `json:"place,omitempty" yaml:"place,omitempty"`
	// Then ends the connection after cut, garbage and bad-length: fin, rst, hold or "" (go on).
	// For restart it says how sessions end: fin (default) or rst.
	Then Action `json:"then,omitempty" yaml:"then,omitempty"`
	// Operation is what operate does.
	Operation Operation `json:"operation,omitempty" yaml:"operation,omitempty"`
	// Farm is the data farm of a farm-* operation ("usfarm").
	Farm string `json:"farm,omitempty" yaml:"farm,omitempty"`
	// Trade is what fill-by-hand and transfer move, and Accounts are those of log-in.
	Trade    *Trade   `json:"trade,omitempty" yaml:"trade,omitempty"`
	Accounts []string `json:"accounts,omitempty" yaml:"accounts,omitempty"`
	// Downtime is restart's way back up.
	Downtime *Downtime `json:"downtime,omitempty" yaml:"downtime,omitempty"`
}

// Place is a side of a message.
type Place string

// The places.
const (
	Before Place = "before"
	After  Place = "after"
)

// param is one parameter of What: whether it was given, and what is wrong with its value.
type param struct {
	name  string
	given bool
	wrong string
}

func (w What) params() []param {
	return []param{
		{"for", w.For != 0, unless(w.For > 0, "%s is not above 0", w.For)},
		{"every", w.Every != 0, unless(w.Every > 0, "%s is not above 0", w.Every)},
		{
			"times", w.Times != 0,
			unless(w.Times >= 2 && w.Times <= maxCopies, "%d: want 2..%d", w.Times, maxCopies),
		},
		{
			"frames", w.Frames != 0,
			unless(w.Frames >= 2 && w.Frames <= maxShuffled, "%d: want 2..%d", w.Frames, maxShuffled),
		},
		{"release", w.Release != nil, ""},
		{"set", w.Set != nil, unless(len(w.Set) > 0, "is empty")},
		{"field", w.Field != "", ""},
		{"hex", w.Hex != "", w.wrongHex()},
		{"unset", w.Unset, ""},
		{"with", w.With != nil, ""},
		{
			"bytes", w.Bytes != 0,
			unless(w.Bytes >= 1 && w.Bytes <= maxGarbageBytes, "%d: want 1..%d", w.Bytes,
				maxGarbageBytes),
		},
		{
			"length", w.Length != nil,
			unless(w.length() >= -1<<31 && w.length() < 1<<32, "%d does not fit in 32 bits", w.length()),
		},
		{"code", w.Code != 0, ""},
		{"message", w.Message != "", ""},
		{"id", w.ID != nil, ""},
		{
			"place", w.Place != "",
			unless(w.Place == Before || w.Place == After, "%q: want before or after", w.Place),
		},
		{"then", w.Then != "", ""},
		{"operation", w.Operation != "", ""},
		{"farm", w.Farm != "", ""},
		{"trade", w.Trade != nil, w.Trade.wrong()},
		{"accounts", w.Accounts != nil, unless(len(w.Accounts) > 0, "is empty")},
		{"downtime", w.Downtime != nil, w.Downtime.wrong()},
	}
}

func (w What) length() int64 {
	if w.Length == nil {
		return 0
	}
	return *w.Length
}

// hexPattern is pairs of digits without NUL, which would end a text field.
const hexPattern = `^([1-9a-fA-F][0-9a-fA-F]|0[1-9a-fA-F])+$`

var hexText = regexp.MustCompile(hexPattern)

func (w What) wrongHex() string {
	if len(w.Hex) > maxHexDigits {
		return fmt.Sprintf("%d digits: want at most %d", len(w.Hex), maxHexDigits)
	}
	return unless(hexText.MatchString(w.Hex), "%q: want pairs of hexadecimal digits, none of them 00", w.Hex)
}

func (d *Downtime) wrong() string {
	if d != nil && (d.Refused < 0 || d.AcceptMute < 0 || d.VersionOnly < 0) {
		return "a phase lasts less than 0"
	}
	return ""
}

func unless(ok bool, format string, args ...any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

func (w What) given(name string) bool {
	for _, p := range w.params() {
		if p.name == name {
			return p.given
		}
	}
	return false
}

func (w What) validate(report reporter, a *action) {
	for _, p := range w.params() {
		path := "what." + p.name
		switch {
		case p.given && !a.takes(p.name):
			report(path, "%s does not use it: it takes %s", w.Do, orNothing(a.params))
		case !p.given && a.needs(p.name):
			report(path, "%s needs it", w.Do)
		case p.given && p.wrong != "":
			report(path, "%s", p.wrong)
		}
	}
	w.validateOperation(report)
	if w.Then != "" && a.then != nil && !a.allowsThen(w.Then) {
		report("what.then", "%q: want one of %s", w.Then, list(a.then[1:]))
	}
	var both []string
	for _, name := range a.exclusive {
		if w.given(name) {
			both = append(both, name)
		}
	}
	if len(both) > 1 {
		report("what."+both[1], "%s and %s exclude each other", both[0], both[1])
	}
}
