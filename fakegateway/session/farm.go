package session

import (
	"fmt"
	"slices"

	"ibsoak/fakegateway/session/client"
)

// Farm is one of IBKR's data farms, as the Gateway sees it.
type Farm struct {
	Name  string    `json:"name" yaml:"name"` // "usfarm"
	Kind  FarmKind  `json:"kind" yaml:"kind"`
	State FarmState `json:"state" yaml:"state"` // "": ok
}

// FarmKind is what a farm serves.
type FarmKind string

// The kinds of farms.
const (
	MarketFarm  FarmKind = "market"
	HistoryFarm FarmKind = "hmds"
	SecDefFarm  FarmKind = "secdef"
)

// FarmState is how the connection to a farm is.
type FarmState string

// The states of farms.
const (
	FarmIsOK         FarmState = "ok"
	FarmIsBroken     FarmState = "broken"
	FarmIsInactive   FarmState = "inactive"
	FarmIsConnecting FarmState = "connecting"
)

// defaultFarms are those of a login that has just read its first contract.
var defaultFarms = []Farm{
	{"usfarm", MarketFarm, FarmIsOK},
	{"ushmds", HistoryFarm, FarmIsOK},
	{"secdefnj", SecDefFarm, FarmIsOK},
}

// farmNotices are the texts of real Gateways, for the states that each kind of farm has. 2107 and
// 2108 put a full stop where the others have a colon.
var farmNotices = map[FarmKind]map[FarmState]client.Notice{
	MarketFarm: {
		FarmIsOK:     {Code: 2104, Text: "Market data farm connection is OK:"},
		FarmIsBroken: {Code: 2103, Text: "Market data farm connection is broken:"},
		FarmIsInactive: {
			Code: 2108, Text: "Market data farm connection is inactive but should be available upon demand.",
		},
		FarmIsConnecting: {Code: 2119, Text: "Market data farm is connecting:"},
	},
	HistoryFarm: {
		FarmIsOK:     {Code: 2106, Text: "HMDS data farm connection is OK:"},
		FarmIsBroken: {Code: 2105, Text: "HMDS data farm connection is broken:"},
		FarmIsInactive: {
			Code: 2107, Text: "HMDS data farm connection is inactive but should be available upon demand.",
		},
	},
	SecDefFarm: {
		FarmIsOK:     {Code: 2158, Text: "Sec-def data farm connection is OK:"},
		FarmIsBroken: {Code: 2157, Text: "Sec-def data farm connection is broken:"},
	},
}

// notice is what clients receive about the farm.
func (f Farm) notice() client.Notice {
	n := farmNotices[f.Kind][f.State]
	return client.Notice{Code: n.Code, Text: n.Text + f.Name}
}

// farmsOrDefault completes the configured farms.
func farmsOrDefault(farms []Farm) []Farm {
	if farms == nil {
		farms = defaultFarms
	}
	farms = slices.Clone(farms)
	for i := range farms {
		if farms[i].State == "" {
			farms[i].State = FarmIsOK
		}
	}
	return farms
}

// validate checks that the farm's kind has a notice for its state.
func (f Farm) validate() error {
	states, known := farmNotices[f.Kind]
	switch {
	case f.Name == "":
		return fmt.Errorf("farm without a name")
	case !known:
		return fmt.Errorf("farm %s: kind %q: want market, hmds or secdef", f.Name, f.Kind)
	case states[f.State] == client.Notice{} && f.State != "":
		return fmt.Errorf("farm %s: a %s farm has no state %q", f.Name, f.Kind, f.State)
	}
	return nil
}
