// Package amazon is a channel to one seller account on Amazon, in one region,
// over the Selling Partner API. Sellers who sell in several regions have an
// account, and so a channel, in each; the region is told by the marketplaces'
// ids.
//
// # Access
//
// A call bears an access token that Login with Amazon gives for the
// application's id and secret and the seller's refresh token; it is kept until a
// minute before its end, and renewed by one call at a time. The refresh token
// stays as it is. The secret must be replaced every 180 days: Config.Provider
// brings a new one in without a restart, and Credentials.SecretExpires makes
// Probe and the log tell of the end 30 days ahead.
//
// A missing role, a marketplace of another region, an authorisation that was
// withdrawn and a malformed path are refused alike, with 403 and no reason: the
// error is channel.ErrForbidden and names all four. Only a refusal that names
// the token, or one of Login with Amazon, is channel.ErrUnauthorized.
//
// # Limits
//
// Amazon keeps a bucket of calls for each operation of a seller and an
// application, and so does the Limiter, by the default plans until answers tell
// other rates. A few listings operations and feeds have a second limit, which
// channels of one application observe together when they share a Limiter. A
// refusal names no time, so what is throttled comes back with the time that one
// call takes to be granted; no call sleeps longer than Config.MaxWait for it.
package amazon
