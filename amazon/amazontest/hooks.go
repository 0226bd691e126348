package amazontest

import "time"

type (
	destination  struct{}
	subscription struct{}
	attributes   map[string]any
)

func (f *Fake) quantityChanged(*product, time.Time) {}

func (f *Fake) orderPlaced(*order, time.Time) {}

func (f *Fake) orderChanged(_ *order, _, _ string, _ time.Time) {}
