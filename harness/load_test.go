package harness

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// running is a clock from now on.
func running() func() Moment {
	began := time.Now()
	return func() Moment { return Moment(max(time.Since(began), 1)) }
}

// The control beside four spinning threads for each processor sees that they are there.
func TestTheControlSeesACrowd(t *testing.T) {
	if crowd() == 0 {
		t.Skipf("%s does not say how many threads are runnable", runtime.GOOS)
	}
	c, err := watchLoad(running(), nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var spinning sync.WaitGroup
	for range 4 * runtime.NumCPU() {
		spinning.Go(func() { spin(done) })
	}
	deadline := time.After(10 * time.Second)
	again := time.NewTicker(loadEvery)
	defer again.Stop()
	for waiting := true; waiting; {
		select {
		case <-again.C:
			waiting = crowd() < 1
		case <-deadline:
			t.Fatal("no crowd after 10 s of spinning")
		}
	}
	<-time.After(5 * loadEvery)
	close(done)
	spinning.Wait()
	loads := c.stop()
	if len(loads) == 0 {
		t.Fatal("no reading shows a machine with something else to do")
	}
}

func spin(done <-chan struct{}) {
	runtime.LockOSThread()
	for spinning := true; spinning; {
		select {
		case <-done:
			spinning = false
		default:
		}
	}
}

func TestTheControlKeepsOnlySoMuch(t *testing.T) {
	t.Parallel()
	c := &control{}
	c.keep(MachineLoad{Crowd: 1})
	c.keep(MachineLoad{Crowd: 2})
	for range maxLoads {
		c.keep(MachineLoad{Crowd: 2})
	}
	if len(c.loads) != maxLoads {
		t.Errorf("%d lines kept, %d allowed", len(c.loads), maxLoads)
	}
}
