package display

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/lock"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/internal/wire"
)

const (
	// groupCount is how many groups there are: a Gateway lists 1 to 7, as captured at 225.
	groupCount = 7
	// showsNothing is the text of a group without a contract, as captured at 225.
	showsNothing = "none"
)

// Groups are the groups of linked windows: each shows one contract, or none. All clients share
// them. The zero value shows nothing.
type Groups struct {
	mu        lock.Mutex[lock.Session] // held while updates are sent, so that all clients see one order
	shown     [groupCount]string       // "" is none
	following []*Session               // that follow a group, by client id
}

// Session is one client's part.
type Session struct {
	client *client.Client
	groups *Groups
	follow map[int]int // the group that each request follows; Groups.mu guards it
}

// New is the part of a client, which follows no group.
func New(g *Groups, c *client.Client) *Session { return &Session{client: c, groups: g} }

// QueryDisplayGroups lists the groups.
func (s *Session) QueryDisplayGroups(m *protobuf.QueryDisplayGroupsRequest) {
	var groups []string
	for g := 1; g <= groupCount; g++ {
		groups = append(groups, strconv.Itoa(g))
	}
	s.client.Send(wire.DisplayGroupList, &protobuf.DisplayGroupList{
		ReqId: m.ReqId, Groups: proto.String(strings.Join(groups, "|")),
	})
}

// SubscribeToGroupEvents sends what a group shows, at once and whenever that changes.
func (s *Session) SubscribeToGroupEvents(m *protobuf.SubscribeToGroupEventsRequest) {
	id, group := int(m.GetReqId()), int(m.GetGroupId())
	if group < 1 || group > groupCount {
		s.client.Refuse(id, client.Invalid("Invalid display group id"))
		return
	}
	g := s.groups
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.follow == nil {
		s.follow = make(map[int]int)
		i, _ := slices.BinarySearchFunc(g.following, s, func(a, b *Session) int {
			return cmp.Compare(a.client.ID(), b.client.ID())
		})
		g.following = slices.Insert(g.following, i, s)
	}
	s.follow[id] = group
	s.sendGroup(id, g.shown[group-1])
}

func (s *Session) sendGroup(id int, shown string) {
	if shown == "" {
		shown = showsNothing
	}
	s.client.Send(wire.DisplayGroupUpdated, &protobuf.DisplayGroupUpdated{
		ReqId: client.Num(id), ContractInfo: proto.String(shown),
	})
}

// contractInfo is what a group can show: "none", "combo", "8314" or "8314@ARCA".
var contractInfo = regexp.MustCompile(`^(none|combo|[1-9][0-9]{0,9}(@[A-Z0-9.]+)?)$`)

// UpdateDisplayGroup has no answer of its own: every subscriber of the group gets it.
func (s *Session) UpdateDisplayGroup(m *protobuf.UpdateDisplayGroupRequest) {
	id, shown := int(m.GetReqId()), m.GetContractInfo()
	g := s.groups
	g.mu.Lock()
	defer g.mu.Unlock()
	group := s.follow[id]
	switch {
	case group == 0:
		s.client.Refuse(id, client.Invalid("Not subscribed to display group events"))
		return
	case !contractInfo.MatchString(shown):
		s.client.Refuse(id, client.Invalid("Invalid contract info '"+shown+"'"))
		return
	}
	if conID, err := strconv.Atoi(shown); err == nil {
		shown = strconv.Itoa(conID) + "@" + contract.SMART
	}
	g.shown[group-1] = shown
	for _, other := range g.following {
		for _, id := range client.SortedKeys(other.follow) {
			if other.follow[id] == group {
				other.sendGroup(id, shown)
			}
		}
	}
}

// UnsubscribeFromGroupEvents has no answer.
func (s *Session) UnsubscribeFromGroupEvents(m *protobuf.UnsubscribeFromGroupEventsRequest) {
	s.groups.mu.Lock()
	defer s.groups.mu.Unlock()
	delete(s.follow, int(m.GetReqId()))
}

// End is the end of the client's session.
func (s *Session) End() {
	g := s.groups
	g.mu.Lock()
	defer g.mu.Unlock()
	g.following = slices.DeleteFunc(g.following, func(one *Session) bool { return one == s })
}
