package outlets_test

import (
	"strings"
	"testing"
)

func TestDateline(t *testing.T) {
	r := load(t)
	for _, tt := range []struct{ text, sign, outlet string }{
		{"HELSINKI (Reuters) - Lakes froze early.", "Reuters", "Reuters"},
		{"WASHINGTON, Aug 18 (Reuters) - The senate", "Reuters", "Reuters"},
		{"Aug 18 (Reuters) - A ship", "Reuters", "Reuters"},
		{"LONDON/PARIS, Aug 18 (Reuters) - Ministers", "Reuters", "Reuters"},
		{"By Jane Doe and John Roe WASHINGTON, Aug 17 (Reuters) - The", "Reuters", "Reuters"},
		{"By Jane Doe\n\nWASHINGTON, Aug 17 (Reuters) - The", "Reuters", "Reuters"},
		{"(Adds details in paragraph 3)\n\nTOKYO, Aug 18 (Reuters) - The", "Reuters", "Reuters"},
		{"(This Aug 18 story has been refiled to fix a name) BONN (Reuters) - The", "Reuters", "Reuters"},
		{"By Jane Doe / (AP) — A storm", "AP", "The Associated Press"},
		{"(AP) — A storm", "AP", "The Associated Press"},
		{"NAIROBI, Kenya (AP) — A storm", "AP", "The Associated Press"},
		{"RIO DE JANEIRO (AP) — A storm", "AP", "The Associated Press"},
		{"Rio de Janeiro (EFE).- Una tormenta", "EFE", "EFE"},
		{"Madrid, 18 ago (EFE).- El presidente", "EFE", "EFE"},
		{"MADRID, 18 (EUROPA PRESS)", "EUROPA PRESS", "Europa Press"},
		{"   MADRID, 18 Ago. (EUROPA PRESS) -\n\nEl presidente", "EUROPA PRESS", "Europa Press"},
		{"MADRID, 18 (EUROPA PRESS)\n\nEl presidente", "EUROPA PRESS", "Europa Press"},
		{"BERLIN (dpa) - Der Minister", "dpa", "dpa"},
		{"Berlin (dpa/bb) - Der Minister", "dpa", "dpa"},
		{"FRANKFURT (dpa-AFX) - Der Dax", "dpa-AFX", "dpa-AFX"},
		{"Wien (APA) - Der Minister", "APA", "APA"},
		{"Bern (sda) - Der Bundesrat", "sda", "Keystone-SDA"},
		{"Washington (AFP) - The president", "AFP", "AFP"},
		{"Paris (AFP) – Le ministre", "AFP", "AFP"},
		{"ROMA (ANSA) - Il ministro", "ANSA", "ANSA"},
		{"(ANSA) - ROMA, 18 AGO - Il ministro", "ANSA", "ANSA"},
		{"Roma, 18 ago. (Adnkronos) - Il ministro", "Adnkronos", "Adnkronos"},
		{"Lisboa, 18 ago 2026 (Lusa) – O ministro", "Lusa", "Lusa"},
		{"PARIS, Aug. 18 (Xinhua) -- The museum", "Xinhua", "Xinhua"},
		{"BEIJING, Aug. 18 (Xinhua/Li Ming) -- The museum", "Xinhua", "Xinhua"},
		{"SEOUL, Aug. 18 (Yonhap) -- South Korea", "Yonhap", "Yonhap News Agency"},
		{"TOKYO (Kyodo) -- The yen", "Kyodo", "Kyodo News"},
		{"MOSCOW, August 18. /TASS/. The ministry", "TASS", "TASS"},
		{"МОСКВА, 18 августа. /ТАСС/. Министр", "ТАСС", "TASS"},
		{"МОСКВА, 18 авг - РИА Новости. Министр", "РИА Новости", "RIA Novosti"},
		{"Москва. 18 августа. INTERFAX.RU - Министр", "INTERFAX.RU", "Interfax"},
		{"New Delhi, Aug 18 (PTI) The minister", "PTI", "PTI"},
		{"New Delhi [India], August 18 (ANI): The minister", "ANI", "ANI"},
		{"KUALA LUMPUR, Aug 18 (Bernama) -- The minister", "Bernama", "Bernama"},
		{"Jakarta (ANTARA) - The minister", "ANTARA", "Antara"},
		{"Hanoi (VNA) – The minister", "VNA", "VNA"},
		{"Taipei, Aug. 18 (CNA) The minister", "CNA", "CNA Taiwan"},
		{"Accra, Aug. 18, GNA – The minister", "GNA", "GNA"},
		{"Abuja, Aug. 18, 2026 (NAN) The minister", "NAN", "NAN"},
		{"ABU DHABI, 18th August, 2026 (WAM) -- The", "WAM", "WAM"},
		{"Amman, Aug. 18 (Petra) -- The", "Petra", "Petra"},
		{"Tehran, IRNA – The minister", "IRNA", "IRNA"},
		{"ISTANBUL (AA) - The minister", "AA", "Anadolu Agency"},
		{"Praha 18. srpna (ČTK) - Ministr", "ČTK", "ČTK"},
		{"ZAGREB, 18. kolovoza 2026. (Hina) - Ministar", "Hina", "Hina"},
		{"Oslo (NTB): Ministeren", "NTB", "NTB"},
		{"Aug. 18 (UPI) -- A bear", "UPI", "UPI"},
		{"الرياض 18 أغسطس (رويترز) - قال", "رويترز", "Reuters"},
		{"(Bloomberg) -- Stocks rose", "Bloomberg", "Bloomberg"},
		{"(Bloomberg Opinion) -- Stocks", "Bloomberg Opinion", "Bloomberg"},
		{"NEW YORK, Aug. 18, 2026 /PRNewswire/ -- Example Corp", "PRNewswire", "PR Newswire"},
		{"NEW YORK--(BUSINESS WIRE)--Example Corp", "BUSINESS WIRE", "Business Wire"},
		{"TORONTO, Aug. 18, 2026 (GLOBE NEWSWIRE) -- Example", "GLOBE NEWSWIRE", "GlobeNewswire"},
		{"TORONTO, Aug. 18, 2026 /CNW/ - Example", "CNW", "CNW"},

		{"［東京　１８日　ロイター］ - 肥後銀行は", "ロイター", "Reuters"},
		{"［１８日　ロイター］ - ウクライナ当局", "ロイター", "Reuters"},
		{"[ワシントン １８日 ロイター] - 米国防総省", "ロイター", "Reuters"},
		{"Jane Doe　John Roe\n\n[１７日 ロイター] - 債券市場", "ロイター", "Reuters"},
		{"（一部文言を修正しました）\n\nJane Doe\n\n［１８日　ロイター］ - 連邦地裁", "ロイター", "Reuters"},
		{"【ロンドン共同】英国の首相は", "共同", "Kyodo News"},
		{"【北京共同＝山田太郎】中国の", "共同", "Kyodo News"},
		{"【北京=共同】中国の", "共同", "Kyodo News"},
		{"【ワシントン時事】米国の", "時事", "Jiji Press"},
		{"【8月18日 AFP】フランスの", "AFP", "AFP"},
		{"【パリAFP＝時事】フランスの", "AFP", "AFP"},
		{"【新華社北京8月18日】中国の", "新華社", "Xinhua"},
		{"（ブルームバーグ）： 英国では", "ブルームバーグ", "Bloomberg"},
		{"新华社北京8月18日电（记者张三）", "新华社", "Xinhua"},
		{"中新社上海8月18日电 上海", "中新社", "China News Service"},
		{"（中央社記者王小明台北18日電）台灣", "中央社", "CNA Taiwan"},
		{"(서울=연합뉴스) 홍길동 기자 = 정부는", "연합뉴스", "Yonhap News Agency"},
		{"[서울=뉴시스] 홍길동 기자 = 정부는", "뉴시스", "Newsis"},
	} {
		m, ok := r.Dateline(tt.text)
		if !ok || tt.text[m.Start:m.End] != tt.sign || m.Outlet.Name != tt.outlet {
			t.Errorf("%q:\n got %q of %q, %v; want %q of %q", tt.text, tt.text[m.Start:m.End], m.Outlet.Name, ok, tt.sign, tt.outlet)
		}
	}
}

