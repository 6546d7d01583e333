package audiohook

import (
	"encoding/json"
	"strconv"
)

// Version is the value of "version" in every envelope.
const Version = "2"

// appendEnvelope appends a message; parameters writes the members of its
// object, which is there even if it is empty: clients refused messages without
// it.
func appendEnvelope(
	dst []byte, id, kind string, seq int64, peer string, acknowledged int64, parameters func([]byte) []byte,
) []byte {
	dst = append(dst, `{"version":"`+Version+`","id":`...)
	dst = appendString(dst, id)
	dst = append(dst, `,"type":"`...)
	dst = append(dst, kind...)
	dst = append(dst, `","seq":`...)
	dst = strconv.AppendInt(dst, seq, 10)
	dst = append(dst, `,"`...)
	dst = append(dst, peer...)
	dst = append(dst, `":`...)
	dst = strconv.AppendInt(dst, acknowledged, 10)
	dst = append(dst, `,"parameters":{`...)
	if parameters != nil {
		dst = parameters(dst)
	}
	return append(dst, '}', '}')
}

// appendMember appends a member with a text as its value.
func appendMember(dst []byte, name, value string) []byte {
	dst = append(dst, '"')
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	return appendString(dst, value)
}

func appendString(dst []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // a string always marshals
	return append(dst, quoted...)
}

func appendMedia(dst []byte, media []Media) []byte {
	dst = append(dst, `"media":[`...)
	for i, m := range media {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = m.append(dst)
	}
	return append(dst, ']')
}
