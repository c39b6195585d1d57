package main

import (
	"fmt"
	"slices"

	"github.com/scmhub/ibapi/protobuf"
)

// judgement is how two answers compare.
type judgement struct {
	findings  []string // empty: they match
	tolerated []string // names of the Tolerances that it took
}

// judge compares the answers of an exchange. A tolerance counts only if there are more findings
// without it.
func judge(e exchange) judgement {
	none := func(string) bool { return false }
	if findings := compare(e, none); len(findings) == 0 {
		return judgement{}
	}
	needed := make(map[string]bool)
	for _, t := range Tolerances {
		needed[t.Name] = true
	}
	allowed := func(name string) bool { return needed[name] }
	best := compare(e, allowed)
	for _, t := range slices.Backward(Tolerances) {
		needed[t.Name] = false
		if len(compare(e, allowed)) > len(best) {
			needed[t.Name] = true
		}
	}
	j := judgement{findings: best}
	for _, t := range Tolerances {
		if needed[t.Name] {
			j.tolerated = append(j.tolerated, t.Name)
		}
	}
	return j
}

// compare aligns the two answers, and says what one of them lacks and which fields differ.
func compare(e exchange, allowed func(string) bool) (findings []string) {
	for _, t := range Tolerances {
		if t.apply != nil && allowed(t.Name) {
			e = t.apply(e)
		}
	}
	for _, pair := range align(e.want, e.got) {
		switch {
		case pair.got == nil:
			findings = append(findings, fmt.Sprintf("line %d: no %s", pair.want.number, title(*pair.want)))
		case pair.want == nil:
			findings = append(findings, fmt.Sprintf("%s is not in the capture", title(*pair.got)))
		default:
			for _, d := range differences(*pair.want, *pair.got, allowed) {
				findings = append(findings,
					fmt.Sprintf("line %d: %s: %s", pair.want.number, title(*pair.want), d))
			}
		}
	}
	return findings
}

// title is a message's kind, and what tells it from others of its kind.
func title(i item) string {
	name := i.Kind.String()
	switch b := i.Body.(type) {
	case *protobuf.OrderStatus:
		return name + " " + b.GetStatus()
	case *protobuf.ErrorMessage:
		return fmt.Sprintf("%s %d", name, b.GetErrorCode())
	case *protobuf.AccountSummary:
		return name + " " + b.GetTag()
	case *protobuf.Position:
		return name + " " + b.GetContract().GetSymbol()
	case *protobuf.CompletedOrder:
		return name + " " + b.GetOrder().GetAction()
	case *protobuf.TickPrice:
		return fmt.Sprintf("%s %d", name, b.GetTickType())
	default:
		return name
	}
}

// pair is two messages that stand for each other; one of them may be missing.
type pair struct{ want, got *item }

// align pairs messages with equal titles, as many as can be in order.
func align(want, got []item) (pairs []pair) {
	longest := make([][]int, len(want)+1) // of what follows
	for i := range longest {
		longest[i] = make([]int, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if title(want[i]) == title(got[j]) {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && title(want[i]) == title(got[j]):
			pairs = append(pairs, pair{&want[i], &got[j]})
			i, j = i+1, j+1
		case j == len(got) || i < len(want) && longest[i+1][j] >= longest[i][j+1]:
			pairs = append(pairs, pair{want: &want[i]})
			i++
		default:
			pairs = append(pairs, pair{got: &got[j]})
			j++
		}
	}
	return pairs
}
