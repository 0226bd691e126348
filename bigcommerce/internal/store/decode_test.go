package store

import "testing"

func TestOneRecordSpoilsItselfAndNoOther(t *testing.T) {
	type row struct {
		ID int `json:"id"`
	}
	nodes, err := DecodeNodes[row]([]byte(`[{"id":1},{"id":"x"},{"id":2,"id":3}]`))
	if err != nil || len(nodes) != 3 {
		t.Fatalf("%d records, %v", len(nodes), err)
	}
	if nodes[0].Err != nil || nodes[1].Err == nil || nodes[2].Err != nil || string(nodes[1].Raw) != `{"id":"x"}` {
		t.Errorf("records %+v", nodes)
	}
	for _, empty := range []string{"", " \n", "null", "[]"} {
		if nodes, err := DecodeNodes[row]([]byte(empty)); err != nil || len(nodes) != 0 {
			t.Errorf("%q: %d records, %v", empty, len(nodes), err)
		}
	}
	for _, broken := range []string{`{"id":1}`, `[{"id":1}`, `[{"id":`, `7`, `<html>`} {
		if nodes, err := DecodeNodes[row]([]byte(broken)); err == nil {
			t.Errorf("%q: %d records and no error", broken, len(nodes))
		}
	}
}
