// Package simulation tries the stock rule on whole channels: a seeded world of
// buyers, a seller and faults around one to four in-memory marketplaces, and a
// connector that does what the rule says and nothing else. It has tests only;
// docs/reliability.md says what they found.
//
// Every seed is one world. The same seed gives the same demand to every rule,
// so that rules can be compared, and the same run twice. A run that fails
// prints the command that replays it, with a trace.
package simulation
