package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ibsoak/internal/sockets"
	"ibsoak/trader/exit"
	"ibsoak/trader/zombies"
)

// usual are the ports that Gateways and TWS listen on unless they are told otherwise (IBKR's documentation).
var usual = map[uint16]string{4001: "Gateway, live", 4002: "Gateway, paper", 7496: "TWS, live", 7497: "TWS, paper"}

// port looks at the kernel's table, and opens no connection. False means that nothing listens, so that there
// is nobody to call on.
func (x *examination) port(ctx context.Context) bool {
	count, err := zombies.Check(ctx, x.cfg.Host, x.cfg.Port, zombies.DefaultLimit)
	if err != nil {
		x.add("port", Unknown, "run the doctor on the Gateway's own host to see its sockets",
			"its sockets cannot be seen: %v", err)
		return true
	}
	table, err := sockets.Open()
	if err != nil {
		x.add("port", Unknown, "", "the kernel's table cannot be read: %v", err)
		return true
	}
	listening, err := table.Port(uint16(x.cfg.Port), sockets.StateListen)
	if err != nil {
		x.add("port", Unknown, "", "the kernel's table cannot be read: %v", err)
	}
	listening = slices.DeleteFunc(listening, func(s sockets.Socket) bool {
		return s.Local.Port() != uint16(x.cfg.Port)
	})
	elsewhere := others(table, x.cfg.Port)
	if cerr := table.Close(); err == nil && cerr != nil {
		x.add("port", Unknown, "", "the kernel's table: %v", cerr)
	}
	if err == nil && len(listening) == 0 {
		x.bad(exit.Refused, "port",
			"start the Gateway, enable its API socket (Configure, API, Settings), and check --port",
			"nothing listens on port %d%s", x.cfg.Port, elsewhere)
		x.closeWaits(count)
		return false
	}
	if err == nil {
		x.add("port", OK, "", "port %d is listened on by %s", x.cfg.Port, holder(listening[0]))
	}
	x.closeWaits(count)
	return true
}

// others names the usual ports that something listens on, for --port may be wrong.
func others(table *sockets.Table, but int) string {
	var found []string
	for port, what := range usual {
		listening, err := table.Port(port, sockets.StateListen)
		if err == nil && len(listening) > 0 && int(port) != but {
			found = append(found, fmt.Sprintf("%d (%s)", port, what))
		}
	}
	if len(found) == 0 {
		return ""
	}
	slices.Sort(found)
	return "; but on " + strings.Join(found, ", ")
}

// closeWaits tells of sockets that somebody has not closed.
func (x *examination) closeWaits(count zombies.Count) {
	x.closeWait = len(count.Gateway)
	switch {
	case len(count.Gateway) > 0:
		x.add("CLOSE_WAIT", Warning, "restart the Gateway at the next quiet moment: after a few of them it answers "+
			"nobody; never kill -9 by port", "%s", count)
	case len(count.Client) > 0:
		x.add("CLOSE_WAIT", Warning, "end that client: it keeps sockets that the Gateway has closed", "%s", count)
	default:
		x.add("CLOSE_WAIT", OK, "", "no socket on the port is in CLOSE_WAIT")
	}
}
