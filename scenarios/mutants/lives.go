package mutants

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lifeDefects are the traders whose end is wrong, or somebody else's.
var lifeDefects = []Mutant{
	{Name: "ignores-sigterm", Defect: "goes on after SIGTERM", run: ignoresSIGTERM},
	{Name: "exits-zero-on-failure", Defect: "exits 0 whatever happened", run: exitsZeroOnFailure},
	{Name: "hangs", Defect: "does its work and stays until SIGTERM", run: hangs},
	{
		Name: "hangs-deaf", Defect: "does its work and stays, whatever it is asked",
		run: func(ctx context.Context, p params) int {
			signal.Ignore(syscall.SIGTERM)
			return hangs(context.WithoutCancel(ctx), p)
		},
	},
	{
		Name: "fails-on-sigterm", Defect: "takes SIGTERM for an error and exits 1",
		run: func(ctx context.Context, p params) int {
			code := right().run(ctx, p)
			if ctx.Err() != nil {
				return 1
			}
			return code
		},
	},
	{Name: "always-exits-13", Defect: "exits 13, whatever has met it", run: alwaysExits13},
	{
		Name: "exits-20-unseen", Defect: "exits 20 without having looked for zombies",
		run: func(context.Context, params) int { return exitZombies },
	},
	{
		Name: "stops-gateway", run: toGateway(func(p *os.Process) error {
			return os.WriteFile(fmt.Sprintf("/proc/%d/fd/0", p.Pid), []byte("stop\n"), 0)
		}),
		Defect: "writes a word into the Gateway's standard input",
	},
	{
		Name: "kills-gateway", run: toGateway((*os.Process).Kill),
		Defect: "clears the Gateway's port before it starts: SIGKILL to whoever listens there",
	},
	{Name: "storms-log", Defect: "writes 64 MiB of log in each cycle", run: stormsLog},
}

func ignoresSIGTERM(ctx context.Context, p params) int {
	signal.Ignore(syscall.SIGTERM)
	return right().run(context.WithoutCancel(ctx), p)
}

func exitsZeroOnFailure(ctx context.Context, p params) int {
	if code := right().run(ctx, p); code != exitOK {
		p.say("mutant: would have exited %d", code)
	}
	return exitOK
}

// hangs keeps its session open, or a hang would be all that is left of it.
func hangs(ctx context.Context, p params) int {
	t := right()
	t.work = func(ctx context.Context, s *session) error {
		if err := s.cycle(); err != nil {
			return err
		}
		return s.idle(ctx, childLife)
	}
	return t.run(ctx, p)
}

func alwaysExits13(ctx context.Context, p params) int {
	if s, err := connect(ctx, p); err == nil {
		s.conn.Close()
	}
	return exitClosed
}

func stormsLog(ctx context.Context, p params) int {
	const storm, line = 64 << 20, "connection looks fine, connection looks fine, connection looks fin\n"
	t := right()
	t.work = func(_ context.Context, s *session) error {
		out := bufio.NewWriterSize(p.stderr, 1<<20)
		for written := 0; written < storm; written += len(line) {
			if _, err := out.WriteString(line); err != nil {
				return err
			}
		}
		if err := out.Flush(); err != nil {
			return err
		}
		return s.cycle()
	}
	return t.run(ctx, p)
}

// toGateway finds the Gateway as a well-known start-up script does with lsof, and does something to it.
// It harms nobody but a child of its own parent, and only when all three are the same program: a
// Gateway that a harness has started.
func toGateway(do func(*os.Process) error) func(context.Context, params) int {
	return func(ctx context.Context, p params) int {
		const moment = time.Second
		pid, err := listenerBesideUs(p.port)
		if err != nil {
			p.say("mutant: %v", err)
			return exitLost
		}
		process, err := os.FindProcess(pid)
		if err == nil {
			err = do(process)
		}
		if err != nil {
			p.say("mutant: end the Gateway: %v", err)
			return exitLost
		}
		pause(ctx, moment)
		return exitZombies
	}
}

// listenerBesideUs is the process, among the children of our parent, that listens on the port.
func listenerBesideUs(port int) (pid int, err error) {
	inode, err := listenInode(port)
	if err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	parent := os.Getppid()
	if !runs(parent, self) {
		return 0, fmt.Errorf("find the Gateway: our parent, pid %d, is another program", parent)
	}
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, dir := range all {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err == nil && pid != os.Getpid() && runs(pid, self) && parentOf(pid) == parent && holds(pid, inode) {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("find the Gateway: no child of pid %d listens on port %d", parent, port)
}

// listenInode is the inode of the socket that listens on the port of loopback.
func listenInode(port int) (string, error) {
	const address, state, inode, listening = 1, 3, 9, "0A"
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return "", fmt.Errorf("find the Gateway: %w", err)
	}
	want := ":" + strings.ToUpper(hex.EncodeToString([]byte{byte(port >> 8), byte(port)}))
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) > inode && f[state] == listening && strings.HasSuffix(f[address], want) {
			return f[inode], nil
		}
	}
	return "", fmt.Errorf("find the Gateway: nobody listens on port %d", port)
}

func runs(pid int, program string) bool {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err == nil && exe == program
}

func parentOf(pid int) int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	parent, err := strconv.Atoi(f[1])
	if err != nil {
		return 0
	}
	return parent
}

func holds(pid int, inode string) bool {
	open, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return false
	}
	for _, fd := range open {
		if at, err := os.Readlink(fd); err == nil && at == "socket:["+inode+"]" {
			return true
		}
	}
	return false
}
