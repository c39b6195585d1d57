package account

import (
	"slices"
	"testing"

	"ibsoak/fakegateway/session/client"
)

func follower(id int) *Session {
	c := client.New(nil, 225)
	c.Identify(id)
	return &Session{client: c}
}

// All clients follow one account. Who is refused another keeps what it had, so the last one that
// follows can change it.
func TestFollowersOfOneAccount(t *testing.T) {
	var f followers
	one, two := follower(1), follower(2)
	want := func(step string, got []string, ids ...string) {
		t.Helper()
		if !slices.Equal(got, ids) {
			t.Errorf("%s: refused for clients %q, want %q", step, got, ids)
		}
	}
	want("the second client", f.join(two, "DU1"))
	want("the first client", f.join(one, "DU1"))
	want("again", f.join(one, "DU1"))
	want("another account", f.join(one, "DU2"), "2")
	want("the other client, another account", f.join(two, "DU2"), "1")
	f.leave(two)
	f.leave(two)
	want("alone", f.join(one, "DU2"))
	want("after a change", f.join(two, "DU1"), "1")
	f.leave(one)
	want("when nobody follows", f.join(two, "DU1"))
}
