// Package transport holds the HTTP half that all adapters share. A [Client] is
// one http.Client per channel, made of RoundTrippers:
//
//	Retry → Limit → Auth → Trace → Wire → base
//
// Retry is outermost, so every attempt pays Limit and takes the token that Auth
// holds by then. Wire is the last before the base: it bounds one attempt in
// time and in bytes, reads the answer whole, and notes whether the request can
// have reached the marketplace.
//
// The adapter's wire client says what it is about to do with [WithCall], sends
// with [Client.Do], decodes, and reports what the answer told about the
// allowance with [Settle]. Every error of Do is an *[channel.Error]
// with a class:
//
//   - ErrThrottled: to go on would take longer than Config.MaxWait allows.
//     RetryAfter says how long. Nothing was applied.
//   - ErrUnavailable: nothing was applied.
//   - ErrUnsure: a write that may have been applied.
//   - ErrUnauthorized: the credentials are refused and cannot be renewed.
//   - ErrInvalid: the request, or an answer to a read, is larger than MaxBody
//     or could never be sent.
//
// Any answer but these comes back as a response, whatever its status; [Class]
// has the usual meaning of the statuses for an adapter to overrule.
//
// Nothing here starts a goroutine that outlives its work, and nothing reads the
// clock but through package time, so all of it works in a testing/synctest
// bubble.
package transport
