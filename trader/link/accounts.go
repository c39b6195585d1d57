package link

import (
	"fmt"
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

// MaskAccount hides all but the last four digits of a live account id. Paper accounts, which
// start with D, are shown.
func MaskAccount(id string) string {
	const shown = 4
	if strings.HasPrefix(id, "D") || len(id) <= shown {
		return id
	}
	return id[:1] + "***" + id[len(id)-shown:]
}

func maskAll(accounts []string) string {
	masked := make([]string, len(accounts))
	for i, a := range accounts {
		masked[i] = MaskAccount(a)
	}
	return strings.Join(masked, ", ")
}
