package command

import "context"

func run(ctx context.Context, env Env, args []string) error           { return nil }
func configCommand(ctx context.Context, env Env, args []string) error { return nil }
