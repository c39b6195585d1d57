package harness

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
)

// Sabotage is a defect of the harness itself, put in on purpose: a mutant of the judge. A run with
// one must end inconclusive or as a harness error, because the harness notices by itself. Its
// record's header names it, and so does every sentence about it.
type Sabotage string

// The sabotages.
const (
	SamplerLooksTwice Sabotage = "sampler-looks-twice" // the kernel's table is read at the start and at the end
	SamplerEvery2s    Sabotage = "sampler-every-2s"    // the kernel's table is read every two seconds
	KernelDies        Sabotage = "kernel-dies-mid-run" // the kernel's table cannot be read any more from some moment on
	LoseEvents        Sabotage = "lose-gateway-events" // every tenth event of the Gateway is lost
	SamplerOverflows  Sabotage = "sampler-overflow"    // the kernel's sampler has no room for what it sees
	SettleSkipped     Sabotage = "settle-skipped"      // nobody looks at what a life leaves behind
	ThresholdInverted Sabotage = "threshold-inverted"  // what is within a bound is taken for what is beyond it
	FINSentAsRST      Sabotage = "fin-sent-as-rst"     // the Gateway resets where its schedule says FIN
)

// Sabotages lists them.
var Sabotages = []Sabotage{
	SamplerLooksTwice, SamplerEvery2s, KernelDies, LoseEvents, SamplerOverflows, SettleSkipped,
	ThresholdInverted, FINSentAsRST,
}

func (s Sabotage) validate() error {
	if s == "" || slices.Contains(Sabotages, s) {
		return nil
	}
	names := make([]string, len(Sabotages))
	for i, known := range Sabotages {
		names[i] = string(known)
	}
	return fmt.Errorf("sabotage %q: no such name; there are %s", s, strings.Join(names, ", "))
}

// event is the nth event of the Gateway, or what is left of it: a queue that is full says with the
// next event how many were lost.
func (s Sabotage) event(e fakegateway.Event, n int) fakegateway.Event {
	const every = 10
	if s != LoseEvents || n%every != 0 {
		return e
	}
	return fakegateway.Event{At: e.At, Dropped: e.Dropped + 1}
}

// kernel spoils the kernel's sampler before it runs.
func (s Sabotage) kernel(k *kernel) {
	k.sabotage = s
	switch s {
	case SamplerEvery2s:
		k.every = 2 * time.Second
	case SamplerOverflows:
		k.room = 0
	default:
	}
}

// hides reports that the sampler does not look now, or that its looks have begun to fail.
func (s Sabotage) hides(k *kernel) bool {
	const looks = 10
	switch s {
	case SamplerLooksTwice:
		return true
	case SamplerEvery2s: // the second clock of the sampler, once a second
		return k.clock().Since(k.last) < k.every
	case KernelDies:
		return k.looks > looks && k.failed(errors.New("the kernel's table is gone"))
	default:
		return false
	}
}

// schedule is what the Gateway is given in place of what the header says.
func (s Sabotage) schedule(planned fault.Schedule) fault.Schedule {
	if s != FINSentAsRST {
		return planned
	}
	faults := slices.Clone(planned.Faults)
	for i := range faults {
		if faults[i].What.Do == fault.FIN {
			faults[i].What.Do = fault.RST
		}
	}
	return fault.Schedule{Faults: faults}
}
