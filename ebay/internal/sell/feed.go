package sell

import "github.com/penstock-go/penstock/internal/wire"

// NewTask is a task as it is created.
type NewTask struct {
	Type    string `json:"feedType"`
	Version string `json:"schemaVersion"`
}

// Task is a feed's.
type Task struct {
	ID        string    `json:"taskId"`
	Type      string    `json:"feedType"`
	Status    string    `json:"status"`
	Created   wire.Time `json:"creationDate"`
	Completed wire.Time `json:"completionDate"`
	Summary   *struct {
		Good   int `json:"successCount"`
		Failed int `json:"failureCount"`
	} `json:"uploadSummary"`
}

// Tasks is a page of them.
type Tasks struct {
	Total int    `json:"total"`
	Tasks []Task `json:"tasks"`
	Next  string `json:"next"`
}

// The states of a task, by the page "FeedStatusEnum".
const (
	TaskCreated    = "CREATED" // no file came yet
	TaskQueued     = "QUEUED"
	TaskInProcess  = "IN_PROCESS"
	TaskCompleted  = "COMPLETED"
	TaskWithErrors = "COMPLETED_WITH_ERROR"
	TaskPartly     = "PARTIALLY_PROCESSED"
	TaskFailed     = "FAILED"
)
