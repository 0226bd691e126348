package shopifytest

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// keyUse is what was done under an idempotency key.
type keyUse struct {
	op, params string
	result     any
	at         time.Time
}

// mutation adapts a resolver of the mutation root.
func mutation(do func(*run, args) any) resolver {
	return func(x *run, _ any, a args) any {
		if e := x.planned.next(x.fieldNow.Name); e != nil {
			return refused(e)
		}
		return do(x, a)
	}
}

// idempotent is a mutation that needs the @idempotent directive on its field.
// coded says that its user errors have codes.
func idempotent(op string, coded bool, do func(*run, args) any) resolver {
	return mutation(func(x *run, a args) any {
		d := x.fieldNow.Directives.ForName("idempotent")
		if d == nil {
			return failf("BAD_REQUEST", "The @idempotent directive is required for this mutation but was not provided.")
		}
		key, _ := literal(d.Arguments.ForName("key").Value, ast.NonNullNamedType("String", nil), x.vars, nil).(string)
		if strings.TrimSpace(key) == "" {
			return failf("BAD_REQUEST", "The idempotency key cannot be an empty string or whitespace only.")
		}
		refuse := func(code, message string) any {
			if !coded {
				return refused(userError("", message))
			}
			return refused(userError(code, message))
		}
		params, _ := json.Marshal(a)
		use := x.keys[key]
		if use != nil && x.at.Sub(use.at) > x.cfg.KeyRetention {
			use = nil
		}
		if len(x.keyFaults) > 0 {
			code := x.keyFaults[0]
			x.keyFaults = x.keyFaults[1:]
			return refuse(code, map[string]string{
				"IDEMPOTENCY_CONCURRENT_REQUEST":      "Another request with the same idempotency key is being processed.",
				"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": "The previous attempt with the same idempotency key failed.",
				"IDEMPOTENCY_KEY_PARAMETER_MISMATCH":  mismatchText,
			}[code])
		}
		if use != nil {
			if use.op != op || use.params != string(params) {
				return refuse("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", mismatchText)
			}
			if x.cfg.Idempotency == Replay {
				x.stats.Replays++
				return use.result
			}
		}
		x.key = key
		result := do(x, a)
		x.key = ""
		if _, failed := result.(*gqlError); !failed {
			x.keys[key] = &keyUse{op: op, params: string(params), result: result, at: x.at}
		}
		return result
	})
}

const mismatchText = "The idempotency key was already used with different parameters."

// KeyFault makes the next mutations that carry an idempotency key answer the
// given user error codes, one each: IDEMPOTENCY_CONCURRENT_REQUEST,
// IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED or IDEMPOTENCY_KEY_PARAMETER_MISMATCH.
// Nothing is applied.
func (f *Fake) KeyFault(codes ...string) {
	defer f.lock()()
	f.keyFaults = append(f.keyFaults, codes...)
}

// UserError is an entry of a payload's userErrors.
type UserError struct {
	Code, Message string
	Field         []string
}

type plannedRefusal struct {
	op    string
	err   UserError
	times int
}

type plannedRefusals []*plannedRefusal

func (p plannedRefusals) next(op string) rec {
	for _, r := range p {
		if r.op == op && r.times != 0 {
			if r.times > 0 {
				r.times--
			}
			return userError(r.err.Code, r.err.Message, r.err.Field...)
		}
	}
	return nil
}

// Refuse makes a mutation answer a user error and do nothing: times times, -1
// for always. It plays conditions the fake does not know of, such as
// SERVICE_UNAVAILABLE.
func (f *Fake) Refuse(mutation string, err UserError, times int) {
	defer f.lock()()
	f.planned = append(f.planned, &plannedRefusal{mutation, err, times})
}
