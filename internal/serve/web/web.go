// Package web serves the pages that people read and the combined feeds that their feed readers read. The pages work
// without JavaScript and load nothing from any other host.
//
// The combined feeds are /feeds/all, /feeds/topic/NAME, /feeds/folder/NAME, /feeds/feed/NUMBER, /feeds/search?q= and /feeds/t/SECRET, each as
// .atom, .rss and .json. Their parts are paged feeds (RFC 5005, section 3): a cursor is time and id of the last change, or the
// search's own. What changes moves to the front, where the next poll meets it. An entity tag follows from which stories a part
// holds as of which change, so that 304 is decided before a story is read. Only /feeds/all names the hub, which is notified of
// no other feed.
//
// A request goes to a page's handler (front.go, story.go, compare.go, correct.go, event.go, article.go, search.go, topics.go,
// alerts.go, outlets.go, feeds.go, settings.go, saving.go, help.go) or to a combined feed's (emit.go). The handler reads from the Backend, builds a view of what it
// shows (card.go, member.go, verdict.go, timeline.go, searchhelp.go, chart.go, feedwords.go, media.go) and renders the template of that name within
// the layout (layout.go). server.go has the Backend, and what all handlers share: errors, forms, security headers. What the search box
// suggests while somebody types is JSON for app.js (suggest.go). offline.go has what makes the pages an application that can be
// installed, with the service worker (static/sw.js) that keeps some of them.
package web

import (
	"cmp"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/ingress"
	"headwater/internal/serve/publish"
)

// Options for New. Only Backend and Access are required.
type Options struct {
	Backend    Backend
	Access     *access.Guard // says who may use what; nil lets nobody read anything
	Title      string        // of the site; empty means Headwater
	PublicURL  string        // absolute address of the front page, for links in feeds; empty means the host of each request
	Hub        string        // address of the WebSub hub that is notified when the feed of everything changes; "" is none
	Build      string        // version of the program; part of the entity tags of feeds, as another version may write them differently
	InstanceID string        // keeps the ids of our feed entries apart from those of other instances; see publish.Site
	// CheckQuery says what is wrong with a search, in words for the reader. Nil checks nothing.
	CheckQuery func(query string) error
	// CheckOwnQuery is CheckQuery for the search of a user, who may ask for is:unread. Nil is CheckQuery.
	CheckOwnQuery func(query string) error
	// CheckTopic says what is wrong with the options of a topic. Nil checks nothing.
	CheckTopic func(news.Topic) error
	Now        func() time.Time // nil means time.Now
	Locale     locale.Choice    // for readers who chose nothing
	Pictures   Pictures         // how those in articles are shown; the zero value makes links of them
	Players    Players          // how audio and video in articles are shown; the zero value makes links of them
	OIDC       *access.OIDC     // logins at a provider; nil has none, as in open mode
	MailDomain string           // of the mail addresses of newsletters
	NoMail     bool             // this server receives no mails
	Logger     *slog.Logger     // nil discards it
	Answered   ingress.Answered // takes note of each request; may be nil
}

