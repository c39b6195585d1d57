package link

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// parseAccounts splits the list of managedAccounts, which often ends with a comma.
func parseAccounts(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" })
}

// chooseAccount finds the account to trade. The error says which accounts there are.
func chooseAccount(accounts []string, required string) (string, error) {
	if required != "" {
		if slices.Contains(accounts, required) {
			return required, nil
		}
		return "", fmt.Errorf("want account %s, the Gateway has %s", MaskAccount(required),
			maskAll(accounts))
	}
	if len(accounts) > 1 {
		return "", fmt.Errorf("no account was named and the Gateway has %d: %s", len(accounts),
			maskAll(accounts))
	}
	return accounts[0], nil
}

// MaskAccount hides all but the kind and the last four characters of an account id, a paper account's
// too: D***0001.
func MaskAccount(id string) string {
	const shown = 4
	if id == "" {
		return ""
	}
	return id[:1] + "***" + id[max(1, len(id)-shown):]
}

// accountForm is how IBKR's account ids look: U and a number, with a D before it for paper trading, and the
// kinds of advisors and other holders: F, DF, I, DI.
var accountForm = regexp.MustCompile(`\b(?:D?[UFI])\d{5,10}\b`)

// Redact masks every account id in a text, whoever wrote it.
func Redact(text string) string { return accountForm.ReplaceAllStringFunc(text, MaskAccount) }

func maskAll(accounts []string) string {
	masked := make([]string, len(accounts))
	for i, a := range accounts {
		masked[i] = MaskAccount(a)
	}
	return strings.Join(masked, ", ")
}
