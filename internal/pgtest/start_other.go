//go:build !unix

package pgtest

func start(bool) (string, error) { return "", ErrNone }
