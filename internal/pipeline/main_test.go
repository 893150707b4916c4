package pipeline_test

import (
	"os"
	"testing"

	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store/pgtest"
)

// TestMain serves where this is a node of a cluster. Else it runs the tests on SQLite and on PostgreSQL, and those that are
// children of others once.
func TestMain(m *testing.M) {
	pipelinetest.ServeNode()
	if os.Getenv(crashDir) != "" || os.Getenv(settlerFolder) != "" {
		os.Exit(m.Run())
	}
	os.Exit(pgtest.BothEngines(m))
}
