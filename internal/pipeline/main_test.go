package pipeline_test

import (
	"os"
	"testing"

	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store/pgtest"
)

// TestMain serves where this is a node of a cluster. Else it runs the tests on SQLite and on PostgreSQL, and TestCrashChild once, on the engine of TestCrash.
func TestMain(m *testing.M) {
	pipelinetest.ServeNode()
	if os.Getenv(crashDir) != "" {
		os.Exit(m.Run())
	}
	os.Exit(pgtest.BothEngines(m))
}
