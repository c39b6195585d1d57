package catalogue_test

import (
	"context"

	"ibsoak/internal/sockets"
	"ibsoak/internal/testkit"
)

// wantKernel wants so many sockets in CLOSE_WAIT at the Gateway's end, by the kernel's own table.
// The FINs are on their way over loopback, so it is looked up until it is so.
func (r rig) wantKernel(n int) {
	r.Helper()
	_, port := r.HostPort()
	ctx, cancel := context.WithTimeout(r.Context(), testkit.Patience)
	defer cancel()
	for {
		gateway, _, err := sockets.CloseWait(ctx, uint16(port))
		switch {
		case err != nil:
			r.Fatal(err)
		case len(gateway) == n:
			return
		}
	}
}
