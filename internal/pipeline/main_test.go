package pipeline_test

import (
	"os"
	"testing"

	"headwater/internal/store/pgtest"
)

// TestMain runs the tests on SQLite and on PostgreSQL, and TestCrashChild once, on the engine of TestCrash.
func TestMain(m *testing.M) {
	if os.Getenv(crashDir) != "" {
		os.Exit(m.Run())
	}
	os.Exit(pgtest.BothEngines(m))
}
