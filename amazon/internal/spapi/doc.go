// Package spapi holds the Selling Partner API's wire types as far as the adapter
// uses them, spelled as the models spell them. Whatever is optional there has
// its zero value here when it is absent.
package spapi
