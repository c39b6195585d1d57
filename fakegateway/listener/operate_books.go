package listener

import (
	"fmt"

	"ibsoak/fakegateway/fault"
)

// operateBooks does the operations on the orders and accounts of the login.
func (p *Port) operateBooks(o fault.Operation) (wire string, err error) {
	x, now := p.gateway.Login.Exchange(), p.gateway.Clock.Now()
	switch o {
	case fault.HoldOrders:
		x.HoldNew(now)
		return "nothing", nil
	case fault.ReleaseOrders:
		return fmt.Sprintf("%d orders released", x.ReleaseAll(now)), nil
	case fault.SplitNextChange:
		x.SplitNext(now)
		return "nothing", nil
	default: // LiquidateAll
	}
	closed := 0
	for _, account := range p.gateway.Login.Accounts() {
		done, _ := x.Liquidate(now, account, 0) // the error: it holds nothing
		closed += len(done)
	}
	if closed == 0 {
		return "nothing", fmt.Errorf("operation %q: no account holds anything", o)
	}
	return fmt.Sprintf("%d positions closed", closed), nil
}
