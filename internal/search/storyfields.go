package search

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/news"
)

// inStory returns a filter for articles that are members of a story and meet a condition.
func (q *queryContext) inStory(accept func(storyMember) bool) rowFilter {
	return func(r row) bool {
		m := q.stories.of(r.id)
		return m.slot != 0 && accept(m)
	}
}

// roleNode is is:original and the other roles.
type roleNode struct{ role news.Role }

// markNode is is:unread and is:starred. It matches articles that the user has not read, or has starred.
type markNode struct {
	starred bool
	at      int // in the query, in characters
}

// parseRole reads the value of is:.
func parseRole(p *parser, v fieldValue) (node, error) {
	value := strings.ToLower(v.text)
	switch value {
	case "unread", "starred":
		return markNode{value == "starred", v.at}, nil
	}
	roles := []string{string(news.RoleOriginal), string(news.RoleCopy), string(news.RoleRewrite), string(news.RoleExcerpt)}
	if slices.Contains(roles, value) {
		return roleNode{news.Role(value)}, nil
	}
	advice := "write is:" + strings.Join(roles, ", is:")
	if near := closestName(value, roles); near != "" {
		advice = fmt.Sprintf("did you mean is:%s? ", near) + advice
	}
	return nil, p.fail(v.at, fmt.Sprintf("an article is not %q to its story", value), advice)
}

func (n roleNode) filter(q *queryContext) rowFilter {
	want := roleNumber(n.role)
	return q.inStory(func(m storyMember) bool { return m.role == want })
}

func (n roleNode) dependsOnStory() bool { return true }

func (n markNode) filter(q *queryContext) rowFilter {
	if n.starred {
		return func(r row) bool { return q.marks.Starred.Has(r.id) }
	}
	return func(r row) bool { return !q.marks.Read.Has(r.id) }
}

func (n markNode) dependsOnStory() bool { return false }

// countNode is copies:, outlets: and independent:. It compares a number of the article's story.
type countNode struct {
	field, op string
	n         int
}

// parseCount reads a comparison such as >=3.
func parseCount(p *parser, v fieldValue) (node, error) {
	op, value := "=", v.text
	for _, o := range []string{">=", "<=", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(value, o); ok {
			op, value = o, rest
			break
		}
	}
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil {
		return nil, p.fail(v.at, fmt.Sprintf("%s: has no number", v.field), "write a number, as in "+v.example)
	}
	return countNode{v.field, op, int(n)}, nil
}

func (n countNode) filter(q *queryContext) rowFilter {
	return q.inStory(func(m storyMember) bool {
		count := q.stories.count(n.field, m.slot)
		switch n.op {
		case ">":
			return count > n.n
		case ">=":
			return count >= n.n
		case "<":
			return count < n.n
		case "<=":
			return count <= n.n
		}
		return count == n.n
	})
}

func (n countNode) dependsOnStory() bool { return true }
