package fakehttp

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// MatchPath returns the values of a pattern's variables, its segments like
// "{id}", decoded, if the segments of path, still encoded, match it. None is
// empty or other than UTF-8.
func MatchPath(pattern, path []string) ([]string, bool) {
	if len(path) != len(pattern) {
		return nil, false
	}
	var vars []string
	for i, s := range pattern {
		if !strings.HasPrefix(s, "{") {
			if s != path[i] {
				return nil, false
			}
			continue
		}
		v, err := url.PathUnescape(path[i])
		if err != nil || v == "" || !utf8.ValidString(v) {
			return nil, false
		}
		vars = append(vars, v)
	}
	return vars, true
}
