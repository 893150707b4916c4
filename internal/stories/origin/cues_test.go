package origin

import (
	"slices"
	"strings"
	"testing"

	"headwater/internal/news"
)

// TestCreditsInManyLanguages has one sentence a row, and the claim that it makes; "" is none.
func TestCreditsInManyLanguages(t *testing.T) {
	tests := []struct{ want, text string }{
		{"scoop nytimes.com", "The mayor will resign next week, as first reported by The New York Times on Monday."},
		{"report nytimes.com", "As The New York Times points out, the mayor had no choice but to resign."},
		{"report nytimes.com", "The New York Times reported on Monday that the mayor will resign."},
		{"told reuters.com", "The mayor told Reuters that he will resign next week."},
		{"part apnews.com", "The mayor will resign next week, his office said.\n\nThe Associated Press contributed to this report."},
		{"source theguardian.com", "The mayor will resign. This article originally appeared on The Guardian."},
		{"", "The mayor declined to comment to Reuters on Monday about his plans."},
		{"", "Reuters could not independently verify the claims of the mayor on Monday."},
		{"", "The video, which Reuters has not been able to verify, shows the mayor leaving."},
		{"report elpais.com", "El alcalde dimitirá la próxima semana, según informa El País este lunes."},
		{"report elpais.com", "El alcalde dimitirá la próxima semana, informó El País el lunes."},
		{"scoop elpais.com", "El alcalde dimitirá la próxima semana, como adelantó El País el lunes."},
		{"told efe.com", "«No hay más remedio», ha declarado a EFE el alcalde de la ciudad."},
		{"report efe.com", "El alcalde dimitirá, según la agencia EFE, la próxima semana por motivos de salud."},
		{"report spiegel.de", "Der Bürgermeister tritt nächste Woche zurück, wie der Spiegel berichtet."},
		{"report spiegel.de", "Der Bürgermeister tritt laut dem Spiegel nächste Woche von seinem Amt zurück."},
		{"scoop spiegel.de", "Zuerst berichtete der Spiegel über den Rücktritt des Bürgermeisters der Stadt."},
		{"told dpa.com", "„Es gibt keinen anderen Weg“, sagte der Bürgermeister der Deutschen Presse-Agentur am Montag."},
		{"report bild.de", "Nach Informationen der Bild-Zeitung tritt der Bürgermeister nächste Woche zurück."},
		{"report bild.de", "Das berichtet die „Bild“-Zeitung unter Berufung auf Kreise des Rathauses."},
		{"report lemonde.fr", "Le maire démissionnera la semaine prochaine, selon Le Monde daté de lundi."},
		{"scoop lemonde.fr", "Le maire démissionnera la semaine prochaine, a révélé Le Monde lundi matin."},
		{"report lemonde.fr", "Comme l’a rapporté Le Monde, le maire démissionnera la semaine prochaine."},
		{"told afp.com", "« Il n’y a pas d’autre voie », a déclaré le maire à l’AFP lundi soir."},
		{"report afp.com", "Le maire démissionnera, a indiqué l’AFP de source proche de la mairie."},
		{"report corriere.it", "Il sindaco si dimetterà la prossima settimana, secondo il Corriere della Sera."},
		{"report corriere.it", "Come riporta il Corriere della Sera, il sindaco si dimetterà la prossima settimana."},
		{"told ansa.it", "«Non c'è altra via», ha detto il sindaco all'ANSA lunedì sera in città."},
		{"report folha.uol.com.br", "O prefeito vai renunciar na próxima semana, segundo a Folha de S.Paulo."},
		{"report folha.uol.com.br", "O prefeito vai renunciar na próxima semana, informou a Folha de S.Paulo nesta segunda."},
		{"scoop folha.uol.com.br", "A informação foi publicada primeiro pela Folha de S.Paulo na segunda-feira."},
		{"report nikkei.com", "日本経済新聞によると、市長は来週辞任する見通しだ。市役所は確認していない。"},
		{"report nikkei.com", "市長は来週辞任する見通しだと日本経済新聞が報じた。市役所は確認していない。"},
		{"report kyodonews.net", "市長は来週辞任すると共同通信が伝えた。市役所は確認していない。"},
		{"report reuters.com", "据路透社报道，市长将于下周辞职，市政府没有证实这一消息。"},
		{"report xinhuanet.com", "新华社报道称，市长将于下周辞职，市政府没有证实这一消息。"},
		{"report yna.co.kr", "연합뉴스에 따르면 시장은 다음 주 사임할 예정이다."},
		{"report tass.com", "Мэр уйдет в отставку на следующей неделе, сообщает ТАСС со ссылкой на источник."},
		{"report ria.ru", "По данным РИА Новости, мэр уйдет в отставку на следующей неделе."},
		{"told tass.com", "«Другого пути нет», сказал мэр ТАСС в понедельник вечером."},
		{"report reuters.com", "قالت وكالة رويترز إن رئيس البلدية سيستقيل الأسبوع المقبل بحسب مصادر."},
		{"report volkskrant.nl", "De burgemeester treedt volgende week af, meldt de Volkskrant maandag."},
		{"", "The sun rose over the harbour, and nature took its course; time will tell, the mayor said, in a variety of ways."},
		{"report time.com", "The mayor will resign, according to Time magazine, next week for reasons of health."},
		{"report thesun.co.uk", "The mayor will resign, The Sun reported on Monday, for reasons of health."},
		{"report axios.com", "Axios reported on Monday that the mayor will resign next week."},
		{"report nature.com", "A study reported in Nature on Monday says that herring are back in the bay."},
		{"report variety.com", "The director will leave the film, Variety reported on Monday."},
		{"", "He said: “The New York Times reported that I will resign, and that is a lie,” and left the room."},
		{"report wsj.com", "The mayor will resign, the Wall Street Journal reports, citing people familiar with the matter."},
		{"told ft.com", "The mayor is to resign, people familiar with the matter told the Financial Times."},
		{"told bbc.com", "“There is no other way,” the mayor told the BBC on Monday evening."},
		{"scoop cnn.com", "CNN was first to report the resignation of the mayor, which comes next week."},
		{"report politico.com", "In a report published by Politico on Monday, aides to the mayor describe a man tired of office."},
		{"", "The resignation was not first reported by CNN, contrary to what its anchor said."},
		{"", "Contrary to a claim by Reuters, the mayor will not resign next week."},
	}
	for _, tt := range tests {
		a := news.Article{Text: tt.text, Outlet: blog}
		if i, j := strings.Index(tt.text, "“"), strings.LastIndex(tt.text, "”"); i >= 0 && j > i {
			a.Marks = []news.Mark{{Kind: news.MarkQuote, Start: i, End: j + len("”")}}
		}
		var got []string
		for _, c := range NewReader(registry).Claims(a) {
			got = append(got, string(c.Kind)+" "+c.Domain)
		}
		if tt.want == "" && len(got) > 0 || tt.want != "" && !slices.Contains(got, tt.want) {
			t.Errorf("%s\n\tgot %s, want %q", tt.text, strings.Join(got, ", "), tt.want)
		}
	}
}

