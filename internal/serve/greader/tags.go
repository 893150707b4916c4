package greader

import (
	"net/http"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/access"
)

type tag struct {
	ID   string `json:"id"`
	Type string `json:"type,omitempty"`
}

func (c *call) tagList() error {
	if err := c.onlyJSON(); err != nil {
		return err
	}
	l, err := c.labels()
	if err != nil {
		return err
	}
	own, err := c.backend.Labels(c.ctx(), c.user.ID)
	if err != nil {
		return err
	}
	tags := []tag{{ID: statePrefix + stateStarred}, {labelPrefix + l.once, "tag"}}
	for _, f := range l.folders {
		tags = append(tags, tag{labelPrefix + f, "folder"})
	}
	for _, t := range l.topics {
		tags = append(tags, tag{labelPrefix + t.label, "tag"})
	}
	for _, name := range own {
		if !l.taken[name] {
			tags = append(tags, tag{labelPrefix + name, "tag"})
		}
	}
	return c.json(map[string][]tag{"tags": tags})
}

// editTag marks articles as read or unread, and adds and removes stars and labels. States for sharing with friends are
// accepted and ignored.
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
	_, err = c.backend.MarkItems(c.ctx(), c.user.ID, m)
	return c.done(err)
}

func (c *call) mark(m *news.Marking, id string, remove bool) error {
	kind, name, ok := c.userStream(id)
	if !ok || kind != "state" {
		label, err := c.label(id)
		if err != nil {
			return err
		}
		if remove {
			m.DropOff = append(m.DropOff, label)
			return nil
		}
		l, err := c.labels()
		if err != nil {
			return err
		}
		m.AddLabels = append(m.AddLabels, label)
		return l.assignable(label)
	}
	switch {
	case name == stateRead && !remove:
		m.Read = true
	case name == stateRead, name == stateUnread && !remove, name == stateTracked && !remove:
		m.Unread = true
	case name == stateStarred && remove:
		m.DropOff = append(m.DropOff, "")
	case name == stateStarred:
		m.AddLabels = append(m.AddLabels, "")
	case name == stateUnread, name == stateTracked, name == stateBroadcast, name == stateLike, name == stateAll, name == "fresh":
	default:
		return bad("%q is no state that is kept here", id)
	}
	return nil
}

// renameTag renames a topic of the user's, or a folder and the user's label of that name.
func (c *call) renameTag() error {
	label, topic, l, err := c.ownLabel()
	if err != nil {
		return err
	}
	to, err := c.label(c.r.FormValue("dest"))
	if err != nil {
		return err
	}
	if err := l.assignable(to); err != nil {
		return err
	}
	if topic.User != 0 {
		topic.Name = to
		err = c.backend.ChangeTopic(c.ctx(), topic.Topic)
	} else {
		err = c.renameLabel(l, label, to)
	}
	return c.done(err)
}

func (c *call) disableTag() error {
	label, topic, l, err := c.ownLabel()
	if err != nil {
		return err
	}
	if topic.User != 0 {
		err = c.backend.RemoveTopic(c.ctx(), c.user.ID, topic.Name)
	} else {
		err = c.renameLabel(l, label, "")
	}
	return c.done(err)
}

// ownLabel gives the label of the parameter s, which the user may change, and its topic if it is one's.
func (c *call) ownLabel() (label string, topic topicLabel, l *labels, err error) {
	if l, err = c.labels(); err != nil {
		return "", topic, nil, err
	}
	if label, err = c.label(c.r.FormValue("s")); err != nil {
		return "", topic, nil, err
	}
	topic, isTopic := l.topic(label)
	if label == l.once || isTopic && topic.User == 0 {
		return "", topic, nil, problem(http.StatusForbidden, "%q is not yours to change", label)
	}
	return label, topic, l, nil
}

func (c *call) renameLabel(l *labels, label, to string) error {
	own, err := c.backend.Labels(c.ctx(), c.user.ID)
	if err != nil {
		return err
	}
	if !l.taken[label] && !slices.Contains(own, label) {
		return problem(http.StatusNotFound, "there is no label %q", label)
	}
	if l.taken[label] && !c.viewer.May(access.Feeds) { // a folder, which is everybody's
		return problem(http.StatusForbidden, "to change the folder %q is for %s", label, access.Feeds)
	}
	return c.backend.RenameLabel(c.ctx(), c.user.ID, label, to)
}

// markAllAsRead marks a stream as read, up to what was seen here by the time given: the client has not shown what came later.
func (c *call) markAllAsRead() error {
	id, err := c.pathStream()
	if err != nil {
		return err
	}
	var l news.ItemList
	if err := c.addStream(&l, id, false); err != nil {
		return err
	}
	ts, err := c.number("ts", 0)
	if err != nil {
		return bad("ts=%q is no time; give microseconds since 1970", c.r.FormValue("ts"))
	}
	until := parseTime(ts)
	if until.IsZero() {
		until = c.now()
	}
	l.Until = until.Truncate(time.Millisecond).Add(time.Millisecond)
	_, err = c.backend.MarkAllRead(c.ctx(), c.user.ID, l)
	return c.done(err)
}
