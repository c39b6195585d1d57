package session

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/settings"
	"ibsoak/internal/wire"
)

const (
	configVersion   = 225
	confirmCapPrice = 131 // the message that can be turned off
)

func (l *line) config(t *testing.T) *protobuf.ConfigResponse {
	t.Helper()
	return body[*protobuf.ConfigResponse](t,
		l.ask(wire.ReqConfig, &protobuf.ConfigRequest{ReqId: num(3)}), wire.ConfigResponse)
}

func (l *line) update(
	t *testing.T, m *protobuf.UpdateConfigRequest,
) *protobuf.UpdateConfigResponse {
	t.Helper()
	m.ReqId = num(4)
	return body[*protobuf.UpdateConfigResponse](t, l.ask(wire.UpdateConfig, m),
		wire.UpdateConfigResponse)
}

func apiUpdate(s *protobuf.ApiSettingsConfig) *protobuf.UpdateConfigRequest {
	return &protobuf.UpdateConfigRequest{Api: &protobuf.ApiConfig{Settings: s}}
}

func TestConfigShowsTheSwitches(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), configVersion, 1)
	c := l.config(t)
	api := c.GetApi().GetSettings()
	if c.GetReqId() != 3 || api.GetReadOnlyApi() || !api.GetDownloadOpenOrdersOnConnection() ||
		api.GetRejectMessagesAboveMaxRate() || !api.GetMaintainConnectionOnIncorrectFields() ||
		!api.GetMaintainAndResubmitOrdersOnReconnect() || api.GetBulkDataTimeout() != 30 {
		t.Errorf("as installed: %v", c)
	}
	l = login(t, newLogin(t, Config{
		Port: settings.Port{
			RejectFastMessages: true, DisconnectMalformed: true, SendTimeout: 12 * time.Second,
		},
		Semantics: Semantics{
			ReadOnlyAPI: true, NoOrdersOnConnect: true, MasterClientID: 7, NoResubmit: true,
		},
	}), configVersion, 1)
	api = l.config(t).GetApi().GetSettings()
	if !api.GetReadOnlyApi() || api.GetDownloadOpenOrdersOnConnection() ||
		api.GetMasterClientId() != 7 ||
		!api.GetRejectMessagesAboveMaxRate() || api.GetMaintainConnectionOnIncorrectFields() ||
		api.GetMaintainAndResubmitOrdersOnReconnect() || api.GetBulkDataTimeout() != 12 {
		t.Errorf("with switches: %v", api)
	}
}

func TestUpdatesThatHaveEffect(t *testing.T) {
	shared := testLogin(t, Semantics{})
	l := login(t, shared, configVersion, 1)
	l.ask(wire.PlaceOrder, order(1, "BUY", 10, "LMT", 5))
	master := login(t, shared, configVersion, 7)

	got := l.update(t, apiUpdate(&protobuf.ApiSettingsConfig{
		ReadOnlyApi: proto.Bool(true), MasterClientId: num(7),
		DownloadOpenOrdersOnConnection: proto.Bool(false), UseNegativeAutoRange: proto.Bool(true),
	}))
	changed := []string{
		"api.settings.readOnlyApi", "api.settings.downloadOpenOrdersOnConnection",
		"api.settings.useNegativeAutoRange", "api.settings.masterClientId",
	}
	if got.GetStatus() != "success" || got.GetReqId() != 4 ||
		!slices.Equal(got.GetChangedFields(), changed) {
		t.Errorf("update %v", got)
	}
	wantFlow(t, l.ask(wire.ReqIds, &protobuf.IdsRequest{}), "errMsg:-1 321")
	wantFlow(t, l.ask(wire.PlaceOrder, order(2, "BUY", 10, "LMT", 5)), "errMsg:2 321")
	l.session.End()
	again := &line{t: t, version: configVersion, now: sunday}
	again.session = New(shared, again, configVersion)
	again.session.Start(1)
	if strings.Contains(again.kinds(), "openOrder") {
		t.Errorf("bootstrap without orders: %s", again.kinds())
	}
	again.update(t, apiUpdate(&protobuf.ApiSettingsConfig{ReadOnlyApi: proto.Bool(false)}))
	master.take()
	again.ask(wire.PlaceOrder, order(2, "BUY", 10, "LMT", 5))
	if !strings.Contains(master.kinds(), "openOrder") {
		t.Errorf("the master client heard %q of a new order", master.kinds())
	}
	api := again.config(t).GetApi().GetSettings()
	if !api.GetUseNegativeAutoRange() || api.GetReadOnlyApi() {
		t.Errorf("settings %v", api)
	}
}

func TestUpdatesOfNothing(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), configVersion, 1)
	before := l.config(t)
	same := apiUpdate(&protobuf.ApiSettingsConfig{ReadOnlyApi: proto.Bool(false)})
	if got := l.update(t, same); got.GetStatus() != "success" || len(got.GetChangedFields()) != 0 {
		t.Errorf("an update to the same: %v", got)
	}
	for name, m := range map[string]*protobuf.UpdateConfigRequest{
		"of a switch": apiUpdate(&protobuf.ApiSettingsConfig{
			SocketPort: num(7497), LoggingLevel: proto.String("detail"),
		}),
		"of ids": {ResetAPIOrderSequence: proto.Bool(true)},
		"of a message unseen": {Messages: []*protobuf.MessageConfig{
			{Id: num(9), Enabled: proto.Bool(false)},
		}},
	} {
		got := l.update(t, m)
		if got.GetStatus() != "failed" || len(got.GetErrors()) != 1 ||
			len(got.GetChangedFields()) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if after := l.config(t); !proto.Equal(before, after) {
		t.Errorf("refused updates have changed\n%v\nto\n%v", before, after)
	}
}

func TestUpdatesWithWarnings(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), configVersion, 1)
	off := &protobuf.UpdateConfigRequest{Messages: []*protobuf.MessageConfig{
		{Id: num(confirmCapPrice), Enabled: proto.Bool(false)},
	}}
	got := l.update(t, off)
	if got.GetStatus() != "warning" || len(got.GetWarnings()) != 1 ||
		got.GetWarnings()[0].GetMessageId() != confirmCapPrice {
		t.Errorf("without acceptance: %v", got)
	}
	if !l.config(t).GetMessages()[0].GetEnabled() {
		t.Error("the message is off before its warning was accepted")
	}
	off.AcceptedWarnings = []*protobuf.UpdateConfigWarning{{MessageId: num(confirmCapPrice)}}
	got = l.update(t, off)
	if got.GetStatus() != "success" || len(got.GetChangedFields()) != 1 ||
		got.GetChangedFields()[0] != "messages.131.enabled" ||
		l.config(t).GetMessages()[0].GetEnabled() {
		t.Errorf("with acceptance: %v", got)
	}
}
