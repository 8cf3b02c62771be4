package shell

import (
	"context"
	"errors"
	"time"

	"zoomscope/ui/panels"
)

// job is long work that the job bar shows, with a way to cancel it.
type job struct {
	id     int
	title  string
	cancel context.CancelFunc
	line   panels.Job
	writes []string // files and folders that an export is to write
}

// start runs do as a job: its progress is shown in the job bar, and done is called
// on the goroutine that draws with what came of it. An error that the user asked
// for by cancelling becomes ErrCancelled.
func start[T any](s *Shell, title string, do func(ctx context.Context, report func(panels.Job)) (T, error), done func(T, error)) *job {
	ctx, cancel := context.WithCancel(s.ctx)
	s.serial++
	j := &job{id: s.serial, title: title, cancel: cancel, line: panels.Job{Title: title}}
	s.jobs = append(s.jobs, j)
	s.showJobs()
	lines := newest[panels.Job]{s: s, take: func(line panels.Job) { j.line = line; s.showJobs() }}
	report := func(line panels.Job) {
		line.Title = title
		lines.tell(line)
	}
	s.work(func(context.Context) {
		defer cancel()
		v, err := do(ctx, report)
		if err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = ErrCancelled
		}
		s.show(func() {
			s.end(j)
			done(v, err)
		})
	})
	return j
}

func (s *Shell) end(j *job) {
	for i := range s.jobs {
		if s.jobs[i] == j {
			s.jobs = append(s.jobs[:i:i], s.jobs[i+1:]...)
			break
		}
	}
	s.showJobs()
}

// cancelJob cancels the job of that number.
func (s *Shell) cancelJob(id int) {
	for _, j := range s.jobs {
		if j.id == id {
			j.cancel()
		}
	}
}

// paced is a job's line for work that is done in equal steps.
func paced(stage string, done, total int, since time.Time) panels.Job {
	line := panels.Job{Stage: stage}
	if total > 0 {
		line.Fraction = float64(done) / float64(total)
	}
	if done > 0 && total > done {
		line.Left = time.Duration(float64(time.Since(since)) / float64(done) * float64(total-done))
	}
	return line
}
