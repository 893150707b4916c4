// Package notify sends what changed to people and servers outside.
//
//	story log -> topics (their watermark) -> alerts (their watermark): told + outbox -> a goroutine an alert -> webhook, ntfy, mail
//
// Alerts (alerts.go) adds and tests alerts: who gets the stories of a topic, and how. Queue (queue.go) reads the story log
// behind the topics, stores what is to be delivered, and delivers it. A Sender sends one message: by a signed webhook
// (webhook.go), to an ntfy server (ntfy.go), or by mail (mail.go); send.go chooses. Publisher (hub.go) notifies a WebSub
// hub that our own feeds changed.
//
// # What is told
//
// An alert tells one receiver of each story of one topic once, when the story begins to match (news.Alert.Reason). Where
// that is wanted, it tells again once when so many outlets carry the story, and once when its original joins it: when the
// origin is an article of ours and more than "Earliest seen". Nobody is told of what matched before the alert was added, of
// what a topic finds of old stories after it was changed, or of a story whose articles came out more than a day before the
// alert and their feed were added. So what an archive brings is shown and told to nobody, and so are undated articles,
// until something new joins the story.
//
// # Delivery
//
//   - What is told and what waits change in one transaction with the watermark (store/alerts.go), so a story is queued once
//     whatever happens. What was told of a story that goes into another counts for that; what waits for both waits once.
//   - Delivery is at least once: a row leaves the outbox in the transaction that notes that it was taken. A process that is
//     killed in between sends it again, with the same id. Receivers tell a repeat by webhook-id, ntfy from 2.16 on by
//     X-Sequence-ID, mail programs by Message-ID.
//   - One alert sends one message after the other, and alerts send at the same time: a receiver that never answers costs
//     its own alert 15 s and no other anything. A server looks every 2 s; `headwater poll` delivers for 10 s at its end.
//   - After a failure message and alert wait 30 s, twice as long each time up to 4 h, a tenth more or less; or for
//     Retry-After, a day at most. After 15 tries, or when the alert has failed for a day, what has waited for a day is
//     given up, and the log says so. 410 ends the alert; a test that is taken begins it anew. The last problem is shown
//     with the alert. A message that the end of the program interrupts is no failure.
//
// # Ways
//
//   - Webhooks follow Standard Webhooks 1.0.0: webhook-id, webhook-timestamp of the try, and webhook-signature "v1," with
//     HMAC-SHA256 over id.timestamp.body. The secret (whsec_, 256 random bits) is made for each alert and shown once. The
//     body has type (story.new, story.grown, story.original, story.test), timestamp and data: reason, topic, link, and the
//     story as the REST API shows it, as it is when it is sent.
//   - ntfy gets a POST to the topic's address, with Title, Click and Tags. Headers are encoded words, so that no title adds
//     one.
//   - Mail has all that waits in one message, at a cron time (UTC; seven o'clock where no other is given) or at once, and
//     is not sent where nothing waits. A server without STARTTLS gets nothing unless smtp.tls is none.
//   - Connections are those of fetch.Client.Post and Dial: private addresses must stand in fetch.allow_private, redirects
//     are not followed, and 1 KB of an answer is read. An address with a password in it is refused, as lists would show it.
package notify
