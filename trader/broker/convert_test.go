package broker

import (
	"bytes"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi"
)

func TestParseTime(t *testing.T) {
	eastern, err := time.LoadLocation("US/Eastern")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 4, 13, 19, 27, 4, 0, time.UTC)
	for _, tt := range []struct {
		in   string
		want time.Time
	}{
		{"20260413 15:27:04 US/Eastern", at},
		{"20260413 19:27:04 UTC", at},
		{"20260413-19:27:04Z", at},
		{"20260413 21:27:04 Europe/Berlin", at},
		{"20260413  15:27:04", at}, // up to 173: two blanks, the exchange's zone
		{"20260413 15:27:04", at},
		{"1776108424", at},
		{"20260413", time.Date(2026, 4, 13, 0, 0, 0, 0, eastern)},
	} {
		got, err := parseTime(tt.in, eastern)
		if err != nil || !got.Equal(tt.want) || got.Location() != eastern {
			t.Errorf("parseTime(%q) = %v, %v; want %v", tt.in, got, err, tt.want)
		}
	}
	for _, in := range []string{"", "yesterday", "20260413 15:27:04 Nowhere/Zone", "20260413 15:27", "2026"} {
		if got, err := parseTime(in, eastern); err == nil {
			t.Errorf("parseTime(%q) = %v, want an error", in, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	for in, want := range map[string]string{"0": "0", "-1.5": "-1.5", "100": "100", "0.0000001": "0.0000001"} {
		if got, err := quantity(ibapi.StringToDecimal(in)); err != nil || got.String() != want {
			t.Errorf("quantity(%s) = %s, %v", in, got, err)
		}
	}
	for _, unset := range []string{"", "2147483647", "1.7976931348623157E308", "NaN", "-9223372036854775808"} {
		if got, err := quantity(ibapi.StringToDecimal(unset)); err == nil {
			t.Errorf("quantity(%q) = %s, want unset", unset, got)
		}
	}
	for in, want := range map[float64]string{0: "0", 309.16: "309.16", 1.000003: "1.000003", -0.1: "-0.1"} {
		if got, err := price(in); err != nil || got.String() != want {
			t.Errorf("price(%v) = %s, %v", in, got, err)
		}
	}
	for _, unset := range []float64{math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := optionalPrice(unset); got != nil {
			t.Errorf("optionalPrice(%v) = %s", unset, got)
		}
	}
}

func TestClassify(t *testing.T) {
	for code, want := range map[int]Class{
		326: ClassFatal, 200: ClassRequest, 162: ClassRequest, 201: ClassRequest, 399: ClassWarning,
		1100: ClassConnectivity, 2104: ClassFarm, 2129: ClassWarning, 10147: ClassRequest,
		2174: ClassWarning, 2176: ClassWarning, 2188: ClassWarning, 10399: ClassUnlisted, 4711: ClassUnlisted,
	} {
		if got := Classify(code); got != want {
			t.Errorf("%d is %s, want %s", code, got, want)
		}
	}
	for _, row := range codes {
		if row.source == "" || row.what == "" {
			t.Errorf("code %d has no source or no meaning", row.code)
		}
	}
	for code := range farmKinds {
		if Classify(code) != ClassFarm {
			t.Errorf("farm code %d is classed %s", code, Classify(code))
		}
	}
}

func TestFarmNames(t *testing.T) {
	for text, want := range map[string]string{
		"Market data farm connection is OK:usfarm.nj":                                            "usfarm.nj",
		"HMDS data farm connection is inactive but should be available upon demand.ushmds":       "ushmds",
		"Market data farm connection is inactive but should be available upon demand.usfarm.nj ": "usfarm.nj",
	} {
		if got, ok := farmOf(2108, text); !ok || got.Name != want {
			t.Errorf("farm in %q: %+v", text, got)
		}
	}
}

func TestTheAPIClientsLogGoesToSlog(t *testing.T) {
	var out bytes.Buffer
	bridgeLog(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	defer bridge.log.Store(slog.New(slog.DiscardHandler))
	ibapi.Logger().Warn().Str("host", "gateway").Msg("something odd")
	if got := out.String(); !strings.Contains(got, "level=INFO") || !strings.Contains(got, "api client: something odd") ||
		!strings.Contains(got, "gateway") {
		t.Errorf("log %q", got)
	}
}
