package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/grade"
)

func runGrade(c *cli, args []string) error {
	f := c.buildFlags()
	solution := c.flags.Bool("solution", false, "grade the reference solution")
	asJSON := c.flags.Bool("json", false, "print JSON")
	quick := c.flags.Bool("tests", false, "only the tests, without the guests")
	try := c.flags.Bool("try", false, "do not grade, but start the lab's machine and connect the terminal")
	if err := c.parse(args, 1); err != nil {
		return err
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	g := grade.Grader{Root: root, TamaGo: *f.tamago, Limits: grade.DefaultLimits, Tests: true, Runs: !*quick}
	if *solution {
		g.Tags = []string{"solution"}
	}
	if c.flags.NArg() == 0 {
		return listLabs(root)
	}
	l, err := grade.Load(root, c.flags.Arg(0))
	if err != nil {
		return usageError(err.Error())
	}
	if g.Runs && l.Run != nil {
		if err := f.needLab(l); err != nil {
			return err
		}
	}
	if *try {
		return tryLab(&g, l)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	unlock, err := lock(root)
	if err != nil {
		return err
	}
	defer unlock()
	r, err := g.Grade(ctx, l)
	if ctx.Err() != nil {
		return status(statusInterrupted)
	}
	if err != nil {
		return err
	}
	if err := writeGrade(filepath.Join(root, "build", "labs", l.Name), r); err != nil {
		return err
	}
	if *asJSON {
		err = r.JSON(os.Stdout)
	} else {
		r.Print(os.Stdout)
	}
	if err == nil && r.Points < r.Of {
		err = status(statusFailed)
	}
	return err
}

// listLabs prints what there is.
func listLabs(root string) error {
	labs, err := grade.All(root)
	for _, l := range labs {
		fmt.Printf("%d  %-12s %-40s %s\n", l.Number, l.Name, l.Title, l.Page)
	}
	return err
}

// needLab makes sure that the host has what the lab's machine takes.
func (f buildFlags) needLab(l *grade.Lab) error {
	image, err := os.Executable() // stands in for one that is not built yet
	if err != nil {
		return err
	}
	packages, err := emu.Needs(emu.Options{Machine: l.Machine(), Image: image})
	if err != nil {
		return err
	}
	return f.need(packages)
}

// writeGrade leaves the report where a course's scripts find it.
func writeGrade(dir string, r *grade.Report) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(dir, "grade.json"))
	if err != nil {
		return err
	}
	return errors.Join(r.JSON(out), out.Close())
}

// tryLab is ringo run for a lab's machine.
func tryLab(g *grade.Grader, l *grade.Lab) error {
	if l.Run == nil {
		return usageError("lab " + l.Name + " has no machine to try")
	}
	config, err := g.Stage(l)
	if err != nil {
		return err
	}
	return command{name: "run", run: runRun}.start(l.RunArgs(g.KernelTags(), config))
}
