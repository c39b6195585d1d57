package wire

import pb "github.com/scmhub/ibapi/protobuf"

// optionFamily is about options: chains, computed values, and exercising them.
var optionFamily = []spec{
	row(ReqSecDefOptParams, "reqSecDefOptParams", 212, reqSecDefOptParams),
	row(SecurityDefinitionOptionParameter, "securityDefinitionOptionParameter", 212,
		securityDefinitionOptionParameter),
	row(SecurityDefinitionOptionParameterEnd, "securityDefinitionOptionParameterEnd", 212,
		securityDefinitionOptionParameterEnd),
	row(CalculateImpliedVolatility, "calculateImpliedVolatility", 211, calculateImpliedVolatility),
	row(CalculateOptionPrice, "calculateOptionPrice", 211, calculateOptionPrice),
	row(CancelCalculateImpliedVolatility, "cancelCalculateImpliedVolatility", 211,
		cancelCalculateImpliedVolatility),
	row(CancelCalculateOptionPrice, "cancelCalculateOptionPrice", 211, cancelCalculateOptionPrice),
	row(TickOptionComputation, "tickOptionComputation", 206, tickOptionComputation),
	row(ExerciseOptions, "exerciseOptions", 211, exerciseOptions),
}

func reqSecDefOptParams(f *fields, m *pb.SecDefOptParamsRequest) {
	f.int(&m.ReqId, zero)
	f.str(&m.UnderlyingSymbol)
	f.str(&m.FutFopExchange)
	f.str(&m.UnderlyingSecType)
	f.int(&m.UnderlyingConId, zero)
	f.required()
}

func securityDefinitionOptionParameter(f *fields, m *pb.SecDefOptParameter) {
	f.int(&m.ReqId, zero)
	f.str(&m.Exchange)
	f.int(&m.UnderlyingConId, zero)
	f.str(&m.TradingClass)
	f.str(&m.Multiplier)
	f.words(&m.Expirations)
	f.doubles(&m.Strikes)
	f.required()
}

func securityDefinitionOptionParameterEnd(f *fields, m *pb.SecDefOptParameterEnd) {
	f.onlyID(&m.ReqId)
}

func calculateImpliedVolatility(f *fields, m *pb.CalculateImpliedVolatilityRequest) {
	f.requestID("3", &m.ReqId)
	requestContract(f, part(f, &m.Contract))
	f.plain(&m.OptionPrice, zero)
	f.plain(&m.UnderPrice, zero)
	f.required()
	f.countedOptions(&m.ImpliedVolatilityOptions)
}

func calculateOptionPrice(f *fields, m *pb.CalculateOptionPriceRequest) {
	f.requestID("3", &m.ReqId)
	requestContract(f, part(f, &m.Contract))
	f.plain(&m.Volatility, zero)
	f.plain(&m.UnderPrice, zero)
	f.required()
	f.countedOptions(&m.OptionPriceOptions)
}

func cancelCalculateImpliedVolatility(f *fields, m *pb.CancelCalculateImpliedVolatility) {
	f.requestID("1", &m.ReqId)
}

func cancelCalculateOptionPrice(f *fields, m *pb.CancelCalculateOptionPrice) {
	f.requestID("1", &m.ReqId)
}

// tickOptionComputation says -1 or -2, whichever the value itself cannot be, for "not computed", in
// protobuf too: IBKR's clients look for these numbers there and take an absent one for zero.
func tickOptionComputation(f *fields, m *pb.TickOptionComputation) {
	f.int(&m.ReqId, zero)
	f.int(&m.TickType, zero)
	f.int(&m.TickAttrib, zero)
	f.plain(&m.ImpliedVol, "-1")
	f.plain(&m.Delta, "-2")
	f.plain(&m.OptPrice, "-1")
	f.plain(&m.PvDividend, "-1")
	f.plain(&m.Gamma, "-2")
	f.plain(&m.Vega, "-2")
	f.plain(&m.Theta, "-2")
	f.plain(&m.UndPrice, "-1")
	f.required()
}

func exerciseOptions(f *fields, m *pb.ExerciseOptionsRequest) {
	f.requestID("2", &m.OrderId)
	exercisedContract(f, part(f, &m.Contract))
	f.int(&m.ExerciseAction, zero)
	f.int(&m.ExerciseQuantity, zero)
	f.str(&m.Account)
	f.flag(&m.Override)
	f.required()
	if f.version >= 180 {
		f.str(&m.ManualOrderTime)
	}
	if f.version >= 183 {
		f.str(&m.CustomerAccount)
	}
	if f.version >= 184 {
		f.flag(&m.ProfessionalCustomer)
	}
}

// exercisedContract is requestContract without the primary exchange.
func exercisedContract(f *fields, c *pb.Contract) {
	f.int(&c.ConId, zero)
	f.str(&c.Symbol)
	f.str(&c.SecType)
	f.str(&c.LastTradeDateOrContractMonth)
	f.plain(&c.Strike, empty)
	f.str(&c.Right)
	f.plain(&c.Multiplier, empty)
	f.str(&c.Exchange)
	f.str(&c.Currency)
	f.str(&c.LocalSymbol)
	f.str(&c.TradingClass)
	f.required()
}
