package spectest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var amazonSchemas sync.Map // of func() (*jsonschema.Schema, error), by file

// amazonSchema compiles a JSON Schema of Amazon's once.
func amazonSchema(file string) (*jsonschema.Schema, error) {
	root, err := shared()
	if err != nil {
		return nil, err
	}
	once, _ := amazonSchemas.LoadOrStore(file, sync.OnceValues(func() (*jsonschema.Schema, error) {
		return jsonschema.NewCompiler().Compile(filepath.Join(root, "specs", "amazon", file))
	}))
	compile, is := once.(func() (*jsonschema.Schema, error))
	if !is {
		return nil, errors.New("spectest: no schema")
	}
	return compile()
}

// holds validates a document.
func holds(file string, doc []byte) error {
	schema, err := amazonSchema(file)
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return schema.Validate(v)
}

// AmazonFeed holds a JSON_LISTINGS_FEED to its schema, and its quantities to
// what the schema leaves out.
func AmazonFeed(doc []byte) error {
	if err := holds("listings-feed-schema-v2.json", doc); err != nil {
		return err
	}
	var feed struct {
		Messages []struct {
			MessageID int
			Patches   []amazonPatch
		}
	}
	if err := json.Unmarshal(doc, &feed); err != nil {
		return err
	}
	seen := map[int]bool{}
	for _, m := range feed.Messages {
		if seen[m.MessageID] {
			return fmt.Errorf("messageId %d twice", m.MessageID)
		}
		seen[m.MessageID] = true
		if err := amazonPatches(m.Patches); err != nil {
			return fmt.Errorf("message %d: %w", m.MessageID, err)
		}
	}
	return nil
}

// AmazonFeedReport holds a processing report to its schema.
func AmazonFeedReport(doc []byte) error {
	return holds("listings-feed-processing-report-schema-v2.json", doc)
}

// AmazonNotification holds a notification to the schema of its type.
func AmazonNotification(kind string, doc []byte) error {
	switch kind {
	case "ORDER_CHANGE":
		return holds("OrderChangeNotification.json", doc)
	case "LISTINGS_ITEM_MFN_QUANTITY_CHANGE":
		return holds("ListingsItemMfnQuantityChange.json", doc)
	}
	return fmt.Errorf("no schema of %s", kind)
}

// inflated returns a document unpacked, if it is packed.
func inflated(b []byte) ([]byte, error) {
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	zr, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zr)
}
