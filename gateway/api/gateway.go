package api

// Gateway describes the running gateway.
type Gateway struct {
	Version   string    `json:"version"`
	NodeID    string    `json:"node_id"`
	PublicURL string    `json:"public_url" doc:"Base of every generated URL."`
	Speech    Speech    `json:"speech" doc:"Speech parts found on this node."`
	Kinds     []string  `json:"channel_kinds" doc:"Channel kinds this gateway serves."`
	Calls     CallCount `json:"calls"`
}

// Speech says which parts the scripted engine found.
type Speech struct {
	TTS string `json:"tts" doc:"espeak-ng or embedded."`
	STT string `json:"stt" doc:"pocketsphinx or none."`
}

// CallCount is the load of one node.
type CallCount struct {
	Active int `json:"active"`
	Max    int `json:"max"`
}