// A name between "a" and a noun may be a part of another thing than a report.
func TestNamesOfAKind(t *testing.T) {
	for text, want := range map[string]bool{
		"The mayor leads by nine points, according to a CNN poll of last week.":           false,
		"The mayor leads by nine points, according to a Washington Post-Example U. poll.": false,
		"The mayor leads by nine points, according to a CNN report of last week.":         true,
		"The mayor told a Wall Street Journal forum that he leads by nine points.":        false,
		"The mayor told a Wall Street Journal reporter that he leads by nine points.":     true,
		"The mayor told a Springfield newspaper that he leads by nine points.":            false,
	} {
		if got := len(NewReader(registry).Claims(news.Article{Text: text, Outlet: blog})) > 0; got != want {
			t.Errorf("%s: a claim: %v", text, got)
		}
	}
}

// The address of a credit is that of the link on its words, or of one beside them that leads to no other outlet.
func TestAddressOfACredit(t *testing.T) {
	const wsj = "https://www.wsj.com/articles/a-long-story"
	tests := map[string]string{ // ⟦ and ⟧ around the link's words
		"The mayor will resign, ⟦The New York Times⟧ reported on Monday of this week.":             "report nytimes.com " + wsj,
		"The mayor will resign, The New York Times ⟦reported⟧ on Monday of this week.":             "report nytimes.com",
		"The mayor met ⟦the Wall Street Journal⟧, and told the Washington Post that he is leaving": "told washingtonpost.com",
		"The mayor will resign, The Wall Street Journal ⟦reported⟧ on Monday of this week.":        "report wsj.com " + wsj,
	}
	for text, want := range tests {
		if got := briefs(marked(news.MarkLink, text, wsj)); !slices.Contains(got, want) {
			t.Errorf("%s\n\tgot %q, want %q", text, got, want)
		}
	}
}
