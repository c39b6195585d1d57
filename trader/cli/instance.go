package cli

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"ibsoak/internal/loopback"
	"ibsoak/trader/config"
	"ibsoak/trader/exit"
	"ibsoak/trader/link"
)

// instance is the right to be the one trader with a client id at a Gateway, and so in its account: two would
// trade against each other, each with a journal of its own. The kernel takes it back from a dead process.
type instance struct{ lock *flock.Flock }

// holder is what the lock file says about who has it.
type holder struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	State string    `json:"state"` // directory
}

// takeInstance takes it or says who has it. An error that is not exit.ClientIDInUse means that nobody can
// tell.
func takeInstance(c config.Config, state string) (*instance, error) {
	dir, err := lockDir()
	if err != nil {
		return nil, err
	}
	sweep(dir)
	name := filepath.Join(dir, instanceName(c))
	lock, err := lockNamed(name)
	if err != nil {
		return nil, err
	}
	if lock == nil {
		var h holder
		if data, err := os.ReadFile(name + ".holder"); err == nil {
			_ = json.Unmarshal(data, &h) // what it cannot say is left out
		}
		return nil, &exit.Error{
			Code: exit.ClientIDInUse,
			Err: fmt.Errorf("client id %d at %s is used by the trader with pid %d, since %s, with --state %s",
				c.Gateway.ClientID, address(c), h.PID, h.Since.Format(time.RFC3339), h.State),
			Do: "stop that one, or choose another --client-id for another account",
		}
	}
	data, err := json.Marshal(holder{os.Getpid(), time.Now().UTC().Truncate(time.Second), state})
	if err == nil {
		err = os.WriteFile(name+".holder", append(data, '\n'), 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return &instance{lock}, nil
}

// release removes the file before it gives the lock back: ports and ids are many, and old files help nobody.
func (i *instance) release() error {
	if i == nil {
		return nil
	}
	_ = os.Remove(i.lock.Path() + ".holder") // only a message
	_ = os.Remove(i.lock.Path())             // a system that keeps open files keeps this one
	return i.lock.Unlock()
}

// sweep removes the files of traders that were killed, a day ago or longer.
func sweep(dir string) {
	const old = 24 * time.Hour
	names, _ := filepath.Glob(filepath.Join(dir, "*.lock")) // the pattern is right
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || time.Since(info.ModTime()) < old {
			continue
		}
		if lock, err := lockNamed(name); err == nil && lock != nil {
			_ = (&instance{lock}).release() // the next one tries again
		}
	}
}

// lockNamed is nil when another process has the lock. One that was taken on a file which its last holder has
// removed meanwhile is nobody's, and is taken again.
func lockNamed(name string) (*flock.Flock, error) {
	const tries = 10
	for range tries {
		lock := flock.New(name, flock.SetPermissions(0o600))
		locked, err := lock.TryLock()
		if err != nil || !locked {
			return nil, err
		}
		mine, err := lock.Stat()
		if err != nil {
			return nil, errors.Join(err, lock.Unlock())
		}
		if there, err := os.Stat(name); err == nil && os.SameFile(mine, there) {
			return lock, nil
		}
		if err := lock.Unlock(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s: its file was replaced %d times", name, tries)
}

// lockDir is for all traders of this user, whatever their state directories.
func lockDir() (string, error) {
	base, err := config.StateBase()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, "ibsoak", "locks")
	return dir, os.MkdirAll(dir, 0o700)
}

// instanceName is a file's name for a Gateway and a client id. Loopback has many names; a socket has one, its
// whole path, which is too long and too free for a file's name.
func instanceName(c config.Config) string {
	if path, ok := strings.CutPrefix(address(c), link.UnixPrefix); ok {
		if whole, err := filepath.Abs(path); err == nil {
			path = whole
		}
		return fmt.Sprintf("unix-%x-client-%d.lock", sha256.Sum256([]byte(path)), c.Gateway.ClientID)
	}
	host, port := c.Gateway.HostPort()
	host = strings.ToLower(host)
	if loopback.Host(host) {
		host = "loopback"
	}
	host = strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') {
			return r
		}
		return '_'
	}, host)
	return fmt.Sprintf("%s-%d-client-%d.lock", host, port, c.Gateway.ClientID)
}
