package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/govalues/decimal"
)

const (
	account = "DU9000001"
	apple   = 265598
)

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

func open(t *testing.T, dir string) *Journal {
	t.Helper()
	j, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func reopen(t *testing.T, j *Journal) *Journal {
	t.Helper()
	if err := j.db.Close(); err != nil { // as a kill leaves it: the lock goes with the process
		t.Fatal(err)
	}
	j.db = nil
	if err := j.lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	return open(t, j.dir)
}

func intent(id string, orderID int64) Intent {
	return Intent{
		ID: id, Account: account, Symbol: "AAPL", ConID: apple, ClientID: 1, OrderID: orderID,
		Action: Buy, Quantity: d("10"), Type: "MKT", ReferencePrice: d("100"),
		BarEnd: time.Date(2026, 1, 5, 15, 0, int(orderID), 0, time.UTC), Day: "2026-01-05",
	}
}

func fill(id, intentID string, side Side, shares, price string) Execution {
	return Execution{
		ExecID: id, IntentID: intentID, Account: account, ConID: apple, Symbol: "AAPL",
		Side: side, Shares: d(shares), Price: d(price), At: time.Unix(1, 0),
	}
}

func prepare(t *testing.T, j *Journal, in Intent) {
	t.Helper()
	if err := j.Prepare(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

func book(t *testing.T, j *Journal, e Execution, want bool) {
	t.Helper()
	booked, err := j.Book(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if booked != want {
		t.Errorf("execution %s booked = %v, want %v", e.ExecID, booked, want)
	}
}

func wantBooks(t *testing.T, j *Journal, own, total, cash string) {
	t.Helper()
	p, err := j.Position(t.Context(), account, apple)
	if err != nil {
		t.Fatal(err)
	}
	c, err := j.Cash(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	if p.Own.Cmp(d(own)) != 0 || p.Total.Cmp(d(total)) != 0 || c.Cmp(d(cash)) != 0 {
		t.Errorf("own %s total %s cash %s, want %s %s %s", p.Own, p.Total, c, own, total, cash)
	}
	if err := j.Audit(t.Context()); err != nil {
		t.Error(err)
	}
}

func wantState(t *testing.T, j *Journal, id string, want State) {
	t.Helper()
	in, ok, err := j.Intent(t.Context(), id)
	if err != nil || !ok {
		t.Fatalf("intent %s: found=%v, %v", id, ok, err)
	}
	if in.State != want {
		t.Errorf("intent %s is %s (%s), want %s", id, in.State, in.Reason, want)
	}
}

func TestExecutionIsBookedOnce(t *testing.T) {
	j := open(t, t.TempDir())
	prepare(t, j, intent("a", 1))
	book(t, j, fill("X.1.01", "a", Bought, "4", "100"), true)
	book(t, j, fill("X.1.01", "a", Bought, "4", "100"), false)
	wantState(t, j, "a", Working)
	book(t, j, fill("X.2.01", "a", Bought, "6", "101"), true)
	wantState(t, j, "a", Filled)
	wantBooks(t, j, "10", "10", "-1006")
	j = reopen(t, j)
	book(t, j, fill("X.2.01", "a", Bought, "6", "101"), false)
	wantBooks(t, j, "10", "10", "-1006")
}

func TestCorrectionReplaces(t *testing.T) {
	j := open(t, t.TempDir())
	prepare(t, j, intent("a", 1))
	book(t, j, fill("X.1.01", "a", Bought, "10", "100"), true)
	wantState(t, j, "a", Filled)
	book(t, j, fill("X.1.02", "a", Bought, "9", "99"), true)
	wantState(t, j, "a", Cancelled)
	wantBooks(t, j, "9", "9", "-891")
	book(t, j, fill("X.1.01", "a", Bought, "10", "100"), false) // the replay of what was replaced
	wantBooks(t, j, "9", "9", "-891")
	book(t, j, fill("X.1.03", "", Bought, "10", "99"), true) // a correction without orderRef is ours
	wantState(t, j, "a", Filled)
	wantBooks(t, j, "10", "10", "-990")
}

func TestCommissionBeforeAfterTwiceAndCorrected(t *testing.T) {
	j := open(t, t.TempDir())
	prepare(t, j, intent("a", 1))
	commission := func(id, amount string) {
		t.Helper()
		if err := j.Commission(t.Context(), Commission{ExecID: id, Amount: d(amount), Currency: "USD"}); err != nil {
			t.Fatal(err)
		}
	}
	commission("X.1.01", "1")
	wantBooks(t, j, "0", "0", "0")
	book(t, j, fill("X.1.01", "a", Bought, "5", "10"), true)
	wantBooks(t, j, "5", "5", "-51")
	commission("X.1.01", "1")
	wantBooks(t, j, "5", "5", "-51")
	book(t, j, fill("X.1.02", "a", Bought, "5", "11"), true)
	commission("X.1.02", "1.5")
	wantBooks(t, j, "5", "5", "-56.5")
	commission("X.1.01", "1")
	wantBooks(t, j, "5", "5", "-56.5")
	book(t, j, fill("X.2.01", "a", Sold, "5", "12"), true)
	commission("X.2.01", "2")
	wantBooks(t, j, "0", "0", "1.5")
}

func TestForeignExecutionsMoveOnlyTheTotal(t *testing.T) {
	j := open(t, t.TempDir())
	if err := j.Adjust(t.Context(), account, []Adjustment{{apple, "AAPL", d("100")}}); err != nil {
		t.Fatal(err)
	}
	prepare(t, j, intent("a", 1))
	book(t, j, fill("F.1.01", "", Sold, "30", "10"), true)
	book(t, j, fill("X.1.01", "a", Bought, "10", "10"), true)
	wantBooks(t, j, "10", "80", "-100")
	if opened, err := j.Opened(t.Context(), account); err != nil || !opened {
		t.Errorf("opened = %v, %v", opened, err)
	}
	if err := j.Adjust(t.Context(), account, []Adjustment{{apple, "AAPL", d("-80")}}); err != nil {
		t.Fatal(err)
	}
	wantBooks(t, j, "10", "0", "-100")
}

func TestOneIntentABar(t *testing.T) {
	j := open(t, t.TempDir())
	prepare(t, j, intent("a", 1))
	second := intent("b", 2)
	second.BarEnd = intent("a", 1).BarEnd
	if err := j.Prepare(t.Context(), second); !errors.Is(err, ErrDuplicate) {
		t.Errorf("second intent for the bar: %v is not ErrDuplicate", err)
	}
	if err := j.Prepare(t.Context(), intent("a", 3)); !errors.Is(err, ErrDuplicate) {
		t.Errorf("same id again: %v is not ErrDuplicate", err)
	}
	if err := j.Advance(t.Context(), "a", NotSent, "refused before the socket"); err != nil {
		t.Fatal(err)
	}
	prepare(t, j, second) // what provably never left does not count
}

func TestAnIntentSurvivesAKillBeforeAndAfterTheSend(t *testing.T) {
	j := open(t, t.TempDir())
	prepare(t, j, intent("before", 7))
	prepare(t, j, intent("after", 8))
	if err := j.Advance(t.Context(), "after", Sent, ""); err != nil {
		t.Fatal(err)
	}
	j = reopen(t, j)
	n, err := j.Recover(t.Context(), "the trader started")
	if err != nil || n != 2 {
		t.Fatalf("recovered %d, %v", n, err)
	}
	wantState(t, j, "before", Unknown)
	wantState(t, j, "after", Unknown)
	if err := j.Advance(t.Context(), "before", NotSent, ""); err == nil {
		t.Error("an unknown intent was called not sent")
	}
	floor, err := j.OrderIDFloor(t.Context(), 1)
	if err != nil || floor != 8 {
		t.Errorf("order-id floor is %d, %v, want 8", floor, err)
	}
	if other, _ := j.OrderIDFloor(t.Context(), 2); other != 0 {
		t.Errorf("another client's floor is %d", other)
	}
	u, err := j.Usage(t.Context(), account, intent("x", 0).ConID, "2026-01-05", time.Time{}, "")
	if n := u.SymbolOrders; err != nil || n != 2 {
		t.Errorf("orders today: %d, %v, want 2", n, err)
	}
}

func TestLateFillReopensWhatWasClosed(t *testing.T) {
	for _, closed := range []State{Cancelled, Rejected, Absent} {
		j := open(t, t.TempDir())
		prepare(t, j, intent("a", 1))
		if err := j.Advance(t.Context(), "a", closed, ""); err != nil {
			t.Fatal(err)
		}
		book(t, j, fill("X.1.01", "a", Bought, "10", "1"), true)
		wantState(t, j, "a", Filled)
		wantBooks(t, j, "10", "10", "-10")
	}
}

func TestSecondTraderIsRefused(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	if _, err := Open(t.Context(), dir); !errors.Is(err, ErrLocked) {
		t.Fatalf("second trader: %v is not ErrLocked", err)
	}
	reopen(t, first)
}

func TestAuditSeesTampering(t *testing.T) {
	j := open(t, t.TempDir())
	prepare(t, j, intent("a", 1))
	book(t, j, fill("X.1.01", "a", Bought, "10", "1"), true)
	for _, tamper := range []string{
		`UPDATE positions SET own = '11'`,
		`UPDATE accounts SET cash = '0'`,
		`DELETE FROM positions`,
		`UPDATE executions SET shares = '9'`,
	} {
		tx, err := j.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), tamper); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := j.Audit(t.Context()); !errors.Is(err, ErrBooks) {
			t.Errorf("after %s: %v is not ErrBooks", tamper, err)
		}
	}
}

// TestAnAuditBesideFillsSeesOneSnapshot: read table by table, the books of a healthy trader did not add up
// while fills were booked, in 296 of 300 audits.
func TestAnAuditBesideFillsSeesOneSnapshot(t *testing.T) {
	const fills = 100
	j := open(t, t.TempDir())
	prepare(t, j, intent("a", 1))
	done := make(chan error, 1)
	go func() {
		for i := range fills {
			id := fmt.Sprintf("X.%d.01", i)
			_, err := j.Book(t.Context(), fill(id, "a", Bought, "1", "100"))
			err = errors.Join(err, j.Commission(t.Context(), Commission{ExecID: id, Amount: d("1")}))
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			wantBooks(t, j, "100", "100", "-10100")
			return
		default:
			if err := j.Audit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestAnAuditReplaysWhatIsNew, and everything again after a correction of what it has seen.
func TestAnAuditReplaysWhatIsNew(t *testing.T) {
	j := open(t, t.TempDir())
	prepare(t, j, intent("a", 1))
	for i := range 5 {
		book(t, j, fill(fmt.Sprintf("X.%d.01", i), "a", Bought, "1", "100"), true)
	}
	replayed := func(want int) {
		t.Helper()
		if err := j.Audit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if j.audited.replayed != want {
			t.Errorf("%d executions were replayed, want %d", j.audited.replayed, want)
		}
	}
	replayed(5)
	replayed(0)
	book(t, j, fill("X.9.01", "a", Bought, "1", "100"), true)
	if err := j.Commission(t.Context(), Commission{ExecID: "X.1.01", Amount: d("1")}); err != nil {
		t.Fatal(err) // late, of one that was seen
	}
	replayed(1)
	book(t, j, fill("X.2.02", "a", Bought, "1", "99"), true)
	replayed(6)
	wantBooks(t, j, "6", "6", "-600")
}

func TestUnusableDirectories(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), file); err == nil {
		t.Error("a file was opened as a directory")
	}
	newer := t.TempDir()
	j := open(t, newer)
	if _, err := j.db.ExecContext(t.Context(), "PRAGMA user_version = 999"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.db.Close(), j.lock.Unlock()); err != nil {
		t.Fatal(err)
	}
	j.db = nil
	if _, err := Open(t.Context(), newer); err == nil {
		t.Error("a newer schema was opened")
	}
	rubbish := t.TempDir()
	if err := os.WriteFile(filepath.Join(rubbish, FileName), []byte("not a database, surely"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), rubbish); err == nil {
		t.Error("rubbish was opened")
	}
}

func TestOddDirectoryNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "50% of #1? yes")
	open(t, dir)
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		t.Errorf("the journal is elsewhere: %v", err)
	}
}

func TestRefusesWhatIsNoExecution(t *testing.T) {
	j := open(t, t.TempDir())
	for _, e := range []Execution{
		fill("", "", Bought, "1", "1"), fill("X", "", "HUH", "1", "1"), fill("X", "", Sold, "0", "1"),
		fill("X", "no such intent", Sold, "1", "1"),
	} {
		if booked, err := j.Book(t.Context(), e); err == nil || booked {
			t.Errorf("%+v was booked (%v, %v)", e, booked, err)
		}
	}
	wantBooks(t, j, "0", "0", "0")
}

func TestCommitIsAllOrNothing(t *testing.T) {
	j := open(t, t.TempDir())
	prepare(t, j, intent("a", 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if booked, err := j.Book(ctx, fill("X.1.01", "a", Bought, "10", "1")); err == nil || booked {
		t.Fatalf("booked under a dead context: %v, %v", booked, err)
	}
	wantBooks(t, j, "0", "0", "0")
	book(t, j, fill("X.1.01", "a", Bought, "10", "1"), true)
}

func TestSplitExecID(t *testing.T) {
	for _, c := range []struct {
		id, base string
		revision int64
	}{
		{"0000e0d5.6553c91d.01.02", "0000e0d5.6553c91d.01", 2},
		{"plain", "plain", 0},
		{"a.b", "a.b", 0},
		{".5", ".5", 0},
		{"a.-1", "a.-1", 0},
		{"a.99999999999999999999", "a.99999999999999999999", 0},
		{"", "", 0},
	} {
		if base, rev := splitExecID(c.id); base != c.base || rev != c.revision {
			t.Errorf("%q splits into %q, %d", c.id, base, rev)
		}
	}
}

func TestCycles(t *testing.T) {
	j := open(t, t.TempDir())
	first, err := j.BeginCycle(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	second, err := j.BeginCycle(t.Context(), 1)
	if err != nil || second <= first {
		t.Fatalf("cycles %d, %d, %v", first, second, err)
	}
	if err := j.Decide(t.Context(), Decision{Cycle: first, Symbol: "AAPL", Outcome: "hold"}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.EndCycle(t.Context(), first, "done", ""), j.Prune(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// TestFilledStaysFilled: a status that was read before the last execution was booked, and is acted on after it,
// must not open the intent again.
func TestFilledStaysFilled(t *testing.T) {
	j := open(t, t.TempDir())
	in := intent("a", 1)
	prepare(t, j, in)
	if err := j.Advance(t.Context(), "a", Working, "Submitted"); err != nil {
		t.Fatal(err)
	}
	book(t, j, fill("x.01", "a", Bought, in.Quantity.String(), "100"), true)
	wantState(t, j, "a", Filled)
	for _, to := range []State{Working, Unknown, Ended, Cancelled} {
		if err := j.Advance(t.Context(), "a", to, "an old word"); !errors.Is(err, ErrTransition) {
			t.Errorf("from filled to %s: %v, want %v", to, err, ErrTransition)
		}
	}
}
