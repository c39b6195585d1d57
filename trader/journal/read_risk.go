package journal

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// readRisk reads what profits and limits there are. A journal that an older trader wrote last has none.
func (j *Journal) readRisk(ctx context.Context, b *Books) (err error) {
	if err := current(ctx, j.db); err != nil {
		if errors.Is(err, errOlderSchema) {
			return nil
		}
		return err
	}
	if b.Halt, err = j.Halted(ctx); err != nil {
		return err
	}
	for i := range b.Accounts {
		a := &b.Accounts[i]
		profits, err := j.Profits(ctx, a.Account)
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(profits)) {
			a.Profits = append(a.Profits, ProfitBooks{id, profits[id].Realised(), profits[id].Fees()})
		}
		r, err := j.RiskDay(ctx, a.Account)
		if err != nil {
			return err
		}
		if r.Day != "" {
			a.Risk = &r
		}
		if a.Unexplained, err = j.differences(ctx, a.Account); err != nil {
			return err
		}
	}
	return nil
}

func (j *Journal) differences(ctx context.Context, account string) (all []CashDifference, err error) {
	rows, err := j.db.QueryContext(ctx, `SELECT currency, amount, why, at FROM cash_differences
		WHERE account = ? ORDER BY seq`, account)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d CashDifference
		var at string
		if err := rows.Scan(&d.Currency, &d.Amount, &d.Why, &at); err != nil {
			return nil, err
		}
		if d.At, err = parseStamp(at); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, rows.Err()
}
