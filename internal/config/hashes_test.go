package config

import (
	"maps"
	"slices"
	"testing"
	"time"
)

func TestHashes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"nothing", func(*Config) {}, nil},
		{"of the machine", func(c *Config) {
			c.Data, c.Listen, c.Hosts, c.Roles, c.Log.Level, c.Database = "/elsewhere", ":1", []string{"a"}, []string{"web"}, "debug", "postgres://b/"
		}, nil},
		{"a duration and a text", func(c *Config) { c.Poll.Interval, c.Title = 99*time.Minute, "Other" }, []string{"poll.interval", "title"}},
		{"a list", func(c *Config) { c.Outlets = []Outlet{{Name: "A", Domains: []string{"a.example"}}} }, []string{"outlets"}},
		{"a secret that is set", func(c *Config) { c.SMTP.Password = "one" }, []string{"smtp.password"}},
	} {
		before, after := Default(), Default()
		tt.change(&after)
		old := before.Hashes()
		var got []string
		for key, hash := range after.Hashes() {
			if old[key] != hash {
				got = append(got, key)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q differ, want %q", tt.name, got, tt.want)
		}
	}
	a, b := Default(), Default()
	a.SMTP.Password, b.SMTP.Password = "one", "two"
	if !maps.Equal(a.Hashes(), b.Hashes()) {
		t.Error("the hashes depend on the text of a secret")
	}
}
