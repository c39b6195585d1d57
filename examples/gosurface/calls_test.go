package main

import (
	"reflect"
	"slices"
	"testing"

	"github.com/scmhub/ibapi"
)

// A request that a new version of the client adds must not be forgotten here.
func TestEveryMethodOfTheClientIsCalled(t *testing.T) {
	called := make(map[string]bool)
	for _, c := range calls() {
		if called[c.name] {
			t.Errorf("%s is called twice", c.name)
		}
		called[c.name] = true
	}
	client := reflect.TypeFor[*ibapi.EClient]()
	for i := range client.NumMethod() {
		name := client.Method(i).Name
		if called[name] == slices.Contains(notRequests, name) {
			t.Errorf("%s: want it either called or among those that are no requests", name)
		}
		delete(called, name)
	}
	for name := range called {
		t.Errorf("%s is called, but the client has no such method", name)
	}
}
