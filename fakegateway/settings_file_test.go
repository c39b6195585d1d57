package fakegateway

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session"
	"ibsoak/fakegateway/session/orders"
)

// everySetting has a value for every key of a settings file.
const everySetting = `
about: {summary: everything, wire: much}
maxServerVersion: 200
profile: leaky
quirks: {leakOnEof: true, leakProbes: true, silentFrom: 2, failFirst: 1, crashOnFin: 1s}
startup: {refused: 1s, acceptMute: 2s, versionOnly: 3s, approval: true}
daily:
- {at: "23:45", what: {do: restart}}
- {at: "07:00:30", on: sunday, what: {do: operate, operation: connection-lost}}
faults:
- when: {at: 1s}
  what: {do: operate, operation: farm-broken, farm: usfarm}
plantedZombies: 3
seed: 42
accounts: [DU1, DU2]
clock: {start: 2026-03-07T23:44:50-05:00, scale: 60}
transcriptFrames: 10
refusalDelay: 1s
apiDisabled: true
trustedAddresses: [127.0.0.1, 10.0.0.0/8]
maxClients: -1
silentWhenFull: true
dialog: client-id
dialogAnswer: dismiss
dialogAfter: 1m
clientIdRelease: 10s
messagePacing: reject
maxLogins: 3
loginWindow: 1m
loginStall: 6m
sendTimeout: 30s
disconnectMalformed: true
readOnlyApi: true
masterClientId: 9
ownCancelsOnly: true
noOrdersOnConnect: true
repeatFilled: true
acceptEmptyTif: true
noResubmit: true
farms: [{name: usfarm, kind: market, state: broken}]
liveMarketData: true
marketDataLines: 40
enforcePacing: true
silentOutage: true
versionReply: "178\0"
managedAccounts: [""]
rollBackIds: 5
sessionsOnly: true
fillLatency: 1s
cancelLatency: 2s
maxFillShares: 100
allowShort: true
startCash: "5000.25"
universe:
- {symbol: SAP, exchange: IBIS, currency: EUR, hours: frankfurt, price: "230", tick: "0.05", isin: DE0007164600}
- {conId: 7001, symbol: B881G, secType: IOPT, exchange: SBF, currency: EUR, price: 4, expiry: "20281218"}
commissionLatency: 3s
unknownCommission: minus-one
accountZone: Asia/Tokyo
earlierFills: [{symbol: AAPL, quantity: 3, price: "250", before: 20h}]
`

func TestParseConfigReadsEverySetting(t *testing.T) {
	c, err := ParseConfig("all.yaml", []byte(everySetting))
	if err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{
		"maxServerVersion": c.MaxServerVersion == 200,
		"quirks":           c.Quirks.CrashOnFIN == time.Second && c.Quirks.FailFirst == 1,
		"startup":          c.Startup != nil && c.Startup.Approval,
		"daily":            len(c.Daily) == 2 && c.Daily[1].On == "sunday",
		"faults": len(c.Schedule.Faults) == 1 &&
			c.Schedule.Faults[0].What.Operation == fault.FarmBroken,
		"seed":          c.Seed == 42,
		"clock":         c.Clock.Scale == 60 && c.Clock.Start.UTC().Hour() == 4,
		"maxClients":    c.MaxClients == -1,
		"dialog":        c.Dialog == DialogPerClientID && c.DialogAnswer == DismissDialog,
		"messagePacing": c.MessagePacing == RejectMessages,
		"farms":         len(c.Farms) == 1 && c.Farms[0].State == session.FarmIsBroken,
		"versionReply":  c.VersionReply == "178\x00",
		"accounts":      len(c.ManagedAccounts) == 1 && c.ManagedAccounts[0] == "",
		"startCash":     c.StartCash.String() == "5000.25",
		"universe": len(c.Universe) == 2 && c.Universe[0].Tick.String() == "0.05" &&
			c.Universe[1].ConID == 7001 && c.Universe[1].Price.String() == "4",
		"sendTimeout":       c.SendTimeout == 30*time.Second,
		"plantedZombies":    c.PlantedZombies == 3,
		"earlierFills":      len(c.EarlierFills) == 1 && c.EarlierFills[0].Before == 20*time.Hour,
		"unknownCommission": c.UnknownCommission == orders.CommissionMinusOne,
	} {
		if !ok {
			t.Errorf("%s was not read: %+v", name, c)
		}
	}
}

func TestParseConfigSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"accounts: [DU1, DU1]":                              `accounts: account "DU1" is there twice`,
		"accounts: ['DU1,DU2']":                             `accounts: account "DU1,DU2"`,
		"accounts: [\"DU\\0\"]":                             `accounts: account "DU\x00"`,
		"accounts: ['', DU1]":                               `accounts: account ""`,
		"dialogue: each":                                    `s.yaml:1:1: unknown key "dialogue": want about, maxServerVersion`,
		"quirks: {leak: true}":                              `s.yaml:1:10: unknown key "leak": want leakOnEof, leakProbes`,
		"faults:\n- wen: {}":                                `s.yaml:2:3: unknown key "wen"`,
		"dialog: all":                                       `s.yaml:1:9: dialog: "all": want one of each, address, client-id`,
		"seed: 1\nmessagePacing: slow":                      `s.yaml:2:16: messagePacing: "slow": want one of pace, reject`,
		"profile: jolly":                                    `s.yaml:1:10: profile: "jolly": want one of healthy`,
		"maxServerVersion: 99":                              `s.yaml:1:19: maxServerVersion: 99: want 157..226`,
		"trustedAddresses: [here]":                          `trustedAddresses: "here": want an address like 127.0.0.1`,
		"clock: {scale: .nan}":                              `s.yaml:1:16: clock.scale: NaN: want above 0, and 86400 at the most`,
		"clock: {scale: .inf}":                              `s.yaml:1:16: clock.scale: +Inf: want above 0`,
		"clock: {scale: 1e300}":                             `s.yaml:1:16: clock.scale: 1e+300: want above 0`,
		"maxFillShares: -3":                                 `s.yaml:1:16: maxFillShares: -3: want 0 or more`,
		"haltsPerThousandDays: -1":                          `s.yaml:1:23: haltsPerThousandDays: -1: want 0..1000`,
		"haltsPerThousandDays: 1001":                        `s.yaml:1:23: haltsPerThousandDays: 1001: want 0..1000`,
		"startCash: -5":                                     `s.yaml:1:12: startCash: -5: want 0 or more`,
		"clock: {scale: -1}":                                `s.yaml:1:16: clock.scale: -1: want above 0`,
		"sendTimeout: -1s":                                  `s.yaml:1:14: sendTimeout: -1s: want 0 or more`,
		"maxLogins: 3":                                      `maxLogins: needs loginWindow and loginStall`,
		"farms:\n- {name: a, kind: b}":                      `farms[0]: farm a: kind "b": want market, hmds or secdef`,
		"daily:\n- {at: noon}":                              `daily[0]: daily: time of day "noon": want HH:MM`,
		"daily:\n- {at: '1:00', on: Sun}":                   `day "Sun": want one of sunday`,
		"daily:\n- {at: '1:00', what: {do: fin}}":           `action "fin": want one on the whole Gateway`,
		"faults:\n- when: {at: 1s}\n  what: {do: explode}":  `s.yaml:3:14: fault 1: what.do: "explode"`,
		"startup: {refused: -1s}":                           `startup: a phase lasts less than 0`,
		"quirks: {failFirst: -1}":                           `quirks: a number is below 0`,
		"positions: [{symbol: AAPL}]":                       `s.yaml:1:13: positions[0]: quantity 0: want 1..`,
		"universe:\n- {symbol: OWN, price: 5, hours: moon}": `s.yaml:2:34: universe[0].hours: "moon": want one of bonds, coins`,
		"universe:\n- {symbol: OWN}":                        `s.yaml:2:3: universe[0].price: 0: want the usual price, above 0`,
		"universe:\n- {symbl: OWN}":                         `s.yaml:2:4: unknown key "symbl": want conId, symbol, secType`,
		"plantedZombies: 5000":                              `plantedZombies: 5000: want 0..1000`,
		"accountZone: Mars":                                 `s.yaml:1:14: accountZone: unknown time zone Mars`,
		"unknownCommission: maybe":                          `s.yaml:1:20: unknownCommission: "maybe": want one of minus-one`,

		"earlierFills: [{symbol: AAPL, quantity: 1}, {symbol: AAPL, quantity: 1, price: \"250\", before: 1h}]": `s.yaml:1:16: earlierFills[0]: before 0s: want above 0`,
		"earlierFills: [{symbol: AAPL, quantity: 1, price: \"250\"}]":                                          `s.yaml:1:16: earlierFills[0]: before 0s: want above 0`,
	} {
		_, err := ParseConfig("s.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
		if err == nil || !strings.HasPrefix(err.Error(), "s.yaml:") {
			t.Errorf("%q: no place in %v", text, err)
		}
	}
}

// A file need not name the login's account to give it positions.
func TestParseConfigTakesPositionsOfTheDefaultAccount(t *testing.T) {
	c, err := ParseConfig("s.yaml", []byte("positions: [{symbol: AAPL, quantity: 5, price: \"150\"}]"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	held := s.Books().Positions
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if len(held) != 1 || held[0].Account != onlyAccount {
		t.Errorf("positions %+v, want one of %s", held, onlyAccount)
	}
}

func TestNewRefusesBadSettings(t *testing.T) {
	_, err := New(Config{MaxServerVersion: 99, PortSettings: PortSettings{Dialog: "all"}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"maxServerVersion: 99", `dialog: "all"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

// keysOf lists the YAML keys of a struct, those of inlined structs among them.
func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		key, options, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			keys = append(keys, keysOf(t.Field(i).Type)...)
		case key != "" && key != "-":
			keys = append(keys, key)
		}
	}
	return keys
}

func TestEverySettingIsOnThePage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "settings.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keysOf(reflect.TypeFor[Config]()) {
		if !strings.Contains(string(page), "`"+key+"`") {
			t.Errorf("docs/settings.md does not have %s", key)
		}
	}
}

// The page's example of contracts is a settings file, and the page has every key of one.
func TestOwnContractsAreOnThePage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "settings.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	c, err := ParseConfig("settings.md", []byte(example))
	if err != nil || len(c.Universe) < 3 {
		t.Errorf("%d contracts, %v", len(c.Universe), err)
	}
	for _, key := range keysOf(reflect.TypeFor[market.Listing]()) {
		if !strings.Contains(string(page), "`"+key+"`") {
			t.Errorf("docs/settings.md does not have %s of a contract", key)
		}
	}
}
