// Package traders holds three ordinary traders, on plain ibapi, on @stoqey/ib and on the raw protocol,
// and the test that runs them under the scenarios: docs/clients/traders.md is what came of it.
package traders
