//go:build unix

package harness

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// gatewaySignals catches what would end or has stopped the Gateway's process. Go would answer some
// of these signals with the exit code of a crash; caught, the code names the signal.
func gatewaySignals() (ended <-chan int, continued <-chan struct{}, release func()) {
	fatal := make(chan os.Signal, 1)
	signal.Notify(fatal, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT,
		syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGTRAP,
		syscall.SIGSYS, syscall.SIGVTALRM, syscall.SIGXCPU)
	woken := make(chan os.Signal, 1)
	signal.Notify(woken, syscall.SIGCONT)
	numbers, wakes, done := make(chan int, 1), make(chan struct{}, 1), make(chan struct{})
	go func() { // ends by release
		for {
			select {
			case s := <-fatal:
				if n, ok := s.(syscall.Signal); ok {
					select {
					case numbers <- int(n):
					default: // the first one is being obeyed
					}
				}
			case <-woken:
				select {
				case wakes <- struct{}{}:
				default:
				}
			case <-done:
				return
			}
		}
	}()
	return numbers, wakes, func() {
		signal.Stop(fatal)
		signal.Stop(woken)
		close(done)
	}
}

// signalNumbered is the name of a signal, like "SIGKILL".
func signalNumbered(n int) string { return unix.SignalName(syscall.Signal(n)) }

// isBrokenPipe reports that the reader has gone.
func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// wake continues a process of ours that was stopped.
func wake(pid int) error { return ignoreDone(syscall.Kill(pid, syscall.SIGCONT)) }
