package notify

import (
	"context"
	"fmt"
	"mime"
	"net/http"

	"headwater/internal/news"
)

// maxTitle limits titles and subjects, in characters.
const maxTitle = 200

// ntfy publishes to the topic of an ntfy server (docs.ntfy.sh/publish). Header values are encoded (RFC 2047), so that no
// title can add a header. A repeated message has the same sequence id; ntfy from 2.16 on replaces the first one by it.
func (s *Sender) ntfy(ctx context.Context, m Message) error {
	item, err := onlyItem(m)
	if err != nil {
		return err
	}
	header := http.Header{
		"Content-Type":  {"text/plain; charset=utf-8"},
		"Title":         {mime.BEncoding.Encode("utf-8", line(item.Story.Title, maxTitle))},
		"Click":         {s.link(item.Story)},
		"Tags":          {ntfyTags(item.Reason)},
		"X-Sequence-Id": {item.ID},
	}
	if m.Alert.Secret != "" {
		header.Set("Authorization", "Bearer "+m.Alert.Secret)
	}
	text := fmt.Sprintf("%s. %s\n%s", reasonText(item.Reason), attribution(item.Story), line(m.Topic.Name, maxTitle))
	return s.post(ctx, m.Alert.Target, header, []byte(text))
}

// ntfyTags returns the names of emoji that ntfy shows before the title.
func ntfyTags(r news.AlertReason) string {
	switch r {
	case news.ReasonGrown:
		return "newspaper,chart_with_upwards_trend"
	case news.ReasonOriginal:
		return "newspaper,mag"
	case news.ReasonTest:
		return "newspaper,test_tube"
	}
	return "newspaper"
}
