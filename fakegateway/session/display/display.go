package session

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// displayGroups are the groups of linked windows: each shows one contract, or none.
type displayGroups struct {
	mu    sync.Mutex                // held while subscribers are told, so that all hear one order
	shown [displayGroupCount]string // "" is none
}

const (
	// displayGroupCount is how many groups there are: a Gateway lists 1 to 7, as captured at 225.
	displayGroupCount = 7
	// showsNothing is what a group without a contract says, as captured at 225.
	showsNothing = "none"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.QueryDisplayGroups:         on((*Session).queryDisplayGroups),
		wire.SubscribeToGroupEvents:     on((*Session).subscribeToGroupEvents),
		wire.UpdateDisplayGroup:         on((*Session).updateDisplayGroup),
		wire.UnsubscribeFromGroupEvents: on((*Session).unsubscribeFromGroupEvents),
	})
}

func (s *Session) queryDisplayGroups(m *protobuf.QueryDisplayGroupsRequest) {
	var groups []string
	for g := 1; g <= displayGroupCount; g++ {
		groups = append(groups, strconv.Itoa(g))
	}
	s.send(wire.DisplayGroupList, &protobuf.DisplayGroupList{
		ReqId: m.ReqId, Groups: proto.String(strings.Join(groups, "|")),
	})
}

// subscribeToGroupEvents tells what a group shows, and from then on whenever that changes.
func (s *Session) subscribeToGroupEvents(m *protobuf.SubscribeToGroupEventsRequest) {
	id, group := int(m.GetReqId()), int(m.GetGroupId())
	if group < 1 || group > displayGroupCount {
		s.fail(id, codeValidating, validating("Invalid display group id"))
		return
	}
	d := &s.login.console.displays
	d.mu.Lock()
	defer d.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.displays[id] = group
	s.sendDisplayGroup(id, d.shown[group-1])
}

func (s *Session) sendDisplayGroup(id int, shown string) {
	if shown == "" {
		shown = showsNothing
	}
	s.send(wire.DisplayGroupUpdated, &protobuf.DisplayGroupUpdated{
		ReqId: num(id), ContractInfo: proto.String(shown),
	})
}

// contractInfo is what a group can show: "none", "combo", "8314" or "8314@ARCA".
var contractInfo = regexp.MustCompile(`^(none|combo|[1-9][0-9]{0,9}(@[A-Z0-9.]+)?)$`)

// updateDisplayGroup has no answer of its own: every subscriber of the group hears of it.
func (s *Session) updateDisplayGroup(m *protobuf.UpdateDisplayGroupRequest) {
	id, shown := int(m.GetReqId()), m.GetContractInfo()
	s.mu.Lock()
	group := s.displays[id]
	s.mu.Unlock()
	switch {
	case group == 0:
		s.fail(id, codeValidating, validating("Not subscribed to display group events"))
		return
	case !contractInfo.MatchString(shown):
		s.fail(id, codeValidating, validating("Invalid contract info '"+shown+"'"))
		return
	}
	if conID, err := strconv.Atoi(shown); err == nil {
		shown = strconv.Itoa(conID) + "@" + exchSMART
	}
	d := &s.login.console.displays
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shown[group-1] = shown
	for _, other := range s.login.sessions.all() {
		other.displayGroupChanged(group, shown)
	}
}

func (s *Session) displayGroupChanged(group int, shown string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live {
		return
	}
	for _, id := range sortedKeys(s.displays) {
		if s.displays[id] == group {
			s.sendDisplayGroup(id, shown)
		}
	}
}

func (s *Session) unsubscribeFromGroupEvents(m *protobuf.UnsubscribeFromGroupEventsRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.displays, int(m.GetReqId()))
}
