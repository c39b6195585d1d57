package mutants

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func neverRecovers(ctx context.Context, p params) int {
	t := right()
	t.backOff = func(ctx context.Context, _ int) bool {
		<-ctx.Done()
		return false
	}
	return t.run(ctx, p)
}

func trustsKeepalive(ctx context.Context, p params) int {
	t := right()
	t.work = func(ctx context.Context, s *session) error {
		if err := s.conn.SetDeadline(time.Time{}); err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Now()) })
		defer stop()
		return s.bars()
	}
	return t.run(ctx, p)
}

func reconnectsEachCycle(ctx context.Context, p params) int {
	for {
		once := p
		once.once = true
		if code := right().run(ctx, once); code != exitOK || p.once {
			return code
		}
		if !pause(ctx, p.interval) {
			return exitOK
		}
	}
}

func sitsIdle(ctx context.Context, p params) int {
	t := right()
	t.work = func(context.Context, *session) error { return nil }
	return t.run(ctx, p)
}

func ignoresSIGTERM(ctx context.Context, p params) int {
	signal.Ignore(syscall.SIGTERM)
	return right().run(ctx, p)
}

func exitsZeroOnFailure(ctx context.Context, p params) int {
	if code := right().run(ctx, p); code != exitOK {
		p.say("mutant: would have exited %d", code)
	}
	return exitOK
}

// resendsOrder keeps its intent in memory and takes a new session for a new day: what it has
// placed before the connection was lost, it places again.
func resendsOrder(ctx context.Context, p params) int {
	intent := fmt.Sprintf("intent-%d-1", p.clientID)
	t := right()
	var placedOn *session
	t.work = func(_ context.Context, s *session) error {
		if err := s.cycle(); err != nil || placedOn == s {
			return err
		}
		placedOn = s
		return s.order(intent)
	}
	return t.run(ctx, p)
}

func leaksFDPerCycle(ctx context.Context, p params) int {
	t := right()
	t.work = func(_ context.Context, s *session) error {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		kept = append(kept, f)
		return s.cycle()
	}
	return t.run(ctx, p)
}

func leaksThreadPerCycle(ctx context.Context, p params) int {
	t := right()
	t.work = func(ctx context.Context, s *session) error {
		locked := make(chan struct{})
		go func() {
			runtime.LockOSThread() // never unlocked: the thread is this goroutine's until exit
			close(locked)
			<-ctx.Done()
		}()
		<-locked
		return s.cycle()
	}
	return t.run(ctx, p)
}

func leaksMemoryPerCycle(ctx context.Context, p params) int {
	const leakBytes = 4 << 20
	t := right()
	t.work = func(_ context.Context, s *session) error {
		block := make([]byte, leakBytes)
		for i := 0; i < len(block); i += os.Getpagesize() {
			block[i] = 1 // an untouched page is not resident
		}
		kept = append(kept, block)
		return s.cycle()
	}
	return t.run(ctx, p)
}
