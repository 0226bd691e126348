package plan

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestTheInventedStreamSellsOutWithTheLastUnitsApart(t *testing.T) {
	cfg := InventedConfig{Seed: 1, Channels: 2, Orders: 2000, Over: 17 * time.Second}
	p := Invented(cfg)
	if !reflect.DeepEqual(p, Invented(cfg)) {
		t.Error("the same seed gave another plan")
	}
	opening := map[string]int64{}
	for _, g := range p.Goods {
		opening[g.SKU] = g.Opening
	}
	left, last, on, tries := map[string]int64{}, map[string]time.Duration{}, map[string]map[int]bool{}, 0
	maps.Copy(left, opening)
	orders := 0
	for _, s := range p.Steps {
		if s.Order == nil {
			continue
		}
		orders++
		if s.At > cfg.Over+2*lastApart {
			t.Errorf("order %s at %s, after the end", s.Order.Number, s.At)
		}
		for _, l := range s.Order.Lines {
			switch {
			case l.Service:
			case s.Order.Tries:
				tries++
				if left[l.SKU] != 0 {
					t.Errorf("%s: asked for after the end with %d left", l.SKU, left[l.SKU])
				}
			default:
				if left[l.SKU] <= lastUnits && s.At-last[l.SKU] < lastApart && left[l.SKU] < lastUnits {
					t.Errorf("%s: a sale %s after the one before, with %d left", l.SKU, s.At-last[l.SKU], left[l.SKU])
				}
				left[l.SKU] -= l.Quantity
				last[l.SKU] = s.At
				if on[l.SKU] == nil {
					on[l.SKU] = map[int]bool{}
				}
				on[l.SKU][s.Order.Channel] = true
			}
		}
	}
	out, both := 0, 0
	for sku, n := range left {
		if n < 0 {
			t.Errorf("%s: planned %d below its opening stock", sku, n)
		}
		if n == 0 {
			out++
			if len(on[sku]) == 2 {
				both++
			}
		}
	}
	if out < 50 || both < 20 || tries < 100 || orders < 2000 {
		t.Errorf("%d goods sell out, %d on both channels, %d later tries, %d orders", out, both, tries, orders)
	}
}

func TestAChannelThatShowsOrdersLateIsGivenTime(t *testing.T) {
	const late = 2
	p := Invented(InventedConfig{Seed: 1, Channels: 3, Orders: 2000, Over: 22 * time.Second, Late: []int{late}, GoodsOnly: []int{late}, Delivery: true})
	left, last, on := map[string]int64{}, map[string]time.Duration{}, map[string]int{}
	for _, g := range p.Goods {
		left[g.SKU] = g.Opening
	}
	onLate := 0
	for _, s := range p.Steps {
		if s.Order == nil {
			continue
		}
		for _, l := range s.Order.Lines {
			switch {
			case l.Service && s.Order.Channel == late:
				t.Errorf("order %s: a service where there are none", s.Order.Number)
			case l.Service:
				continue
			case slices.Contains(p.Delivery, l.SKU):
				t.Errorf("order %s sells %s, which is only delivered", s.Order.Number, l.SKU)
			case left[l.SKU] < lastUnits && on[l.SKU] == late && s.Order.Channel != late && s.At-last[l.SKU] < lateApart:
				t.Errorf("%s: sold %s after a sale that shows late, with %d left", l.SKU, s.At-last[l.SKU], left[l.SKU])
			}
			if !s.Order.Tries {
				left[l.SKU] -= l.Quantity
				last[l.SKU], on[l.SKU] = s.At, s.Order.Channel
			}
		}
		if s.Order.Channel == late {
			onLate++
		}
	}
	if onLate < 200 || len(p.Delivery) != slowGoods {
		t.Errorf("%d orders show late, %d goods arrive", onLate, len(p.Delivery))
	}
}

func TestEveryThirdOrderOfTwoLinesAsksForTwoParcels(t *testing.T) {
	for name, p := range map[string]*Plan{
		"invented": Invented(InventedConfig{Seed: 1, Channels: 2, Orders: 900, Over: time.Second}),
		"replayed": replay(t, `500000,A1,Mug,1,t,1.00,,UK
500000,A2,Jug,1,t,1.00,,UK
500001,A1,Mug,1,t,1.00,,UK
500002,A1,Mug,1,t,1.00,,UK
500002,POST,Postage,1,t,1.00,,UK
500003,A1,Mug,1,t,1.00,,UK
500003,A1,Mug,1,t,1.00,,UK
500004,A1,Mug,1,t,1.00,,UK
500004,A2,Jug,1,t,1.00,,UK
`),
	} {
		several, marked := 0, 0
		for _, s := range p.Steps {
			if s.Order == nil {
				continue
			}
			goods := 0
			for _, l := range s.Order.Lines {
				if !l.Service {
					goods++
				}
			}
			if goods >= 2 {
				several++
			}
			if want := goods >= 2 && several%3 == 0; s.Order.Split != want {
				t.Errorf("%s: order %s of %d lines to ship, the %dth of such: split %v", name, s.Order.Number, goods, several, s.Order.Split)
			}
			if s.Order.Split {
				marked++
			}
		}
		if marked == 0 || marked != several/3 {
			t.Errorf("%s: %d of %d orders ask for two parcels", name, marked, several)
		}
	}
}
