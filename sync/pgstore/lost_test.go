package pgstore

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/penstock-go/penstock/internal/pgtest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// wire stands between a store and its server and cuts the connection over
// which a certain message goes, before it has gone or after its answer came.
type wire struct {
	address string // of the store through it

	mu     sync.Mutex
	cut    []byte // the message; nil is none
	after  bool   // it has gone, and its answer is dropped
	stay   bool   // no other connection is let through then
	closed bool   // no connection is let through
}

func newWire(tb testing.TB, address string) *wire {
	tb.Helper()
	cfg, err := pgconn.ParseConfig(address)
	must(tb, err)
	network, server := pgconn.NetworkAddress(cfg.Host, cfg.Port)
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed with the test
	must(tb, err)
	w := &wire{}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			group.Go(func() { w.carry(client, network, server) })
		}
	})
	tb.Cleanup(func() { _ = listener.Close(); group.Wait() })
	port := listener.Addr().(*net.TCPAddr).Port
	at := mustParse(tb, address)
	at.Host = "127.0.0.1:" + strconv.Itoa(port)
	q := url.Values{"sslmode": {"disable"}}
	at.RawQuery = q.Encode()
	w.address = at.String()
	return w
}

// onMessage cuts the next connection that carries the message.
func (w *wire) onMessage(text string, after, stay bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.after, w.stay = []byte(text), after, stay
}

func (w *wire) carry(client net.Conn, network, address string) {
	defer client.Close()
	w.mu.Lock()
	closed := w.closed
	w.mu.Unlock()
	if closed {
		return
	}
	server, err := net.Dial(network, address) //nolint:noctx // closed with the client's
	if err != nil {
		return
	}
	defer server.Close()
	var group sync.WaitGroup
	defer group.Wait()
	drop := make(chan struct{}) // answers from now on
	group.Go(func() {
		defer client.Close()
		b := make([]byte, 64<<10)
		for {
			n, err := server.Read(b)
			select {
			case <-drop:
				return
			default:
			}
			if n > 0 {
				if _, err := client.Write(b[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	})
	b := make([]byte, 64<<10)
	for {
		n, err := client.Read(b)
		if err != nil {
			_ = server.Close()
			return
		}
		w.mu.Lock()
		found := w.cut != nil && bytes.Contains(b[:n], w.cut)
		after := w.after
		if found {
			w.cut, w.closed = nil, w.stay
		}
		w.mu.Unlock()
		if found && !after {
			_ = server.Close()
			return
		}
		if found {
			close(drop)
		}
		if _, err := io.Copy(server, bytes.NewReader(b[:n])); err != nil || found {
			return // once the server has answered, which ends the other half
		}
	}
}

const commitMessage = "commit\x00"

// TestAConnectionIsLost: whatever the moment, an Update has happened once or
// says that it has not.
func TestAConnectionIsLost(t *testing.T) {
	w := newWire(t, pgtest.URL(t))
	s := openAt(t, w.address)
	for _, c := range []struct {
		name, message string
		after         bool
		ran           int
	}{
		{"at the begin", "begin isolation", false, 1},
		{"at a write", "acme", false, 2},
		{"before the commit", "pg_current_xact_id_if_assigned", false, 2},
		{"at the commit, which did not arrive", commitMessage, false, 2},
		{"at the commit, which arrived", commitMessage, true, 1},
	} {
		for range 3 {
			s.pool.Reset() // a statement's text is sent when it is prepared
			before := sum(t, s)
			w.onMessage(c.message, c.after, false)
			ran, err := addUp(t, s.Update)
			w.onMessage("none such", false, false)
			if err != nil || ran != c.ran || sum(t, s) != before+1 {
				t.Errorf("lost %s: ran %d times, want %d; counted from %d to %d; %v", c.name, ran, c.ran, before, sum(t, s), err)
			}
		}
	}
}

func TestAServerThatStaysAway(t *testing.T) {
	for _, c := range []struct {
		name    string
		message string
		after   bool
		unsure  bool
	}{
		{"before the commit", "pg_current_xact_id_if_assigned", false, false},
		{"at the commit, which did not arrive", commitMessage, false, true},
		{"at the commit, which arrived", commitMessage, true, true},
	} {
		address := pgtest.URL(t)
		w := newWire(t, address)
		s := openAt(t, w.address)
		s.statusWait = 100 * time.Millisecond
		w.onMessage(c.message, c.after, true)
		ran, err := addUp(t, s.Update)
		if ran != 1 || err == nil || errors.Is(err, ErrUnsure) != c.unsure {
			t.Errorf("lost %s: ran %d times: %v, want ErrUnsure: %t", c.name, ran, err, c.unsure)
		}
		want := int64(0)
		if c.after {
			want = 1
		}
		if n := sum(t, openAt(t, address)); n != want {
			t.Errorf("lost %s: counted to %d, want %d", c.name, n, want)
		}
	}
}

func TestARelaxedCommitIsNotAskedAfter(t *testing.T) {
	w := newWire(t, pgtest.URL(t))
	s := openAt(t, w.address)
	w.onMessage(commitMessage, false, false)
	if _, err := addUp(t, s.UpdateRelaxed); !errors.Is(err, ErrUnsure) {
		t.Errorf("%v, want ErrUnsure", err)
	}
}

// TestConnectionsThatWereClosedMeanwhile: after the server was started anew,
// all that the store kept are dead.
func TestConnectionsThatWereClosedMeanwhile(t *testing.T) {
	address := pgtest.URL(t)
	s := openAt(t, address)
	for range 3 {
		var open func(n int) error
		open = func(n int) error { // as many connections
			if n == 0 {
				return nil
			}
			return s.View(t.Context(), func(channelsync.Tx) error { return open(n - 1) })
		}
		must(t, open(5))
		if _, err := addUp(t, s.Update); err != nil {
			t.Error(err)
		}
		ask(t, address, `SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'penstock'`)
		if _, err := addUp(t, s.Update); err != nil {
			t.Errorf("with dead connections: %v", err)
		}
	}
	if n := sum(t, s); n != 6 {
		t.Errorf("counted to %d, want 6", n)
	}
}
