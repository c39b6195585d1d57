package session

import (
	"strings"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/advisor"
	"ibsoak/internal/wire"
)

// advisorServer is the Gateway of an advisor with three clients, two of them in a group.
func advisorServer(t *testing.T) *Login {
	t.Helper()
	return newLogin(t, Config{
		Seed: 7, Accounts: []string{"DU1", "DU2", "DU3"},
		Semantics: Semantics{Advisor: advisor.Advisor{
			Account: "DF9", Aliases: map[string]string{"DU2": "Aunt May"},
			Groups: []advisor.Group{{Name: "Tech", Method: "NetLiq", Accounts: []string{"DU1", "DU3"}}},
		}},
	})
}

func reqFA(kind int) *protobuf.FARequest { return &protobuf.FARequest{FaDataType: num(kind)} }

func replaceFA(id, kind int, text string) *protobuf.FAReplace {
	return &protobuf.FAReplace{ReqId: num(id), FaDataType: num(kind), Xml: proto.String(text)}
}

func TestOnlyAdvisorsHaveFAData(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		refusal := "errMsg:2147483647 321"
		if v < wire.RawIDVersion { // in text, that number is how an unset one is spelled
			refusal = "errMsg:0 321"
		}
		wantFlow(t, l.ask(wire.ReqFA, reqFA(faGroups)), refusal)
		wantFlow(t, l.ask(wire.ReplaceFA, replaceFA(58, faGroups, "<ListOfGroups/>")), "errMsg:58 321")
	})
}

func TestAdvisorReadsAndReplacesGroups(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		shared := advisorServer(t)
		l := login(t, shared, v, 1)
		first := body[*protobuf.ReceiveFA](t, l.ask(wire.ReqFA, reqFA(faGroups)), wire.ReceiveFA)
		if first.GetFaDataType() != faGroups || !strings.Contains(first.GetXml(), "<name>Tech</name>") ||
			!strings.Contains(first.GetXml(), "<acct>DU3</acct>") {
			t.Errorf("groups %v", first)
		}
		aliases := body[*protobuf.ReceiveFA](t, l.ask(wire.ReqFA, reqFA(faAliases)), wire.ReceiveFA)
		if !strings.Contains(aliases.GetXml(), "<account>DU2</account>\n  <alias>Aunt May</alias>") {
			t.Errorf("aliases %v", aliases)
		}
		// The newer form of an account, the older one, and amounts.
		replacement := `<?xml version="1.0"?><ListOfGroups>
<Group><name>All in</name><defaultMethod>Percent</defaultMethod><ListOfAccts varName="list">
<Account><acct>DU1</acct><amount>60.0</amount></Account>
<Account><acct>DU2</acct><amount>40.0</amount></Account></ListOfAccts></Group>
<Group><name>Old</name><ListOfAccts varName="list"><String>DU3</String></ListOfAccts>
<defaultMethod>Equal</defaultMethod></Group></ListOfGroups>`
		end := body[*protobuf.ReplaceFAEnd](t,
			l.ask(wire.ReplaceFA, replaceFA(9, faGroups, replacement)), wire.ReplaceFAEnd)
		if end.GetReqId() != 9 || end.GetText() == "" {
			t.Errorf("end %v", end)
		}
		if got, ok := shared.advisor.Group("Old"); !ok || len(got) != 1 || got[0] != "DU3" {
			t.Errorf("group Old is %v", got)
		}
		if _, ok := shared.advisor.Group("Tech"); ok {
			t.Error("a replaced group is still there")
		}
		// What was written can be read, and reads as the same.
		text := body[*protobuf.ReceiveFA](t, l.ask(wire.ReqFA, reqFA(faGroups)), wire.ReceiveFA).GetXml()
		wantFlow(t, l.ask(wire.ReplaceFA, replaceFA(10, faGroups, text)), "replaceFAEnd")
		again := body[*protobuf.ReceiveFA](t, l.ask(wire.ReqFA, reqFA(faGroups)), wire.ReceiveFA).GetXml()
		if again != text || !strings.Contains(text, "<amount>40.0</amount>") {
			t.Errorf("groups\n%s\nbecame\n%s", text, again)
		}
	})
}

func TestBadFAData(t *testing.T) {
	shared := advisorServer(t)
	l := login(t, shared, 225, 1)
	group := func(name, method, account string) string {
		return "<ListOfGroups><Group><name>" + name + "</name><defaultMethod>" + method +
			"</defaultMethod><ListOfAccts><Account><acct>" + account +
			"</acct></Account></ListOfAccts></Group></ListOfGroups>"
	}
	for name, tc := range map[string]struct {
		kind       int
		text, want string
	}{
		"profiles":         {2, group("G", "Equal", "DU1"), "errMsg:3 321"},
		"no text":          {faGroups, "", "errMsg:3 321"},
		"no XML":           {faGroups, "groups", "errMsg:3 321"},
		"no name":          {faGroups, group("", "Equal", "DU1"), "errMsg:3 321"},
		"method":           {faGroups, group("G", "Luck", "DU1"), "errMsg:3 321"},
		"foreign account":  {faGroups, group("G", "Equal", "U7"), "errMsg:3 10231"},
		"advisor's own":    {faGroups, group("G", "Equal", "DF9"), "errMsg:3 10231"},
		"no account":       {faGroups, group("G", "Equal", ""), "errMsg:3 10231"},
		"other XML":        {faGroups, "<ListOfAccountAliases/>", "errMsg:3 321"},
		"unfinished group": {faGroups, "<ListOfGroups><Group>", "errMsg:3 321"},
	} {
		t.Run(name, func(t *testing.T) {
			l.t = t
			wantFlow(t, l.ask(wire.ReplaceFA, replaceFA(3, tc.kind, tc.text)), tc.want)
		})
	}
	if _, ok := shared.advisor.Group("Tech"); !ok {
		t.Error("refused data has replaced the groups")
	}
	wantFlow(t, l.ask(wire.ReqFA, reqFA(2)), "errMsg:2147483647 321")
}

func TestManagedAccountsOfAnAdvisor(t *testing.T) {
	l := login(t, advisorServer(t), 225, 1)
	list := body[*protobuf.ManagedAccounts](t,
		l.ask(wire.ReqManagedAccts, &protobuf.ManagedAccountsRequest{}), wire.ManagedAccounts)
	if list.GetAccountsList() != "DF9,DU1,DU2,DU3" {
		t.Errorf("accounts %v", list)
	}
}

func TestAdvisorSettingsAreChecked(t *testing.T) {
	group := advisor.Group{Name: "G", Method: "Equal", Accounts: []string{"DU1"}}
	for name, a := range map[string]advisor.Advisor{
		"groups without an advisor": {Groups: []advisor.Group{group}},
		"his own client":            {Account: "DU1"},
		"foreign account": {Account: "DF1", Groups: []advisor.Group{
			{Name: "G", Method: "Equal", Accounts: []string{"DU7"}},
		}},
		"two of a name": {Account: "DF1", Groups: []advisor.Group{group, group}},
	} {
		cfg := Config{Accounts: []string{"DU1"}, Semantics: Semantics{Advisor: a}}
		if _, err := NewLogin(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
