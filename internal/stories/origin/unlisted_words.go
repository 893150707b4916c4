package origin

// Nouns for outlets that may stand before a name, by language.
var nouns = set(`newspaper, daily, weekly, tabloid, broadsheet, website, site, blog, magazine, broadcaster, channel, station, newswire, portal,
	periódico, diario, revista, semanario, cadena, emisora,
	jornal, diário, emissora, agência, agencia, agence, agenzia,
	journal, quotidien, hebdomadaire, chaîne,
	Zeitung, Tageszeitung, Zeitschrift, Magazin, Nachrichtenagentur, Nachrichtenportal, Sender, Boulevardblatt, Boulevardzeitung,
	quotidiano, giornale, rivista, settimanale, emittente, sito`)

// Those that may follow it.
var nounsAfter = []string{"newspaper", "daily", "news agency", "news site", "news website", "magazine", "tabloid", "broadcaster", "television", "radio"}

// What an outlet's noun may have before it besides nationalities.
var adjectives = set(`the, a, an, el, la, le, der, die, das, dem, den, il, lo, o, os, al, del, du, local, state, official, independent, influential, popular,
	conservative, liberal, business, financial, economic, daily, weekly, monthly, national, regional, leading, online, news, sports, private, respected,
	technology, tech, gossip, television, tv, radio, web, left-wing, opposition, investigative, rumor, de, noticias, notícias, satirical`)

// A noun after these is somebody's own: "said on its website".
var owners = set(`its, his, her, their, our, my, your, this, that, own, company, any, each, every`)

var nations = set(`French, German, Dutch, Greek, Swiss, Czech, Thai, Pakistani, Kuwaiti, Emirati, Yemeni, Qatari, Israeli, Iraqi, Afghan, Korea, China, Japan, India, Russia, Turkey, Israel, Iran, Iraq,
	Syria, Lebanon, Egypt, Britain, England, Scotland, Ireland, France, Germany, Spain, Italy, Portugal, Poland, Ukraine, Greece, Mexico, Brazil, Canada,
	Australia, Pakistan, Indonesia, Thailand, Vietnam, Nigeria, Kenya, Africa, America, Europe, US, U.S, UK, American, British, Kurdish, Arab, Hebrew`)

// Words that begin a sentence and no name.
var leading = set(`The, But, And, Meanwhile, As, In, On, At, When, While, Also, Yesterday, Today's, Earlier, Last, After, Before, According, Now, However,
	A, An, Citing, For, Since, From, By, To, If, So, Yet, Later, Still, Then, Both, Although, Though, Because, Via, Source, Sources, Told`)

// First words of what follows an outlet's noun and is no name: "told the newspaper Saturday".
var nobody = set(`Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, January, February, March, April, May, June, July, August, September,
	October, November, December, He, She, It, We, They, I, You, His, Her, Their, Its, There, That, This, These, Those, What, Who, Why, How, Where,
	Mr, Mrs, Ms, Dr, President, Prime, Minister, Senator, Sen, Rep, Gov, Governor, General, Chief, King, Queen, Prince, Police, Pope, Justice, Judge,
	Facebook, Twitter, YouTube, Instagram, Wikipedia, Reddit, Kickstarter, Craigslist, LinkedIn, Google, Apple, Amazon, Microsoft, eBay, Netflix, TV,
	Internet, Web, Online, News`)

// The last words of outlets' names.
var lasts = set(`News, Times, Post, Herald, Tribune, Journal, Gazette, Star, Mail, Telegraph, Observer, Beacon, Chronicle, Press, Daily, Weekly, Today,
	TV, Radio, Television, Magazine, Examiner, Inquirer, Courier, Dispatch, Bulletin, Ledger, Sentinel, Mirror, Insider, Newswire, Blog, Nieuws, Zeitung,
	Tageblatt, Anzeiger, Nachrichten, Rundfunk, Enquirer, Advertiser, Argus, Newspaper, Gazeta, Rumors`)

// Those by which alone an outlet that was named before is called.
var shorts = set(`Times, Post, Herald, Tribune, Journal, Gazette, Star, Mail, Telegraph, Observer, Beacon, Chronicle, Examiner, Inquirer, Courier, Dispatch,
	Bulletin, Ledger, Sentinel, Mirror, Insider, Globe, Bee, Republic, Monitor, Register, Review, Caller, Beast, Reporter`)

// Words of outlets' names that are nobody's surname.
var broadcasts = set(`TV, Radio, Television, News`)

// Their first words.
var firsts = set(`Daily, Radio, Diario, Diário, Jornal, Agencia, Agência, Agence, Agenzia, Televisión, Canal, Periódico, Corriere, Gazzetta`)

// Two words that are no outlet though the last one is an outlet's.
var noNames = set(`Canada Post, Australia Post, Royal Mail, Deutsche Post, Trading Post, Rising Star, Death Star, Lone Star, Gold Star, Movie Star, Pop Star,
	University Press, Oxford Press, Cambridge Press, New Times, Post Today, Radio Times, Radio Shack, Radio City, Great Today, Google News, Apple News, Yahoo Mail, Google Mail,
	Google Blog, Apple TV, Google TV, Amazon TV, Fire TV, Smart TV, Android TV, Washington Today, Oxford University Press, Command Post, Medical Examiner`)

// Last words that name no outlet after a nationality: "Colombian TV".
var generic = set(`TV, Radio, Television, Press, News, Magazine, Newspaper, Daily, Weekly, Blog`)

// First words that make two words no name.
var noFirst = set(`Breaking, Latest, Top, Good, Fake, More, Bad, Other, World's, Local, Big, Full, Live, Modern, Hard, End, First, Free, Special, Print, Direct, Internet,
	Satellite, Cable, Public, State, National, White, Military, Foreign, Related, Read, Federal, Reuters, AP, AFP, Official, Recent`)
