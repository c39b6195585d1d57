// Package book is what a keeper must not forget when it ends: per client id the order ids that were
// seen, and what it has learned of the Gateway. It is one small file, replaced as a whole.
package book

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"ibsoak/internal/wire"
)

const (
	fileName = "keeper.json"
	lockName = "keeper.lock"

	// Ahead is how far beyond the last order id the file says that ids were used, so that it is
	// written once for half as many orders. The next life of a keeper that was killed goes on as far
	// beyond that: ids that a client has written and that nobody has read are not offered again.
	Ahead = 64

	// learnedFor bounds how long the Gateway's newest version is believed: it may be upgraded.
	learnedFor = 7 * 24 * time.Hour
)

// state is the file.
type state struct {
	// Next is per client id the first order id that was certainly never used.
	Next map[int]int64 `json:"next"`
	// Clean says that the keeper ended in good order, and that Next is exact.
	Clean bool `json:"clean,omitempty"`
	// Newest is the Gateway's newest version, where it is below a client's; 0 is not known.
	Newest  wire.Version `json:"newest,omitempty"`
	Learned time.Time    `json:"learned,omitzero"`
	Zone    string       `json:"zone,omitempty"` // of the Gateway's clock, "US/Eastern"
}

// Book is the open file. It is safe for concurrent use.
type Book struct {
	dir  string
	lock *flock.Flock

	mu     sync.Mutex
	saved  state
	next   map[int]int64 // exact, in this life
	broken error         // why the file could not be written last time
}

// Open reads the book of a directory, which it makes if need be, and locks it for this process.
func Open(dir string) (*Book, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open keeper's state: %w", err)
	}
	lock := flock.New(filepath.Join(dir, lockName))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock keeper's state in %s: %w", dir, err)
	}
	if !held {
		return nil, fmt.Errorf("lock keeper's state in %s: another keeper runs on it: stop it, or give this "+
			"one a --state directory of its own", dir)
	}
	b := &Book{dir: dir, lock: lock, next: map[int]int64{}}
	if err := b.load(); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return b, nil
}

func (b *Book) load() error {
	name := filepath.Join(b.dir, fileName)
	data, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		b.saved.Next = map[int]int64{}
		return nil
	case err != nil:
		return fmt.Errorf("read keeper's state: %w", err)
	}
	if err := json.Unmarshal(data, &b.saved); err != nil {
		return fmt.Errorf("read keeper's state: %s: %w: the order ids that were used are in it; repair it, or "+
			"remove it if the Gateway's own next ids can be trusted", name, err)
	}
	if b.saved.Next == nil {
		b.saved.Next = map[int]int64{}
	}
	for id, next := range b.saved.Next {
		if !b.saved.Clean { // a client may have written ids that the last keeper had not read
			next = min(next+Ahead, math.MaxInt32)
			b.saved.Next[id] = next
		}
		b.next[id] = next
	}
	b.saved.Clean = false
	return b.save()
}

// Offered notes the id from which the Gateway lets a client begin.
func (b *Book) Offered(clientID int, orderID int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next[clientID] = max(b.next[clientID], orderID)
	if orderID <= b.saved.Next[clientID] {
		return nil
	}
	b.saved.Next[clientID] = orderID
	return b.save()
}

// Next is the first order id of a client id that was never seen, at least 1.
func (b *Book) Next(clientID int) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(1, b.next[clientID])
}

// Seen notes an order id, on disk before it returns. An error means that it is only in memory: a
// keeper that is killed would forget it.
func (b *Book) Seen(clientID int, orderID int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if orderID < b.next[clientID] || orderID >= math.MaxInt32 {
		return nil
	}
	b.next[clientID] = orderID + 1
	if orderID+Ahead/2 < b.saved.Next[clientID] {
		return nil
	}
	b.saved.Next[clientID] = min(orderID+1+Ahead, math.MaxInt32)
	return b.save()
}

// Newest is the newest version that the Gateway is known to speak, or 0.
func (b *Book) Newest() wire.Version {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.saved.Learned) > learnedFor {
		return 0
	}
	return b.saved.Newest
}

// Learn notes what a version reply said to a client that asked for a version.
func (b *Book) Learn(asked wire.Version, hello wire.Hello) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.saved
	if hello.Version < asked {
		b.saved.Newest, b.saved.Learned = hello.Version, time.Now().UTC()
	} else if hello.Version > b.saved.Newest {
		b.saved.Newest = 0
	}
	if zone := zoneOf(hello.Time); zone != "" {
		b.saved.Zone = zone
	}
	if b.saved.Newest == before.Newest && b.saved.Zone == before.Zone {
		b.saved.Learned = before.Learned
		return nil
	}
	return b.save()
}

// Hello is a version reply as the Gateway would give it now.
func (b *Book) Hello(v wire.Version) wire.Hello {
	b.mu.Lock()
	zone := b.saved.Zone
	b.mu.Unlock()
	now := time.Now().UTC()
	name := "UTC"
	if where, err := time.LoadLocation(zone); err == nil && zone != "" {
		now, name = now.In(where), zone
	}
	return wire.Hello{Version: v, Time: now.Format("20060102 15:04:05 ") + name}
}

// zoneOf is the zone of "20260824 22:27:38 CET".
func zoneOf(at string) string {
	const stamp = len("20060102 15:04:05 ")
	if len(at) <= stamp {
		return ""
	}
	return at[stamp:]
}

// Broken is why the file could not be written the last time; nil when it could.
func (b *Book) Broken() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}

// Close writes the exact ids and gives the directory back.
func (b *Book) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, next := range b.next {
		b.saved.Next[id] = next
	}
	b.saved.Clean = true
	return errors.Join(b.save(), b.lock.Unlock())
}

// save replaces the file in one step. The caller holds mu.
func (b *Book) save() error {
	b.broken = b.replace()
	return b.broken
}

func (b *Book) replace() error {
	data, err := json.MarshalIndent(b.saved, "", "  ")
	if err != nil {
		return fmt.Errorf("write keeper's state: %w", err)
	}
	f, err := os.CreateTemp(b.dir, fileName+".*")
	if err != nil {
		return fmt.Errorf("write keeper's state: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(b.dir, fileName))
	}
	if err != nil {
		return fmt.Errorf("write keeper's state: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
