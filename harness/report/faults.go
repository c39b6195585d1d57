package report

import (
	"slices"

	"ibsoak/harness"
)

// faultRow is a planned fault beside its receipts.
type faultRow struct {
	harness.FaultDelivery
	Chart chart // its receipts over the run
	State string
}

// faults are those that went wrong first.
func faults(r *harness.Record, v harness.Verdict) (shown []faultRow, left int) {
	d := &drawing{r: r, end: lastMoment(r)}
	receipts := r.UpToCut().Receipts // those that the verdict counts
	for _, f := range v.Faults {
		row := faultRow{FaultDelivery: f, State: "delivered", Chart: chart{Height: 14, Label: "when it acted"}}
		switch {
		case f.Mismatch != "":
			row.State = "mismatch"
		case f.Times == 0:
			row.State = "not delivered"
		}
		row.Chart.begin("rail", "receipt")
		row.Chart.segment("rail", 0, 7, 7)
		for _, receipt := range receipts {
			if receipt.Fault == f.ID {
				row.Chart.tick("receipt", d.at(receipt.At), 1, 13)
			}
		}
		shown = append(shown, row)
	}
	order := []string{"mismatch", "not delivered", "delivered"}
	slices.SortStableFunc(shown, func(a, b faultRow) int {
		return slices.Index(order, a.State) - slices.Index(order, b.State)
	})
	n := min(len(shown), faultsShown)
	return shown[:n], len(shown) - n
}
