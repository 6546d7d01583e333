package audio

import "encoding/binary"

// AppendDecode appends the samples stored in src to dst. An odd last byte of
// L16 is not a sample and is left out. A codec that Format.Validate refuses
// holds no samples.
func (c Codec) AppendDecode(dst []int16, src []byte) []int16 {
	switch c {
	case PCMU:
		for _, b := range src {
			dst = append(dst, mulawSamples[b])
		}
	case PCMA:
		for _, b := range src {
			dst = append(dst, alawSamples[b])
		}
	case L16:
		for ; len(src) >= 2; src = src[2:] {
			dst = append(dst, int16(binary.LittleEndian.Uint16(src)))
		}
	}
	return dst
}

// AppendEncode appends src, stored in the codec, to dst.
func (c Codec) AppendEncode(dst []byte, src []int16) []byte {
	switch c {
	case PCMU:
		for _, s := range src {
			dst = append(dst, encodeMulaw(s))
		}
	case PCMA:
		for _, s := range src {
			dst = append(dst, encodeAlaw(s))
		}
	case L16:
		for _, s := range src {
			dst = binary.LittleEndian.AppendUint16(dst, uint16(s))
		}
	}
	return dst
}
