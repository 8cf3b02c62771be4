package worklist

import (
	"context"
	"database/sql"
)

// Retry queues a case again that failed under a setup; of another it does nothing.
func (s *Store) Retry(ctx context.Context, setup, id int64) error {
	return s.change(ctx, Change{What: RunsChanged, Cases: []int64{id}}, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE runs SET state = 'queued', reason = '', kind = '', postponed = 0, not_before = 0, changed = ?
			WHERE setup_id = ? AND case_id = ? AND state = 'failed' AND stated = (SELECT stated FROM cases WHERE id = ?)`,
			stamp(s.now()), setup, id, id)
		return err
	})
}
