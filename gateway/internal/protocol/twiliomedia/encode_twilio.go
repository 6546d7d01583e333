package twiliomedia

// Messages as Twilio spells them.

// AppendMedia is Camel.AppendMedia.
func AppendMedia(dst []byte, streamSID string, audio []byte) []byte {
	return Camel.AppendMedia(dst, streamSID, audio)
}

// AppendMark is Camel.AppendMark.
func AppendMark(dst []byte, streamSID, name string) []byte {
	return Camel.AppendMark(dst, streamSID, name)
}

// AppendClear is Camel.AppendClear.
func AppendClear(dst []byte, streamSID string) []byte { return Camel.AppendClear(dst, streamSID) }

// AppendStart is Camel.AppendStart.
func AppendStart(dst []byte, sequence int64, s *Start) []byte {
	return Camel.AppendStart(dst, sequence, s)
}

// AppendInbound is Camel.AppendInbound.
func AppendInbound(dst []byte, streamSID string, sequence, chunk, timestamp int64, audio []byte) []byte {
	return Camel.AppendInbound(dst, streamSID, sequence, chunk, timestamp, audio)
}

// AppendDTMF is Camel.AppendDTMF.
func AppendDTMF(dst []byte, streamSID string, sequence int64, digit string) []byte {
	return Camel.AppendDTMF(dst, streamSID, sequence, digit)
}

// AppendPlayed is Camel.AppendPlayed.
func AppendPlayed(dst []byte, streamSID string, sequence int64, name string) []byte {
	return Camel.AppendPlayed(dst, streamSID, sequence, name)
}

// AppendStop is Camel.AppendStop.
func AppendStop(dst []byte, sequence int64, s *Start) []byte {
	return Camel.AppendStop(dst, sequence, s)
}
