package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// apart are the fields whose values are of the day: ids, times, and prices with what is made of
// them.
var apart = func() map[string]bool {
	all := make(map[string]bool)
	for _, name := range strings.Fields(`
		reqId orderId parentId permId parentPermId clientId execId orderRef submitter id
		whiteBrandingId
		time errorTime date completedTime currentTime currentTimeInMillis timeStamp startDateStr
		endDateStr startDateTime endDateTime refDate headTimestamp autoCancelDate
		lmtPrice auxPrice price avgPrice avgFillPrice lastFillPrice mktCapPrice open high low close
		WAP volume barCount size commissionAndFees realizedPNL realizedPnL unrealizedPnL dailyPnL
		avgCost averageCost marketPrice marketValue AccountSummary.value AccountValue.value
		PnLSingle.value`) {
		all[name] = true
	}
	return all
}()

func isApart(f protoreflect.FieldDescriptor) bool {
	return apart[string(f.Name())] || apart[string(f.Parent().Name())+"."+string(f.Name())]
}

// differences lists the fields in which the fake's message is not the captured one. Of bytes, both
// must have the same fields; a publisher's decoding says only what it says.
func differences(want, got item, allowed func(string) bool) (found []string) {
	d := differ{partial: want.partial, allowed: allowed}
	d.messages("", want.Body.ProtoReflect(), got.Body.ProtoReflect())
	slices.Sort(d.found)
	return d.found
}

// isDerivativesID is the number of a future or an option, which is the fake's own.
func isDerivativesID(f protoreflect.FieldDescriptor, m protoreflect.Message) bool {
	secType := m.Descriptor().Fields().ByName("secType")
	if f.Name() != "conId" || secType == nil {
		return false
	}
	t := m.Get(secType).String()
	return t == "FUT" || t == "OPT"
}

type differ struct {
	partial bool
	allowed func(string) bool
	found   []string
}

func (d *differ) say(format string, args ...any) {
	d.found = append(d.found, fmt.Sprintf(format, args...))
}

func (d *differ) messages(path string, want, got protoreflect.Message) {
	want.Range(func(f protoreflect.FieldDescriptor, w protoreflect.Value) bool {
		d.field(path+string(f.Name()), f, w, got)
		return true
	})
	if d.partial {
		return
	}
	got.Range(func(f protoreflect.FieldDescriptor, g protoreflect.Value) bool {
		if !want.Has(f) && !d.competes(f) {
			d.say("%s%s = %s, which is not in the capture", path, f.Name(), short(g))
		}
		return true
	})
}

func (d *differ) field(
	path string, f protoreflect.FieldDescriptor, w protoreflect.Value, got protoreflect.Message,
) {
	switch {
	case !got.Has(f):
		if !d.partial || !isApart(f) && !isEmpty(w) {
			d.say("no %s, want %s", path, short(w))
		}
	case f.IsMap():
	case f.IsList():
		d.lists(path, f, w.List(), got.Get(f).List())
	case f.Message() != nil:
		d.messages(path+".", w.Message(), got.Get(f).Message())
	case isApart(f), isDerivativesID(f, got):
	default:
		d.values(path, w, got.Get(f))
	}
}

func (d *differ) lists(path string, f protoreflect.FieldDescriptor, want, got protoreflect.List) {
	excerpt := d.partial && (f.Name() == "historicalDataBars" && d.allowed(fewerBars) ||
		f.Name() == "contractDescriptions" && d.allowed(excerptList))
	if want.Len() != got.Len() && (!excerpt || want.Len() > got.Len()) {
		d.say("%d %s, want %d", got.Len(), path, want.Len())
		return
	}
	if f.Message() == nil {
		return
	}
	for i := range min(want.Len(), got.Len()) {
		d.messages(path+".", want.Get(i).Message(), got.Get(i).Message())
	}
}

var (
	// className is IBKR's obfuscated name of a class, which changes from build to build.
	className = regexp.MustCompile(`request\.-'[\w#]{1,3}'`)
	numbers   = regexp.MustCompile(`\d+`) // ids in texts
)

func (d *differ) values(path string, want, got protoreflect.Value) {
	w, g := fmt.Sprint(want.Interface()), fmt.Sprint(got.Interface())
	if equal(w, g) || d.partial && isEmpty(want) && isEmpty(got) {
		return
	}
	if path == "errorMsg" {
		w, g = numbers.ReplaceAllString(w, "#"), numbers.ReplaceAllString(g, "#")
		if w == g || d.allowed(classNames) &&
			className.ReplaceAllString(w, "") == className.ReplaceAllString(g, "") {
			return
		}
	}
	if path == "currency" && d.allowed(baseCurrency) {
		return
	}
	if path == "errorMsg" && d.allowed(wording) && worded(w) == worded(g) {
		return
	}
	if path == "orderState.status" && d.allowed(passing) && isPassing(w) && isPassing(g) {
		return
	}
	d.say("%s = %q, want %q", path, g, w)
}

// competes reports whether a field is one that Gateways add to some orders.
func (d *differ) competes(f protoreflect.FieldDescriptor) bool {
	return d.allowed(competing) &&
		(f.Name() == "minCompeteSize" || f.Name() == "competeAgainstBestOffset")
}

func isPassing(status string) bool { return status == "PreSubmitted" || status == "Submitted" }

// worded is the text of an outage without what builds word differently.
func worded(text string) string {
	text = strings.NewReplacer("IBKR", "IB", "Trader Workstation", "TWS").Replace(text)
	return strings.TrimSuffix(text, ".")
}

// equal compares values as they are said: numbers by what they are.
func equal(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return x == y
	}
	return a == b
}

// isEmpty is a value that stands for none.
func isEmpty(v protoreflect.Value) bool {
	switch x := v.Interface().(type) {
	case string:
		f, err := strconv.ParseFloat(x, 64)
		return x == "" || err == nil && f == 0
	case float64:
		return x == 0 || x == math.MaxFloat64
	case int32:
		return x == 0
	case int64:
		return x == 0
	case bool:
		return !x
	default:
		return false
	}
}

func short(v protoreflect.Value) string {
	const shown = 40
	text := fmt.Sprint(v.Interface())
	if len(text) > shown {
		text = text[:shown] + "…"
	}
	return strconv.Quote(text)
}
