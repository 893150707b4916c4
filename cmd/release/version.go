package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// describe finds the version and the time of the commit.
func (r *release) describe(ctx context.Context) error {
	seconds, err := output(ctx, nil, "git", "log", "-1", "--format=%ct")
	if err != nil {
		return err
	}
	unix, err := strconv.ParseInt(strings.TrimSpace(string(seconds)), 10, 64)
	if err != nil {
		return err
	}
	r.built = time.Unix(unix, 0).UTC()
	if r.described == "" {
		described, err := output(ctx, nil, "git", "describe", "--tags", "--always", "--dirty")
		if err != nil {
			return err
		}
		r.described = strings.TrimSpace(string(described))
	}
	r.version = versionOf(r.described, r.built)
	return nil
}

// tagged matches what git describes where there is a tag: the tag, how many commits came after it, and the commit.
var tagged = regexp.MustCompile(`^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)(?:-(\d+)-g([0-9a-f]+))?$`)

// versionOf makes a version of what git describes, so that dpkg and rpm sort versions by age: 1.2.0~rc.1 comes before 1.2.0,
// and 1.2.0+3.gabc0123 after it. A commit without any tag is older than all releases: 0.0.0~20261202133000.abc0123.
func versionOf(described string, built time.Time) string {
	commit, dirty := strings.CutSuffix(described, "-dirty")
	m := tagged.FindStringSubmatch(commit)
	if m == nil {
		return fmt.Sprintf("0.0.0~%s.%s", built.Format("20060102150405"), strings.ReplaceAll(described, "-", "."))
	}
	version := strings.ReplaceAll(m[1], "-", "~")
	if m[2] != "" {
		version += "+" + m[2] + ".g" + m[3]
	}
	if dirty {
		version += "+dirty"
	}
	return version
}
