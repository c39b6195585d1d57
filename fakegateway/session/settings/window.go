package settings

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/fakegateway/session/client"
)

// Installed is what the Gateway's own configuration shows of the settings it was started with.
type Installed struct {
	ReadOnlyAPI       bool
	NoOrdersOnConnect bool
	MasterClientID    int  // 0: none
	NoResubmit        bool // orders of an outage are rejected
	AdvisorGroups     bool // the login is an advisor's
	Port              Port
}

// Port is what clients can read about the port, which has rules of its own.
type Port struct {
	Number              func() int    // 0: none yet
	SendTimeout         time.Duration // 0: what TWS installs
	RejectFastMessages  bool          // rather than read them slower
	DisconnectMalformed bool
	TrustedAddresses    []string
}

// Window is a Gateway's configuration window, which clients can read and, from version 221 on,
// change. Its methods may be called from any goroutine.
type Window struct {
	port func() int
	now  atomic.Pointer[protobuf.ConfigResponse] // it is replaced, never changed
}

// NewWindow shows what the Gateway was started with.
func NewWindow(i Installed) *Window {
	w := &Window{port: i.Port.Number}
	w.now.Store(i.config())
	return w
}

// confirmCapPrice is the one message of a Gateway that a client can turn off here, once it has
// accepted the warning about that.
const confirmCapPrice = 131

// What the installed Gateway has where this one has no switch.
const (
	installedBulkTimeout = 30 // seconds
	installedMaxHistory  = 16 // megabytes
)

// config is the configuration that the Gateway was started with.
func (i Installed) config() *protobuf.ConfigResponse {
	bulk := installedBulkTimeout
	if i.Port.SendTimeout > 0 {
		bulk = int(i.Port.SendTimeout.Seconds())
	}
	api := &protobuf.ApiSettingsConfig{
		ReadOnlyApi:                           proto.Bool(i.ReadOnlyAPI),
		DownloadOpenOrdersOnConnection:        proto.Bool(!i.NoOrdersOnConnect),
		MasterClientId:                        client.Num(i.MasterClientID),
		PrepareDailyPnL:                       proto.Bool(true),
		EncodeApiMessages:                     proto.String("osCodePage"),
		LoggingLevel:                          proto.String("error"),
		SendInstrumentTimezone:                proto.String("instrument"),
		ExposeTradingScheduleToApi:            proto.Bool(true),
		UseAccountGroupsWithAllocationMethods: proto.Bool(i.AdvisorGroups),
		RejectMessagesAboveMaxRate:            proto.Bool(i.Port.RejectFastMessages),
		MaintainConnectionOnIncorrectFields:   proto.Bool(!i.Port.DisconnectMalformed),
		MaintainAndResubmitOrdersOnReconnect:  proto.Bool(!i.NoResubmit),
		BulkDataTimeout:                       client.Num(bulk),
		HistoricalDataMaxSize:                 client.Num(installedMaxHistory),
		TrustedIPs:                            i.Port.TrustedAddresses,
	}
	return &protobuf.ConfigResponse{
		Messages: []*protobuf.MessageConfig{{
			Id: client.Num(confirmCapPrice), Title: proto.String("Confirm Mandatory Cap Price"),
			Message:       proto.String("A cap price keeps a market order from trading far away."),
			DefaultAction: proto.String("confirm"), Enabled: proto.Bool(true),
		}},
		Api: &protobuf.ApiConfig{Precautions: &protobuf.ApiPrecautionsConfig{}, Settings: api},
		Orders: &protobuf.OrdersConfig{SmartRouting: &protobuf.OrdersSmartRoutingConfig{
			SeekPriceImprovement: proto.Bool(false), DoNotRouteToDarkPools: proto.Bool(false),
		}},
	}
}

// config is a copy of the configuration as it is now.
func (w *Window) config() *protobuf.ConfigResponse {
	config := proto.CloneOf(w.now.Load())
	if port := w.port(); port != 0 {
		config.Api.Settings.SocketPort = client.Num(port)
	}
	return config
}

func (w *Window) api() *protobuf.ApiSettingsConfig { return w.now.Load().GetApi().GetSettings() }

