// Package riverrunner runs an engine in several processes by River, a job queue
// in Postgres.
//
// A job is a look at one channel and nothing else. What is due stands in the
// engine's store, so that jobs may be lost, doubled or late, and River's tables
// emptied or gone, without anything being lost: see [channelsync.QueueRunner].
// River's own tools, its web interface among them, show the jobs as kind
// "penstock_visit".
package riverrunner
