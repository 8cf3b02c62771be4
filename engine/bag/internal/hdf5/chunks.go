package hdf5

import (
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"
)

// chunkGrid is a table cut into chunks, row by row of chunks.
type chunkGrid struct {
	rows, columns int // of a chunk
	across        int // chunks beside each other
	chunks        []chunk
}

// chunk is one piece as it stands in the file.
type chunk struct {
	block
	skip  uint32 // filters that were not applied, as bits
	there bool
}

// keyHead is what stands before the place in a chunk's key: its size and the
// filters left out.
const keyHead = 8

func (d *Dataset) locateChunks(dims []int, c *cursor) error {
	n, tree := c.u8(), c.u64()
	if n != len(dims)+1 {
		return fmt.Errorf("%w: chunks of %d dimensions for %d", errDamaged, n-1, len(dims))
	}
	g := chunkGrid{rows: c.u32(), columns: 1}
	if len(dims) == 2 {
		g.columns = c.u32()
	}
	size := c.u32()
	if err := c.err("a layout"); err != nil {
		return err
	}
	if g.rows < 1 || g.columns < 1 || size != d.Type.Size || g.rows > maxChunk || g.columns > maxChunk || g.rows*g.columns*size > maxChunk {
		return fmt.Errorf("%w: chunks of %d x %d elements of %d bytes", errDamaged, g.rows, g.columns, size)
	}
	g.across = (d.Columns + g.columns - 1) / g.columns
	count := (d.Rows + g.rows - 1) / g.rows * g.across
	if uint64(count) > d.file.size/uint64(keyHead+8*n+8) {
		return fmt.Errorf("%w: %d chunks in %d bytes", errDamaged, count, d.file.size)
	}
	g.chunks = make([]chunk, count)
	d.grid = g
	if count == 0 {
		return nil
	}
	if err := d.index(tree, len(dims)); err != nil {
		return err
	}
	var err error
	d.cache, err = lru.New[int, []byte](max(1, cacheBytes/max(1, g.rows*g.columns*size)))
	return err
}

// index finds the chunks; chunks that a table has outgrown when it was made
// smaller are passed over.
func (d *Dataset) index(tree uint64, rank int) error {
	budget := 8*len(d.grid.chunks) + 1024 // nodes above the bottom count too
	missing := len(d.grid.chunks)
	err := d.file.walk(tree, 1, keyHead+8*(rank+1), -1, &budget, func(key []byte, child uint64) error {
		place := [2]uint64{le.Uint64(key[keyHead:])}
		if rank == 2 {
			place[1] = le.Uint64(key[keyHead+8:])
		}
		if place[0] >= uint64(d.Rows) || place[1] >= uint64(d.Columns) {
			return nil
		}
		row, column := int(place[0]), int(place[1])
		if row%d.grid.rows != 0 || column%d.grid.columns != 0 {
			return fmt.Errorf("%w: chunk at row %d, column %d", errDamaged, row, column)
		}
		at := &d.grid.chunks[row/d.grid.rows*d.grid.across+column/d.grid.columns]
		if at.there {
			return fmt.Errorf("%w: chunk at row %d, column %d twice", errDamaged, row, column)
		}
		*at = chunk{block{child, uint64(le.Uint32(key))}, le.Uint32(key[4:]), true}
		missing--
		return nil
	})
	if err == nil && missing > 0 {
		err = fmt.Errorf("%d of %d chunks were never written: the program that wrote the file broke off", missing, len(d.grid.chunks))
	}
	return err
}

// chunkedRow puts a row together from the chunks it crosses.
func (d *Dataset) chunkedRow(row int) ([]byte, error) {
	g, size := d.grid, d.Type.Size
	var out []byte
	for i := range g.across {
		data, err := d.chunk(row/g.rows*g.across + i)
		if err != nil {
			return nil, err
		}
		part := data[row%g.rows*g.columns*size:][:min(g.columns, d.Columns-i*g.columns)*size]
		if g.across == 1 {
			return part, nil
		}
		out = append(out, part...)
	}
	return out, nil
}

// chunk decodes a chunk, or finds it in the cache.
func (d *Dataset) chunk(i int) ([]byte, error) {
	if data, ok := d.cache.Get(i); ok {
		return data, nil
	}
	c := d.grid.chunks[i]
	data, err := d.file.read(c.at, c.size)
	if err != nil {
		return nil, err
	}
	want := d.grid.rows * d.grid.columns * d.Type.Size
	if data, err = unfilter(d.filters, c.skip, data, want, d.Type.Size); err != nil {
		return nil, err
	}
	if len(data) != want {
		return nil, fmt.Errorf("%w: chunk of %d bytes, must be %d", errDamaged, len(data), want)
	}
	d.cache.Add(i, data)
	return data, nil
}
