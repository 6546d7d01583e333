package admin_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Runner{M: m}) }
