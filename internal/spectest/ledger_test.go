package spectest

import (
	"net/http"
	"slices"
	"testing"
)

func TestALedgerNoticesWhatIsNotListedOrNotSentOrNotValidated(t *testing.T) {
	var l Ledger
	l.enter(map[string]Tally{"GET /a": {Seen: 1}, "GET /b": {Seen: 2, Validated: 1}})
	l.enter(map[string]Tally{"GET /a": {Seen: 1, Validated: 1}, "GET /c": {Seen: 1}})
	if got := l.ops["GET /a"]; got != (Tally{Seen: 2, Validated: 1}) {
		t.Errorf("GET /a: %+v", got)
	}
	want := []string{"GET /b was sent and is not listed", "GET /c was sent and never validated", "GET /d is listed and was never sent"}
	if got := l.amiss([]string{"GET /a", "GET /c", "GET /d"}); !slices.Equal(got, want) {
		t.Errorf("amiss %q, want %q", got, want)
	}
	if got := (&Ledger{ops: map[string]Tally{"GET /a": {1, 1}}}).amiss([]string{"GET /a"}); len(got) > 0 {
		t.Errorf("amiss %q, want nothing", got)
	}
}

type counter int

func (c *counter) RoundTrip(*http.Request) (*http.Response, error) {
	*c++
	return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
}

func TestASampleIsTheFirstRequests(t *testing.T) {
	var rec, base counter
	s := Sample(&rec, &base, 2)
	for range 5 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := s.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if rec != 2 || base != 3 {
		t.Errorf("%d recorded, %d not, want 2 and 3", rec, base)
	}
}
