package store

import "net/url"

// readers is how many connections read at once.
const readers = 4

// The parameters of the connections. A larger checkpoint interval than SQLite's 1000 pages halves the time that a bulk
// of articles takes; journal_size_limit gives the space back. auto_vacuum holds for new files and for what VACUUM writes.
var (
	writerParams = url.Values{
		"mode": {"rwc"}, "_txlock": {"immediate"}, "_dqs": {"0"}, "_busy_timeout": {"10000"},
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_foreign_keys": {"on"},
		"_pragma": {"auto_vacuum(2)", "cache_size(-32000)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)", "temp_store(memory)"},
	}
	readerParams = url.Values{
		"mode": {"rw"}, "_dqs": {"0"}, "_busy_timeout": {"10000"}, "_query_only": {"on"},
		"_pragma": {"cache_size(-8000)", "temp_store(memory)"},
	}
	readOnlyParams = url.Values{
		"mode": {"ro"}, "_dqs": {"0"}, "_busy_timeout": {"10000"}, "_query_only": {"on"},
		"_pragma": {"cache_size(-8000)", "temp_store(memory)"},
	}
)

func dsn(path string, params url.Values) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: params.Encode()}
	return u.String()
}