func TestNoDateline(t *testing.T) {
	r := load(t)
	for _, text := range []string{
		"",
		"A plain opening paragraph about nothing much.",
		"The minister told an agency (Reuters) - and nobody else - that",
		"The agency (AFP) said on Tuesday",
		"Shares of the company (AP) rose",
		"The Associated Press (AP) — founded in 1846 — has a new office",
		"Deutsche Presse-Agentur (dpa) - die Agentur",
		"The photo (AP Photo/Jane Doe) - taken on Monday",
		"WASHINGTON (FBI) - An office",
		"HELSINKI - Lakes froze early, Reuters reported (on Monday)",
		"Moderna (MRNA.O) - shares rose",
		"A storm hit the coast, said the service, GNA – a state agency",
		"He told [Reuters] that it was over",
		"Officials said on Tuesday 18 (AFP) reported",
		"Use the file /AP/ - it is there",
		"共同で発表した。時事問題について",
		"【政治・時事】国会は",
		"【欧州市況】国債下落",
		"（写真）：ロイター",
		"首相は（ロイター）：と述べた",
		"新华社记者说，8月18日",
		"(오늘=내일) 홍길동",
		strings.Repeat("Many words stand before it. ", 10) + "\nHELSINKI (Reuters) - Lakes froze.",
	} {
		if m, ok := r.Dateline(text); ok {
			t.Errorf("%q: found %q of %q", text, text[m.Start:m.End], m.Outlet.Name)
		}
	}
}

