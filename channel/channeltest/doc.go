// Package channeltest holds what tests of channels need: [Memory], an
// in-memory marketplace that can act like each of the real ones, and [Run], the
// suite that every adapter passes.
//
// Memory is for tests of whatever uses channels. It sells, lags, loses answers
// and drops writes as told, and knows afterwards what really happened.
package channeltest