// New makes the handler of all pages, of the combined feeds under /feeds/ and of the files under /static/.
func New(o Options) access.Routes {
	s := &server{
		backend:      o.Backend,
		oidc:         o.OIDC,
		guard:        o.Access,
		title:        cmp.Or(o.Title, "Headwater"),
		site:         publish.Site{URL: strings.TrimSuffix(o.PublicURL, "/"), Instance: o.InstanceID},
		hub:          o.Hub,
		build:        o.Build,
		checkQuery:   o.CheckQuery,
		checkOwn:     o.CheckOwnQuery,
		checkOptions: o.CheckTopic,
		now:          o.Now,
		choice:       o.Locale,
		log:          o.Logger,
		pictures:     o.Pictures,
		players:      o.Players,
		mailDomain:   o.MailDomain,
		noMail:       o.NoMail,
	}
	if s.checkQuery == nil {
		s.checkQuery = func(string) error { return nil }
	}
	if s.checkOwn == nil {
		s.checkOwn = s.checkQuery
	}
	if s.checkOptions == nil {
		s.checkOptions = func(news.Topic) error { return nil }
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.files = loadAssets()
	s.pages = loadPages(s.files)
	s.starters = loadStarters()
	mux := access.NewRouter(o.Access, s.refuseViewer)
	for pattern, rt := range map[string]route{
		"GET /{$}":                     {access.Reader, s.front},
		"GET /latest":                  {access.Reader, s.latest},
		"GET /story/{id}":              {access.Reader, s.ofStory("", s.story)},
		"GET /story/{id}/compare":      {access.Reader, s.ofStory("/compare", s.compare)},
		"GET /event/{id}":              {access.Reader, s.event},
		"GET /story/{id}/correct":      {access.Editor, s.ofStory("/correct", s.correct)},
		"POST /story/{id}/split":       {access.Editor, s.correcting(s.splitStory)},
		"POST /story/{id}/merge":       {access.Editor, s.correcting(s.mergeStories)},
		"POST /story/{id}/origin":      {access.Editor, s.correcting(s.setOrigin)},
		"GET /corrections":             {access.Reader, s.corrections},
		"GET /article/{id}":            {access.Reader, s.article},
		"GET /unread":                  {access.Reader, s.readPage(listUnread)},
		"GET /starred":                 {access.Reader, s.readPage(listStarred)},
		"GET /history":                 {access.Reader, s.readPage(listHistory)},
		"GET /hidden":                  {access.Reader, s.readPage(listHidden)},
		"GET /label/{name}":            {access.Reader, s.readPage(listLabel)},
		"GET /labels":                  {access.Reader, s.labels},
		"POST /label/{name}":           {access.Reader, s.changeLabel},
		"POST /article/{id}/labels":    {access.Reader, s.labelArticle},
		"POST /article/{id}/save":      {access.Reader, s.saveArticle},
		"POST /marks":                  {access.Reader, s.setMarks},
		"POST /marks/all":              {access.Reader, s.markAll},
		"POST /marks/undo":             {access.Reader, s.undoMarks},
		"GET /keys":                    {access.Reader, s.keys},
		"GET /search":                  {access.Reader, s.search},
		"GET /suggest":                 {access.Reader, s.suggest},
		"GET /topics":                  {access.Reader, s.topics},
		"POST /topics":                 {access.Reader, s.addTopic},
		"GET /topic/{name}":            {access.Reader, s.topic},
		"POST /topic/{name}":           {access.Reader, s.changeTopic},
		"POST /topic/{name}/seen":      {access.Reader, s.seeTopic},
		"POST /topic/{name}/secret":    {access.Reader, s.topicAction(s.renewSecret)},
		"POST /topic/{name}/revoke":    {access.Reader, s.topicAction(s.revokeSecret)},
		"POST /topic/{name}/remove":    {access.Reader, s.removeTopic},
		"GET /feeds/{file}":            {access.Emitted, s.emitFile},
		"GET /feeds/topic/{file}":      {access.Emitted, s.emitTopic},
		"GET /feeds/folder/{file}":     {access.Emitted, s.emitFolder},
		"GET /feeds/t/{file}":          {access.Anyone, s.emitSecret},
		"GET /feeds/t/{secret}/{file}": {access.Anyone, s.emitSecretFolder},

		"GET /feeds":                 {access.Reader, s.feeds},
		"POST /feeds":                {access.Feeds, s.addFeed},
		"GET /feeds/add":             {access.Feeds, s.addPage},
		"POST /feeds/newsletter":     {access.Feeds, s.addNewsletter},
		"POST /feeds/folders":        {access.Feeds, s.restoreFolder},
		"GET /feeds/start":           {access.Feeds, s.startPage},
		"POST /feeds/start":          {access.Feeds, s.addStarters},
		"GET /feeds/change":          {access.Reader, s.feedsAgain},
		"POST /feeds/change":         {access.Feeds, s.changeFeeds},
		"GET /feeds/import":          {access.Feeds, s.importPage},
		"POST /feeds/opml":           {access.Feeds, s.importList},
		"GET /feeds/opml":            {access.Reader, s.exportList},
		"GET /feeds/feed/{file}":     {access.Emitted, s.emitFeed},
		"GET /feed/{id}":             {access.Reader, s.feed},
		"POST /feed/{id}":            {access.Feeds, s.changeFeed},
		"POST /feed/{id}/refresh":    {access.Feeds, s.refreshFeed},
		"POST /feed/{id}/pause":      {access.Feeds, s.pauseFeed},
		"POST /feed/{id}/resume":     {access.Feeds, s.resumeFeed},
		"POST /feed/{id}/remove":     {access.Feeds, s.removeFeed},
		"GET /folder/{name}":         {access.Reader, s.folder},
		"POST /folder/{name}":        {access.Feeds, s.changeFolder},
		"POST /folder/{name}/remove": {access.Feeds, s.removeFolder},

		"GET /topic/{name}/alerts":              {access.Reader, s.alerts},
		"POST /topic/{name}/alerts":             {access.Reader, s.addAlert},
		"POST /topic/{name}/alerts/{id}":        {access.Reader, s.changeAlert},
		"POST /topic/{name}/alerts/{id}/test":   {access.Reader, s.testAlert},
		"POST /topic/{name}/alerts/{id}/remove": {access.Reader, s.removeAlert},

		"GET " + rulesPath:        {access.Reader, s.rules},
		"POST " + rulesPath:       {access.Reader, s.addRule},
		"GET /rules/{id}":         {access.Reader, s.rule},
		"POST /rules/{id}":        {access.Reader, s.changeRule},
		"POST /rules/{id}/pause":  {access.Reader, s.onRule(s.pauseRule(true))},
		"POST /rules/{id}/resume": {access.Reader, s.onRule(s.pauseRule(false))},
		"POST /rules/{id}/apply":  {access.Reader, s.onRule(s.applyRule)},
		"POST /rules/{id}/undo":   {access.Reader, s.onRule(s.undoRule)},
		"POST /rules/{id}/remove": {access.Reader, s.onRule(s.removeRule)},

		"GET /outlets":               {access.Reader, s.outlets},
		"GET /outlet/{key}":          {access.Reader, s.outlet},
		"POST /outlet/{key}":         {access.Editor, s.changeOutlet},
		"POST /outlet/{key}/restore": {access.Editor, s.restoreOutlet},

		"POST /corrections/{id}/forget": {access.Editor, s.forgetCorrection},

		"GET /login": {access.Visitor, s.showLogin},

		"GET /login/oidc":                  {access.Visitor, s.atProvider(s.beginOIDC)},
		"GET " + access.OIDCCallback:       {access.Visitor, s.atProvider(s.finishOIDC)},
		"GET /account/logins":              {access.Reader, s.atProvider(s.logins)},
		"POST /account/logins":             {access.Reader, s.atProvider(s.linkOIDC)},
		"POST /account/logins/{id}/remove": {access.Reader, s.atProvider(s.unlinkOIDC)},

		"POST /login":  {access.Visitor, s.login},
		"POST /logout": {access.Visitor, s.logout},

		"GET /account":                    {access.Reader, s.account},
		"POST /account/password":          {access.Reader, s.changePassword},
		"POST /account/sessions/{id}/end": {access.Reader, s.endSession},
		"POST /account/sessions/end":      {access.Reader, s.endSessions},
		"POST /account/tokens":            {access.Reader, s.addToken},
		"POST /account/tokens/{id}/end":   {access.Reader, s.endToken},
		"POST /account/feeds":             {access.Reader, s.renewFeedSecret},

		"GET /users":                {access.Admin, s.users},
		"POST /users":               {access.Admin, s.addUser},
		"POST /users/settings":      {access.Admin, s.setAccess},
		"POST /users/{id}/role":     {access.Admin, s.changingUser("role", s.setRole)},
		"POST /users/{id}/password": {access.Admin, s.changingUser("password", s.setUserPassword)},
		"POST /users/{id}/logins":   {access.Admin, s.changingUser("logins", s.endLogins)},
		"POST /users/{id}/remove":   {access.Admin, s.changingUser("removed", s.removeUser)},
		"GET /audit":                {access.Admin, s.audit},

		"GET /settings":  {access.Reader, s.settings},
		"POST /settings": {access.Reader, s.setSettings},

		"GET " + helpPath:                      {access.Visitor, s.helpPage},
		"GET " + helpPath + "/{name}":          {access.Visitor, s.helpPage},
		"GET " + helpPath + "/pictures/{file}": {access.Anyone, s.helpPicture},

		"GET /settings/saving":              {access.Reader, s.saving},
		"POST /settings/saving":             {access.Reader, s.addTarget},
		"POST /settings/saving/{id}":        {access.Reader, s.changeTarget},
		"POST /settings/saving/{id}/test":   {access.Reader, s.checkTarget},
		"POST /settings/saving/{id}/retry":  {access.Reader, s.retryTarget},
		"POST /settings/saving/{id}/remove": {access.Reader, s.removeTarget},

		"GET /offline":              {access.Visitor, s.offline},
		"GET /sw.js":                {access.Anyone, s.serviceWorker},
		"GET /manifest.webmanifest": {access.Anyone, s.manifest},
		"GET /opensearch.xml":       {access.Anyone, s.openSearch},
		"GET /favicon.ico":          {access.Anyone, s.favicon},
	} {
		mux.Handle(pattern, rt.need, s.handle(rt.handler))
	}
	mux.Handle("GET /static/{file}", access.Anyone, s.files)
	mux.Handle("GET "+picturesPath+"{seal}/{address}", access.Reader, s.pictures.serve(s.log))
	mux.Handle("GET "+recordingsPath+"{seal}/{address}", access.Reader, s.players.serve(s.log))
	mux.Handle("/", access.Visitor, s.handle(func(w http.ResponseWriter, r *http.Request) error { // no route, or none for the method
		allowed := strings.Join(mux.Methods(r), ", ")
		if allowed == "" {
			return notFound("There is no page at this address.")
		}
		w.Header().Set("Allow", allowed)
		return problem{Status: http.StatusMethodNotAllowed, Heading: "That does not work", Message: "This address does not take that kind of request, only %s.", Args: []any{allowed}}
	}))
	return mux.Routes(ingress.Watch(o.Answered, secure(o.PublicURL, mux, http.HandlerFunc(s.refuse))))
}
