package fault

import (
	"fmt"
	"time"
)

// The actions on the Gateway as a whole.
const (
	Refuse      Action = "refuse"
	BacklogFull Action = "backlog-full"
	Restart     Action = "restart"
	Operate     Action = "operate"
)

const groupGateway = "the Gateway"

var refuse = action{
	name: Refuse, group: groupGateway,
	doc:       "close the port, `for` a while or for good; connections live on",
	rule:      rule{params: []string{"for"}},
	nature:    nature{preventsAnswer: true},
	sentence:  lasting("close the port"),
	onGateway: func(g Gateway, h Hit) (string, error) { return g.Refuse(h) },
}

var backlogFull = action{
	name: BacklogFull, group: groupGateway,
	doc:       "accept nothing and let the accept queue be full, `for` a while or for good",
	rule:      rule{params: []string{"for"}},
	nature:    nature{preventsAnswer: true},
	sentence:  lasting("accept nothing and let the accept queue be full"),
	onGateway: func(g Gateway, h Hit) (string, error) { return g.FillBacklog(h) },
}

var operate = action{
	name: Operate, group: groupGateway,
	doc: "do an `operation` of the operator or of IBKR's servers, or on orders and accounts: " +
		"`fill-by-hand` and `transfer` have a `trade`, `log-in` has `accounts`",
	rule: rule{
		params: []string{"operation", "farm", "trade", "accounts"}, required: []string{"operation"},
	},
	nature:    nature{preventsAnswer: true},
	sentence:  What.operationSentence,
	onGateway: func(g Gateway, h Hit) (string, error) { return g.Operate(h.What) },
}

var restart = action{
	name: Restart, group: groupGateway,
	doc:       "end all sessions, be down, and come back as `downtime` says",
	rule:      rule{params: []string{"then", "downtime"}, then: []Action{"", FIN, RST}},
	nature:    nature{endsWork: true, sends: true},
	sentence:  What.restartSentence,
	onGateway: func(g Gateway, h Hit) (string, error) { return g.Restart(h) },
}

func (w What) restartSentence() string {
	end := "FIN"
	if w.Then == RST {
		end = "RST"
	}
	s := fmt.Sprintf("restart the Gateway: end all sessions with %s", end)
	if w.Downtime == nil {
		return s + ", come back as the profile does"
	}
	for _, p := range []struct {
		lasts Duration
		what  string
	}{
		{w.Downtime.Refused, "keep the port closed"},
		{w.Downtime.AcceptMute, "accept and answer nothing"},
		{w.Downtime.VersionOnly, "answer with the version only"},
	} {
		if p.lasts > 0 {
			s += fmt.Sprintf(", %s for %s", p.what, time.Duration(p.lasts))
		}
	}
	if w.Downtime.Approval {
		s += ", wait for the second factor"
	}
	return s
}
