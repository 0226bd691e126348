// Package admin is the wire side of the Shopify adapter: the operations of the
// Admin GraphQL API as the adapter sends them, what they cost, and the types
// their answers decode into, spelled as Shopify spells them.
//
// Operations hold to the schema of version 2026-10 and use nothing deprecated
// in it.
package admin
