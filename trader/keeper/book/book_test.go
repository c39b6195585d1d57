package book_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ibsoak/internal/wire"
	"ibsoak/trader/keeper/book"
)

func open(t *testing.T, dir string) *book.Book {
	t.Helper()
	b, err := book.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// crash copies the directory as a killed keeper leaves it.
func crash(t *testing.T, dir string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "keeper.json"))
	if err != nil {
		t.Fatal(err)
	}
	next := t.TempDir()
	if err := os.WriteFile(filepath.Join(next, "keeper.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return next
}

func TestIDs(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	if got := b.Next(1); got != 1 {
		t.Errorf("first id %d", got)
	}
	for _, id := range []int64{7, 3, 8} {
		if err := b.Seen(1, id); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.Next(1); got != 9 {
		t.Errorf("next id %d, want 9", got)
	}
	killed := open(t, crash(t, dir))
	if got := killed.Next(1); got <= 9+book.Ahead/2 {
		t.Errorf("next id %d after a crash: ids that were on their way are offered again", got)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	defer again.Close()
	if got := again.Next(1); got != 9 {
		t.Errorf("next id %d after an orderly end, want 9", got)
	}
	if _, err := book.Open(dir); err == nil || !strings.Contains(err.Error(), "another keeper") {
		t.Errorf("two keepers on one directory: %v", err)
	}
}

func TestAnOfferIsKeptOverACrash(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	defer b.Close()
	if err := b.Offered(1, 40); err != nil {
		t.Fatal(err)
	}
	if got := open(t, crash(t, dir)).Next(1); got <= 40 {
		t.Errorf("next id %d after a crash, and 40 was offered", got)
	}
}

func TestRubbishIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "keeper.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Open(dir); err == nil || !strings.Contains(err.Error(), "order ids") {
		t.Errorf("got %v", err)
	}
}

func TestTheGatewaysVersionAndZone(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	if err := b.Learn(225, wire.Hello{Version: 187, Time: "20260824 22:27:38 Central European Standard Time"}); err != nil {
		t.Fatal(err)
	}
	if b.Newest() != 187 {
		t.Errorf("newest %d", b.Newest())
	}
	if h := b.Hello(178); h.Version != 178 || !strings.HasSuffix(h.Time, " UTC") {
		t.Errorf("a zone that nobody knows: %+v", h)
	}
	if err := b.Learn(178, wire.Hello{Version: 178, Time: "20260824 22:27:38 US/Eastern"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	defer again.Close()
	if h := again.Hello(178); again.Newest() != 187 || !strings.HasSuffix(h.Time, " US/Eastern") {
		t.Errorf("after a restart: newest %d, %+v", again.Newest(), h)
	}
}
