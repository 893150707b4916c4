package view

import "testing"

func TestProblemWithoutSecrets(t *testing.T) {
	for problem, want := range map[string]string{
		"https://a.example/feed?token=hunter2: 404 Not Found":                           "https://a.example/feed?token=xxxxx: 404 Not Found",
		"moved from http://ann:hunter2@a.example/ to https://b.example/rss?key=hunter2": "moved from http://ann:xxxxx@a.example/ to https://b.example/rss?key=xxxxx",
		`Get "https://b.example/rss?token=hunter2&page=2": no route to host`:            `Get "https://b.example/rss?token=xxxxx&page=2": no route to host`,
		"line 3: an element is not closed":                                              "line 3: an element is not closed",
	} {
		if got := ProblemWithoutSecrets(problem); got != want {
			t.Errorf("%s\nis shown as\n%s\nwant\n%s", problem, got, want)
		}
	}
}
