package news

import "io"

// Picture is a picture that is being fetched for a reader.
type Picture struct {
	Type         string // image/png, image/jpeg, image/gif, image/webp or image/avif, by its bytes
	ETag         string // as the server gave them; may be ""
	LastModified string
	Length       int64         // bytes; -1 where unknown
	NotModified  bool          // the validators that were sent still hold; Body is empty
	Body         io.ReadCloser // fails beyond the limit; to be closed
}
