// Package notify sends what changed to people and servers outside.
//
//	story log -> topics (their watermark) -> alerts (their watermark): told + outbox -> a goroutine an alert -> webhook, ntfy, mail
//
// Alerts (alerts.go) adds and tests alerts: who gets the stories of a topic, and how. Queue (queue.go) reads the story
// log behind the topics, stores deliveries, and delivers them. A Sender sends one message: by a signed webhook
// (webhook.go), to an ntfy server (ntfy.go), or by mail (mail.go); send.go chooses. Publisher (hub.go) notifies a WebSub
// hub of changes in our own feeds.
//
// Another kind of alert needs: its name in news/topic.go; a case in Check and Send (send.go) and a file beside ntfy.go; and its
// place in cmd/headwater/alert.go, serve/api/alert.go, serve/web/alerts.go and its template alerts.html.
//
// # What is told
//
// An alert tells one receiver of each story of one topic once, when the story begins to match (news.Alert.Reason). On
// request it tells once more when a given number of outlets carry the story, and once more when the original joins it:
// when the origin is an article of ours and more than "Earliest seen". It does not tell of a story that matched before
// the alert was added, or that a changed topic finds among old stories. Neither does it tell of a story if all articles
// were published more than a day before the alert and their feed were added. So stories of an archive are shown but not
// told. The same holds for undated articles, until something new joins their story.
//
// # Delivery
//
//   - The stories told of and the queue change in one transaction with the watermark (store/alerts.go), so a story is
//     queued exactly once, whatever happens. When a story is merged into another, the other counts as told of if either
//     was. A delivery that waits for both waits once.
//   - Delivery is at least once: a row is deleted from the outbox in the transaction that records its acceptance. If the
//     process is killed between acceptance and that transaction, the message is sent again with the same id. Receivers
//     recognise a repeat by webhook-id, ntfy from 2.16 on by X-Sequence-ID, mail programs by Message-ID.
//   - Each alert sends its messages one after the other, and alerts send at the same time. So a receiver that never
//     answers costs its own alert 15 s, and other alerts nothing. A server checks for deliveries every 2 s; `headwater
//     poll` delivers for 10 s at its end.
//   - After a failure the message and its alert wait 30 s, then twice as long each time up to 4 h, plus or minus a tenth;
//     or for Retry-After, at most a day. A delivery is given up after 15 tries. Once an alert has failed for a day, its
//     deliveries that have waited for a day are given up too, and the log says so. A 410 ends the alert; a successful
//     test starts it again. The last problem is shown with the alert. A message that is interrupted by the end of the
//     program is no failure.
//
// # Ways
//
//   - Webhooks follow Standard Webhooks 1.0.0: webhook-id, webhook-timestamp of the try, and webhook-signature "v1," with
//     HMAC-SHA256 over id.timestamp.body. Each alert has its own secret (whsec_, 256 random bits), which is shown once.
//     The body has type (story.new, story.grown, story.original, story.test), timestamp and data: reason, topic, link,
//     and the story in the form of the REST API, in its state at the time of sending.
//   - ntfy gets a POST to the topic's address, with Title, Click and Tags. Headers are encoded words, so that no title
//     can add a header.
//   - A mail contains all waiting stories. It is sent at a cron time (UTC; by default at seven o'clock) or at once, and
//     not if nothing waits. Servers without STARTTLS are refused unless smtp.tls is none.
//   - Connections are made by fetch.Client.Post and Dial: private addresses must be listed in fetch.allow_private,
//     redirects are not followed, and 1 KB of an answer is read. An address that contains a password is refused, since
//     lists would show it.
package notify
