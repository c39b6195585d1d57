package session

import (
	"fmt"
	"slices"
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
var farmNotices = map[FarmKind]map[FarmState]Notice{
	MarketFarm: {
		FarmIsOK:     {2104, "Market data farm connection is OK:"},
		FarmIsBroken: {2103, "Market data farm connection is broken:"},
		FarmIsInactive: {
			2108, "Market data farm connection is inactive but should be available upon demand.",
		},
		FarmIsConnecting: {2119, "Market data farm is connecting:"},
	},
	HistoryFarm: {
		FarmIsOK:     {2106, "HMDS data farm connection is OK:"},
		FarmIsBroken: {2105, "HMDS data farm connection is broken:"},
		FarmIsInactive: {
			2107, "HMDS data farm connection is inactive but should be available upon demand.",
		},
	},
	SecDefFarm: {
		FarmIsOK:     {2158, "Sec-def data farm connection is OK:"},
		FarmIsBroken: {2157, "Sec-def data farm connection is broken:"},
	},
}

// notice is what clients hear of the farm.
func (f Farm) notice() Notice {
	n := farmNotices[f.Kind][f.State]
	return Notice{n.Code, n.Text + f.Name}
}

// Notice is a message about the Gateway itself: an errMsg with id -1.
type Notice struct {
	Code int
	Text string
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
	case states[f.State] == Notice{} && f.State != "":
		return fmt.Errorf("farm %s: a %s farm has no state %q", f.Name, f.Kind, f.State)
	}
	return nil
}
