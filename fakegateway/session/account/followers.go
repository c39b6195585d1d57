package account

import (
	"cmp"
	"slices"
	"strconv"

	"ibsoak/fakegateway/lock"
)

// followers is which account the clients follow with reqAccountUpdates: all the same one. The zero
// value has none.
type followers struct {
	mu      lock.Mutex[lock.Session]
	account string
	clients []*Session
}

// join adds a client of an account. While others follow another account it is refused, and nothing
// changes: their client ids are the answer.
func (f *followers) join(s *Session, account string) (others []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.account != account {
		for _, other := range f.clients {
			if other != s {
				others = append(others, strconv.Itoa(other.client.ID()))
			}
		}
		if len(others) > 0 {
			return others
		}
	}
	f.account = account
	f.remove(s)
	i, _ := slices.BinarySearchFunc(f.clients, s, func(a, b *Session) int {
		return cmp.Compare(a.client.ID(), b.client.ID())
	})
	f.clients = slices.Insert(f.clients, i, s)
	return nil
}

// leave removes a client, which may follow nothing.
func (f *followers) leave(s *Session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remove(s)
}

func (f *followers) remove(s *Session) {
	f.clients = slices.DeleteFunc(f.clients, func(one *Session) bool { return one == s })
}
