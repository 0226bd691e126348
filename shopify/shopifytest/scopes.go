package shopifytest

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// assumedScopes guards mutations whose scope the schema does not tell.
var assumedScopes = map[string][]string{
	"fulfillmentCancel": {"write_assigned_fulfillment_orders", "write_merchant_managed_fulfillment_orders", "write_third_party_fulfillment_orders"},
	"refundCreate":      {"write_orders"},
}

// access judges whether the app may see a field. A field that it may not see
// is null with an error of its own; the rest of the answer is there.
func (x *run) access(parent *ast.Definition, f *ast.Field, base *ast.Definition) *gqlError {
	need := fieldScopes[parent.Name][f.Name]
	if parent == schema().Mutation && need == nil {
		need = assumedScopes[f.Name]
	}
	if need != nil && !x.grant.any(need) {
		return denied(f, need)
	}
	if !isComposite(base) {
		return nil
	}
	if isConnection(base) {
		base = schema().Types[baseName(base.Fields.ForName("nodes").Type)]
	}
	if base.Name == "FulfillmentOrder" && parent != schema().Query && parent.Name != "FulfillmentOrderSplitResult" {
		// Without a scope for them an order's fulfilment orders are an empty
		// list and not an error.
		return nil
	}
	return x.accessType(f, base)
}

func (x *run) accessType(f *ast.Field, def *ast.Definition) *gqlError {
	if need := typeScopes[def.Name]; need != nil && !x.grant.any(need) {
		return denied(f, need)
	}
	return nil
}

func denied(f *ast.Field, need []string) *gqlError {
	names := make([]string, len(need))
	for i, s := range need {
		names[i] = "`" + s + "` access scope"
	}
	required := names[0]
	if n := len(names); n > 1 {
		required = strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
	required += "."
	e := failf("ACCESS_DENIED", "Access denied for %s field. Required access: %s", f.Name, required)
	e.ext = map[string]any{"documentation": "https://shopify.dev/api/usage/access-scopes", "requiredAccess": required}
	return e
}

// has tells whether the token carries a scope. A write scope includes its
// read.
func (t *token) has(scope string) bool {
	if slices.Contains(t.scopes, scope) {
		return true
	}
	rest, isRead := strings.CutPrefix(scope, "read_")
	return isRead && slices.Contains(t.scopes, "write_"+rest)
}

func (t *token) any(scopes []string) bool { return slices.ContainsFunc(scopes, t.has) }
