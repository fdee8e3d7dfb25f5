// Command pruner works out, from an organisation's CloudTrail, the least that
// each role's policies must grant, proves it, and changes the policies where
// they live. The rules of its command line stand in root.go, the map of the
// program in pipeline.go; every other file is one command.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(process()) }

// process is run as a process of its own. The first Ctrl-C ends it cleanly, a
// second one at once.
func process() int {
	ignoreFileLimit()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
}
