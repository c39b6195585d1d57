package session

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

func followGroup(id, group int) *protobuf.SubscribeToGroupEventsRequest {
	return &protobuf.SubscribeToGroupEventsRequest{ReqId: num(id), GroupId: num(group)}
}

func showInGroup(id int, info string) *protobuf.UpdateDisplayGroupRequest {
	return &protobuf.UpdateDisplayGroupRequest{ReqId: num(id), ContractInfo: proto.String(info)}
}

func wantShown(t *testing.T, got []wire.Message, want map[int32]string) {
	t.Helper()
	updates := all[*protobuf.DisplayGroupUpdated](got, wire.DisplayGroupUpdated)
	if len(updates) != len(want) || len(got) != len(want) {
		t.Errorf("told %s, want %d displayGroupUpdated", summary(got), len(want))
	}
	for _, u := range updates {
		if want[u.GetReqId()] != u.GetContractInfo() {
			t.Errorf("told %v, want %v", u, want)
		}
	}
}

func TestDisplayGroups(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		shared := testLogin(t, Semantics{})
		a, b := login(t, shared, v, 1), login(t, shared, v, 2)
		list := body[*protobuf.DisplayGroupList](t, a.ask(wire.QueryDisplayGroups,
			&protobuf.QueryDisplayGroupsRequest{ReqId: num(1)}), wire.DisplayGroupList)
		if list.GetGroups() != "1|2|3|4|5|6|7" || list.GetReqId() != 1 {
			t.Errorf("groups %v", list)
		}
		wantShown(t, a.ask(wire.SubscribeToGroupEvents, followGroup(2, 1)), map[int32]string{2: "none"})
		wantShown(t, b.ask(wire.SubscribeToGroupEvents, followGroup(9, 1)), map[int32]string{9: "none"})
		wantShown(t, b.ask(wire.SubscribeToGroupEvents, followGroup(10, 4)), map[int32]string{10: "none"})

		wantShown(t, a.ask(wire.UpdateDisplayGroup, showInGroup(2, "8314")),
			map[int32]string{2: "8314@SMART"})
		wantShown(t, b.take(), map[int32]string{9: "8314@SMART"})
		wantShown(t, b.ask(wire.UpdateDisplayGroup, showInGroup(10, "265598@ARCA")),
			map[int32]string{10: "265598@ARCA"})
		wantFlow(t, a.take())

		b.ask(wire.UnsubscribeFromGroupEvents, &protobuf.UnsubscribeFromGroupEventsRequest{ReqId: num(9)})
		wantShown(t, a.ask(wire.UpdateDisplayGroup, showInGroup(2, "none")), map[int32]string{2: "none"})
		wantFlow(t, b.take())
		late := login(t, shared, v, 3) // what a group shows outlives whoever set it
		wantShown(t, late.ask(wire.SubscribeToGroupEvents, followGroup(1, 4)),
			map[int32]string{1: "265598@ARCA"})

		wantFlow(t, a.ask(wire.SubscribeToGroupEvents, followGroup(3, 8)), "errMsg:3 321")
		wantFlow(t, a.ask(wire.SubscribeToGroupEvents, followGroup(3, 0)), "errMsg:3 321")
		wantFlow(t, a.ask(wire.UpdateDisplayGroup, showInGroup(77, "8314")), "errMsg:77 321")
		wantFlow(t, a.ask(wire.UpdateDisplayGroup, showInGroup(2, "AAPL@SMART")), "errMsg:2 321")
	})
}

func TestAnEndedSessionHearsNoDisplayGroup(t *testing.T) {
	shared := testLogin(t, Semantics{})
	a, b := login(t, shared, 225, 1), login(t, shared, 225, 2)
	a.ask(wire.SubscribeToGroupEvents, followGroup(1, 1))
	b.ask(wire.SubscribeToGroupEvents, followGroup(1, 1))
	b.take()
	b.session.End()
	a.ask(wire.UpdateDisplayGroup, showInGroup(1, "8314"))
	wantFlow(t, b.take())
}
