package market

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// NewsProvider is who writes news.
type NewsProvider struct{ Code, Name string }

// The providers that IBKR gives every account (TWS API, "News": BRFG, BRFUPDN and DJNL).
const (
	newsColumns     = "BRFG"
	newsAnalysts    = "BRFUPDN"
	newsNewsletters = "DJNL"
)

// NewsProviders answers reqNewsProviders.
func NewsProviders() []NewsProvider {
	return []NewsProvider{
		{newsColumns, "Briefing.com General Market Columns"},
		{newsAnalysts, "Briefing.com Analyst Actions"},
		{newsNewsletters, "Dow Jones Newsletters"},
	}
}

// IsNewsProvider reports whether one has this code.
func IsNewsProvider(code string) bool {
	return slices.ContainsFunc(NewsProviders(), func(p NewsProvider) bool { return p.Code == code })
}

// MaxHeadlines is IBKR's limit of one answer (TWS API, reqHistoricalNews: 1 to 300).
const MaxHeadlines = 300

// Headline is one piece of news. All of it is made by the seed; the prices and volumes in it are the
// market's at the time.
type Headline struct {
	At        time.Time // whole seconds
	Provider  string
	ArticleID string // "BRFG$00040d8e512a0"
	Text      string
}

const (
	// newsDays is how far back news goes, and bounds the work of a request.
	newsDays = 366
	// newsPerDay is the most that a provider writes about a stock on a day.
	newsPerDay = 2
)

// News is what providers wrote about a stock in (from, to], the newest first, at most so many
// pieces and of the last 366 days before to; more says whether there were others. Of other kinds of
// instruments there is none.
func (m Market) News(i Instrument, from, to time.Time, providers []string, most int) (news []Headline, more bool) {
	if i.SecType != Stock {
		return nil, false
	}
	if first := to.AddDate(0, 0, -newsDays); from.Before(first) {
		from = first
	}
	var found []item
	for day := dayOf(to); day >= dayOf(from); day-- {
		var today []item
		for _, provider := range providers {
			today = append(today, m.newsItems(i, provider, day)...)
		}
		slices.SortStableFunc(today, func(a, b item) int { return b.at.Compare(a.at) })
		for _, one := range today {
			if one.at.After(from) && !one.at.After(to) {
				found = append(found, one)
			}
		}
		if len(found) > most {
			break
		}
	}
	for _, one := range found[:min(len(found), most)] {
		news = append(news, Headline{one.at, one.provider, one.id(), m.headline(one)})
	}
	return news, len(found) > most
}

// Article is the text behind an article id at now; ok is false where there is none, or none yet.
func (m Market) Article(now time.Time, provider, id string) (text string, ok bool) {
	one, ok := m.itemOf(provider, id)
	if !ok || one.at.After(now) {
		return "", false
	}
	day := m.Session(one.about, one.at)
	return fmt.Sprintf("%s\n\n%s last traded at %s %s, after a previous close of %s. %d have traded in "+
		"the session so far, in %d trades.", m.headline(one), one.name(), m.Quote(one.about, one.at).Last,
		one.about.Currency, day.PreviousClose, day.Volume, day.Trades), true
}

// item is a piece of news before it is written.
type item struct {
	about    Instrument
	provider string
	day      int64 // of UTC, since 1970
	number   int   // of the day
	at       time.Time
	h        uint64
}

func dayOf(t time.Time) int64 { return floorDiv(t.Unix(), secondsPerDay) }

// newsItems are what a provider writes on a day, in the order of their numbers.
func (m Market) newsItems(i Instrument, provider string, day int64) []item {
	h := mix(mix(m.Seed, hashString(i.source)), mix(hashString(provider), uint64(day)))
	items := make([]item, below(h, 0, newsPerDay+1))
	for n := range items {
		own := mix(h, uint64(n)+1)
		second := int64(own >> 16 % secondsPerDay)
		items[n] = item{i, provider, day, n, time.Unix(day*secondsPerDay+second, 0).UTC(), own}
	}
	return items
}

// id has what it takes to write the article again: contract, day and number, in hexadecimal digits.
func (n item) id() string {
	return fmt.Sprintf("%s$%08x%04x%x", n.provider, n.about.ConID, n.day, n.number)
}

// itemOf finds the piece of news that an article id names.
func (m Market) itemOf(provider, id string) (item, bool) {
	const contractDigits, dayDigits = 8, 4
	digits, ok := strings.CutPrefix(id, provider+"$")
	if !ok || len(digits) != contractDigits+dayDigits+1 {
		return item{}, false
	}
	parsed, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return item{}, false
	}
	number, day := int(parsed&0xf), int64(parsed>>4&0xffff)
	i, ok := m.Lookup(int(parsed >> 20))
	if !ok || i.SecType != Stock {
		return item{}, false
	}
	items := m.newsItems(i, provider, day)
	if number >= len(items) {
		return item{}, false
	}
	return items[number], true
}

func (n item) name() string { return fmt.Sprintf("%s (%s)", n.about.LongName, n.about.Symbol) }

// pick chooses a word by some of the item's bits.
func (n item) pick(shift uint, words ...string) string {
	return words[below(n.h, shift, int64(len(words)))]
}

// headline writes a piece of news in the manner of its provider.
func (m Market) headline(n item) string {
	last := m.Quote(n.about, n.at).Last
	switch n.provider {
	case newsAnalysts:
		target := mul(last, whole(90+below(n.h, 8, 45)))
		return fmt.Sprintf("%s %s %s coverage with %s and target $%s",
			n.pick(0, "Harbor Pine", "Northlake Securities", "Calder Research", "Fennimore & Co"),
			n.pick(20, "reiterated", "initiated", "resumed", "upgraded", "downgraded"), n.name(),
			n.pick(40, "Outperform", "Buy", "Neutral", "Hold", "Underperform"),
			quo(target, whole(100)).Round(0))
	case newsNewsletters:
		return fmt.Sprintf("%s: %d Traded in the Session So Far", n.name(), m.Session(n.about, n.at).Volume)
	}
	before := m.Session(n.about, n.at).PreviousClose
	direction := "unchanged from"
	switch last.Cmp(before) {
	case 1:
		direction = "up from"
	case -1:
		direction = "down from"
	}
	return fmt.Sprintf("%s trades at %s, %s the previous close of %s", n.name(), last, direction, before)
}

// Bulletin is an IB bulletin: news of IBKR itself, not of the markets.
type Bulletin struct {
	ID   int // rises from day to day
	At   time.Time
	Text string
}

// Bulletins are those of (from, to], in order of time: one at the beginning of each day of UTC, so that
// every day has one from the first moment on.
func (m Market) Bulletins(from, to time.Time) []Bulletin {
	var list []Bulletin
	for day := dayOf(from); day <= dayOf(to); day++ {
		h := mix(m.Seed, uint64(day)^0xb011)
		at := time.Unix(day*secondsPerDay, 0).UTC()
		if !at.After(from) || at.After(to) {
			continue
		}
		system := item{h: h}.pick(0,
			"Client Portal", "the statements window", "the funding pages", "the fundamentals window")
		list = append(list, Bulletin{
			int(day), at,
			fmt.Sprintf("Scheduled maintenance: %s will be unavailable on the weekend after %s.",
				system, at.Format("January 2, 2006")),
		})
	}
	return list
}
