package provider

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// once makes a hook that says yes to the first request that matches.
func once(match func(r request) bool) func(r request) bool {
	var done atomic.Bool
	return func(r request) bool { return match(r) && done.CompareAndSwap(false, true) }
}

// writes matches the real writes to test channels.
func writes(method string) func(r request) bool {
	return func(r request) bool { return r.method == method && strings.Contains(r.path, kindTest) && !r.dry() }
}

func losing(f *fake, match func(r request) bool) func() {
	return func() { f.set(func(f *fake) { f.lose = match }) }
}

func answering(f *fake, before func(w http.ResponseWriter, r request) bool) func() {
	return func() { f.set(func(f *fake) { f.before = before }) }
}

func TestLostAnswerTF10(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	version := func(n int64) []statecheck.StateCheck {
		return []statecheck.StateCheck{
			statecheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(n)),
			statecheck.ExpectKnownValue(channelAddress, at("client_secret"), generatedSecret),
		}
	}
	accept(t, f,
		tf.TestStep{
			PreConfig: losing(f, once(writes("POST"))), ConfigFile: file("channel.tf"),
			ConfigVariables: vars("rotation", "one"), ConfigStateChecks: version(1),
		},
		tf.TestStep{
			PreConfig: losing(f, once(writes("PUT"))), ConfigFile: file("channel.tf"),
			ConfigVariables: vars("rotation", "one", "name", "second"), ConfigStateChecks: version(1),
		},
		tf.TestStep{
			PreConfig: losing(f, once(writes("PUT"))), ConfigFile: file("channel.tf"),
			ConfigVariables: vars("rotation", "two", "name", "second"), ConfigStateChecks: version(2),
		},
	)
	posts, puts := f.made("POST", kindTest), f.made("PUT", kindTest)
	require.Len(t, posts, 2)
	require.Equal(t, posts[0].key, posts[1].key, "the repeat is recognised by its key")
	require.Len(t, puts, 4)
	require.Equal(t, puts[2].key, puts[3].key)
	require.Equal(t, puts[2].match, puts[3].match, "no false 412 after a lost answer")
}

func TestRotationLostForGoodTF10(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	accept(t, f,
		tf.TestStep{ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "one")},
		tf.TestStep{
			PreConfig: losing(f, writes("PUT")), ConfigFile: file("channel.tf"),
			ConfigVariables: vars("rotation", "two"), ExpectError: regexp.MustCompile(`No answer from the gateway`),
		},
		tf.TestStep{
			PreConfig: losing(f, nil), ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "two"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(2)),
			},
		},
		tf.TestStep{ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "two"), PlanOnly: true},
	)
}

func TestCreateLostForGoodTF11(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		die  func(f *fake) func()
	}{
		{"before commit", func(f *fake) func() {
			return answering(f, func(w http.ResponseWriter, r request) bool {
				if writes("POST")(r) {
					drop(w)
					return true
				}
				return false
			})
		}},
		{"after commit", func(f *fake) func() { return losing(f, writes("POST")) }},
		{"after commit, and the repeat is refused", func(f *fake) func() {
			lost := once(writes("POST"))
			return func() {
				f.set(func(f *fake) {
					f.lose = lost
					f.before = func(w http.ResponseWriter, r request) bool {
						again := writes("POST")(r) && len(f.made("POST", kindTest)) > 1
						if again {
							problem(w, http.StatusUnauthorized, "the token is revoked")
						}
						return again
					}
				})
			}
		}},
		{"with an answer that makes no sense", func(f *fake) func() {
			return answering(f, func(w http.ResponseWriter, r request) bool {
				if writes("POST")(r) {
					w.WriteHeader(http.StatusCreated)
					_, _ = w.Write([]byte("<html>proxy</html>"))
					return true
				}
				return false
			})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			accept(t, f,
				tf.TestStep{
					PreConfig: tt.die(f), ConfigFile: file("channel.tf"),
					ExpectError: regexp.MustCompile(`Cannot create the test channel`),
				},
				tf.TestStep{
					PreConfig:  func() { f.set(func(f *fake) { f.before, f.lose = nil, nil }) },
					ConfigFile: file("channel.tf"),
					ConfigPlanChecks: preApply(
						plancheck.ExpectResourceAction(channelAddress, plancheck.ResourceActionDestroyBeforeCreate),
					),
				},
				tf.TestStep{
					PreConfig:  func() { require.Len(t, f.ids(kindTest), 1, "exactly one object") },
					ConfigFile: file("channel.tf"), PlanOnly: true,
				},
			)
			first := f.made("POST", kindTest)[0]
			body := strings.NewReader(first.body)
			late, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+first.path, body)
			require.NoError(t, err)
			late.Header.Set("Authorization", first.auth)
			late.Header.Set(api.HeaderIdempotencyKey, first.key)
			// The assistant is gone with the test; the id must be refused first.
			f.set(func(f *fake) { f.objects[assistantOf(first.body)] = &object{kind: "none", fields: map[string]any{}} })
			f.set(func(f *fake) { f.answers = map[string]answer{} })
			res, err := (&http.Client{Timeout: 10 * time.Second}).Do(late)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, http.StatusGone, res.StatusCode, "a late POST comes to nothing")
		})
	}
}

