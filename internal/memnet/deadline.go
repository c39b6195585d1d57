package memnet

import "time"

// deadline says of itself when it has expired, so that a wall clock's steps cannot make a waiter
// miss it. It is guarded by shared.mu.
type deadline struct {
	timer   *time.Timer
	setting int // counts calls of set: a timer of an earlier setting has nothing to say
	expired bool
}

func (d *deadline) set(t time.Time, both *shared) {
	d.stop()
	d.setting++
	d.expired = false
	if t.IsZero() {
		return
	}
	left := time.Until(t)
	if left <= 0 {
		d.expired = true
		both.changed.Broadcast()
		return
	}
	setting := d.setting
	d.timer = time.AfterFunc(left, func() {
		both.mu.Lock()
		defer both.mu.Unlock()
		if d.setting == setting {
			d.expired = true
			both.changed.Broadcast()
		}
	})
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
