package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"time"

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

// settings are what the Gateway's process is told to be: what the scenario's Gateway comes to, with
// what the run says. Prices are read from their file by the process itself.
func (r *run) settings() (GatewayStart, error) {
	c := r.config
	c.Seed, c.Clock.Start, c.Clock.Scale = r.Seed, r.ClockStart, r.TimeScale
	c.Schedule, c.Replay = r.Sabotage.schedule(r.rec.Header.Schedule), nil
	start := GatewayStart{Config: c, Dir: r.dir}
	if r.Gateway.Market == "" {
		return start, nil
	}
	path, err := filepath.Abs(r.Gateway.Market)
	start.Market = &MarketFile{Path: path}
	return start, err
}

// startGateway starts the Gateway's process and checks that both clocks agree. The Gateway sets its
// own by the machine's at its start; from then on neither follows a step of it.
func (r *run) startGateway(ctx context.Context, cancel context.CancelCauseFunc) error {
	settings, err := r.settings()
	if err != nil {
		return err
	}
	before := r.now()
	g, err := startGateway(ctx, r.GatewayCommand, settings, func() { cancel(errGatewayEnded) })
	if err != nil {
		return err
	}
	r.gateway = g
	r.Live.follow(g.mirror)
	if at := r.moment(g.greeting().At); at < before || at > r.now() {
		return fmt.Errorf("the Gateway began to speak at %s by its clock, between %s and %s by the "+
			"harness's: the machine's clock was set meanwhile, run it again", at, before, r.now())
	}
	r.rec.Header.Gateway, err = addrPort(g.addr)
	return err
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
	if err := r.gateway.plantZombies(ctx, n); err != nil {
		return nil, err
	}
	for _, c := range r.gateway.connections() {
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
	if err := r.gateway.clearZombies(ctx); err != nil {
		r.fault("clear the planted zombies: %v", err)
	}
}

// followInKernel has the kernel's sampler look up a connection that the Gateway has told of.
func (r *run) followInKernel(connection int) {
	if remote, known := r.gateway.remoteOf(connection); known && r.kernel != nil {
		r.kernel.follow(plain(remote))
	}
}

// collect reads what the Gateway knows into the record, and stops the samplers. The Gateway must
// still run: closing it ends connections, and those ends are nobody's finding. Of one that has
// ended, the record has what it told until then.
func (r *run) collect() {
	rec := r.rec
	r.stopSampling()
	rec.Footer.Ended = r.now()
	if err := r.gateway.refresh(context.Background()); err != nil && !r.gatewayHarmed() {
		r.fault("read the Gateway's ledger and books: %v", err)
	}
	rec.Processes, rec.Footer.ProcessesDropped = r.follower.report()
	rec.Outages = r.watcher.outages
	rec.Footer.Dropped = r.watcher.dropped
	r.watcher.messages.report(&rec.Footer)
	if err := rec.takeOver(r.gateway.mirror); err != nil {
		r.fault("read the books: %v", err)
	}
	r.collectKeeper()
}

// stopSampling ends what open has started to watch, and takes over what it saw.
func (r *run) stopSampling() {
	if r.control != nil {
		r.rec.Loads = r.control.stop()
	}
	if r.knocks != nil {
		r.knocks.stop(r.rec)
	}
	if r.kernel != nil {
		r.kernel.stop()
		r.kernel.report(r.rec)
	}
	if r.ends != nil {
		r.ends.stop(r.rec)
	}
}

// takeOver puts the ledger, the receipts and the books on the run's clock.
func (r *Record) takeOver(m *mirror) error {
	for _, c := range m.connections() {
		r.Connections = append(r.Connections, r.connection(c))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, receipt := range m.receipts {
		r.Receipts = append(r.Receipts, Receipt{
			Fault: receipt.Fault, Planned: receipt.Planned, Wire: receipt.Wire,
			Connection: receipt.Connection, Point: receipt.Point, At: r.Header.moment(receipt.At),
			BytesOut: receipt.BytesOut, Mismatch: receipt.Mismatch,
		})
	}
	if !m.booked {
		return nil
	}
	var err error
	r.Books, err = copyBooks(m.books, func(t time.Time) Moment { return r.Header.moment(real(m.hello, t)) })
	return err
}

// moment puts a time of the Gateway's on the run's clock, 0 for the zero time.
func (h Header) moment(t time.Time) Moment {
	if t.IsZero() {
		return 0
	}
	return Moment(max(t.Sub(h.Started), 1))
}

// connection puts a row of the ledger on the run's clock.
func (r *Record) connection(c fakegateway.Connection) Connection {
	at := r.Header.moment
	return Connection{
		ID: c.ID, Epoch: c.Epoch, Life: r.lifeAt(at(c.Accepted), c.Planted),
		Local: plain(c.Local), Remote: plain(c.Remote), ClientID: c.ClientID,
		FirstBytes: c.FirstBytes, Preamble: c.Preamble, ServerVersion: c.ServerVersion,
		Accepted: at(c.Accepted), FirstByte: at(c.FirstByte), PreambleRead: at(c.PreambleRead),
		VersionSent: at(c.VersionSent), StartAPIRead: at(c.StartAPIRead),
		BootstrapSent: at(c.BootstrapSent), FirstRequested: at(c.FirstRequested),
		BytesIn: c.BytesIn, BytesOut: c.BytesOut,
		Busiest:     Rate{Messages: c.Busiest.Messages, At: at(c.Busiest.At)},
		BusiestReal: Rate{Messages: c.BusiestReal.Messages, At: at(c.BusiestReal.At)},
		ClientFIN:   at(c.ClientFIN), ClientRST: at(c.ClientRST),
		GatewayFIN: at(c.GatewayFIN), GatewayRST: at(c.GatewayRST), Closed: at(c.Closed),
		ClosedFirst: c.ClosedFirst, Held: c.Held, Planted: c.Planted, Faults: c.Faults, End: c.End,
	}
}

// lifeAt is the number of the life that was the last to start by then; 0 before the first.
func (r *Record) lifeAt(at Moment, planted bool) int {
	life := 0
	for _, l := range r.Lives {
		if !planted && l.Started <= at {
			life = l.Number
		}
	}
	return life
}

// copyBooks takes over the exchange's books; at puts a time of the exchange on the run's clock.
func copyBooks(b exchange.Books, at func(time.Time) Moment) (Books, error) {
	out := Books{Taken: true}
	var errs []error
	whole := func(n int64) decimal.Decimal {
		d, err := decimal.New(n, 0)
		errs = append(errs, err)
		return d
	}
	secTypes := map[int]string{exchange.ComboConID: string(exchange.Combo)} // by contract
	for _, p := range b.Positions {
		secTypes[p.ConID] = string(p.SecType)
		out.Positions = append(out.Positions, Position{
			Account: p.Account, Symbol: p.Symbol, SecType: string(p.SecType),
			Opening: whole(p.Opening.Quantity), Shares: whole(p.Quantity), ConID: p.ConID,
			Currency: p.Currency, Multiplier: p.Multiplier, PriceMagnifier: p.PriceMagnifier,
			OpeningUnpaid: p.Opening.Unpaid,
		})
	}
	for _, o := range b.Orders {
		out.Orders = append(out.Orders, Order{
			PermID: o.PermID, OrderID: int64(o.OrderID), ClientID: o.ClientID, OrderRef: o.OrderRef,
			Account: o.Account, Symbol: o.Symbol, SecType: string(o.SecType), Action: string(o.Action),
			Quantity: whole(o.Quantity), Filled: whole(o.Filled), Status: string(o.Status),
			Rejected: o.Status == exchange.Inactive,
			Type:     string(o.Type), LimitPrice: o.LimitPrice, StopPrice: o.StopPrice, Market: o.Market,
			ParentID: int64(o.ParentID), OCAGroup: o.OCAGroup, Manual: o.Manual,
			PlacedAt: at(o.PlacedAt), DoneAt: at(o.DoneAt),
			Modifications: o.Modifications, CanceledByClient: o.CanceledByClient,
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
			SecType: secTypes[e.ConID], At: at(e.At), ConID: e.ConID, Leg: e.Leg,
			CommissionCurrency: e.CommissionCurrency,
		})
	}
	for _, a := range b.Accounts {
		for _, b := range append([]exchange.Balance{a.Balance}, a.Foreign...) {
			out.Cash = append(out.Cash, Cash{
				Account: a.ID, Currency: b.Currency, Opening: b.StartCash, Balance: b.Cash,
			})
		}
	}
	for _, t := range b.Transfers {
		out.Transfers = append(out.Transfers, Transfer{
			Account: t.Account, Symbol: t.Symbol, ConID: t.ConID, Shares: whole(t.Quantity), Price: t.Price,
			Cash: t.Cash, Currency: t.Currency, At: at(t.At),
		})
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