func TestCredits(t *testing.T) {
	r := load(t)
	for text, want := range map[string]string{
		"© 2026 Agence France-Presse": "rights AFP",
		"© AFP":                       "rights AFP",
		"Copyright 2026 The Associated Press. All rights reserved.": "rights The Associated Press",
		"(c) dpa-infocom GmbH":                                                 "rights dpa",
		"©2026 Bloomberg L.P.":                                                 "rights Bloomberg",
		"Copyright (c) 2026 by United Press International":                     "rights UPI",
		"With inputs from PTI":                                                 "part PTI",
		"(with agency inputs from ANI)":                                        "part ANI",
		"With reporting by The Wall Street Journal":                            "part The Wall Street Journal",
		"It rained. The Associated Press contributed to this report.":          "part The Associated Press",
		"Mit Material von dpa":                                                 "part dpa",
		"Mit Agenturmaterial der AFP":                                          "part AFP",
		"Con información de EFE":                                               "part EFE",
		"(avec l'AFP)":                                                         "part AFP",
		"(avec AFP)":                                                           "part AFP",
		"Com informações da Reuters":                                           "part Reuters",
		"(Reporting by Jane Doe in Nairobi; Editing by John Roe)":              "byline Reuters",
		"(Reporting by Jane Doe and Ann Poe; Additional reporting by Max Moe)": "byline Reuters",
		"Source: AFP":                                                          "byline AFP",
		"そう述べた。（共同）":                                                           "byline Kyodo News",
		"国会は閉会した。（ロイター＝共同）":                                                    "byline Reuters",
		"He waits. (Photo: Jane Doe, AP)":                                      "",
		"He waits. (Jane Doe / Chicago Tribune)":                               "",
		"Example News' Jane Doe and the Associated Press contributed to this report.": "part The Associated Press",
		"Times staff writer Jane Doe contributed to this report.":                     "",
		"Copyright 2026 Example Media":                                                "",
		"With inputs from the neighbours":                                             "",
		"His grandfather contributed to this report.":                                 "",
		"Reporting by the minister was late, editing came later by a day or two.":     "",
		"Quelle: eigene Recherche":                                                    "",
	} {
		var got []string
		for _, c := range r.Credits(text) {
			got = append(got, string(c.Kind)+" "+c.Outlet.Name)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestDatelineReadsNoLongTexts(t *testing.T) {
	r := load(t)
	for cut := range 40 { // the limit may fall inside a character
		text := strings.Repeat("x", cut) + strings.Repeat("東京", 100) + "［１８日　ロイター］"
		if m, ok := r.Dateline(text); ok {
			t.Fatalf("found %+v", m)
		}
	}
}
