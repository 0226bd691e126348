package sync

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Orders are encoded with maps in order, so that equal values have equal
// encodings, and with invalid UTF-8 replaced, so that no text a buyer typed
// can refuse an order.
var codecOptions = json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// buffers holds buffers that orders are encoded into: encoding grows one many
// times over, and what is kept is a copy of the right size.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// encoded calls f with the JSON of a value of ours, which always has one. f
// does not keep it.
func encoded(v any, f func(doc []byte)) {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := json.MarshalWrite(b, v, codecOptions); err != nil {
		panic("sync: encode: " + err.Error())
	}
	f(b.Bytes())
}

// encode returns the JSON of a value of ours.
func encode(v any) (doc []byte) {
	encoded(v, func(b []byte) { doc = bytes.Clone(b) })
	return doc
}

// hash is a short digest of a value's encoding.
func hash(v any) string {
	var sum [sha256.Size]byte
	encoded(v, func(doc []byte) { sum = sha256.Sum256(doc) })
	return hex.EncodeToString(sum[:12])
}

func decode(doc []byte, v any) error { return json.Unmarshal(doc, v, codecOptions) }

// sealed marks bytes that went through the Sealer, so that one can be set, or
// taken away for new records, over a store that has both. No encoding of ours
// and no payload begins with it.
const sealed = 0x01

var errNoSealer = errors.New("it is sealed, and Config.Sealer is not set")

// openDoc decodes an order's stored document, sealed or not.
func (e *Engine) openDoc(doc []byte) (*orderDoc, error) {
	doc, err := e.unseal(doc)
	if err != nil {
		return nil, err
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
	return e.seal(doc)
}

// seal encrypts bytes that hold personal data, where the engine has a Sealer.
func (e *Engine) seal(plain []byte) ([]byte, error) { return sealWith(e.cfg.Sealer, plain) }

// unseal is the inverse of seal.
func (e *Engine) unseal(b []byte) ([]byte, error) { return unsealWith(e.cfg.Sealer, b) }

func sealWith(s Sealer, plain []byte) (b []byte, err error) {
	if s == nil || len(plain) == 0 {
		return plain, nil
	}
	defer contain(&err)
	b, err = s.Seal(plain)
	if err != nil {
		return nil, err
	}
	return append([]byte{sealed}, b...), nil
}

func unsealWith(s Sealer, b []byte) (plain []byte, err error) {
	if len(b) == 0 || b[0] != sealed {
		return b, nil
	}
	if s == nil {
		return nil, errNoSealer
	}
	defer contain(&err)
	return s.Open(b[1:])
}
