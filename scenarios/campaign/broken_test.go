package campaign_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
	"ibsoak/trader/journal"
)

// broken are traders with one defect each: what is done to the journal, or to the Gateway, when one was killed
// is what such a trader would have left. The campaign must catch each by a finding that begins so.
var broken = []struct {
	name   string
	killed func(*lane) error
	want   string
}{
	{"sends again at each start what it had sent last", (*lane).resend, "duplicate: "},
	{"writes an intent down when its order has ended", sqlAtKill(
		`DELETE FROM intent_log WHERE intent IN (SELECT id FROM intents WHERE state IN ('prepared', 'sent', 'working'))`,
		`DELETE FROM executions WHERE intent IN (SELECT id FROM intents WHERE state IN ('prepared', 'sent', 'working'))`,
		`DELETE FROM intents WHERE state IN ('prepared', 'sent', 'working')`,
	), "orphan: "},
	{"forgets every fourth execution", sqlAtKill(`CREATE TRIGGER IF NOT EXISTS broken BEFORE INSERT ON executions
		WHEN (SELECT count(*) FROM intent_log) % 4 = 0 BEGIN SELECT RAISE(IGNORE); END`), "lost: "},
	{
		"loses a cent", sqlAtKill(`UPDATE accounts SET cash = printf('%.2f', cash - 0.01) WHERE cash <> '0'`),
		"cash of ",
	},
}

// TestCampaignCatches shows that the campaign can fail.
func TestCampaignCatches(t *testing.T) {
	skipWithoutSignals(t)
	for i, b := range broken {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			// The trader's own audit may see a changed journal first, and refuse it.
			caught := func(f string) bool { return strings.Contains(f, b.want) || strings.Contains(f, "books do not add up") }
			// On a busy machine fifteen lives may be killed before they have done what is broken.
			const tries = 3
			var findings []string
			for try := range tries {
				l := newLane(t, fmt.Sprint(b.name, " ", try), uint64(i+1+try*len(broken)))
				l.more = []string{"--strategy", "alternate"}
				l.killed = b.killed
				l.patience = 5 * time.Second // some never come to rest
				lanes([]*lane{l}, 15)
				if findings = l.findings; slices.ContainsFunc(findings, caught) {
					return
				}
			}
			t.Errorf("no finding says %q, but:\n\t%s", b.want, strings.Join(findings, "\n\t"))
		})
	}
}

// resend places the newest order once more, under the same orderRef: what a client does that keeps its order
// in memory and takes a lost connection for a lost order.
func (l *lane) resend() error {
	orders := l.gw.Books().Orders
	if len(orders) == 0 {
		return nil
	}
	last := orders[len(orders)-1]
	const accomplice = 9
	c := testkit.Dial(l.t, l.gw.Addr(), wire.Version(fakegateway.DefaultServerVersion)).Connect(accomplice)
	id := int32(l.lives)
	c.Send(wire.PlaceOrder, &protobuf.PlaceOrderRequest{
		OrderId: &id, Contract: testkit.Stock(last.Symbol),
		Order: &protobuf.Order{
			Action: new(string(last.Action)), TotalQuantity: new("1"), OrderType: new("MKT"), Tif: new("DAY"),
			OrderRef: &last.OrderRef, Transmit: new(true),
		},
	})
	c.Until(wire.OrderStatus)
	c.CloseWrite()
	return nil
}

// sqlAtKill runs statements on the journal of a trader that was killed.
func sqlAtKill(statements ...string) func(*lane) error {
	return func(l *lane) error {
		for _, s := range statements {
			if err := l.spoil(s); err != nil {
				return err
			}
		}
		return nil
	}
}

// spoil changes the journal's file.
func (l *lane) spoil(statement string) (err error) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(l.state(), journal.FileName))+
		"?mode=rw&_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(l.t.Context(), statement); err != nil {
		return fmt.Errorf("spoil the journal: %w", err)
	}
	return nil
}
