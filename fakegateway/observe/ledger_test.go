package observe

import (
	"testing"
	"time"
)

// TestDwell counts from the FIN to what ended the stay first; a FIN that is read after the end is none.
func TestDwell(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	for name, c := range map[string]struct {
		row  Connection
		want time.Duration
	}{
		"answered by a FIN":            {Connection{ClientFIN: at(1), GatewayFIN: at(3), Closed: at(4)}, 2 * time.Second},
		"answered by a reset":          {Connection{ClientFIN: at(1), GatewayRST: at(2), Closed: at(4)}, time.Second},
		"never answered":               {Connection{ClientFIN: at(1)}, 9 * time.Second},
		"no FIN":                       {Connection{ClientRST: at(1), Closed: at(2)}, 0},
		"a FIN read after the end":     {Connection{ClientFIN: at(3), Closed: at(2)}, 0},
		"a FIN read after the reset":   {Connection{ClientFIN: at(3), ClientRST: at(2)}, 0},
		"the other end's, by a FIN":    {Connection{ClosedFirst: ByGateway, GatewayFIN: at(1), ClientFIN: at(5)}, 4 * time.Second},
		"the other end's, the first":   {Connection{ClosedFirst: ByGateway, GatewayFIN: at(3), ClientRST: at(2)}, 0},
		"the other end's, still there": {Connection{ClosedFirst: ByGateway, GatewayFIN: at(3)}, 7 * time.Second},
	} {
		if row := c.row.copyAt(at(10)); row.GatewayDwell+row.ClientDwell != c.want {
			t.Errorf("%s: %s and %s, want %s", name, row.GatewayDwell, row.ClientDwell, c.want)
		}
	}
}
