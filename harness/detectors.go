package harness

import (
	"fmt"
	"slices"
	"strings"
)

// Group is the part of a verdict that a check belongs to.
type Group string

// The groups.
const (
	GroupWork      Group = "work"      // was the work of the claim done
	GroupOrders    Group = "orders"    // identity, blind resend, exposure
	GroupSockets   Group = "sockets"   // both ends of every connection
	GroupProcesses Group = "processes" // what a life leaves behind
	GroupLeaks     Group = "leaks"     // what grows
	GroupHarness   Group = "harness"   // whether the harness itself saw what it needs
)

// Groups are the groups in the order of a report.
var Groups = []Group{GroupWork, GroupOrders, GroupSockets, GroupProcesses, GroupLeaks, GroupHarness}

// Detector is a named check: a pure function of the record. Everything about a check stands in its
// registration, in the file of its group.
type Detector struct {
	Name  string
	Group Group
	// Doc says in a sentence what fails it, Least what it must see to conclude. Numbers in both
	// are made from the constants that decide.
	Doc, Least string
	// Do says in a sentence what the author of a trader does about a failure, Page is where
	// docs/ explains it: "your-trader.md#sockets".
	Do, Page string
	// Unconnected detectors can conclude although the subject never connected.
	Unconnected bool
	// Ledger detectors ask only what survives the loss of single events: the ledger, the books, the
	// lives and the kernel.
	Ledger bool
	judge  func(*Record, Check) Finding
}

// Detectors are all checks that a scenario can ask for, in the order of a report.
var Detectors = slices.Concat(
	cycleDetectors, workDetectors, recoveryDetectors,
	orderDetectors, gateDetectors, protectionDetectors,
	connectionDetectors, zombieDetectors,
	processDetectors, gatewayDetectors,
	recoveryLeakDetectors, leakDetectors, growthDetectors,
	oracleDetectors, faultDetectors,
)

// DetectorNamed finds a detector.
func DetectorNamed(name string) (Detector, error) {
	for _, d := range Detectors {
		if d.Name == name {
			return d, nil
		}
	}
	names := make([]string, len(Detectors))
	for i, d := range Detectors {
		names[i] = d.Name
	}
	return Detector{}, fmt.Errorf("find check %q: no such name; there are %s",
		name, strings.Join(names, ", "))
}

// find runs one check over the record, and says where what it found belongs.
func find(r *Record, c Check) Finding {
	d, err := DetectorNamed(c.Name)
	if err != nil {
		f := open(c, "checks", 1).broken("%v", err)
		f.Group = GroupHarness
		return f
	}
	f := r.onLegs(d.find(r, c))
	f.Group = d.Group
	if f.Outcome != Pass {
		f.Do, f.Page = d.Do, d.Page
	}
	return f
}

func (d Detector) find(r *Record, c Check) Finding {
	if !d.Unconnected && len(r.subjects()) == 0 {
		return open(c, "connections", 1).undecided("%s", r.neverConnected())
	}
	return d.judge(r, c)
}