var assistantInBody = regexp.MustCompile(`asst_[0-9A-Z]{26}`)

func assistantOf(body string) string { return assistantInBody.FindString(body) }

func TestRetriesTF12(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	passing := func(status int, retryAfter string) func() {
		first := once(writes("PUT"))
		return answering(f, func(w http.ResponseWriter, r request) bool {
			if !first(r) {
				return false
			}
			if retryAfter != "" {
				w.Header().Set("Retry-After", retryAfter)
			}
			problem(w, status, "not now")
			return true
		})
	}
	final := func(status int) func() {
		return answering(f, func(w http.ResponseWriter, r request) bool {
			if !writes("PUT")(r) {
				return false
			}
			problem(w, status, fmt.Sprintf("refused with %d", status))
			return true
		})
	}
	steps := []tf.TestStep{
		{ConfigFile: file("channel.tf")},
		{PreConfig: passing(429, "1"), ConfigFile: file("channel.tf"), ConfigVariables: vars("name", "n1")},
		{PreConfig: passing(503, ""), ConfigFile: file("channel.tf"), ConfigVariables: vars("name", "n2")},
	}
	refused := []int{400, 401, 403, 409, 422}
	for _, status := range refused {
		steps = append(steps, tf.TestStep{
			PreConfig: final(status), ConfigFile: file("channel.tf"), ConfigVariables: vars("name", "n3"),
			ExpectError: regexp.MustCompile(fmt.Sprintf(`refused with %d`, status)),
		})
	}
	steps = append(steps, tf.TestStep{
		PreConfig: answering(f, nil), ConfigFile: file("channel.tf"), ConfigVariables: vars("name", "n3"),
	})
	accept(t, f, steps...)
	require.Len(t, f.made("PUT", kindTest), 2+2+len(refused)+1)
}

func TestChangedMeanwhileTF13(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	first := once(writes("PUT"))
	accept(t, f,
		tf.TestStep{ConfigFile: file("channel.tf")},
		tf.TestStep{
			PreConfig: answering(f, func(_ http.ResponseWriter, r request) bool {
				if first(r) {
					o := f.only(kindTest)
					f.set(func(f *fake) {
						o.fields["provider_application"] = "theirs"
						f.touch(o)
					})
				}
				return false
			}),
			ConfigFile: file("channel.tf"), ConfigVariables: vars("name", "mine"),
			ExpectError: regexp.MustCompile(`changed by token tok_other\s+at\s+2030`),
		},
		tf.TestStep{
			PreConfig: func() {
				require.Equal(t, "theirs", f.only(kindTest).fields["provider_application"], "nothing is overwritten")
			},
			ConfigFile: file("channel.tf"), ConfigVariables: vars("name", "mine"),
		},
	)
}

func TestGatewayDownTF15(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	accept(t, f,
		tf.TestStep{ // at plan-time validation: the apply goes on
			PreConfig: answering(f, func(w http.ResponseWriter, r request) bool {
				if r.dry() {
					drop(w)
				}
				return r.dry()
			}),
			ConfigFile: file("channel.tf"),
		},
		tf.TestStep{ // at refresh: an error that names the endpoint
			PreConfig: answering(f, func(w http.ResponseWriter, _ request) bool {
				drop(w)
				return true
			}),
			ConfigFile: file("channel.tf"), PlanOnly: true,
			ExpectError: regexp.MustCompile(`No answer from the gateway at\s+` + regexp.QuoteMeta(f.url)),
		},
		tf.TestStep{PreConfig: answering(f, nil), ConfigFile: file("channel.tf"), PlanOnly: true},
	)
}

