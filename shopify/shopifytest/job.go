package shopifytest

import "fmt"

// job is asynchronous work that a mutation started.
type job struct {
	uuid         string
	done, failed bool
	order        *order
}

func (j *job) gid() string { return "gid://shopify/Job/" + j.uuid }

// cancelResult is a job seen as the result of an orderCancel.
type cancelResult struct{ *job }

func (cancelResult) graphqlType() string { return "OrderCancelJobResult" }

func (f *Fake) newJob() *job {
	j := &job{uuid: f.uuid()}
	f.jobs[j.gid()] = j
	return j
}

// uuid is a random id in the usual shape, the same for the same seed.
func (f *Fake) uuid() string {
	a, b := f.rng.Uint64(), f.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

// settleDue lets happen at once what was given no delay.
func (f *Fake) settleDue() { f.settle(f.at) }

func jobFields(t resolverTable) {
	typed(t, "Job", fields[*job]{
		"id":   func(_ *run, j *job, _ args) any { return j.gid() },
		"done": func(_ *run, j *job, _ args) any { return j.done },
		"query": func(_ *run, j *job, _ args) any {
			if !j.done {
				return nil
			}
			return rootObject{}
		},
	})
	typed(t, "OrderCancelJobResult", fields[cancelResult]{
		"id":    func(_ *run, j cancelResult, _ args) any { return "gid://shopify/OrderCancelJobResult/" + j.uuid },
		"done":  func(_ *run, j cancelResult, _ args) any { return j.done },
		"order": func(_ *run, j cancelResult, _ args) any { return j.order },
		"errors": func(_ *run, j cancelResult, _ args) any {
			if j.failed {
				return []rec{userError("INVALID", "Cannot cancel an order that has outstanding fulfillments", "orderId")}
			}
			return []rec{}
		},
		"status": func(_ *run, j cancelResult, _ args) any {
			switch {
			case j.failed:
				return "FAILED"
			case j.done:
				return "SUCCEEDED"
			}
			return "STARTED"
		},
	})
}
