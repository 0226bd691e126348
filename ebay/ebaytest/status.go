package ebaytest

// PaymentStatus is an order's payment status. The marketplace may answer ones
// that are not listed here, and so may the fake: any text is one.
type PaymentStatus string

// Payment statuses, believed.
const (
	PaymentPending    PaymentStatus = "PENDING"
	PaymentFailed     PaymentStatus = "FAILED"
	Paid              PaymentStatus = "PAID"
	PartiallyRefunded PaymentStatus = "PARTIALLY_REFUNDED"
	FullyRefunded     PaymentStatus = "FULLY_REFUNDED"
)

// Fulfilment is an order's or a line's fulfilment status.
type Fulfilment string

// Fulfilment statuses.
const (
	NotStarted Fulfilment = "NOT_STARTED"
	InProgress Fulfilment = "IN_PROGRESS"
	Fulfilled  Fulfilment = "FULFILLED"
)

// CancelState is an order's state with regard to cancellation. NONE_REQUESTED is
// in the specification, the others are believed.
type CancelState string

// States of cancellation.
const (
	NoneRequested    CancelState = "NONE_REQUESTED"
	CancelInProgress CancelState = "IN_PROGRESS"
	Canceled         CancelState = "CANCELED"
)

// TaskStatus is the state of a feed task, from the vendor's page FeedStatusEnum.
type TaskStatus string

// States of a feed task.
const (
	TaskCreated            TaskStatus = "CREATED"    // it waits for its file
	TaskQueued             TaskStatus = "QUEUED"     // it waits for its turn
	TaskInProcess          TaskStatus = "IN_PROCESS" // it runs
	TaskCompleted          TaskStatus = "COMPLETED"
	TaskCompletedWithError TaskStatus = "COMPLETED_WITH_ERROR" // some of its requests failed
	TaskFailed             TaskStatus = "FAILED"               // before anything was done
	TaskPartiallyProcessed TaskStatus = "PARTIALLY_PROCESSED"
)
