package amazontest

import "time"

type (
	destination  struct{}
	subscription struct{}
)

func (f *Fake) quantityChanged(*product, time.Time) {}

func (f *Fake) orderPlaced(*order, time.Time) {}

func (f *Fake) orderChanged(_ *order, _, _ string, _ time.Time) {}
