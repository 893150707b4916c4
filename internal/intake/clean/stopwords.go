package clean

import "strings"

// stopWords are frequent words, in lower case, that tell the languages of the Latin script apart.
var stopWords = [...]struct{ lang, words string }{
	{"en", `the of and to in is that for on with as by at from has have was were are be his her its their they this will an
		after over not but who says said would about more than up out new it he she could been which what how why says say amid into against
		first year years day days week when while us new set before during off down under only other some two`},
	{"es", `el la los las de del que en y un una por con para se su al es como más pero sus le ha este esta lo son entre
		sobre tras desde sin hasta han fue será muy también según ante hoy años no`},
	{"pt", `o a os as do da dos das que em e um uma por com para se ao é como mais mas seus são entre sobre após desde sem
		até foi será muito também segundo não no na nos nas pelo pela à ou diz contra ele`},
	{"fr", `le la les de des du que et en un une pour par avec dans sur est au aux ce qui ne pas plus son sa ses sont a été
		après mais il elle ont cette comme selon leur entre d l à se`},
	{"de", `der die das und in den von zu mit ist des für auf im dem nicht ein eine als auch es an werden aus er hat dass
		sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis`},
	{"it", `il lo la i gli le di del della dei delle che e in un una per con da nel nella sono è non si al alla come più ma
		anche dal dopo ha hanno sul sulla tra contro degli ai alle suo sua`},
	{"nl", `de het een en van in is dat op te voor met zijn niet aan er om ook als maar bij door naar uit wordt heeft hebben
		over nog na worden deze tot dan wel geen meer hij ze werd`},
	{"sl", `je in na se da za so v z ki pa s bi po tudi kot od iz ni pri še do bo to le ob bil več med že ker zaradi
		smo bila lahko svoje njegov`},
	{"hr", `je u i na se da za su s što od će ne koji iz kako o po nije do bi uz samo koja kao te bio više ali nakon
		prema biti još godine sve zbog`},
	{"sv", `och i att det som en på är av för med den till inte om har de ett men från vid var efter kan så ska under mot
		sig eller säger hade nu över när sin`},
	{"da", `og i at det som en på er af for med den til ikke om har de et men fra ved var efter kan så skal mod sig eller
		siger havde nu over når blev også være ind`},
	{"no", `og i at det som en på er av for med den til ikke om har de et men fra ved var etter kan så skal mot seg eller
		sier hadde nå over når ble også være inn`},
	{"fi", `ja on ei että se oli ovat hän mutta myös kun joka mukaan kuin tai jo vain sen sekä ole olla ovat vuoden nyt
		sitä niin hänen kertoo jälkeen`},
	{"pl", `w i na z się do nie że to jest o po jak za od przez dla ale są przy co tym oraz czy już być tego ma ze które
		który także jego był roku`},
	{"cs", `a v na se je že s z do o to i k ve za po pro ale jako od jsou by podle při již byl není také jeho ze která
		který jen už může které`},
	{"sk", `a v na sa je že s z do o to aj k vo za po pre ale ako od sú by podľa pri už bol nie jeho zo ktorá ktorý len
		môže ktoré bude však`},
	{"hu", `a az és hogy nem is egy meg ez volt de csak már el mint azt szerint még ki van majd lesz vagy után lehet
		pedig mert ami aki be`},
	{"ro", `și în de la a cu pe că nu din o pentru este un să au fi mai care al ale se sau prin după fost ce cele lui
		ar până între sunt`},
	{"tr", `ve bir bu da de için ile olarak olan daha çok en gibi sonra kadar ise ne var değil olduğu dedi göre ancak
		ya her tarafından etti oldu`},
	{"id", `yang dan di ini itu dengan untuk dari pada dalam tidak akan ke oleh juga ada adalah telah sebagai bisa saat
		karena tersebut para lebih sudah kata mereka`},
	{"vi", `và của là có cho không được các một những trong với đã này người khi để năm tại về từ đến theo trên cũng
		như ra vào sẽ ông`},
	{"ca", `el la els les de del que en i un una per amb al és com més però seu han ha ser no aquest aquesta sobre entre
		als dels fins també ja va segons són perquè`},
	{"et", `ja on ei et see oli kui ta mis aga ning ka või oma selle siis nii kes pärast veel juba eest üle olla`},
	{"lv", `un ir ka no ar par uz lai arī kas bet pēc to tika bija kā gan tas vai pie jau līdz šo savu`},
	{"lt", `ir kad į iš su yra tai bet apie už po kaip buvo dėl nuo bei jau taip ar tik per dar prie savo`},
	{"sq", `dhe në të e që për me nga një është si se do ka nuk u është kjo ky janë pas edhe më ishte`},
}

const longestStopWord = 11 // bytes; a longer word is none

var stopIndex = indexStopWords()

// stopLengths has a bit for each length of the stop words that begin alike: most words need not be looked up.
var stopLengths = func() (lengths [1 << 10]uint16) {
	for w := range stopIndex {
		lengths[stopStart(w)] |= 1 << len(w)
	}
	return lengths
}()

// stopStart returns a number below 1024 for how a word begins, whatever the case of its letters. Others may have the same.
func stopStart(w string) int {
	start := int(w[0]&31) << 5
	if len(w) > 1 {
		start |= int(w[1] & 31)
	}
	return start
}

func indexStopWords() map[string]uint32 {
	index := map[string]uint32{}
	for i, l := range stopWords {
		for _, w := range strings.Fields(l.words) {
			index[w] |= 1 << i
		}
	}
	return index
}
