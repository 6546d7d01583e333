package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Rows that an older version stored lack what later ones added: they are
// served with the defaults.
func TestRowsOfAnOlderVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Stop()
	db := r.database()
	r.exec(db, `UPDATE channel SET spec = json_remove(spec, '$.enabled', '$.rotation_overlap')`)
	r.exec(db, `UPDATE assistant SET spec = json_remove(spec, '$.greeting_interruptible', '$.max_call_duration')`)
	require.NoError(t, db.Close())
	r.restart()
	require.True(t, *r.a.Enabled)
	r.works()
}
