package front_test

import (
	"testing"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/stories/front"
	"headwater/internal/stories/outlets"
)

func TestDek(t *testing.T) {
	registry, err := outlets.Load(feeds.Agencies())
	if err != nil {
		t.Fatal(err)
	}
	const told = "The dam above Aldermere gave way overnight and flooded the lower town."
	for summary, want := range map[string]string{
		told:                                               told,
		"ALDERMERE (Reuters) - " + told:                    told,
		"ALDERMERE, Aug 19 (Reuters) - " + told:            told,
		"Aug 19 : " + told:                                 told,
		"ALDERMERE: " + told:                               told,
		"ALDERMERE/NORTH HARBOUR: " + told:                 told,
		"ALDERMERE CITY, Aug 19 () - " + told:              told,
		"ALDERMERE BEACH, Fla. -- " + told:                 told,
		"(Corrects the height of the dam)Aug 19 : " + told: told,
		"Ananda Vale Ben Mary Holt Yim-ho Lee":             "",
		"In this issue of Dam Letters of Aldermere:":       "",
		"IAEA: " + told:                                    "IAEA: " + told,
		"By Yim-ho Lee and Ben Holt The dam gave way overnight, the town said.":           "",
		"ALDERMERE, Aug 19 : " + told:                                                     told,
		"ALDERMERE — " + told:                                                             told,
		"“We ran,” said the mayor of Aldermere after the flood.":                          "“We ran,” said the mayor of Aldermere after the flood.",
		"The shares of Damworks (DAM.N) fell after the flood in Aldermere.":               "The shares of Damworks fell after the flood in Aldermere.",
		"Dam bursts above Aldermere":                                                      "",
		"Dam bursts above Aldermere. " + told:                                             told,
		"By Ananda Vale, Ben Holt and Yim Lee The dam gave way overnight, the town said.": "",
		"［モスクワ １８日 ロイター］ -":                                                               "",
		"[ベルリン １８日 ロイター] - ダムが一夜で決壊し、下町が水に浸かった。":                                          "ダムが一夜で決壊し、下町が水に浸かった。",
		"ALDERMERE (Reuters) -":                                                           "",
		"":                                                                                "",
		"In August 1931 the dam was built, and it was never inspected since.":             "In August 1931 the dam was built, and it was never inspected since.",
		"May 4 was the day on which the dam of Aldermere was opened to water.":            "May 4 was the day on which the dam of Aldermere was opened to water.",
	} {
		if got := front.Dek(news.Article{Title: "Dam bursts above Aldermere", Summary: summary}, registry); got != want {
			t.Errorf("%q gives %q, want %q", summary, got, want)
		}
	}
}
