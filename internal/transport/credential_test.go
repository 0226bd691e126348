package transport

import (
	"errors"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/channel"
)

func TestCredentialsThatAProviderDoesNotGive(t *testing.T) {
	own := &channel.Error{Class: channel.ErrForbidden, Message: "locked"}
	if err := NoCredentials("acme", "token", fmt.Errorf("vault: %w", own)); !errors.Is(err, channel.ErrForbidden) {
		t.Errorf("%v, want the provider's own class", err)
	}
	e, ok := errors.AsType[*channel.Error](NoCredentials("acme", "token", errors.New("vault is sealed")))
	if !ok || !errors.Is(e, channel.ErrUnavailable) || e.Channel != "acme" || e.Op != "token" || e.Err.Error() != "credentials: vault is sealed" {
		t.Errorf("%v, want ErrUnavailable", e)
	}
}
