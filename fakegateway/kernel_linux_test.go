package fakegateway

import (
	"net/netip"
	"runtime"
	"testing"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/sockets"
)

// ends reads both ends of a row's connection from the kernel's table.
func ends(t *testing.T, table *sockets.Table, r Connection) (gateway, client sockets.Socket) {
	t.Helper()
	gateway, ok, err := table.Lookup(r.Local, r.Remote)
	if err != nil || !ok {
		t.Fatalf("gateway's end of %d: found %v, %v", r.ID, ok, err)
	}
	client, ok, err = table.Lookup(r.Remote, r.Local)
	if err != nil || !ok {
		t.Fatalf("client's end of %d: found %v, %v", r.ID, ok, err)
	}
	return gateway, client
}

func openTable(t *testing.T) *sockets.Table {
	t.Helper()
	table, err := sockets.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	return table
}

func TestKernelSeesPlantedZombiesThroughGarbageCollections(t *testing.T) {
	table := openTable(t)
	s := startServer(t, Config{})
	if err := s.PlantZombies(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	runtime.GC() // would close sockets that nobody refers to
	runtime.GC()
	port := netip.MustParseAddrPort(s.Addr()).Port()
	for _, r := range s.Connections() {
		gateway, client := ends(t, table, r)
		// FIN_WAIT1 until the Gateway's kernel has acknowledged the FIN, which it may put off.
		closed := client.State == sockets.StateFinWait1 || client.State == sockets.StateFinWait2
		if gateway.State != sockets.StateCloseWait || !closed {
			t.Errorf("connection %d: %s at the gateway, %s at the client", r.ID, gateway.State,
				client.State)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := table.Port(port, sockets.StateCloseWait, sockets.StateListen, sockets.StateEstablished)
	if err != nil || len(left) > 0 {
		t.Errorf("left after Close: %v, %v", left, err)
	}
}

func TestKernelSeesTheClientsCloseWait(t *testing.T) {
	table := openTable(t)
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.FIN}))
	c := reach(t, s, fault.BootstrapSent)
	c.wantFIN()
	gateway, client := ends(t, table, s.Connections()[0])
	// FIN_WAIT1 until the client's kernel has acknowledged the FIN, which it may put off.
	acknowledged := gateway.State == sockets.StateFinWait1 || gateway.State == sockets.StateFinWait2
	if !acknowledged || client.State != sockets.StateCloseWait {
		t.Errorf("%s at the gateway, %s at the client", gateway.State, client.State)
	}
}

func TestKernelStillListensWithAFullAcceptQueue(t *testing.T) {
	table := openTable(t)
	s := startServer(t, faults(fault.Fault{
		When: fault.When{At: ptr(fault.Duration(0))}, What: fault.What{Do: fault.BacklogFull},
	}))
	receipt(t, s, fault.BacklogFull, "accept queue full")
	port := netip.MustParseAddrPort(s.Addr()).Port()
	listening, err := table.Port(port, sockets.StateListen)
	if err != nil || len(listening) != 1 || listening[0].RecvQueueBytes != 1 {
		t.Errorf("listeners %+v, %v, want one with a queue of 1", listening, err)
	}
}
