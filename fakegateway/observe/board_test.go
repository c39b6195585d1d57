package observe

import (
	"testing"
	"time"
	"unsafe"

	"ibsoak/fakegateway/clock"
)

// TestTimesDoNotFollowTheMachinesClock gives the board a time as it is read after the machine's
// clock was set an hour ahead. Package time has no way to make one.
func TestTimesDoNotFollowTheMachinesClock(t *testing.T) {
	b := newBoard(1, nil, clock.Clock{}.Begin())
	now := time.Now()
	set := now
	const secondsShift = 30 // in time.Time's first word, of a time with a monotonic reading
	*(*uint64)(unsafe.Pointer(&set)) += uint64(time.Hour/time.Second) << secondsShift
	if set.Round(0).Sub(now.Round(0)) != time.Hour {
		t.Fatal("the wall reading was not set")
	}
	if got, want := b.steady(set).Round(0), b.steady(now).Round(0); !got.Equal(want) {
		t.Errorf("%s, want %s", got, want)
	}
	if !b.steady(time.Time{}).IsZero() {
		t.Error("never has become a time")
	}
}
