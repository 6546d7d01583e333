package call_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

func TestATransferHasASummaryInOneLineENG18(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, summary, want string }{
		{"none", ``, ""},
		{"lines", `a\r\nX-Header: b\u0000`, "a  X-Header: b "},
		{"long", strings.Repeat("a", 5000), strings.Repeat("a", 4000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newPlayer(time.Hour)
				r := run(t, leg, &fakeEngine{}, func(s *call.Session) { s.LiveAgent = "+15550100" })
				r.pass(time.Second)
				r.emit(transfer(`{"destination":"","summary":"` + tt.summary + `"}`))
				r.pass(10 * time.Second)
				res := r.wait()
				require.Equal(t, &call.Target{Destination: "+15550100", Summary: tt.want}, res.Transfer)
			})
		})
	}
}
