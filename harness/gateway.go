package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"github.com/govalues/decimal"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
)

// addrPort is a listener's address as the kernel's table shows it.
func addrPort(addr string) (netip.AddrPort, error) {
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("read the Gateway's address: %w", err)
	}
	return plain(a), nil
}

// plain is an address without what the kernel's table does not keep apart.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// plant puts the scenario's zombies on the Gateway's port and gives their client addresses.
func (r *run) plant(ctx context.Context) (map[netip.AddrPort]bool, error) {
	planted := map[netip.AddrPort]bool{}
	n := r.Gateway.PlantedZombies
	if n == 0 {
		return planted, nil
	}
	ctx, cancel := context.WithTimeout(ctx, plantWithin)
	defer cancel()
	if err := r.gateway.PlantZombies(ctx, n); err != nil {
		return nil, err
	}
	for _, c := range r.gateway.Connections() {
		if c.Planted {
			planted[plain(c.Remote)] = true
		}
	}
	if len(planted) != n {
		return nil, fmt.Errorf("plant zombies: %d in the ledger, want %d", len(planted), n)
	}
	return planted, nil
}

// clearZombies takes the planted zombies away before the first life that is not to meet them.
func (r *run) clearZombies(ctx context.Context, life int) {
	if n := r.Gateway.PlantedLives; n == 0 || life != n+1 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, plantWithin)
	defer cancel()
	if err := r.gateway.ClearZombies(ctx); err != nil {
		r.fault("clear the planted zombies: %v", err)
	}
}

// remoteOf is the client's end of a connection that the Gateway has told of.
func (r *run) remoteOf(connection int) (remote netip.AddrPort, known bool) {
	_ = r.gateway.Wait(context.Background(), "a row", func(v *fakegateway.View) bool {
		var row fakegateway.Connection
		row, known = v.Connection(connection)
		remote = row.Remote
		return true
	})
	return remote, known
}

// collect reads what the Gateway knows into the record, and stops the samplers. The Gateway must
// still run: closing it ends connections, and those ends are nobody's finding.
func (r *run) collect() {
	rec := r.rec
	rec.Loads = r.control.stop()
	r.knocks.stop(rec)
	if r.kernel != nil {
		r.kernel.stop()
		r.kernel.report(rec)
	}
	rec.Footer.Ended = r.now()
	for _, c := range r.gateway.Connections() {
		rec.Connections = append(rec.Connections, r.connection(c))
	}
	for _, receipt := range r.gateway.Receipts() {
		rec.Receipts = append(rec.Receipts, Receipt{
			Fault: receipt.Fault, Planned: receipt.Planned, Wire: receipt.Wire,
			Connection: receipt.Connection, Point: receipt.Point, At: r.moment(receipt.At),
			BytesOut: receipt.BytesOut, Mismatch: receipt.Mismatch,
		})
	}
	rec.Outages = r.watcher.outages
	rec.Footer.Dropped = r.watcher.dropped
	if r.watcher.dropped > 0 {
		r.fault("%d events of the Gateway were lost: cycles and outages may be missing", r.watcher.dropped)
	}
	books, err := copyBooks(r.gateway.Books())
	if err != nil {
		r.fault("read the books: %v", err)
	}
	rec.Books = books
}

// connection puts a row of the ledger on the run's clock.
func (r *run) connection(c fakegateway.Connection) Connection {
	at := r.moment
	return Connection{
		ID: c.ID, Epoch: c.Epoch, Life: r.lifeAt(at(c.Accepted), c.Planted),
		Local: plain(c.Local), Remote: plain(c.Remote), ClientID: c.ClientID,
		FirstBytes: c.FirstBytes, Preamble: c.Preamble, ServerVersion: c.ServerVersion,
		Accepted: at(c.Accepted), FirstByte: at(c.FirstByte), PreambleRead: at(c.PreambleRead),
		VersionSent: at(c.VersionSent), StartAPIRead: at(c.StartAPIRead),
		BootstrapSent: at(c.BootstrapSent), FirstRequested: at(c.FirstRequested),
		BytesIn: c.BytesIn, BytesOut: c.BytesOut,
		ClientFIN: at(c.ClientFIN), ClientRST: at(c.ClientRST),
		GatewayFIN: at(c.GatewayFIN), GatewayRST: at(c.GatewayRST), Closed: at(c.Closed),
		ClosedFirst: c.ClosedFirst, Held: c.Held, Planted: c.Planted, Faults: c.Faults, End: c.End,
	}
}

// lifeAt is the number of the life that was the last to start by then; 0 before the first.
func (r *run) lifeAt(at Moment, planted bool) int {
	life := 0
	for _, l := range r.rec.Lives {
		if !planted && l.Started <= at {
			life = l.Number
		}
	}
	return life
}

// copyBooks takes over the exchange's books.
func copyBooks(b exchange.Books) (Books, error) {
	out := Books{Taken: true}
	var errs []error
	whole := func(n int64) decimal.Decimal {
		d, err := decimal.New(n, 0)
		errs = append(errs, err)
		return d
	}
	for _, o := range b.Orders {
		out.Orders = append(out.Orders, Order{
			PermID: o.PermID, OrderID: int64(o.OrderID), ClientID: o.ClientID, OrderRef: o.OrderRef,
			Account: o.Account, Symbol: o.Symbol, Action: string(o.Action),
			Quantity: whole(o.Quantity), Filled: whole(o.Filled), Status: string(o.Status),
			Rejected: o.Status == exchange.Inactive,
		})
	}
	for _, e := range b.Executions {
		side := "BOT"
		if e.Action == exchange.Sell {
			side = "SLD"
		}
		out.Fills = append(out.Fills, Fill{
			ExecID: e.ExecID, PermID: e.PermID, Account: e.Account, Symbol: e.Symbol, Side: side,
			Shares: whole(e.Shares), Price: e.Price, Commission: e.Commission,
		})
	}
	for _, p := range b.Positions {
		out.Positions = append(out.Positions, Position{
			Account: p.Account, Symbol: p.Symbol, Shares: whole(p.Quantity),
		})
	}
	for _, a := range b.Accounts {
		out.Cash = append(out.Cash, Cash{Account: a.ID, Opening: a.StartCash, Balance: a.Cash})
	}
	return out, errors.Join(errs...)
}

// saveSchedule writes the planned faults in the form that soak replay reads.
func saveSchedule(dir string, s fault.Schedule) error {
	text, err := yaml.Marshal(s)
	if err != nil {
		return fmt.Errorf("write schedule: %w", err)
	}
	return writeFile(filepath.Join(dir, ScheduleFile), func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(text))
		return err
	})
}
