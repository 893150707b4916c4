package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"

	"headwater/internal/news"
)

const (
	furnitureSQL = `SELECT block FROM furniture WHERE feed_id = ? ORDER BY seen DESC, block`
	shownSQL     = `SELECT item, blocks FROM shown WHERE feed_id = ? ORDER BY id DESC`
)

// Furniture returns the remembered furniture of a feed, the newest first, and nothing for an unknown feed. An item whose
// blocks are damaged is left out, as if it had never been seen.
func (db *DB) Furniture(ctx context.Context, feedID int64) (news.Furniture, error) {
	var f news.Furniture
	err := db.read(ctx, fmt.Sprintf("furniture of feed %d", feedID), func(t *sql.Tx) (err error) {
		if f.Blocks, err = furnitureBlocks(ctx, t, feedID); err != nil {
			return err
		}
		return eachRow(ctx, t.QueryContext, func(row scanner) error {
			var key int64
			var blob sql.RawBytes
			if err := row.Scan(&key, &blob); err != nil {
				return err
			}
			if it, ok := unpackItem(blob); ok {
				it.Key = uint64(key)
				f.Items = append(f.Items, it)
			}
			return nil
		}, shownSQL, feedID)
	})
	return f, err
}

// FurnitureBlocks returns the hashes of the blocks that are furniture of a feed, and nothing for an unknown feed.
func (db *DB) FurnitureBlocks(ctx context.Context, feedID int64) (blocks []uint64, err error) {
	err = db.read(ctx, fmt.Sprintf("furniture of feed %d", feedID), func(t *sql.Tx) (err error) {
		blocks, err = furnitureBlocks(ctx, t, feedID)
		return err
	})
	return blocks, err
}

func furnitureBlocks(ctx context.Context, t *sql.Tx, feedID int64) (blocks []uint64, err error) {
	err = eachRow(ctx, t.QueryContext, func(row scanner) error {
		var block int64
		err := row.Scan(&block)
		blocks = append(blocks, uint64(block))
		return err
	}, furnitureSQL, feedID)
	return blocks, err
}

const (
	putFurnitureSQL = `INSERT INTO furniture (feed_id, block, seen) VALUES (?, ?, ?)
		ON CONFLICT (feed_id, block) DO UPDATE SET seen = max(furniture.seen, excluded.seen)`
	boundFurnitureSQL = `DELETE FROM furniture WHERE feed_id = ?1 AND block IN
		(SELECT block FROM furniture WHERE feed_id = ?1 ORDER BY seen DESC, block LIMIT 9223372036854775807 OFFSET ?2)`
	dropShownSQL  = `DELETE FROM shown WHERE feed_id = ? AND item = ?`
	putShownSQL   = `INSERT INTO shown (feed_id, item, blocks) VALUES (?, ?, ?)`
	boundShownSQL = `DELETE FROM shown WHERE feed_id = ?1 AND id IN
		(SELECT id FROM shown WHERE feed_id = ?1 ORDER BY id DESC LIMIT 9223372036854775807 OFFSET ?2)`
)

// putFurniture stores the furniture that a poll found, within the limits of news.Furniture.
func (c *logWriter) putFurniture(ctx context.Context, p Poll) error {
	id, seen := p.Feed.ID, millis(p.Feed.Checked)
	for _, b := range p.Furniture.Blocks {
		if err := c.exec(ctx, putFurnitureSQL, id, int64(b), seen); err != nil {
			return err
		}
	}
	if len(p.Furniture.Blocks) > 0 {
		if err := c.exec(ctx, boundFurnitureSQL, id, news.FurnitureBlocks); err != nil {
			return err
		}
	}
	for _, it := range slices.Backward(p.Furniture.Items) { // the first item of a document gets the highest id
		if err := c.exec(ctx, dropShownSQL, id, int64(it.Key)); err != nil {
			return err
		}
		if err := c.exec(ctx, putShownSQL, id, int64(it.Key), packItem(it)); err != nil {
			return err
		}
	}
	if len(p.Furniture.Items) > 0 {
		return c.exec(ctx, boundShownSQL, id, news.FurnitureItems)
	}
	return nil
}

const (
	forgetFurnitureSQL = `DELETE FROM furniture WHERE feed_id = ?`
	forgetShownSQL     = `DELETE FROM shown WHERE feed_id = ?`
)

// packItem encodes an item's hashes as little-endian numbers: title, content, then words and blocks, each list after its
// count. A block's length follows its hash. The item's key has a column of its own.
func packItem(it news.ItemBlocks) []byte {
	b := make([]byte, 0, 18+8*len(it.Words)+10*len(it.Blocks))
	b = binary.LittleEndian.AppendUint64(b, it.Title)
	b = binary.LittleEndian.AppendUint64(b, it.Content)
	b = binary.AppendUvarint(b, uint64(len(it.Words)))
	for _, w := range it.Words {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	b = binary.AppendUvarint(b, uint64(len(it.Blocks)))
	for _, x := range it.Blocks {
		b = binary.LittleEndian.AppendUint64(b, x.Hash)
		b = binary.AppendUvarint(b, uint64(x.Words))
	}
	return b
}

// unpackItem decodes what packItem encoded. It returns false for anything else.
func unpackItem(b []byte) (it news.ItemBlocks, ok bool) {
	r := blobReader{rest: b}
	it.Title, it.Content = r.uint64(), r.uint64()
	for n := r.count(); n > 0 && !r.truncated; n-- {
		it.Words = append(it.Words, r.uint64())
	}
	for n := r.count(); n > 0 && !r.truncated; n-- {
		it.Blocks = append(it.Blocks, news.Block{Hash: r.uint64(), Words: r.count()})
	}
	return it, !r.truncated && len(r.rest) == 0
}

// blobReader reads what packItem wrote. Reading past the end returns 0 and sets truncated.
type blobReader struct {
	rest      []byte
	truncated bool
}

func (r *blobReader) uint64() uint64 {
	if len(r.rest) < 8 {
		r.rest, r.truncated = nil, true
		return 0
	}
	h := binary.LittleEndian.Uint64(r.rest)
	r.rest = r.rest[8:]
	return h
}

// count reads a number of hashes. It is limited to the number of bytes that a text may have.
func (r *blobReader) count() int {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > 1<<20 {
		r.rest, r.truncated = nil, true
		return 0
	}
	r.rest = r.rest[n:]
	return int(v)
}
