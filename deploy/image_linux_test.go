package deploy

import (
	"bufio"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"ibsoak/internal/sockets"
)

// TestImage runs the programs in a root directory that holds what the Containerfile copies and nothing
// else, as the user that it names.
func TestImage(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("a root directory of one's own needs root")
	}
	programs, root := build(t), t.TempDir()
	for _, name := range copied(t) {
		if err := os.Link(filepath.Join(programs, name), filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	const nobody = 65534
	work := filepath.Join(root, "work")
	for _, err := range []error{os.Chmod(root, 0o755), os.Mkdir(work, 0o700), os.Chown(work, nobody, nobody)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	in := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "/"+args[0], args[1:]...)
		cmd.Dir, cmd.Env = "/work", []string{"PATH=/", "TMPDIR=/work"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		return cmd
	}
	// Without /proc descriptors cannot be counted, so the run is of what needs none.
	out, err := in("soak", "judge", "/work").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "/work") {
		t.Errorf("soak: %v\n%s", err, out)
	}
	if out, err := in("trader", "--help").CombinedOutput(); err != nil || !strings.Contains(string(out), "--symbols") {
		t.Errorf("trader: %v\n%s", err, out)
	}
	gateway := in("fakegateway", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0")
	stdout, err := gateway.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	_, control, ok := ready(firstLine(lines))
	if out, err := in("fakegateway", "healthy", control).CombinedOutput(); !ok || err != nil {
		t.Errorf("health check of %q: %v\n%s", control, err, out)
	}
	if err := gateway.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, lines)
	if err := gateway.Wait(); err != nil {
		t.Error(err)
	}
}

// endListener ends the process that listens on a port of loopback: the one that this test's script
// started, for nobody else knows the port.
func endListener(t *testing.T, port string) {
	t.Helper()
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		t.Fatalf("port %q: %v", port, err)
	}
	table, err := sockets.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	rows, err := table.Port(uint16(number), sockets.StateListen)
	if err != nil {
		t.Fatal(err)
	}
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Local.Addr() != netip.MustParseAddr("127.0.0.1") {
			continue
		}
		for _, process := range processes {
			pid, _ := strconv.Atoi(filepath.Base(process))
			if owns, err := sockets.Owns(pid, row); err == nil && owns {
				if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
					t.Error(err)
				}
				return
			}
		}
	}
	t.Errorf("nobody listens on %s", port)
}
