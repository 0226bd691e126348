package wire

import (
	"errors"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/channel"
)

type row struct {
	ID     int           `json:"id"`
	Amount channel.Money `json:"amount,omitzero"`
}

func TestOneRecordSpoilsItselfAndNoOther(t *testing.T) {
	records, err := Records[row]([]byte(`[{"id":1},{"id":"x"},null,{"id":2,"id":3,"name":"` + "\xff" + `"}]`))
	if err != nil || len(records) != 4 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if records[0].Err != nil || records[1].Err == nil || string(records[1].Raw) != `{"id":"x"}` || string(records[2].Raw) != "null" || records[3].Err != nil {
		t.Errorf("records %+v", records)
	}
	for _, none := range []string{"null", "[]"} {
		if records, err := Records[row]([]byte(none)); err != nil || len(records) != 0 {
			t.Errorf("%s: %d records, %v", none, len(records), err)
		}
	}
	for _, broken := range []string{``, `{"id":1}`, `[{"id":1}`, `[{"id":`, `7`, `<html>`} {
		if records, err := Records[row]([]byte(broken)); err == nil {
			t.Errorf("%q: %d records and no error", broken, len(records))
		}
	}
}

func TestWhatDoesNotFitIsSaidWithoutItsContent(t *testing.T) {
	const canary = "Qanary"
	known := &channel.Error{Op: "decode", Class: channel.ErrInvalid, Message: "record has no id"}
	decode := func(text string) error { return Unmarshal([]byte(text), &row{}) }
	for _, tt := range []struct {
		err  error
		says string
	}{
		{known, "decode: invalid: record has no id"},
		{decode(`{"id":"` + canary + `"}`), "decode order: invalid: field /id: a text does not fit"},
		{decode(`[]`), "decode order: invalid: field /: an array does not fit"},
		{decode(`{"id":1` + canary), "decode order: invalid: record does not decode"},
		{errors.Join(errors.New(canary), channel.ErrInvalid), "decode order: invalid: an amount does not fit"},
		{errors.New(canary), "decode order: invalid: record does not decode"},
	} {
		err := Unfit("decode order", tt.err)
		if !errors.Is(err, channel.ErrInvalid) || !strings.HasPrefix(err.Error(), tt.says) || strings.Contains(err.Error(), canary) {
			t.Errorf("%v: %v, want %s", tt.err, err, tt.says)
		}
	}
}

func FuzzRecords(f *testing.F) {
	f.Add([]byte(`[{"id":1},null,{"id":"x"}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := Records[row](data)
		for i := range records {
			if records[i].Err != nil && (err != nil || !errors.Is(Unfit("x", records[i].Err), channel.ErrInvalid)) {
				t.Errorf("%q: %v, %v", data, records[i].Err, err)
			}
		}
	})
}
