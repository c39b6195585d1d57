//go:build unix

package harness

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// These habits leave something behind, or do not end.
func init() {
	subjects["inherits"] = inherits     // works; a daemon has its socket and stays
	subjects["daemon"] = daemonFirst    // starts a daemon, then works
	subjects["late"] = late             // works; a daemon connects after the life's end
	subjects["latecomer"] = latecomer   // is that daemon
	subjects["lingers"] = lingers       // works and does not exit
	subjects["obstinate"] = obstinate   // the same, and ignores SIGTERM
	subjects["silent"] = silent         // shakes hands and says nothing more
	subjects["slow-second"] = slow      // never connects in its second life, and works in the others
	subjects["storms"] = storms         // writes stormBytes to stdout, then works
	subjects["breeds"] = breeds         // starts a child each cycle and waits for none
	subjects["holds-output"] = heldOpen // works; somebody else than a child keeps its stdout
}

// daemon starts a habit in a session of its own.
func daemon(habit string, files ...*os.File) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, subjectWord, habit)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.ExtraFiles = files
	return cmd.Start()
}

func inherits([]string) error {
	c, err := connect()
	if err != nil {
		return err
	}
	if err := c.cycle(1); err != nil {
		return err
	}
	tcp, ok := c.Conn.(*net.TCPConn)
	if !ok {
		return errors.New("no TCP connection")
	}
	f, err := tcp.File()
	if err != nil {
		return err
	}
	return daemon("hang", f) // no close: the process's exit is none while the daemon has the socket
}

func daemonFirst(args []string) error {
	if err := daemon("hang"); err != nil {
		return err
	}
	return work(args)
}

func late([]string) error {
	if err := daemon("latecomer"); err != nil {
		return err
	}
	return work(nil)
}

func latecomer([]string) error {
	<-time.After(SettleTime + LateAfter)
	return probe(nil)
}

func lingers([]string) error {
	if err := work(nil); err != nil {
		return err
	}
	<-signalled()
	return nil
}

func obstinate([]string) error {
	if err := work(nil); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGTERM)
	<-time.After(time.Minute) // the life ends by SIGKILL
	return nil
}

func silent([]string) error {
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	return hang(nil)
}

func slow([]string) error {
	if strings.HasSuffix(os.Getenv(lifeVariable), "-2") {
		return hang(nil)
	}
	return work(nil)
}

const stormBytes = LogStormBytes + 1<<20

func storms([]string) error {
	line := append(bytes.Repeat([]byte{'x'}, 1023), '\n')
	for range stormBytes / len(line) {
		if _, err := os.Stdout.Write(line); err != nil {
			return err
		}
	}
	return work(nil)
}

func breeds([]string) error {
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	term := signalled()
	for n := 1; ; n++ {
		if err := c.cycle(n); err != nil {
			return err
		}
		if err := exec.Command("/bin/sh", "-c", ":").Start(); err != nil {
			return err
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-term:
			return nil
		}
	}
}

// heldOpen hands its stdout to a process that is no descendant of its own, by a Unix socket whose
// path is in the environment of the test.
func heldOpen([]string) error {
	conn, err := net.Dial("unix", os.Getenv("IBSOAK_TEST_SOCKET"))
	if err != nil {
		return err
	}
	defer conn.Close()
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return errors.New("no Unix socket")
	}
	if _, _, err := unixConn.WriteMsgUnix([]byte{0}, syscall.UnixRights(1), nil); err != nil {
		return err
	}
	return work(nil)
}
