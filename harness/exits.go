package harness

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// PlantedFault is the id by which Check.ByFault names the zombies that the harness planted: the
// subject meets them as it meets any other fault of a Gateway.
const PlantedFault = "planted-zombies"

// codes are the exit codes that mean the class in this trader. known is false where nobody has
// said; only the code of ExitOK is known without a table.
func (t Trader) codes(class ExitClass) (codes []int, known bool) {
	if codes, known = t.Exits[class]; known {
		return codes, true
	}
	if class == ExitOK {
		return []int{0}, true
	}
	return nil, false
}

// classesOf are the classes that a code has in this trader.
func (t Trader) classesOf(code int) []ExitClass {
	var classes []ExitClass
	for _, class := range ExitClasses {
		if codes, known := t.codes(class); known && slices.Contains(codes, code) {
			classes = append(classes, class)
		}
	}
	return classes
}

// classesFor are the classes that the check allows after a fault with this id; "" is no fault.
func (c Check) classesFor(id string) []ExitClass {
	longest, classes := -1, c.Classes
	for key, allowed := range c.ByFault {
		prefix, open := strings.CutSuffix(key, "*")
		if id != "" && (key == id || open && strings.HasPrefix(id, prefix)) && len(key) > longest {
			longest, classes = len(key), allowed
		}
	}
	return classes
}

// allCodes are the exit codes that the check allows to any life, as far as the trader's are known.
func (c Check) allCodes(t Trader) []int {
	if len(c.Exits) > 0 {
		return c.Exits
	}
	var codes []int
	for _, classes := range append(slices.Collect(maps.Values(c.ByFault)), c.Classes) {
		for _, class := range classes {
			known, _ := t.codes(class)
			codes = append(codes, known...)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// exitAs is the judgement on one exit code.
type exitAs int

const (
	exitWanted  exitAs = iota // of an allowed class
	exitOther                 // surely not
	exitUnknown               // nobody has said what it means
)

// judge holds a code against the classes that are allowed. A code that the table knows by another
// class is wrong whatever else is known, and so is success where it is not allowed.
func (t Trader) judge(code int, allowed []ExitClass) exitAs {
	every := true
	for _, class := range allowed {
		codes, known := t.codes(class)
		if slices.Contains(codes, code) {
			return exitWanted
		}
		every = every && known
	}
	if every || len(t.classesOf(code)) > 0 {
		return exitOther
	}
	return exitUnknown
}

// orList names classes for a reader: "handshake-closed or handshake-reset".
func orList(classes []ExitClass) string {
	words := make([]string, len(classes))
	for i, c := range classes {
		words[i] = string(c)
	}
	return strings.Join(words, " or ")
}

// validateClasses reports classes that there are not.
func (c Check) validateClasses() (errs []error) {
	for _, classes := range append(slices.Collect(maps.Values(c.ByFault)), c.Classes) {
		for _, class := range classes {
			if !slices.Contains(ExitClasses, class) {
				errs = append(errs, fmt.Errorf("check %s: exit class %q: want %s",
					c.Name, class, orList(ExitClasses)))
			}
		}
	}
	return errs
}
