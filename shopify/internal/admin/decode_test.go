package admin

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestOneNodeSpoilsItselfAndNoOther(t *testing.T) {
	var nodes Nodes[Ref]
	err := Unmarshal([]byte(`[{"id":"a"}, null, {"id":7}, {"id":"b","id":"c"}]`), &nodes)
	if err != nil || len(nodes) != 3 {
		t.Fatalf("%d nodes, %v", len(nodes), err)
	}
	if nodes[0].Err != nil || nodes[1].Err == nil || nodes[2].Err != nil || string(nodes[1].Raw) != `{"id":7}` {
		t.Errorf("nodes %+v", nodes)
	}
	for _, broken := range []string{`{"id":"a"}`, `[{"id":"a"}`, `[{"id":`, ``, `7`} {
		var nodes Nodes[Ref]
		if err := Unmarshal([]byte(broken), &nodes); err == nil {
			t.Errorf("%q: %d nodes and no error", broken, len(nodes))
		}
	}
	if err := Unmarshal([]byte(`null`), &nodes); err != nil || len(nodes) != 0 {
		t.Errorf("null: %d nodes, %v", len(nodes), err)
	}
}

func TestMoneyIsReadExactlyInEitherOrder(t *testing.T) {
	for in, want := range map[string]string{
		`{"amount":"19.90","currencyCode":"EUR"}`:       "19.90 EUR",
		`{"currencyCode":"KWD","amount":"0.001"}`:       "0.001 KWD",
		`{"amount":"-3","x":[1],"currencyCode":"JPY"}`:  "-3 JPY",
		`{ "amount" : "1.0" , "currencyCode" : "XXQ" }`: "1.0 XXQ",
		`null`:                                  "0",
		`{"amount":19.9,"currencyCode":"EUR"}`:  "error",
		`{"amount":"1e3","currencyCode":"EUR"}`: "error",
		`{"amount":"1"}`:                        "error",
		`[]`:                                    "error",
		`{"amount":"1","currencyCode":"E\u0055R"}`:               "error",
		`{"amount":"12345678901234567890","currencyCode":"EUR"}`: "error",
	} {
		var ours, std Money
		err := Unmarshal([]byte(in), &ours)
		got := ours.String()
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: %s (%v), want %s", in, got, err, want)
		}
		if stdErr := json.Unmarshal([]byte(in), &std); (stdErr != nil) != (err != nil) || std != ours {
			t.Errorf("%s: the standard library reads %s, %v", in, std, stdErr)
		}
	}
}

func TestMoneyWritesWhatItReads(t *testing.T) {
	const in = `{"shopMoney":{"amount":"19.90","currencyCode":"EUR"},"presentmentMoney":null}`
	var b Bag
	if err := Unmarshal([]byte(in), &b); err != nil {
		t.Fatal(err)
	}
	if a := b.Amount(); a.Shop.String() != "19.90 EUR" || !strings.HasPrefix(a.BuyerMoney().String(), "19.90") && a.Buyer.Currency() != "" {
		t.Errorf("amount %+v", a)
	}
}

func FuzzMoney(f *testing.F) {
	f.Add(`{"amount":"19.90","currencyCode":"EUR"}`)
	f.Fuzz(func(_ *testing.T, in string) {
		var m Money
		_ = Unmarshal([]byte(in), &m)
	})
}
