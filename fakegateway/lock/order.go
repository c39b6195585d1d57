package lock

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/petermattis/goid"
)

// checks makes every lock check the order. It never changes once a lock was taken.
var checks bool

// CheckOrder makes every lock of the process check the order, for as long as it runs. It is for the init
// functions of tests. Under the race detector it does nothing, because what the checks share would hide
// races, and nothing in a run of benchmarks.
func CheckOrder() {
	benchmark := func(arg string) bool { return strings.HasPrefix(arg, "-test.bench=") }
	checks = !raceDetector && !slices.ContainsFunc(os.Args, benchmark)
}

// held are the levels of the locks that each goroutine has, as bits, by the goroutine's number.
var held = struct {
	sync.Mutex
	by map[int64]uint
}{by: map[int64]uint{}}

// enter notes that this goroutine takes a lock of level L. It panics when that could wait for ever.
func enter[L Level]() {
	var l L
	id := goid.Get()
	held.Lock()
	levels := held.by[id]
	wrong := levels>>l.level() != 0
	if !wrong {
		held.by[id] = levels | 1<<l.level()
	}
	held.Unlock()
	if wrong {
		panic(fmt.Sprintf("a lock of level %s is taken by a goroutine that has %s", name(l), names(levels)))
	}
}

func name(l Level) string { return strings.TrimPrefix(fmt.Sprintf("%T", l), "lock.") }

// names lists the levels whose bits are set.
func names(levels uint) string {
	var out []string
	for _, l := range []Level{Moment{}, Exchange{}, Client{}, Session{}, Sending{}, Server{}, Last{}} {
		if levels>>l.level()&1 == 1 {
			out = append(out, name(l))
		}
	}
	return strings.Join(out, ", ")
}

// leave notes that this goroutine has given a lock of level L back.
func leave[L Level]() {
	var l L
	id := goid.Get()
	held.Lock()
	defer held.Unlock()
	held.by[id] &^= 1 << l.level()
	if held.by[id] == 0 {
		delete(held.by, id)
	}
}