// ReadOnly reports whether orders, cancels and reqIds are refused.
func (w *Window) ReadOnly() bool { return w.api().GetReadOnlyApi() }

// MasterClient is the client that gets the events of every order, or 0.
func (w *Window) MasterClient() int { return int(w.api().GetMasterClientId()) }

// OrdersOnConnect reports whether a client's open orders are sent at the start of its session.
func (w *Window) OrdersOnConnect() bool { return w.api().GetDownloadOpenOrdersOnConnection() }

// atStart are settings that this Gateway has as switches of its own: a running one keeps them.
var atStart = []string{
	"api.settings.socketPort", "api.settings.bulkDataTimeout",
	"api.settings.rejectMessagesAboveMaxRate", "api.settings.maintainConnectionOnIncorrectFields",
	"api.settings.maintainAndResubmitOrdersOnReconnect", "api.settings.allowLocalhostOnly",
	"api.settings.trustedIPs", "api.settings.useAccountGroupsWithAllocationMethods",
}

// differences lists the fields of want, which are set, that have does not have so: by path, in the
// order of their numbers.
func differences(path string, have, want protoreflect.Message) []string {
	var paths []string
	fields := want.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		name := path + string(f.Name())
		switch {
		case !want.Has(f):
		case f.Kind() == protoreflect.MessageKind && !f.IsList():
			inner := differences(name+".", have.Get(f).Message(), want.Get(f).Message())
			paths = append(paths, inner...)
		case !have.Has(f) || !have.Get(f).Equal(want.Get(f)):
			paths = append(paths, name)
		}
	}
	return paths
}

// change applies what a client asks for, all of it or, when there are errors or warnings that it
// has not accepted, nothing.
func (w *Window) change(m *protobuf.UpdateConfigRequest) *protobuf.UpdateConfigResponse {
	wanted := &protobuf.ConfigResponse{LockAndExit: m.LockAndExit, Api: m.Api, Orders: m.Orders}
	now := w.config()
	answer := &protobuf.UpdateConfigResponse{
		ReqId: m.ReqId, ChangedFields: differences("", now.ProtoReflect(), wanted.ProtoReflect()),
	}
	for _, path := range answer.ChangedFields {
		if slices.Contains(atStart, path) {
			answer.Errors = append(answer.Errors, path+" can only be set when the Gateway is started")
		}
	}
	if m.GetResetAPIOrderSequence() {
		answer.Errors = append(answer.Errors, "resetAPIOrderSequence: order ids have been used")
	}
	changeMessages(m, now, answer)
	if len(answer.Errors)+len(answer.Warnings) > 0 {
		answer.ChangedFields = nil
		return answer
	}
	if list := m.GetApi().GetSettings().GetTrustedIPs(); list != nil {
		now.Api.Settings.TrustedIPs = nil // merging would append
	}
	proto.Merge(now, wanted)
	w.now.Store(now)
	return answer
}

// changeMessages turns messages of the Gateway on and off. Turning one off wants its warning
// accepted.
func changeMessages(
	m *protobuf.UpdateConfigRequest, now *protobuf.ConfigResponse,
	answer *protobuf.UpdateConfigResponse,
) {
	for _, want := range m.GetMessages() {
		i := slices.IndexFunc(now.Messages, func(have *protobuf.MessageConfig) bool {
			return have.GetId() == want.GetId()
		})
		if i < 0 {
			answer.Errors = append(answer.Errors,
				fmt.Sprintf("messages: there is no message %d", want.GetId()))
			continue
		}
		have := now.Messages[i]
		accepts := func(w *protobuf.UpdateConfigWarning) bool { return w.GetMessageId() == have.GetId() }
		accepted := slices.ContainsFunc(m.GetAcceptedWarnings(), accepts)
		switch {
		case want.Enabled == nil || want.GetEnabled() == have.GetEnabled():
		case !want.GetEnabled() && !accepted:
			answer.Warnings = append(answer.Warnings, &protobuf.UpdateConfigWarning{
				MessageId: have.Id, Title: have.Title, Message: have.Message,
			})
		default:
			have.Enabled = want.Enabled
			answer.ChangedFields = append(answer.ChangedFields,
				fmt.Sprintf("messages.%d.enabled", have.GetId()))
		}
	}
}
