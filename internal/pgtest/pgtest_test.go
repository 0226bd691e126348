package pgtest_test

import (
	"strings"
	"testing"

	"github.com/penstock-go/penstock/internal/pgtest"
)

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	a, b := pgtest.URL(t), pgtest.URL(t)
	for _, address := range []string{a, b} {
		if err := pgtest.Exec(address, "CREATE TABLE mine (n integer)", "INSERT INTO mine VALUES (1)"); err != nil {
			t.Error(err)
		}
	}
}

func TestADatabaseIsDroppedWithItsTest(t *testing.T) {
	var address string
	t.Run("", func(t *testing.T) { address = pgtest.URL(t) })
	if address == "" {
		t.Skip(pgtest.ErrNone)
	}
	if err := pgtest.Exec(address, "SELECT 1"); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("after its test: %v", err)
	}
}