func TestDryRunFindsMissingAssistant(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	accept(t, f,
		tf.TestStep{ConfigFile: file("channel.tf")},
		tf.TestStep{
			PreConfig: answering(f, func(w http.ResponseWriter, r request) bool {
				if r.dry() && r.method == "PUT" {
					problem(w, 422, "validation failed", api.ProblemField{Location: "body.name", Message: "not this one"})
					return true
				}
				return false
			}),
			ConfigFile: file("channel.tf"), ConfigVariables: vars("name", "bad"), PlanOnly: true,
			ExpectError: regexp.MustCompile(`Attribute name, value "bad": not this one`),
		},
		tf.TestStep{PreConfig: answering(f, nil), ConfigFile: file("channel.tf"), PlanOnly: true},
	)
	require.Empty(t, f.made("PUT", kindTest))
}

func TestTokenIsNotRedirectedTF21(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(other.Close)
	f := newFake(t)
	f.before = func(w http.ResponseWriter, r request) bool {
		w.Header().Set("Location", other.URL+r.path)
		w.WriteHeader(http.StatusTemporaryRedirect)
		return true
	}
	accept(t, f, tf.TestStep{
		ConfigFile: file("gateway.tf"), ExpectError: regexp.MustCompile(`the token is not sent along a\s+redirect`),
	})
	require.Zero(t, asked.Load())
}

// TestAssistantLostForGoodTF11 is about the name: while the object of the lost
// answer still holds it, the plan that replaces it must not fail on it.
func TestAssistantLostForGoodTF11(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	accept(t, f,
		tf.TestStep{
			PreConfig:  losing(f, func(r request) bool { return r.method == "POST" && !r.dry() }),
			ConfigFile: file("assistant_minimal.tf"), ExpectError: regexp.MustCompile(`Cannot create the assistant`),
		},
		tf.TestStep{
			PreConfig: losing(f, nil), ConfigFile: file("assistant_minimal.tf"),
			ConfigPlanChecks: preApply(
				plancheck.ExpectResourceAction(assistantAddress, plancheck.ResourceActionDestroyBeforeCreate),
			),
		},
		tf.TestStep{
			PreConfig:  func() { require.Len(t, f.ids("assistant"), 1) },
			ConfigFile: file("assistant_minimal.tf"), PlanOnly: true,
		},
	)
}

func TestAnswersThatMakeNoSenseTF20(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, text string }{
		{"wrong id", `{"id":"chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N"}`, "the answer is about"},
		{"no id", `{}`, "the answer is about"},
		{"null", `null`, "is empty"},
		{"wrong type", `{"id":7,"enabled":"maybe"}`, "not what this version"},
		{"list", `[]`, "not what this version"},
		{"nothing", ``, "not what this version"},
	}
	f := newFake(t)
	steps := []tf.TestStep{{ConfigFile: file("channel.tf")}}
	for _, tt := range tests {
		steps = append(steps, tf.TestStep{
			PreConfig: answering(f, func(w http.ResponseWriter, r request) bool {
				if !writes("PUT")(r) {
					return false
				}
				_, _ = w.Write([]byte(tt.body))
				return true
			}),
			ConfigFile: file("channel.tf"), ConfigVariables: vars("name", "second"),
			ExpectError: regexp.MustCompile(strings.ReplaceAll(tt.text, " ", `\s+`)),
		})
	}
	steps = append(steps, tf.TestStep{ // the state is as it was
		PreConfig: answering(f, nil), ConfigFile: file("channel.tf"), PlanOnly: true,
	})
	accept(t, f, steps...)
}

// TestMissingFieldsTF20 reads an object that has lost everything optional.
func TestMissingFieldsTF20(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	accept(t, f,
		tf.TestStep{ConfigFile: file("channel.tf")},
		tf.TestStep{
			PreConfig: answering(f, func(w http.ResponseWriter, r request) bool {
				if r.method != "GET" || !strings.HasSuffix(r.path, kindTest) {
					return false
				}
				_, _ = fmt.Fprintf(w, `{"id":%q,"surplus":{"a":[1]}}`, f.ids(kindTest)[0])
				return true
			}),
			ConfigFile: file("channel.tf"), PlanOnly: true, ExpectNonEmptyPlan: true,
		},
		tf.TestStep{PreConfig: answering(f, nil), ConfigFile: file("channel.tf")},
	)
	require.Len(t, f.made("POST", kindTest), 1)
}
