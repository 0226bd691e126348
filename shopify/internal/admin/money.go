package admin

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
)

// Money is a MoneyV2, decoded straight into exact money: amount is a decimal
// string and nothing else is kept.
type Money struct{ channel.Money }

var errMoney = errors.New("money is not an object with amount and currencyCode")

// UnmarshalJSONFrom reads {"amount":"19.9","currencyCode":"EUR"} in either
// order.
func (m *Money) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return m.UnmarshalJSON(raw)
}

// UnmarshalJSON is UnmarshalJSONFrom for decoders of the standard library. The
// value is valid JSON already; what it skips over is whatever Shopify may add.
func (m *Money) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		*m = Money{}
		return nil
	}
	amount, ok := field(raw, "amount")
	if !ok {
		return errMoney
	}
	code, ok := field(raw, "currencyCode")
	if !ok {
		return errMoney
	}
	parsed, err := channel.ParseMoney(string(amount), intern(code))
	if err != nil {
		return err
	}
	m.Money = parsed
	return nil
}

// field returns the inside of the string that follows a name in a flat object.
func field(raw []byte, name string) ([]byte, bool) {
	for rest := raw; ; {
		i := bytes.IndexByte(rest, '"')
		if i < 0 {
			return nil, false
		}
		rest = rest[i+1:]
		j := bytes.IndexByte(rest, '"')
		if j < 0 {
			return nil, false
		}
		key := rest[:j]
		rest = bytes.TrimLeft(rest[j+1:], " \t\r\n:")
		if len(rest) == 0 || rest[0] != '"' {
			if string(key) == name {
				return nil, false
			}
			continue
		}
		k := bytes.IndexByte(rest[1:], '"')
		if k < 0 || bytes.IndexByte(rest[1:k+1], '\\') >= 0 {
			return nil, false
		}
		if string(key) == name {
			return rest[1 : k+1], true
		}
		rest = rest[k+2:]
	}
}

// MarshalJSONTo writes what UnmarshalJSONFrom reads.
func (m Money) MarshalJSONTo(enc *jsontext.Encoder) error {
	if (m == Money{}) {
		return enc.WriteToken(jsontext.Null)
	}
	return json.MarshalEncode(enc, struct {
		Amount   string           `json:"amount"`
		Currency channel.Currency `json:"currencyCode"`
	}{m.Amount(), m.Currency()})
}

// intern returns the currency for a code without allocating for those most
// shops use.
func intern(code []byte) channel.Currency {
	switch string(code) {
	case "USD":
		return "USD"
	case "EUR":
		return "EUR"
	case "GBP":
		return "GBP"
	case "CAD":
		return "CAD"
	case "AUD":
		return "AUD"
	case "JPY":
		return "JPY"
	case "CHF":
		return "CHF"
	case "SEK":
		return "SEK"
	case "DKK":
		return "DKK"
	case "NOK":
		return "NOK"
	case "PLN":
		return "PLN"
	case "NZD":
		return "NZD"
	case "INR":
		return "INR"
	case "MXN":
		return "MXN"
	case "KWD":
		return "KWD"
	}
	return channel.Currency(code)
}

// Bag is a MoneyBag: an amount as the shop books it and as the buyer saw it.
type Bag struct {
	ShopMoney        Money `json:"shopMoney"`
	PresentmentMoney Money `json:"presentmentMoney"`
}

// Amount returns the bag as an amount. A buyer's amount in the shop's own
// currency is the shop's.
func (b Bag) Amount() channel.Amount {
	if b.PresentmentMoney.Currency() == b.ShopMoney.Currency() {
		return channel.Amount{Shop: b.ShopMoney.Money}
	}
	return channel.Amount{Shop: b.ShopMoney.Money, Buyer: b.PresentmentMoney.Money}
}
