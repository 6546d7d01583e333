package platform

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// maxTwiML bounds TwiML in a request of the REST API, in characters (error
// 32018).
const maxTwiML = 4000

// REST is Twilio's REST API as far as calls need it: one can be read, sent other
// TwiML, or ended (https://www.twilio.com/docs/voice/api/call-resource). It is
// safe for concurrent use.
type REST struct {
	Account, Key, Secret string
	// Fail, if set, may answer a request instead; it reports whether it did.
	Fail func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	calls    map[string]*line // in progress, by CallSid
	requests []string         // "GET" or what was posted, in order
}

// Requests lists what was asked for about calls: "GET", "Status=completed" or
// the TwiML.
func (a *REST) Requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.requests...)
}

func (a *REST) begin(l *line) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.calls == nil {
		a.calls = map[string]*line{}
	}
	a.calls[l.start.CallSID] = l
}

func (a *REST) end(l *line) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.calls, l.start.CallSID)
}

// ServeHTTP implements http.Handler.
func (a *REST) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.Fail != nil && a.Fail(w, r) {
		return
	}
	key, secret, ok := r.BasicAuth()
	right := subtle.ConstantTimeCompare([]byte(key+":"+secret), []byte(a.Key+":"+a.Secret))
	if !ok || right != 1 {
		refuse(w, http.StatusUnauthorized, 20003, "Authenticate")
		return
	}
	callSID, ok := strings.CutPrefix(r.URL.Path, "/2010-04-01/Accounts/"+a.Account+"/Calls/")
	callSID, suffix := strings.CutSuffix(callSID, ".json")
	if !ok || !suffix || strings.Contains(callSID, "/") || r.URL.RawQuery != "" {
		refuse(w, http.StatusNotFound, 20404, "The requested resource was not found")
		return
	}
	a.mu.Lock()
	l := a.calls[callSID]
	a.mu.Unlock()
	switch {
	case r.Method == http.MethodGet:
		a.note("GET")
		if l == nil {
			refuse(w, http.StatusNotFound, 20404, "The requested resource was not found")
			return
		}
		l.show(w)
	case r.Method == http.MethodPost:
		a.update(w, r, l)
	default:
		refuse(w, http.StatusMethodNotAllowed, 20004, "Method not allowed")
	}
}

func (a *REST) note(request string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, request)
}

// update carries out a change of a call.
func (a *REST) update(w http.ResponseWriter, r *http.Request, l *line) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	form, formErr := url.ParseQuery(string(body))
	if kind != "application/x-www-form-urlencoded" || err != nil || formErr != nil || len(form) != 1 {
		refuse(w, http.StatusBadRequest, 21218, "exactly one of Twiml and Status is understood")
		return
	}
	if l == nil {
		refuse(w, http.StatusBadRequest, 21220, "Call is not in-progress. Cannot redirect.")
		return
	}
	doc := document{text: form.Get("Twiml")}
	switch {
	case form.Get("Status") == "completed":
		a.note("Status=completed")
	case doc.text == "" || len([]rune(doc.text)) > maxTwiML:
		refuse(w, http.StatusBadRequest, 21218, "neither Status=completed nor Twiml of 1 to 4000 characters")
		return
	default:
		a.note(doc.text)
		if doc, err = parse([]byte(doc.text)); err != nil {
			refuse(w, http.StatusBadRequest, 12100, "Document parse failure")
			return
		}
	}
	select {
	case l.updates <- doc:
		l.show(w)
	default:
		refuse(w, http.StatusConflict, 21220, "the call is being changed already")
	}
}

// show answers with the call's resource.
func (l *line) show(w http.ResponseWriter) {
	call := l.hooks.call
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"sid": l.start.CallSID, "account_sid": l.start.AccountSID, "status": "in-progress",
		"direction": call.Get("Direction"), "from": call.Get("From"), "to": call.Get("To"),
		"price": nil, "api_version": "2010-04-01",
	})
}

func refuse(w http.ResponseWriter, status, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"status": status, "code": code, "message": message,
		"more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code),
	})
}
