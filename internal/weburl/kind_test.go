package weburl

import "testing"

func TestNamesArticle(t *testing.T) {
	for address, want := range map[string]struct{ article, front bool }{
		"https://town.example":                        {false, true},
		"https://town.example/":                       {false, true},
		"https://town.example/index.html":             {false, true},
		"https://town.example/en/":                    {false, true},
		"https://town.example/pt-BR/index.php":        {false, true},
		"https://town.example/#":                      {false, true},
		"https://town.example/#!/":                    {false, true},
		"":                                            {false, true},
		"/relative":                                   {false, true},
		"https://town.example/blog/":                  {false, false},
		"https://town.example/news/local.html":        {false, false},
		"https://town.example/release-notes":          {false, false},
		"https://town.example/status":                 {false, false},
		"https://town.example/2026/11/":               {false, false},
		"https://town.example/2026/11/30.html":        {false, false},
		"https://town.example/archive/2026-11-30":     {false, false},
		"https://town.example/archive/20261130.shtml": {false, false},
		"https://town.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8": {false, false},
		"https://town.example/#!/news/3":                                  {true, false},
		"https://town.example/changelog#v1.2":                             {true, false},
		"https://town.example/?p=12":                                      {true, false},
		"https://town.example/index.php?story=harbour":                    {true, false},
		"https://town.example/0":                                          {true, false},
		"https://town.example/story/5":                                    {true, false},
		"https://town.example/news/harbour-fire-kills-three":              {true, false},
		"https://town.example/2026/11/30/harbour-fire-kills-three/":       {true, false},
		"https://town.example/2026/11/30/4711.html":                       {true, false},
		"https://town.example/news/world-europe-58012345":                 {true, false},
		"https://town.example/the_big_fog.php":                            {true, false},
		"https://town.example/%E6%B8%AF%E3%81%A7%E7%81%AB%E4%BA%8B%E3%80%81%E4%B8%89%E4%BA%BA%E6%AD%BB%E4%BA%A1%E3%80%81%E5%8E%9F%E5%9B%A0%E3%81%AF%E8%AA%BF%E6%9F%BB%E4%B8%AD%E3%81%A8%E8%AD%A6%E5%AF%9F": {true, false},
	} {
		if got := NamesArticle(address); got != want.article {
			t.Errorf("%q names an article: %v", address, got)
		}
		if got := IsFrontPage(address); got != want.front {
			t.Errorf("%q is a front page: %v", address, got)
		}
	}
}

func TestIsOn(t *testing.T) {
	for address, want := range map[string]bool{
		"https://harbourpost.example":           true,
		"https://harbourpost.example/a":         true,
		"http://World.HarbourPost.example:8/a":  true,
		"https://notharbourpost.example/a":      false,
		"https://harbourpost.example.org/a":     false,
		"https://a.example/harbourpost.example": false,
		"harbourpost.example":                   false,
		"":                                      false,
	} {
		if got := IsOn(address, "harbourpost.example"); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}
