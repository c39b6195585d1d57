// Package advisor is whose accounts a login has: an individual's, or those of a financial advisor's
// clients, in groups that the API can read and replace.
//
// It must not know what is in the accounts.
package advisor
