package greader

import (
	"net/http"
	"strconv"
	"time"

	"headwater/internal/news"
)

func (c *call) userInfo() error {
	id := strconv.FormatInt(c.user.ID, 10)
	return c.json(map[string]string{
		"userId": id, "userName": c.user.Name, "userProfileId": id, "userEmail": c.user.Name,
	})
}

func (c *call) preferences() error { return c.json(map[string][]string{"prefs": {}}) }

func (c *call) streamPreferences() error {
	return c.json(map[string]map[string]string{"streamprefs": {}})
}

type tag struct {
	ID   string `json:"id"`
	Type string `json:"type,omitempty"`
}

func (c *call) tagList() error {
	if err := c.onlyJSON(); err != nil {
		return err
	}
	shelf, err := c.shelf()
	if err != nil {
		return err
	}
	labels, err := c.backend.Labels(c.ctx(), c.user.ID)
	if err != nil {
		return err
	}
	tags := []tag{{ID: statePrefix + stateStarred}, {labelPrefix + shelf.once, "tag"}}
	for _, f := range shelf.folders {
		tags = append(tags, tag{labelPrefix + f, "folder"})
	}
	for _, t := range shelf.topics {
		tags = append(tags, tag{labelPrefix + t.label, "tag"})
	}
	for _, l := range labels {
		if !shelf.taken[l] {
			tags = append(tags, tag{labelPrefix + l, "tag"})
		}
	}
	return c.json(map[string][]tag{"tags": tags})
}

// editTag marks articles as read or unread, and puts stars and labels on and off. What is for sharing with friends is
// taken and means nothing.
func (c *call) editTag() error {
	ids, err := c.items(maxEdited)
	if err != nil {
		return err
	}
	m := news.Marking{Articles: ids}
	for _, a := range c.r.Form["a"] {
		if err := c.mark(&m, a, false); err != nil {
			return err
		}
	}
	for _, r := range c.r.Form["r"] {
		if err := c.mark(&m, r, true); err != nil {
			return err
		}
	}
	if m.Read && m.Unread {
		return bad("an article cannot be marked as read and as unread at once")
	}
	if err := c.backend.MarkItems(c.ctx(), c.user.ID, m); err != nil {
		return err
	}
	return c.ok()
}

func (c *call) mark(m *news.Marking, id string, off bool) error {
	kind, name, ok := c.split(id)
	if ok && kind == "state" {
		return markState(m, id, name, off)
	}
	label, err := c.label(id)
	if err != nil {
		return err
	}
	if off {
		m.DropOff = append(m.DropOff, label)
		return nil
	}
	shelf, err := c.shelf()
	if err != nil {
		return err
	}
	m.AddLabels = append(m.AddLabels, label)
	return shelf.mayHold(label)
}

func markState(m *news.Marking, id, name string, off bool) error {
	switch {
	case name == stateRead && !off:
		m.Read = true
	case name == stateRead, name == stateUnread && !off, name == stateTracked && !off:
		m.Unread = true
	case name == stateStarred && off:
		m.DropOff = append(m.DropOff, "")
	case name == stateStarred:
		m.AddLabels = append(m.AddLabels, "")
	case name == stateUnread, name == stateTracked, name == stateBroadcast, name == stateLike, name == stateAll, name == "fresh":
	default:
		return bad("%q is no state that is kept here", id)
	}
	return nil
}

// named gives the label of the parameter s and what it is.
func (c *call) named() (label string, topic shelved, shelf *shelf, err error) {
	if shelf, err = c.shelf(); err != nil {
		return "", topic, nil, err
	}
	if label, err = c.label(c.r.FormValue("s")); err != nil {
		return "", topic, nil, err
	}
	topic, isTopic := shelf.topic(label)
	if label == shelf.once || isTopic && topic.User == 0 {
		return "", topic, nil, problem(http.StatusForbidden, "%q is not yours to change", label)
	}
	return label, topic, shelf, nil
}

func (c *call) renameTag() error {
	label, topic, shelf, err := c.named()
	if err != nil {
		return err
	}
	to, err := c.label(c.r.FormValue("dest"))
	if err != nil {
		return err
	}
	if err := shelf.mayHold(to); err != nil {
		return err
	}
	if topic.User != 0 {
		topic.Name = to
		err = c.backend.ChangeTopic(c.ctx(), topic.Topic)
	} else {
		err = c.renameLabel(shelf, label, to)
	}
	if err != nil {
		return err
	}
	return c.ok()
}

func (c *call) renameLabel(shelf *shelf, label, to string) error {
	labels, err := c.backend.Labels(c.ctx(), c.user.ID)
	if err != nil {
		return err
	}
	known := shelf.taken[label]
	for _, l := range labels {
		known = known || l == label
	}
	if !known {
		return problem(http.StatusNotFound, "there is no label %q", label)
	}
	return c.backend.RenameLabel(c.ctx(), c.user.ID, label, to)
}

func (c *call) disableTag() error {
	label, topic, shelf, err := c.named()
	if err != nil {
		return err
	}
	if topic.User != 0 {
		err = c.backend.RemoveTopic(c.ctx(), c.user.ID, topic.Name)
	} else {
		err = c.renameLabel(shelf, label, "")
	}
	if err != nil {
		return err
	}
	return c.ok()
}

// markAllAsRead marks a stream as read, of what was seen here by the time given: what came later the reader has not shown.
func (c *call) markAllAsRead() error {
	id, err := c.pathStream()
	if err != nil {
		return err
	}
	var sel selection
	if err := c.add(&sel, id, false); err != nil {
		return err
	}
	ts, err := c.number("ts", 0)
	if err != nil {
		return bad("ts=%q is no time; give microseconds since 1970", c.r.FormValue("ts"))
	}
	until := instant(ts)
	if until.IsZero() {
		until = c.now()
	}
	l := news.ItemList{In: sel.in, Out: sel.out, Until: until.Truncate(time.Millisecond).Add(time.Millisecond)}
	if err := c.backend.MarkAllRead(c.ctx(), c.user.ID, l); err != nil {
		return err
	}
	return c.ok()
}
