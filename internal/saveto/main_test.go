package saveto

import (
	"os"
	"testing"

	"headwater/internal/store/pgtest"
)

// TestMain runs the tests on SQLite and on PostgreSQL.
func TestMain(m *testing.M) { os.Exit(pgtest.BothEngines(m)) }
