package parse

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// detect guesses the encoding of a document that is not UTF-8 and says nothing, or something wrong. A multi-byte
// encoding that decodes all of it into the letters of its language is hardly ever wrong; the rest is taken for
// Windows-1252, as browsers do, unless most words are Cyrillic.
func detect(doc []byte) encoding.Encoding {
	sample := doc[:min(len(doc), 1<<16)]
	var best encoding.Encoding = charmap.Windows1252
	top := 0.6
	for _, enc := range []encoding.Encoding{
		japanese.ShiftJIS, japanese.EUCJP, korean.EUCKR, simplifiedchinese.GBK, traditionalchinese.Big5, charmap.Windows1251, charmap.KOI8R,
	} {
		if s := score(enc, sample); s > top {
			best, top = enc, s
		}
	}
	return best
}

// score is the share of the characters beyond ASCII that are letters which the encoding's language uses much.
func score(enc encoding.Encoding, sample []byte) float64 {
	out, err := enc.NewDecoder().String(string(sample))
	if err != nil || !inRuns(sample) {
		return 0
	}
	good, all, lost := 0.0, 0.0, 0.0
	for _, r := range out {
		if r < 0x80 {
			continue
		}
		all++
		if r == unicode.ReplacementChar {
			lost++
		}
		good += weight(enc, r)
	}
	if all < 4 || lost > 1+all/50 {
		return 0
	}
	return good / all
}

// inRuns holds where two in five bytes beyond ASCII stand beside another one: they write whole words. In Western languages they
// are single letters among others, whatever Cyrillic or Chinese these would make.
func inRuns(sample []byte) bool {
	all, beside := 0, 0
	for i, c := range sample {
		if c < utf8.RuneSelf {
			continue
		}
		all++
		if i > 0 && sample[i-1] >= utf8.RuneSelf || i+1 < len(sample) && sample[i+1] >= utf8.RuneSelf {
			beside++
		}
	}
	return beside*5 >= all*2
}

func weight(enc encoding.Encoding, r rune) float64 {
	switch enc {
	case japanese.ShiftJIS, japanese.EUCJP:
		switch {
		case unicode.In(r, unicode.Hiragana) || r >= 0x30a0 && r <= 0x30ff || r >= 0x3000 && r <= 0x3002:
			return 1.2
		case unicode.Is(unicode.Han, r):
			return .8
		}
	case korean.EUCKR:
		if unicode.Is(unicode.Hangul, r) {
			return 1.1
		}
	case charmap.Windows1251, charmap.KOI8R:
		switch {
		case r >= 'а' && r <= 'я' || r == 'ё':
			return .9
		case unicode.Is(unicode.Cyrillic, r):
			return .3
		}
	default:
		return han(r)
	}
	return 0
}

// han weighs Chinese: the commonest characters and marks count most, so that the right one of two encodings wins.
func han(r rune) float64 {
	switch r {
	case '的', '一', '是', '不', '了', '人', '在', '有', '我', '他', '这', '這', '中', '大', '来', '來', '上', '国', '國', '个', '個', '到', '说', '說', '们', '們',
		'为', '為', '和', '地', '出', '时', '時', '要', '就', '年', '得', '新', '日', '月', '，', '。', '、', '：':
		return 1.5
	}
	if r >= 0x4e00 && r <= 0x9fff {
		return .85
	}
	return 0
}
