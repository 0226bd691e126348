package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// ErrTooLarge is wrapped by the error for a request or an answer larger than
// MaxBody.
var ErrTooLarge = errors.New("body too large")

// poolable is the largest buffer kept for the next answer: a page of 250 orders
// has 3 MB and fits, though buffers grow by doubling. A rare giant is left to the
// garbage collector.
const poolable = 8 << 20

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// buffered is an answer's body, read whole into a pooled buffer that goes back
// when it is closed.
type buffered struct {
	bytes.Reader
	mu  sync.Mutex
	buf *bytes.Buffer
}

func newBuffered(buf *bytes.Buffer) *buffered {
	b := &buffered{buf: buf}
	b.Reset(buf.Bytes())
	return b
}

// Close gives the buffer back. What [Bytes] returned must not be used after.
func (b *buffered) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.buf == nil {
		return nil
	}
	b.Reset(nil)
	if b.buf.Cap() <= poolable {
		b.buf.Reset()
		buffers.Put(b.buf)
	}
	b.buf = nil
	return nil
}

// Bytes returns the whole body of a response that came from a [Client], however
// much of it was read already. For a response whose body was read whole it
// copies nothing: the slice is valid until the body is closed, and what must
// outlive that (a raw payload) is copied by the caller. Another body is read
// to its end.
func Bytes(resp *http.Response) ([]byte, error) {
	if b, ok := resp.Body.(*buffered); ok {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.buf == nil {
			return nil, errors.New("body already closed")
		}
		return b.buf.Bytes(), nil
	}
	return io.ReadAll(resp.Body)
}

// readBody reads r into a pooled buffer. More than limit bytes is ErrTooLarge.
func readBody(r io.Reader, length, limit int64) (*bytes.Buffer, error) {
	if limit > 0 && length > limit {
		return nil, tooLarge(limit)
	}
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	if length > 0 && length <= poolable {
		buf.Grow(int(length) + bytes.MinRead) // ReadFrom wants room to see the end
	}
	if limit > 0 {
		r = io.LimitReader(r, limit+1)
	}
	_, err := buf.ReadFrom(r)
	if err == nil && limit > 0 && int64(buf.Len()) > limit {
		err = tooLarge(limit)
	}
	if err != nil {
		if buf.Cap() <= poolable {
			buffers.Put(buf)
		}
		return nil, err
	}
	return buf, nil
}

func tooLarge(limit int64) error { return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit) }
