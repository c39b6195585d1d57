package session

import (
	"fmt"
	"slices"
	"sync"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// settings are those of a Gateway's own configuration window, which clients can read and, from
// 221 on, change. The zero value is what the Gateway was started with.
type settings struct {
	mu  sync.Mutex
	now *protobuf.ConfigResponse // nil: as started
}

// confirmCapPrice is the one message of a Gateway that a client can turn off here, once it has
// accepted the warning about that.
const confirmCapPrice = 131

// What the installed Gateway has where this one has no switch.
const (
	installedBulkTimeout = 30 // seconds
	installedMaxHistory  = 16 // megabytes
)

// started is the configuration that the Gateway was started with.
func (l *Login) started() *protobuf.ConfigResponse {
	cfg := l.cfg
	bulk := installedBulkTimeout
	if cfg.SendTimeout > 0 {
		bulk = int(cfg.SendTimeout.Seconds())
	}
	api := &protobuf.ApiSettingsConfig{
		ReadOnlyApi:                           proto.Bool(cfg.ReadOnlyAPI),
		DownloadOpenOrdersOnConnection:        proto.Bool(!cfg.NoOrdersOnConnect),
		MasterClientId:                        num(cfg.MasterClientID),
		PrepareDailyPnL:                       proto.Bool(true),
		EncodeApiMessages:                     proto.String("osCodePage"),
		LoggingLevel:                          proto.String("error"),
		SendInstrumentTimezone:                proto.String("instrument"),
		ExposeTradingScheduleToApi:            proto.Bool(true),
		UseAccountGroupsWithAllocationMethods: proto.Bool(cfg.Advisor.Account != ""),
		RejectMessagesAboveMaxRate:            proto.Bool(cfg.MessagePacing == RejectMessages),
		MaintainConnectionOnIncorrectFields:   proto.Bool(!cfg.DisconnectMalformed),
		MaintainAndResubmitOrdersOnReconnect:  proto.Bool(!cfg.NoResubmit),
		BulkDataTimeout:                       num(bulk),
		HistoricalDataMaxSize:                 num(installedMaxHistory),
		TrustedIPs:                            cfg.TrustedAddresses,
	}
	return &protobuf.ConfigResponse{
		Messages: []*protobuf.MessageConfig{{
			Id: num(confirmCapPrice), Title: proto.String("Confirm Mandatory Cap Price"),
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
func (l *Login) config() *protobuf.ConfigResponse {
	var config *protobuf.ConfigResponse
	l.readConfig(func(now *protobuf.ConfigResponse) { config = proto.CloneOf(now) })
	if port := l.cfg.Port(); port != 0 {
		config.Api.Settings.SocketPort = num(port)
	}
	return config
}

// readConfig shows the configuration, which must not be kept.
func (l *Login) readConfig(f func(*protobuf.ConfigResponse)) {
	c := &l.console.settings
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == nil {
		c.now = l.started()
	}
	f(c.now)
}

// readOnly reports whether orders, cancels and reqIds are refused.
func (l *Login) readOnly() (on bool) {
	l.readConfig(func(c *protobuf.ConfigResponse) { on = c.GetApi().GetSettings().GetReadOnlyApi() })
	return on
}

// masterClient is the client that hears of every order, or 0.
func (l *Login) masterClient() (id int) {
	l.readConfig(func(c *protobuf.ConfigResponse) {
		id = int(c.GetApi().GetSettings().GetMasterClientId())
	})
	return id
}

// ordersOnConnect reports whether a client's open orders are told at the start of its session.
func (l *Login) ordersOnConnect() (on bool) {
	l.readConfig(func(c *protobuf.ConfigResponse) {
		on = c.GetApi().GetSettings().GetDownloadOpenOrdersOnConnection()
	})
	return on
}

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
func (l *Login) change(m *protobuf.UpdateConfigRequest) *protobuf.UpdateConfigResponse {
	wanted := &protobuf.ConfigResponse{LockAndExit: m.LockAndExit, Api: m.Api, Orders: m.Orders}
	now := l.config()
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
	c := &l.console.settings
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
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
