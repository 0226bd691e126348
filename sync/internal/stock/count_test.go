package stock

import (
	"encoding/json"
	"testing"
	"time"
)

// A state that was stored before there were counts begins to count with the
// next read, and leaves out what it holds and what was given up.
func TestAnOlderStateBeginsToCount(t *testing.T) {
	const older = `{"c":[{"v":9,"from":"2026-03-02T12:00:00Z","to":"2026-03-02T12:00:00Z"}],` +
		`"u":[{"n":2,"from":"2026-03-02T11:00:00Z","to":"2026-03-02T12:00:00Z"}],"read":"2026-03-02T12:00:00Z","written_off":3}`
	var s State
	if err := json.Unmarshal([]byte(older), &s); err != nil {
		t.Fatal(err)
	}
	r := Rules{Hidden: true, SoldCount: SoldEver}
	s, drift := s.Apply(r, Read{Shown: 9, At: at(time.Hour), Sold: &Sold{Count: 105}})
	if s.Counted == nil || *s.Counted != 100 || s.Held(r) != 2 || s.WrittenOff != 3 || s.Over != 0 || drift != nil {
		t.Errorf("drift %v, state %+v", drift, s)
	}
}
