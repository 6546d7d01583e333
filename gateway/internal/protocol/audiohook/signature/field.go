package signature

import (
	"net/http"
	"strings"

	"github.com/dunglas/httpsfv"
)

// claim is what a request says of its signature, in the two header fields.
type claim struct {
	components []string // names, in the order in which they were signed
	parameters *httpsfv.Params
	encoded    string // list and parameters, encoded again
	signature  []byte
}

// read takes the two fields of a request apart. Names are checked for what they
// can be, not whether they suffice.
func read(h http.Header) (claim, error) {
	inputs, signatures := h.Values("Signature-Input"), h.Values("Signature")
	if len(inputs) == 0 && len(signatures) == 0 {
		return claim{}, refused(ReasonUnsigned)
	}
	label, member, err := single(inputs)
	if err != nil {
		return claim{}, err
	}
	signed, value, err := single(signatures)
	if err != nil {
		return claim{}, err
	}
	list, isList := member.(httpsfv.InnerList)
	item, isItem := value.(httpsfv.Item)
	if label != signed || !isList || !isItem {
		return claim{}, refused(ReasonMalformed)
	}
	c := claim{parameters: list.Params}
	var isBytes bool
	if c.signature, isBytes = item.Value.([]byte); !isBytes {
		return claim{}, refused(ReasonMalformed)
	}
	if c.components, err = names(list.Items); err != nil {
		return claim{}, err
	}
	// Encoded again, not copied: the signer's last line is the canonical form,
	// whatever spaces the field came with.
	if c.encoded, err = httpsfv.Marshal(list); err != nil {
		return claim{}, refused(ReasonMalformed)
	}
	return c, nil
}

// single is the only member of a dictionary.
func single(values []string) (label string, m httpsfv.Member, err error) {
	d, err := httpsfv.UnmarshalDictionary(values)
	if err != nil {
		return "", nil, refused(ReasonMalformed)
	}
	switch names := d.Names(); len(names) {
	case 0:
		return "", nil, refused(ReasonMalformed)
	case 1:
		m, _ = d.Get(names[0])
		return names[0], m, nil
	}
	return "", nil, refused(ReasonAmbiguous)
}

// names lists the components of a signature.
func names(items []httpsfv.Item) ([]string, error) {
	components := make([]string, 0, len(items))
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		name, ok := item.Value.(string)
		switch {
		case !ok:
			return nil, refused(ReasonMalformed)
		case len(item.Params.Names()) > 0:
			return nil, refused(ReasonComponentArg)
		case !resolvable(name):
			return nil, refused(ReasonComponent)
		case seen[name]:
			return nil, refused(ReasonDuplicate)
		}
		seen[name] = true
		components = append(components, name)
	}
	return components, nil
}

// resolvable reports whether a component is one of the two derived ones that
// Genesys signs, or the lower-case name of a header field.
func resolvable(name string) bool {
	if name == target || name == authority {
		return true
	}
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_'
	})
}
