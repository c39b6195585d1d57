package lock

import (
	"sync"
	"testing"
)

func init() { CheckOrder() }

// panics reports whether a goroutine of its own cannot take those locks one after the other.
func panics(locks ...sync.Locker) (wrong bool) {
	var done sync.WaitGroup
	done.Go(func() {
		defer func() { wrong = recover() != nil }()
		for _, l := range locks {
			l.Lock()
			defer l.Unlock()
		}
	})
	done.Wait()
	return wrong
}

func TestOrder(t *testing.T) {
	if raceDetector {
		t.Skip("the order is not checked under the race detector")
	}
	var (
		moment  RWMutex[Moment]
		books   Mutex[Exchange]
		client  Mutex[Client]
		other   Mutex[Client]
		sending Mutex[Sending]
		board   Mutex[Last]
		stage   Mutex[Last]
	)
	reading := readLock{&moment}
	for name, c := range map[string]struct {
		locks []sync.Locker
		wrong bool
	}{
		"in order":              {[]sync.Locker{&moment, &books, &client, &sending, &board}, false},
		"reading first":         {[]sync.Locker{reading, &board}, false},
		"against the order":     {[]sync.Locker{&client, &books}, true},
		"reading last":          {[]sync.Locker{&board, reading}, true},
		"two of the last level": {[]sync.Locker{&board, &stage}, true},
		"two clients":           {[]sync.Locker{&client, &other}, true},
		"twice the same":        {[]sync.Locker{&board, &board}, true},
	} {
		if got := panics(c.locks...); got != c.wrong {
			t.Errorf("%s: refused %t, want %t", name, got, c.wrong)
		}
	}
	// One after another there is no order, and another goroutine's locks are its own.
	func() { board.Lock(); defer board.Unlock() }()
	books.Lock()
	defer books.Unlock()
	if panics(&client) || !panics(&client, &client) {
		t.Error("a goroutine answers for another's locks, or a wrong order has left locks behind")
	}
	if len(held.by) != 1 {
		t.Errorf("%d goroutines have locks, want this one", len(held.by))
	}
}

// readLock is the half of a lock that readers take.
type readLock struct{ of *RWMutex[Moment] }

func (r readLock) Lock()   { r.of.RLock() }
func (r readLock) Unlock() { r.of.RUnlock() }
