package amazontest

import "time"

type (
	destination  struct{}
	subscription struct{}
)

func (f *Fake) quantityChanged(*product, time.Time) {}

func (f *Fake) orderPlaced(*order, time.Time) {}

func (f *Fake) orderChanged(_ *order, _, _ string, _ time.Time) {}

func (f *Fake) workFinished(_, _, _ string, _ Work, _ string, _ time.Time) {}
