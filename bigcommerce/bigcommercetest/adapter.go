package bigcommercetest

import (
	"strconv"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/channel"
)

// Config returns all that [bigcommerce.New] needs for a channel to the fake: its
// store and token, its in-process transport, and lags of a second more than the
// fake's, whose times have no fraction. The store's Quota is learnt from its
// answers.
func (f *Fake) Config() bigcommerce.Config {
	return bigcommerce.Config{
		StoreHash: f.cfg.StoreHash, Token: channel.Secret(f.cfg.Token), Transport: f.Transport(),
		Lag: f.cfg.EffectLag + time.Second, VisibilityLag: f.cfg.VisibilityLag + time.Second,
	}
}

// ID is how the adapter spells one of the fake's ids.
func ID[T ~string](n int) T { return T(strconv.Itoa(n)) }

// Number is the fake's id that the adapter spells so, 0 for what is none.
func Number[T ~string](id T) int {
	n, err := strconv.Atoi(string(id))
	if err != nil {
		return 0
	}
	return n
}
