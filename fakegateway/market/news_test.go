package market

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func allProviders() []string {
	var codes []string
	for _, p := range NewsProviders() {
		codes = append(codes, p.Code)
	}
	return codes
}

// News is a function of seed and time: a window's is that of its halves, newest first, and each
// headline has an article that is there from its time on and not before.
func TestNewsIsAFunctionOfTheSeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Market{Seed: rapid.Uint64().Draw(t, "seed")}
		i, _ := LookupSymbol("AAPL")
		from := monday.Add(time.Duration(rapid.Int64Range(0, int64(36*time.Hour)).Draw(t, "from")))
		middle := from.Add(time.Duration(rapid.Int64Range(1, int64(36*time.Hour)).Draw(t, "middle")))
		to := middle.Add(time.Duration(rapid.Int64Range(1, int64(36*time.Hour)).Draw(t, "to")))
		const many = 1000
		whole, more := m.News(i, from, to, allProviders(), many)
		early, _ := m.News(i, from, middle, allProviders(), many)
		late, _ := m.News(i, middle, to, allProviders(), many)
		if more || !slices.Equal(whole, slices.Concat(late, early)) {
			t.Fatalf("%d headlines, in halves %d and %d, more %t", len(whole), len(early), len(late), more)
		}
		for n, h := range whole {
			if n > 0 && h.At.After(whole[n-1].At) || !h.At.After(from) || h.At.After(to) {
				t.Fatalf("headline %d at %v", n, h.At)
			}
			text, ok := m.Article(h.At, h.Provider, h.ArticleID)
			if !ok || !strings.HasPrefix(text, h.Text) {
				t.Fatalf("article %s: %q, headline %q", h.ArticleID, text, h.Text)
			}
			if _, ok := m.Article(h.At.Add(-1), h.Provider, h.ArticleID); ok {
				t.Fatalf("article %s is there before its time", h.ArticleID)
			}
		}
		if n := len(whole); n > 1 {
			first, more := m.News(i, from, to, allProviders(), n-1)
			if !more || !slices.Equal(first, whole[:n-1]) {
				t.Fatalf("the first %d of %d: %d, more %t", n-1, n, len(first), more)
			}
		}
	})
}

func TestNewsOfOneProvider(t *testing.T) {
	m, i := Market{Seed: 3}, instrument(t, "AAPL")
	all, _ := m.News(i, monday.AddDate(0, 0, -30), monday, allProviders(), 1000)
	few, _ := m.News(i, monday.AddDate(0, 0, -30), monday, []string{newsAnalysts}, 1000)
	want := slices.DeleteFunc(slices.Clone(all), func(h Headline) bool { return h.Provider != newsAnalysts })
	if len(few) == 0 || !slices.Equal(few, want) {
		t.Errorf("%d headlines of analysts, want %d of %d", len(few), len(want), len(all))
	}
	other, _ := Market{Seed: 4}.News(i, monday.AddDate(0, 0, -30), monday, allProviders(), 1000)
	if slices.Equal(all, other) {
		t.Error("another seed has the same news")
	}
	euro := find(t, m, Query{Symbol: "EUR", SecType: "CASH", Currency: "USD"})
	if none, more := m.News(euro, monday.AddDate(0, 0, -30), monday, allProviders(), 10); len(none) > 0 || more {
		t.Errorf("news of a currency: %v", none)
	}
	for _, id := range []string{"", "BRFUPDN$", few[0].ArticleID + "0", "BRFUPDN$zzzzzzzzzzzzz", "BRFUPDN$00040d8e5000f"} {
		if text, ok := m.Article(monday, newsAnalysts, id); ok {
			t.Errorf("article %q: %q", id, text)
		}
	}
}
