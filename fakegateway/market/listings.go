package market

// listings are contracts that always exist beside those of the other files: the ones that IBKR's
// ContractSamples name and that exist today, and what foreign clients asked for. New rows go to the
// end: a contract id that a row leaves out is invented, from the row's place. Prices, ticks and
// hours are the simulation's own, near what is usual. A stock without a price has that of its symbol.
//
// The contract ids are IBKR's, from IBKR's ContractSamples (IBKR, MCD, IJR), and from what users of
// the API have published of their Gateways' answers:
//
//	BRK B        answers of reqContractDetails, and IBKR's file of borrow fees (with its FIGI)
//	GOOGL, GOOG  IBKR's Client Portal; GOOGL is the A share, which some take for GOOG
//	INTC         documentation of ib_insync
//	RY, TD       lists of conIds by users of the API; both listings of RY in two of them
//	GAW          https://github.com/bankroll-py/bankroll/issues/31
//	index CFDs   a capability review of a paper Gateway, with their underlyings' ids
//	EUR CFD ...  clients of IBKR's CFDs, EUR.USD in four of them
//	XAUUSD       https://github.com/erdewit/ib_insync/issues/322
var listings = []Listing{
	{ConID: 8314, Symbol: "IBM", Exchange: "NYSE", Name: "INTL BUSINESS MACHINES CORP", ISIN: "US4592001014", FIGI: "BBG000BLNNH6", options: true},
	{ConID: 208813719, Symbol: "GOOGL", Name: "ALPHABET INC-CL A", ISIN: "US02079K3059", FIGI: "BBG009S39JX6", options: true},
	{ConID: 208813720, Symbol: "GOOG", Name: "ALPHABET INC-CL C", ISIN: "US02079K1079", FIGI: "BBG009S3NB30", options: true},
	{ConID: 72063691, Symbol: "BRK B", Exchange: "NYSE", Name: "BERKSHIRE HATHAWAY INC-CL B", ISIN: "US0846707026", FIGI: "BBG000DWG505", Price: parse("490")},
	{ConID: 43645865, Symbol: "IBKR", Name: "INTERACTIVE BROKERS GRO-CL A", ISIN: "US45841N1072"},
	{ConID: 9408, Symbol: "MCD", Exchange: "NYSE", Name: "MCDONALD'S CORP", ISIN: "US5801351017"},
	{ConID: 9579976, Symbol: "IJR", Exchange: "ARCA", Name: "ISHARES CORE S&P SMALL-CAP E", StockType: "ETF"},
	{ConID: 9579970, Symbol: "IWM", Exchange: "ARCA", Name: "ISHARES RUSSELL 2000 ETF", StockType: "ETF"},
	{ConID: 107113386, Symbol: "META", Name: "META PLATFORMS INC-CLASS A", ISIN: "US30303M1027", FIGI: "BBG000MM2P62"},
	{ConID: 15124833, Symbol: "NFLX", Name: "NETFLIX INC", ISIN: "US64110L1061"},
	{ConID: 270639, Symbol: "INTC", Name: "INTEL CORP", ISIN: "US4581401001"},
	{ConID: 1520593, Symbol: "JPM", Exchange: "NYSE", Name: "JPMORGAN CHASE & CO", ISIN: "US46625H1005"},
	{ConID: 6459, Symbol: "DIS", Exchange: "NYSE", Name: "WALT DISNEY CO/THE", ISIN: "US2546871060"},
	{ConID: 13977, Symbol: "XOM", Exchange: "NYSE", Name: "EXXON MOBIL CORP", ISIN: "US30231G1022"},
	{Symbol: "FISV", Name: "FISERV INC", ISIN: "US3377381088", options: true},
	{ConID: 2008980, Symbol: "RY", Exchange: "NYSE", Name: "ROYAL BANK OF CANADA", ISIN: "CA7800871021"},

	{ConID: 4458964, Symbol: "RY", Exchange: "TSE", Currency: "CAD", Name: "ROYAL BANK OF CANADA", ISIN: "CA7800871021", Hours: "toronto", Price: parse("200")},
	{ConID: 4458978, Symbol: "TD", Exchange: "TSE", Currency: "CAD", Name: "TORONTO-DOMINION BANK", ISIN: "CA8911605092", Hours: "toronto", Price: parse("110")},
	{ConID: 35151400, Symbol: "GAW", Exchange: "LSE", Currency: "GBP", Name: "GAMES WORKSHOP GROUP PLC", ISIN: "GB0003718474", Hours: "london", Price: parse("15000"), Tick: parse("1"), PriceMagnifier: 100},
	{Symbol: "NOKIA", Exchange: "HEX", Currency: "EUR", Name: "NOKIA OYJ", ISIN: "FI0009000681", Hours: "helsinki", Price: parse("5"), Tick: parse("0.001")},
	{Symbol: "1", Exchange: "SEHK", Currency: "HKD", Name: "CK HUTCHISON HOLDINGS LTD", ISIN: "KYG217651051", Hours: "hongkong", Price: parse("50"), Tick: parse("0.05")},

	{ConID: 39453441, Symbol: "NZD", SecType: Cash, Name: "New Zealand dollar", Price: parse("0.58")},
	{ConID: 14321016, Symbol: "EUR", SecType: Cash, Currency: "JPY", Name: "European Monetary Union Euro", Price: parse("162"), Tick: parse("0.005")},
	{Symbol: "USD", SecType: Cash, Currency: "HKD", Name: "United States dollar", Price: parse("7.8")},
	{Symbol: "USD", SecType: Cash, Currency: "MXN", Name: "United States dollar", Price: parse("18.5")},

	{ConID: 69067924, Symbol: "XAUUSD", SecType: Commodity, Name: "London Gold", Price: parse("4000")},
	{ConID: 77124483, Symbol: "XAGUSD", SecType: Commodity, Name: "London Silver", Price: parse("48"), Tick: parse("0.001")},

	{ConID: 111767871, Symbol: "IBUS500", SecType: CFD, Name: "US 500", Hours: "globex", UnderConID: 111743379, follows: spxConID},
	{ConID: 111767885, Symbol: "IBUST100", SecType: CFD, Name: "US Tech 100", Hours: "globex", UnderConID: 111754060, follows: ndxConID},
	{ConID: 111767879, Symbol: "IBUS30", SecType: CFD, Name: "US 30", Hours: "globex", UnderConID: 111746713, Price: parse("47000")},
	{ConID: 111987422, Symbol: "IBDE40", SecType: CFD, Currency: "EUR", Name: "Germany 40", Hours: "eurex", UnderConID: 111987349, follows: daxConID},
	{ConID: 111987407, Symbol: "IBEU50", SecType: CFD, Currency: "EUR", Name: "Europe 50", Hours: "eurex", UnderConID: 111987342, Price: parse("5600")},
	{ConID: 111987412, Symbol: "IBGB100", SecType: CFD, Currency: "GBP", Name: "UK 100", Hours: "london", UnderConID: 111987344, Price: parse("9500")},
	{ConID: 143916318, Symbol: "EUR", SecType: CFD, Name: "European Monetary Union Euro", UnderConID: 12087792},
	{ConID: 143916322, Symbol: "EUR", SecType: CFD, Currency: "GBP", Name: "European Monetary Union Euro", UnderConID: 12087807},
	{ConID: 230949810, Symbol: "GBP", SecType: CFD, Name: "British pound", UnderConID: 12087797},
	{ConID: 229484467, Symbol: "USD", SecType: CFD, Currency: "JPY", Name: "United States dollar", UnderConID: 15016059},
	{ConID: 457068913, Symbol: "XAUUSD", SecType: CFD, Name: "London Gold", Hours: "metals", UnderConID: 58430358, follows: 69067924},
	{Symbol: "IBM", SecType: CFD, Name: "INTL BUSINESS MACHINES CORP", UnderConID: 8314},
	{Symbol: "BMW", SecType: CFD, Currency: "EUR", Name: "BAYERISCHE MOTOREN WERKE AG", UnderConID: bmwConID},

	{Symbol: "VINIX", SecType: Fund, Name: "VANGUARD INSTL INDEX-INSTL", ISIN: "US9220401007", Price: parse("540")},
	{Symbol: "I406801954", SecType: Fund, Exchange: "ALLFUNDS", Price: parse("100")},
}

// bmwConID is invented, like that of every stock of foreignStocks without one.
const bmwConID = firstForeignConID + 4

// listedRows are the instruments of listings, in their order.
var listedRows = func() []Instrument {
	rows := make([]Instrument, len(listings))
	for n, l := range listings {
		if l.ConID == 0 {
			l.ConID = firstListingConID + n
		}
		follows := l.UnderConID
		if l.follows != 0 {
			follows = l.follows
		}
		rows[n] = l.instrument(followed(follows, rows[:n]))
	}
	return rows
}()

// followed is the instrument whose prices a listing has; of no kind if the listing has its own.
func followed(conID int, rows []Instrument) Instrument {
	lists := [][]Instrument{rows, listedStocks, pairs(), indexList(), foreignStocks()}
	for n, p := range products {
		lists = append(lists, []Instrument{p.underlying(n)})
	}
	for _, list := range lists {
		for _, i := range list {
			if i.ConID == conID && conID != 0 {
				return i
			}
		}
	}
	return Instrument{}
}

// listingsOf are the instruments of some of the listings.
func listingsOf(is func(Listing) bool) []Instrument {
	var some []Instrument
	for n, l := range listings {
		if is(l) {
			some = append(some, listedRows[n])
		}
	}
	return some
}
