package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// wavStreamed is the least data size that programs write to a pipe, where
// they cannot go back and fill in the real one.
const wavStreamed = 0x7FFF0000

// wavFormat is the fmt chunk.
type wavFormat struct {
	tag, channels, bits, rate int
}

// ReadWAV reads a RIFF WAVE file of 8- or 16-bit PCM, µ-law or A-law at 1 to
// 192 kHz; up to eight channels are mixed to their mean. A file written to a
// pipe, whose header cannot tell its size, is read to the end. It fails for
// anything else, for a file that is cut short and for more than MaxWAV bytes.
func ReadWAV(r io.Reader) (Sound, error) {
	s, err := readWAV(&io.LimitedReader{R: r, N: MaxWAV + 1})
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return Sound{}, fmt.Errorf("read WAV: %w", err)
	}
	return s, nil
}

func readWAV(r *io.LimitedReader) (Sound, error) {
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil {
		return Sound{}, err
	}
	if string(riff[:4]) != "RIFF" || string(riff[8:]) != "WAVE" {
		return Sound{}, errors.New("not a RIFF WAVE file")
	}
	var format wavFormat
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return Sound{}, err
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "fmt ":
			var err error
			if format, err = readWAVFormat(r, size); err != nil {
				return Sound{}, err
			}
		case "data":
			if format.tag == 0 {
				return Sound{}, errors.New("data before format")
			}
			data, err := readWAVData(r, size)
			if err != nil {
				return Sound{}, err
			}
			return Sound{Rate: format.rate, Samples: format.mix(data)}, nil
		default:
			if _, err := io.CopyN(io.Discard, r, size+size&1); err != nil {
				return Sound{}, err
			}
		}
	}
}

func readWAVFormat(r io.Reader, size int64) (wavFormat, error) {
	if size < 16 || size > 1024 {
		return wavFormat{}, fmt.Errorf("format chunk of %d bytes", size)
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return wavFormat{}, err
	}
	f := wavFormat{
		tag:      int(binary.LittleEndian.Uint16(b)),
		channels: int(binary.LittleEndian.Uint16(b[2:])),
		rate:     int(binary.LittleEndian.Uint32(b[4:])),
		bits:     int(binary.LittleEndian.Uint16(b[14:])),
	}
	if f.tag == wavExtensible && size >= 40 {
		f.tag = int(binary.LittleEndian.Uint16(b[24:]))
	}
	switch {
	case f.tag == wavPCM && (f.bits == 8 || f.bits == 16):
	case (f.tag == wavAlaw || f.tag == wavMulaw) && f.bits == 8:
	default:
		return wavFormat{}, fmt.Errorf("format %d with %d bits is not supported", f.tag, f.bits)
	}
	if f.channels < 1 || f.channels > 8 {
		return wavFormat{}, fmt.Errorf("%d channels are not supported", f.channels)
	}
	if f.rate < minWAVRate || f.rate > maxWAVRate {
		return wavFormat{}, fmt.Errorf("sampling rate %d Hz is not supported", f.rate)
	}
	return f, nil
}

// readWAVData grows with what really arrives, so that a lying header costs
// nothing.
func readWAVData(r *io.LimitedReader, size int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, size))
	switch {
	case err != nil:
		return nil, err
	case r.N == 0:
		return nil, fmt.Errorf("more than %d bytes", MaxWAV)
	case size < wavStreamed && int64(len(data)) < size:
		return nil, io.ErrUnexpectedEOF
	}
	return data, nil
}

// mix decodes data and takes the mean of all channels. A last incomplete set
// of samples is left out.
func (f wavFormat) mix(data []byte) []int16 {
	width := f.bits / 8
	samples := make([]int16, 0, len(data)/width/f.channels*f.channels)
	data = data[:cap(samples)*width]
	switch {
	case f.tag == wavMulaw:
		samples = PCMU.AppendDecode(samples, data)
	case f.tag == wavAlaw:
		samples = PCMA.AppendDecode(samples, data)
	case f.bits == 16:
		samples = L16.AppendDecode(samples, data)
	default: // 8-bit PCM is unsigned
		for _, b := range data {
			samples = append(samples, int16(int(b)-128)<<8)
		}
	}
	if f.channels == 1 {
		return samples
	}
	mixed := samples[:len(samples)/f.channels]
	for i := range mixed {
		sum := 0
		for _, v := range samples[i*f.channels:][:f.channels] {
			sum += int(v)
		}
		mixed[i] = int16(sum / f.channels)
	}
	return mixed
}
