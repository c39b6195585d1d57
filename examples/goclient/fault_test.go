package main

import (
	"os"
	"os/exec"
	"strconv"
	"testing"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
)

// TestLosesTheAcknowledgement breaks the connection between an order and its first report. The
// order is filled all the same, and the books say so: a client that sends it again buys twice.
func TestLosesTheAcknowledgement(t *testing.T) {
	schedule, err := fault.Parse("lost-ack.yaml", []byte(`
faults:
  - id: lost-ack
    why: the connection breaks between the order and its first report
    when: {outbound: openOrder, nth: 1}
    what: {do: rst}
`))
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := fakegateway.Start(fakegateway.Config{Schedule: schedule})
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Close()

	host, port := gateway.HostPort()
	client := exec.CommandContext(t.Context(), "go", "run", "-race=false", ".")
	client.Env = append(os.Environ(), "IB_HOST="+host, "IB_PORT="+strconv.Itoa(port), "IB_CLIENT_ID=7")
	if out, err := client.CombinedOutput(); err == nil {
		t.Errorf("the client ended well after a lost connection:\n%s", out)
	}

	books := gateway.Books()
	if len(books.Orders) != 1 || books.Orders[0].Status != exchange.Filled {
		t.Errorf("the books hold %+v, want the one order, filled", books.Orders)
	}
	row := gateway.Connections()[0]
	if row.MessagesIn["placeOrder"] != 1 || row.MessagesOut["openOrder"] != 0 {
		t.Errorf("the ledger has in %v, out %v, want one placeOrder and no openOrder",
			row.MessagesIn, row.MessagesOut)
	}
	if r := gateway.Receipts(); len(r) != 1 || r[0].Wire != "RST" || r[0].Mismatch != "" {
		t.Errorf("the receipts are %+v, want one RST", r)
	}
}
