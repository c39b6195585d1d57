package wire_test

import (
	"github.com/scmhub/ibapi"
	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

var tagged = []ibapi.TagValue{{Tag: "a", Value: "1"}, {Tag: "b", Value: "x y"}}

var taggedMap = map[string]string{"a": "1", "b": "x y"}

// depthRequests ask for books and single ticks.
func depthRequests() []request {
	option, wantOption := askedOption()
	stock, wantStock := askedStock()
	expired, wantExpired := askedStock()
	expired.IncludeExpired, wantExpired.IncludeExpired = true, p.b(true)
	return []request{
		{
			wire.ReqMktDepth,
			func(c *ibapi.EClient) { c.ReqMktDepth(40, option, 5, true, tagged) },
			&pb.MarketDepthRequest{
				ReqId: p.i(40), Contract: wantOption, NumRows: p.i(5), IsSmartDepth: p.b(true),
				MarketDepthOptions: taggedMap,
			},
		},
		{
			wire.CancelMktDepth, func(c *ibapi.EClient) { c.CancelMktDepth(40, true) },
			&pb.CancelMarketDepth{ReqId: p.i(40), IsSmartDepth: p.b(true)},
		},
		{
			wire.ReqMktDepthExchanges, (*ibapi.EClient).ReqMktDepthExchanges,
			&pb.MarketDepthExchangesRequest{},
		},
		{
			wire.ReqTickByTickData,
			func(c *ibapi.EClient) { c.ReqTickByTickData(41, stock, "BidAsk", 10, true) },
			&pb.TickByTickRequest{
				ReqId: p.i(41), Contract: wantStock, TickType: p.s("BidAsk"),
				NumberOfTicks: p.i(10), IgnoreSize: p.b(true),
			},
		},
		{
			wire.CancelTickByTickData, func(c *ibapi.EClient) { c.CancelTickByTickData(41) },
			&pb.CancelTickByTick{ReqId: p.i(41)},
		},
		{
			wire.ReqHistoricalTicks,
			func(c *ibapi.EClient) {
				c.ReqHistoricalTicks(42, expired, "20260824 09:30:00 US/Eastern",
					"20260824 10:00:00 US/Eastern", 1000, "TRADES", true, false, tagged)
			},
			&pb.HistoricalTicksRequest{
				ReqId: p.i(42), Contract: wantExpired,
				StartDateTime: p.s("20260824 09:30:00 US/Eastern"),
				EndDateTime:   p.s("20260824 10:00:00 US/Eastern"), NumberOfTicks: p.i(1000),
				WhatToShow: p.s("TRADES"), UseRTH: p.b(true), MiscOptions: taggedMap,
			},
		},
		{
			wire.CancelHistoricalTicks, func(c *ibapi.EClient) { c.CancelHistoricalTicks(42) },
			&pb.CancelHistoricalTicks{ReqId: p.i(42)},
		},
		{
			wire.ReqHistogramData,
			func(c *ibapi.EClient) { c.ReqHistogramData(43, expired, false, "3 days") },
			&pb.HistogramDataRequest{
				ReqId: p.i(43), Contract: wantExpired, TimePeriod: p.s("3 days"),
			},
		},
		{
			wire.CancelHistogramData, func(c *ibapi.EClient) { c.CancelHistogramData(43) },
			&pb.CancelHistogramData{ReqId: p.i(43)},
		},
	}
}

func newsRequests() []request {
	return []request{
		{
			wire.ReqNewsBulletins, func(c *ibapi.EClient) { c.ReqNewsBulletins(false) },
			&pb.NewsBulletinsRequest{},
		},
		{
			wire.CancelNewsBulletins, (*ibapi.EClient).CancelNewsBulletins,
			&pb.CancelNewsBulletins{},
		},
		{wire.ReqNewsProviders, (*ibapi.EClient).ReqNewsProviders, &pb.NewsProvidersRequest{}},
		{
			wire.ReqNewsArticle,
			func(c *ibapi.EClient) { c.ReqNewsArticle(44, "BRFG", "BRFG$04fb9da2", tagged) },
			&pb.NewsArticleRequest{
				ReqId: p.i(44), ProviderCode: p.s("BRFG"), ArticleId: p.s("BRFG$04fb9da2"),
				NewsArticleOptions: taggedMap,
			},
		},
		{
			wire.ReqHistoricalNews,
			func(c *ibapi.EClient) {
				c.ReqHistoricalNews(45, 265598, "BRFG+DJNL", "2026-08-01 00:00:00.0",
					"2026-08-24 00:00:00.0", 10, tagged)
			},
			&pb.HistoricalNewsRequest{
				ReqId: p.i(45), ConId: p.i(265598), ProviderCodes: p.s("BRFG+DJNL"),
				StartDateTime: p.s("2026-08-01 00:00:00.0"),
				EndDateTime:   p.s("2026-08-24 00:00:00.0"), TotalResults: p.i(10),
				HistoricalNewsOptions: taggedMap,
			},
		},
	}
}

func optionRequests(v wire.Version) []request {
	option, wantOption := askedOption()
	exercised, wantExercised := askedOption()
	exercised.PrimaryExchange, wantExercised.PrimaryExch = "", nil // text has no place for it
	want := &pb.ExerciseOptionsRequest{
		OrderId: p.i(46), Contract: wantExercised, ExerciseAction: p.i(1),
		ExerciseQuantity: p.i(3), Account: p.s("DU9000001"), Override: p.b(true),
	}
	at, customer, professional := "", "", false
	if v >= 180 {
		at = "20260824 15:00:00 US/Eastern"
		want.ManualOrderTime = &at
	}
	if v >= 183 {
		customer = "C1"
		want.CustomerAccount = &customer
	}
	if v >= 184 {
		professional = true
		want.ProfessionalCustomer = &professional
	}
	return []request{
		{
			wire.ExerciseOptions,
			func(c *ibapi.EClient) {
				c.ExerciseOptions(46, exercised, 1, 3, "DU9000001", 1, at, customer, professional)
			},
			want,
		},
		{
			wire.CalculateImpliedVolatility,
			func(c *ibapi.EClient) { c.CalculateImpliedVolatility(47, option, 1.25, 12.5, tagged) },
			&pb.CalculateImpliedVolatilityRequest{
				ReqId: p.i(47), Contract: wantOption, OptionPrice: p.d(1.25), UnderPrice: p.d(12.5),
				ImpliedVolatilityOptions: taggedMap,
			},
		},
		{
			wire.CalculateOptionPrice,
			func(c *ibapi.EClient) { c.CalculateOptionPrice(48, option, 0.3, 12.5, tagged) },
			&pb.CalculateOptionPriceRequest{
				ReqId: p.i(48), Contract: wantOption, Volatility: p.d(0.3), UnderPrice: p.d(12.5),
				OptionPriceOptions: taggedMap,
			},
		},
		{
			wire.CancelCalculateImpliedVolatility,
			func(c *ibapi.EClient) { c.CancelCalculateImpliedVolatility(47) },
			&pb.CancelCalculateImpliedVolatility{ReqId: p.i(47)},
		},
		{
			wire.CancelCalculateOptionPrice,
			func(c *ibapi.EClient) { c.CancelCalculateOptionPrice(48) },
			&pb.CancelCalculateOptionPrice{ReqId: p.i(48)},
		},
		{
			wire.ReqSecDefOptParams,
			func(c *ibapi.EClient) { c.ReqSecDefOptParams(49, "ES", "CME", "FUT", 495512563) },
			&pb.SecDefOptParamsRequest{
				ReqId: p.i(49), UnderlyingSymbol: p.s("ES"), FutFopExchange: p.s("CME"),
				UnderlyingSecType: p.s("FUT"), UnderlyingConId: p.i(495512563),
			},
		},
	}
}

func scannerRequests() []request {
	full := &ibapi.ScannerSubscription{
		NumberOfRows: 20, Instrument: "STK", LocationCode: "STK.US.MAJOR",
		ScanCode: "TOP_PERC_GAIN", AbovePrice: 5.5, BelowPrice: 100, AboveVolume: 1e6,
		MarketCapAbove: 1e9, MarketCapBelow: 2e9, MoodyRatingAbove: "A", MoodyRatingBelow: "B",
		SpRatingAbove: "AA", SpRatingBelow: "BB", MaturityDateAbove: "20260101",
		MaturityDateBelow: "20300101", CouponRateAbove: 1.5, CouponRateBelow: 9.5,
		ExcludeConvertible: true, AverageOptionVolumeAbove: 100, ScannerSettingPairs: "Annual,true",
		StockTypeFilter: "CORP",
	}
	want := &pb.ScannerSubscription{
		NumberOfRows: p.i(20), Instrument: p.s("STK"), LocationCode: p.s("STK.US.MAJOR"),
		ScanCode: p.s("TOP_PERC_GAIN"), AbovePrice: p.d(5.5), BelowPrice: p.d(100),
		AboveVolume: p.l(1e6), MarketCapAbove: p.d(1e9), MarketCapBelow: p.d(2e9),
		MoodyRatingAbove: p.s("A"), MoodyRatingBelow: p.s("B"), SpRatingAbove: p.s("AA"),
		SpRatingBelow: p.s("BB"), MaturityDateAbove: p.s("20260101"),
		MaturityDateBelow: p.s("20300101"), CouponRateAbove: p.d(1.5), CouponRateBelow: p.d(9.5),
		ExcludeConvertible: p.b(true), AverageOptionVolumeAbove: p.l(100),
		ScannerSettingPairs: p.s("Annual,true"), StockTypeFilter: p.s("CORP"),
		ScannerSubscriptionOptions:       taggedMap,
		ScannerSubscriptionFilterOptions: map[string]string{"usdMarketCapAbove": "10000"},
	}
	filter := []ibapi.TagValue{{Tag: "usdMarketCapAbove", Value: "10000"}}
	least := &ibapi.ScannerSubscription{
		NumberOfRows: ibapi.NO_ROW_NUMBER_SPECIFIED, Instrument: "STK", LocationCode: "STK.US",
		ScanCode: "HOT_BY_VOLUME", AbovePrice: ibapi.UNSET_FLOAT, BelowPrice: ibapi.UNSET_FLOAT,
		AboveVolume: ibapi.UNSET_INT, MarketCapAbove: ibapi.UNSET_FLOAT,
		MarketCapBelow: ibapi.UNSET_FLOAT, CouponRateAbove: ibapi.UNSET_FLOAT,
		CouponRateBelow: ibapi.UNSET_FLOAT, AverageOptionVolumeAbove: ibapi.UNSET_INT,
	}
	return []request{
		{
			wire.ReqScannerSubscription,
			func(c *ibapi.EClient) { c.ReqScannerSubscription(50, full, tagged, filter) },
			&pb.ScannerSubscriptionRequest{ReqId: p.i(50), ScannerSubscription: want},
		},
		{
			wire.ReqScannerSubscription,
			func(c *ibapi.EClient) { c.ReqScannerSubscription(51, least, nil, nil) },
			&pb.ScannerSubscriptionRequest{
				ReqId: p.i(51), ScannerSubscription: &pb.ScannerSubscription{
					NumberOfRows: p.i(-1), Instrument: p.s("STK"), LocationCode: p.s("STK.US"),
					ScanCode: p.s("HOT_BY_VOLUME"),
				},
			},
		},
		{
			wire.CancelScannerSubscription,
			func(c *ibapi.EClient) { c.CancelScannerSubscription(50) },
			&pb.CancelScannerSubscription{ReqId: p.i(50)},
		},
		{
			wire.ReqScannerParameters, (*ibapi.EClient).ReqScannerParameters,
			&pb.ScannerParametersRequest{},
		},
	}
}
