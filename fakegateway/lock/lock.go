// Package lock has the locks of the fake Gateway, each of a level. A goroutine that holds one takes only
// locks of higher levels, so no two goroutines can wait for each other; docs/concurrency.md lists them.
// In tests every lock checks that, and panics. It knows no other package.
package lock

import "sync"

// Level is a lock's place in the order.
type Level interface{ level() int }

// The levels, in order. Within one level a goroutine holds one lock at a time.
type (
	// Moment is for a moment of the exchange.
	Moment struct{}
	// Exchange is for the books.
	Exchange struct{}
	// Client is for what one client follows.
	Client struct{}
	// Session is for what the clients of a login share.
	Session struct{}
	// Sending is for deciding about a message and queueing it.
	Sending struct{}
	// Server is for which connections there are.
	Server struct{}
	// Last is for all else: whoever holds one of these takes no lock.
	Last struct{}
)

func (Moment) level() int   { return 1 }
func (Exchange) level() int { return 2 }
func (Client) level() int   { return 3 }
func (Session) level() int  { return 4 }
func (Sending) level() int  { return 5 }
func (Server) level() int   { return 6 }
func (Last) level() int     { return 7 }

// Mutex is a sync.Mutex of a level.
type Mutex[L Level] struct{ mu sync.Mutex }

// Lock is that of sync.Mutex.
func (m *Mutex[L]) Lock() {
	if checks {
		enter[L]()
	}
	m.mu.Lock()
}

// Unlock is that of sync.Mutex.
func (m *Mutex[L]) Unlock() {
	m.mu.Unlock()
	if checks {
		leave[L]()
	}
}

// RWMutex is a sync.RWMutex of a level.
type RWMutex[L Level] struct{ mu sync.RWMutex }

// Lock is that of sync.RWMutex.
func (m *RWMutex[L]) Lock() {
	if checks {
		enter[L]()
	}
	m.mu.Lock()
}

// Unlock is that of sync.RWMutex.
func (m *RWMutex[L]) Unlock() {
	m.mu.Unlock()
	if checks {
		leave[L]()
	}
}

// RLock is that of sync.RWMutex.
func (m *RWMutex[L]) RLock() {
	if checks {
		enter[L]()
	}
	m.mu.RLock()
}

// RUnlock is that of sync.RWMutex.
func (m *RWMutex[L]) RUnlock() {
	m.mu.RUnlock()
	if checks {
		leave[L]()
	}
}
