package pgstore

import (
	"context"

	"github.com/penstock-go/penstock/channel"
)

var (
	sqlToken    = newQuery("token", `SELECT sealed, version FROM @tokens WHERE channel = $1`)
	sqlAddToken = newQuery("swap token", `
		INSERT INTO @tokens (channel, version, sealed) VALUES ($1, 1, $2) ON CONFLICT (channel) DO NOTHING`)
	sqlSwapToken = newQuery("swap token", `
		UPDATE @tokens SET version = version + 1, sealed = $1 WHERE channel = $2 AND version = $3`)
)

func (t *tx) Token(ctx context.Context, id channel.ID) (sealed []byte, version int64, err error) {
	err = t.each(ctx, sqlToken, func(r *row) { sealed, version = r.bytes(), r.int() }, text(id))
	return sealed, version, err
}

func (t *tx) SwapToken(ctx context.Context, id channel.ID, old int64, sealed []byte) (bool, error) {
	var n int64
	var err error
	if old == 0 {
		n, err = t.exec(ctx, sqlAddToken, text(id), sealed)
	} else {
		n, err = t.exec(ctx, sqlSwapToken, sealed, text(id), old)
	}
	return n == 1, err
}
