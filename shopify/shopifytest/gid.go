package shopifytest

import (
	"strconv"
	"strings"
)

// gid is the global id of a resource, as the API writes it.
func gid(typ string, id int64) string {
	return "gid://shopify/" + typ + "/" + strconv.FormatInt(id, 10)
}

func gidType(id string) string {
	parts := strings.Split(id, "/")
	if len(parts) < 5 {
		return ""
	}
	return parts[3]
}

// tail is what ends a global id.
func tail(id string) string {
	id, _, _ = strings.Cut(id[strings.LastIndexByte(id, '/')+1:], "?")
	return id
}

// number is the numeric part of a global id, 0 when it has none.
func number(id string) int64 {
	n, err := strconv.ParseInt(tail(id), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// ids hands out resource ids. They are above 32 bits, as the real ones are.
type ids struct{ last int64 }

func (s *ids) next() int64 {
	if s.last == 0 {
		s.last = 8_700_000_000_000
	}
	s.last += 32768
	return s.last
}
