package sync

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Orders are encoded with maps in order, so that equal values have equal
// encodings, and with invalid UTF-8 replaced, so that no text a buyer typed
// can refuse an order.
var codecOptions = json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// encode returns the JSON of a value of ours, which always has one.
func encode(v any) []byte {
	doc, err := json.Marshal(v, codecOptions)
	if err != nil {
		panic("sync: encode: " + err.Error())
	}
	return doc
}

func decode(doc []byte, v any) error { return json.Unmarshal(doc, v, codecOptions) }

// openDoc decodes an order's stored document, sealed or not.
func (e *Engine) openDoc(doc []byte) (*orderDoc, error) {
	if e.cfg.SealOrders && len(doc) > 0 && doc[0] != '{' {
		plain, err := e.cfg.Sealer.Open(doc)
		if err != nil {
			return nil, err
		}
		doc = plain
	}
	d := &orderDoc{}
	if err := decode(doc, d); err != nil {
		return nil, err
	}
	return d, nil
}

// sealDoc encodes an order's document for the store.
func (e *Engine) sealDoc(d *orderDoc) ([]byte, error) {
	doc := encode(d)
	if !e.cfg.SealOrders {
		return doc, nil
	}
	return e.cfg.Sealer.Seal(doc)
}

// seal encrypts bytes that hold personal data, where the engine has a Sealer.
func (e *Engine) seal(plain []byte) ([]byte, error) {
	if e.cfg.Sealer == nil || len(plain) == 0 {
		return plain, nil
	}
	return e.cfg.Sealer.Seal(plain)
}

// unseal is the inverse of seal.
func (e *Engine) unseal(sealed []byte) ([]byte, error) {
	if e.cfg.Sealer == nil || len(sealed) == 0 {
		return sealed, nil
	}
	return e.cfg.Sealer.Open(sealed)
}
