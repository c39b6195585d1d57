package harness

import "testing"

func TestCountKnowsOneFromMany(t *testing.T) {
	for unit, one := range map[string]string{
		"lives": "1 life", "killed lives": "1 killed life", "more lives": "1 more life",
		"processes": "1 process", "recoveries": "1 recovery", "cycles": "1 cycle", "client ids": "1 client id",
		"lost acknowledgements":       "1 lost acknowledgement",
		"orders after a lost session": "1 order after a lost session",
		"orders with a reference":     "1 order with a reference",
	} {
		if got := count(1, unit); got != one {
			t.Errorf("%q, want %q", got, one)
		}
		if got, many := count(0, unit), "0 "+unit; got != many {
			t.Errorf("%q, want %q", got, many)
		}
	}
}
