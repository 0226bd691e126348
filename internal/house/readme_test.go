package house

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/shopify"
)

var update = flag.Bool("update", false, "write the README's table anew")

const (
	tableBegin = "<!-- capabilities: made by go test ./internal/house -run TestREADMECapabilities -update -->\n"
	tableEnd   = "<!-- end of capabilities -->\n"
)

// The README's table says what the adapters say of themselves.
func TestREADMECapabilities(t *testing.T) {
	shop, err := shopify.New(shopify.Config{Shop: "acme", Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	store, err := bigcommerce.New(bigcommerce.Config{StoreHash: "acme", Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	seller, err := amazon.New(amazon.Config{
		SellerID: "A2EXAMPLE1SELLER", MarketplaceIDs: []string{"ATVPDKIKX0DER"}, Application: "acme",
		Credentials: amazon.Credentials{ClientID: "i", ClientSecret: "s", RefreshToken: "t"},
	})
	if err != nil {
		t.Fatal(err)
	}
	account, err := ebay.New(ebay.Config{
		Seller: "acme", Marketplaces: []string{"EBAY_US"}, Credentials: ebay.Credentials{ClientID: "i", ClientSecret: "s", RefreshToken: "t"},
	})
	if err != nil {
		t.Fatal(err)
	}
	text := string(read(t, "README.md"))
	before, rest, ok := strings.Cut(text, tableBegin)
	got, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatal("README.md: no marks around the table of capabilities")
	}
	want := capabilityTable([]string{"Shopify", "BigCommerce", "Amazon", "eBay"}, []channel.Channel{shop, store, seller, account})
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("README.md: the table of capabilities is not what the adapters say; run the test with -update\n%s", want)
	}
	if err := os.WriteFile(filepath.Join(root(t), "README.md"), []byte(before+tableBegin+want+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func capabilityTable(names []string, channels []channel.Channel) string {
	var b strings.Builder
	row := func(what string, cell func(ch channel.Channel) string) {
		fmt.Fprintf(&b, "| %s |", what)
		for _, ch := range channels {
			fmt.Fprintf(&b, " %s |", cell(ch))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "| | %s |\n|%s\n", strings.Join(names, " | "), strings.Repeat(" --- |", len(names)+1))
	for _, c := range channeltest.Capabilities() {
		row(fmt.Sprintf("%s (`%s`)", c.Does, c.Name), func(ch channel.Channel) string {
			if c.Has(ch) {
				return "yes"
			}
			return "—"
		})
	}
	traits := func(what string, cell func(tr channel.Traits) string) {
		row(what, func(ch channel.Channel) string { return cell(ch.Traits()) })
	}
	traits("how a quantity is written", func(tr channel.Traits) string {
		return map[channel.StockWrite]string{
			channel.StockAbsolute: "as it is to be", channel.StockCompareAndSet: "if the shown one is as expected",
			channel.StockRelative: "as a difference",
		}[tr.StockWrite]
	})
	traits("when a sale lowers what is shown", func(tr channel.Traits) string {
		return map[channel.StockFall]string{
			channel.FallsAtSale: "at the sale", channel.FallsAtShipment: "when it is shipped", channel.FallsBySetting: "by a store setting, read",
		}[tr.Falls]
	})
	traits("most quantities in one write", func(tr channel.Traits) string { return strconv.Itoa(tr.StockBatch) })
	traits("most quantities in one job, and from how many on", func(tr channel.Traits) string {
		if tr.StockJob.Least == 0 {
			return "—"
		}
		return fmt.Sprintf("%d, from %d", tr.StockJob.Most, tr.StockJob.Least)
	})
	traits("a shipping mail to the buyer can be chosen", func(tr channel.Traits) string {
		if tr.Notify {
			return "yes"
		}
		return "—"
	})
	traits("orders are asked for every", func(tr channel.Traits) string { return short(tr.PollEvery) })
	traits("a written quantity is shown within", func(tr channel.Traits) string {
		if tr.EffectLag == 0 {
			return "the answer"
		}
		return short(tr.EffectLag)
	})
	return b.String()
}

func short(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%g s", d.Seconds())
}
